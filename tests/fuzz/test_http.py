"""The HTTP API under requests made of its description: answers as described, and none that tells too much (I1, I2)."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docs.generate.operations import OPERATIONS
from docs.generate.operations.operation import Operation
from tests.fuzz.answers import require_plain, require_problem
from tests.fuzz.insider import Facts, Insider, household
from tests.fuzz.looking import always_the_same, beside_connections
from tests.stacks import Stack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemathesis import Response

    from tests.fuzz.api import Api, Request

pytestmark = beside_connections

LABELS = {f"{one.method} {one.path}": one for one in OPERATIONS}
# Each of their requests costs a fifth of a second of scrypt, where it gets so far.
HASHING = ("POST /accounts", "POST /sessions", "PUT /account/password")
TEXTS = [label for label, one in LABELS.items() if "request" in one.own_format]
# Those of which a request can be otherwise than it should: what is in a gateway's own format has no schema.
WITH_BODY = [label for label, one in LABELS.items() if one.request and label not in TEXTS]
WITH_PARTS = [label for label, one in LABELS.items() if one.request or one.flags or "{" in one.path]
VERIFIER = "a-verifier-of-no-sign-in-that-there-ever-was-"
# What a request that is only wrong is told.
REFUSED = {400, 401, 404, 413, 429}


class Asking:
    """Makes requests of one operation, with the token that it wants, and keeps in mind what it was answered."""

    def __init__(self, api: Api, stack: Stack, insider: Insider, label: str) -> None:
        """`insider` is who asks, where that matters."""
        self._api, self._url, self._insider = api, stack.http, insider
        self._wants_token = LABELS[label].security == "session"
        self.statuses: set[int] = set()

    def __call__(self, case: Request, verifier: str | None = None) -> Response:
        """Ask, and sign up anew where that has ended the session."""
        token = self._insider.token if self._wants_token else verifier
        answer = self._api.ask(case, self._url, token if "Authorization" in (case.headers or {}) else None)
        self.statuses.add(answer.status_code)
        if self._wants_token and answer.status_code == 401 and "invalid_token" in answer.text:
            self._insider.begin()
        return answer


@pytest.mark.parametrize("label", LABELS)
def test_i1_i2_every_limit_is_as_described(api: Api, stack: Stack, insider: Insider, label: str) -> None:
    """I1, I2: at each limit of each field, and just beyond it, without it, and with another type in its place."""
    asking = Asking(api, stack, insider, label)
    cases = list(api.boundaries(label))
    for number, case in enumerate(cases):
        if label not in HASHING or case.meta is None or case.meta.generation.mode.is_negative or number % 10 == 0:
            asking(case, verifier=VERIFIER)
    assert asking.statuses - {401} or label in TEXTS


@contextmanager
def known(stack: Stack, label: str) -> Iterator[tuple[Insider, list[Facts]]]:
    """Somebody who asks, and what is true of them: with that a request gets to where it can do something."""
    if "{sign_in_id}" in label:
        with household(stack) as home:
            yield home.insider, home.facts
    elif label in TEXTS:
        keys = {name: one.get("path_secret", "") for name, one in stack.endpoints.sms.items() if isinstance(one, dict)}
        yield Insider(stack), [{"gateway": name, "path_secret": secret} for name, secret in keys.items() if secret]
    else:
        # Not whom others ask as: some of this ends their session.
        insider = Insider(stack)
        yield insider, [insider.facts, insider.facts | asked_to_bind(stack, insider)]


def asked_to_bind(stack: Stack, insider: Insider) -> Facts:
    """An address that waits to be bound, and the code that was mailed to it."""
    login = f"{insider.person.login}@example.org"
    assert insider.person.phone.call("POST", "/account/logins", {"login": login}).status_code == 202
    return {"login": login, "code": stack.network.mails_to(login)[-1].partition("code is ")[2][:6]}


def tell(case: Request, facts: Facts, names: set[str]) -> None:
    """Put what is true in the place of what was made up."""
    for name in names:
        for part in (case.path_parameters, case.body):
            if isinstance(part, dict) and name in part:
                part[name] = facts[name]


@pytest.mark.parametrize("label", WITH_PARTS)
def test_i1_whatever_fits_the_description_has_an_answer_that_does(api: Api, stack: Stack, label: str) -> None:
    """I1: made-up requests, with true ids, secrets and codes in some of them: each is answered as described."""
    cases = api.fitting(label)
    with known(stack, label) as (insider, facts):
        asking = Asking(api, stack, insider, label)

        @always_the_same(4 if label in HASHING else 8)
        @given(data=st.data())
        def ask(data: st.DataObject) -> None:
            case, true = data.draw(cases), data.draw(st.sampled_from(facts))
            names = data.draw(st.just(set(true)) | st.sets(st.sampled_from(sorted(true))))
            tell(case, true, names)
            asking(case, true.get("verifier") if "verifier" in names else None)

        ask()
    assert asking.statuses - REFUSED or label in TEXTS


@pytest.mark.parametrize("label", [*WITH_BODY, "DELETE /sessions/{session_id}"])
def test_i2_whatever_does_not_fit_is_refused(api: Api, stack: Stack, insider: Insider, label: str) -> None:
    """I2: made-up requests that break the description somewhere are refused, and the refusal repeats none of them."""
    asking, cases = Asking(api, stack, insider, label), api.unfitting(label)

    @always_the_same(6)
    @given(data=st.data())
    def ask(data: st.DataObject) -> None:
        asking(data.draw(cases))

    ask()
    assert 400 in asking.statuses


def example_of(api: Api, label: str) -> dict[str, Any]:
    """A request as the description shows it."""
    content = api.operation(label).definition.raw["requestBody"]["content"]["application/json"]
    example: dict[str, Any] = next(iter(content["examples"].values()))["value"]
    return example


def broken(example: dict[str, Any]) -> dict[str, bytes]:
    """Bodies that no schema can describe."""
    text, name = json.dumps(example), next(iter(example))
    word = json.dumps(example[name])
    return {
        "nothing": b"",
        "no JSON": text[:-1].encode(),
        "two of them": (text + text).encode(),
        "an array of them": f"[{text}]".encode(),
        "deep nesting": b"[" * 15_000,
        "deep nesting that ends": f'{text[:-1]}, "x": {"[" * 5_000}{"]" * 5_000}}}'.encode(),
        "deep nesting in a field": text.replace(word, '{"x":' * 2_000 + "1" + "}" * 2_000, 1).encode(),
        "a lone surrogate": text.replace(word, '"\\ud800"', 1).encode(),
        "bytes that are no UTF-8": text.encode().replace(b'"', b'"\xff', 1),
        "NUL": text.encode() + b"\0",
        "NaN": text.replace(word, "NaN", 1).encode(),
        "a huge number": text.replace(word, "1" * 5_000, 1).encode(),
        "UTF-16": text.encode("utf-16"),
        "a form": b"login=alice&password=secret",
        "XML": b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
    }


@pytest.mark.parametrize("label", WITH_BODY)
def test_i2_a_body_that_is_none_is_a_clear_400(api: Api, stack: Stack, insider: Insider, label: str) -> None:
    """I2: no JSON, nesting, NUL, lone surrogates: 400; more than 16 KiB: 413; for every operation with a body."""
    operation: Operation = LABELS[label]
    example = example_of(api, label)
    bodies = {name: (400, body) for name, body in broken(example).items()}
    bodies["one byte too many"] = (413, json.dumps(example).encode().ljust(16 * 1024 + 1))
    path = operation.path.replace("{sign_in_id}", "7ZK3M9Q2XW8VT4RB6NHD1YJCPE")
    for name, (status, body) in bodies.items():
        headers = {"Authorization": f"Bearer {insider.token}", "Content-Type": "application/json"}
        answer = stack.client.request(operation.method, path, content=body, headers=headers)
        assert answer.status_code == status, name
        assert require_problem(status, answer.headers["content-type"], answer.text) == "invalid_request", name
        require_plain(answer.text)


@pytest.mark.parametrize("path", ["GET /account", "DELETE /sign-ins/7ZK3M9Q2XW8VT4RB6NHD1YJCPE"])
def test_i1_a_token_that_is_none_is_refused(stack: Stack, insider: Insider, path: str) -> None:
    """I1: whatever stands in `Authorization`: no token, another scheme, or a true token that was changed."""
    letters = st.characters(min_codepoint=0x21, max_codepoint=0xFF, exclude_characters="\x7f")
    words = st.text(letters, max_size=60)
    parts = insider.token.split(".")
    changed = st.tuples(st.integers(0, 2), words).map(lambda one: [*parts[: one[0]], one[1], *parts[one[0] + 1 :]])
    tokens = st.one_of(words, changed.map(".".join), st.just(".".join(parts[:2]) + "."), st.just("a" * 7_000))
    schemes = st.sampled_from(["Bearer ", "bearer ", "Bearer", "Basic ", "DPoP ", "", "Bearer  Bearer "])
    method, _, address = path.partition(" ")

    @always_the_same(12)
    @given(scheme=schemes, token=tokens)
    def ask(scheme: str, token: str) -> None:
        header = f"{scheme}{token}".strip().encode("latin-1")
        answer = stack.client.request(method, address, headers=[(b"Authorization", header)])
        code = require_problem(answer.status_code, answer.headers["content-type"], answer.text)
        # To cancel, any token is a verifier, of which there is no sign-in.
        assert (answer.status_code, code) in {(401, "invalid_token"), (404, "unknown_sign_in")}
        assert code == "invalid_token" or method == "DELETE"
        assert len(token) < 8 or token not in answer.text

    ask()
