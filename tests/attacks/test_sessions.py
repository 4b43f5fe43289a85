"""Attacks on sessions and their tokens (S1-S5)."""

import base64
import hmac
import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Any

import httpx
import pytest

from local.device import SignIn
from tests.target import Target, outcome


def test_s1_another_accounts_session_is_out_of_reach(target: Target) -> None:
    """S1, A10: another account's session and sign-in do not exist for a stranger, and nothing happens to them."""
    alice, mallory = target.person(), target.person()
    response = mallory.phone.call("DELETE", f"/sessions/{alice.phone.session_id}")
    assert (response.status_code, response.json()["code"]) == (404, "unknown_session")
    with alice.phone.approving() as approver, mallory.phone.approving() as stranger:
        sign_in = target.device().start(alice.login, verification="choose")
        approver.expect("prompt")
        frame = stranger.ask("answer", sign_in_id=sign_in.id, decision="allow", code=sign_in.code)
        assert (frame["type"], frame["code"]) == ("error", "unknown_sign_in")
        body = {"decision": "allow", "code": sign_in.code}
        answered = mallory.phone.call("POST", f"/sign-ins/{sign_in.id}/answer", body)
        assert outcome(answered) == (404, "unknown_sign_in")
        assert stranger.ask("endSession", session_id=alice.phone.session_id)["code"] == "unknown_session"
    assert alice.phone.call("GET", "/sessions").status_code == 200
    assert sign_in.redeem().status_code == 202


def test_s1_s2_who_once_was_in_hears_nothing_of_the_account(target: Target) -> None:
    """S1, S2: a phone makes up its sign-in's id; one that takes an account's id for it hears nothing."""
    alice, mallory = target.person(), target.device("Mallory's phone", "phone")
    verifier = secrets.token_urlsafe(32)
    sign_in = SignIn(mallory.http, mallory.request_phone_start(alice.account_id, verifier), verifier)
    with alice.phone.approving() as approver, sign_in.waiting() as stranger:
        assert stranger.ask("hello")["sign_in_id"] == alice.account_id
        other = target.device()
        asking = other.start(alice.login)
        prompt = approver.expect("prompt")
        approver.ask("answer", sign_in_id=prompt["sign_in_id"], decision="allow", code=asking.code)
        assert other.redeem(asking).status_code == 200
        assert approver.expect("sessionStarted")["session_id"] == other.session_id
        assert alice.phone.call("DELETE", f"/sessions/{other.session_id}").status_code == 200
        assert approver.expect("sessionEnded")["session_id"] == other.session_id
        assert stranger.settled() == []


def test_s3_a_refresh_token_works_once(target: Target) -> None:
    """S3: each refresh gives the next token; a used one is refused and ends the session."""
    alice = target.person()
    used = alice.phone.grant["refresh_token"]
    assert alice.phone.refresh().status_code == 200
    assert alice.phone.call("GET", "/sessions").status_code == 200
    replay = alice.phone.http.post("/sessions/refresh", json={"refresh_token": used})
    assert (replay.status_code, replay.json()["code"]) == (401, "invalid_token")
    assert alice.phone.call("GET", "/sessions").status_code == 401
    assert alice.phone.refresh().status_code == 401


def test_s3_a_lost_answer_is_given_again_only_to_the_request_s_own_key(target: Target) -> None:
    """S3: who repeats a refresh with its key gets the same token; a thief of the token, who has no key, does not."""
    alice = target.person()
    key = secrets.token_urlsafe(32)
    first, again = alice.phone.request_refresh(key), alice.phone.request_refresh(key)
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json()["refresh_token"] == again.json()["refresh_token"]
    assert outcome(alice.phone.request_refresh(secrets.token_urlsafe(32))) == (401, "invalid_token")
    assert outcome(alice.phone.request_refresh(key)) == (401, "invalid_token")


@pytest.mark.parametrize("key", ["short", "x" * 129, "spaces in a key that is long", '"' * 30])
def test_a_key_that_could_be_guessed_is_refused(target: Target, key: str) -> None:
    """S3: the answer to a request is repeated only for a key that is hard to guess; nothing is used up by another."""
    alice = target.person()
    assert outcome(alice.phone.request_refresh(key)) == (400, "invalid_request")
    assert alice.phone.refresh().status_code == 200


def test_s3_a_guessed_refresh_token_harms_nobody(target: Target) -> None:
    """S3: a token with the right ids and wrong secrets is refused and leaves the session alone."""
    alice = target.person()
    account_id, session_id, family, secret = alice.phone.grant["refresh_token"].split(".")
    for guess in (f"{account_id}.{session_id}.{secret}.{family}", "x", "....", f"{account_id}.{session_id}"):
        response = alice.phone.http.post("/sessions/refresh", json={"refresh_token": guess})
        assert (response.status_code, response.json()["code"]) == (401, "invalid_token")
    assert alice.phone.refresh().status_code == 200


def test_s3_concurrent_refreshes_give_one_grant(target: Target) -> None:
    """S3: ten refreshes with one token at the same time give exactly one grant."""
    alice = target.person()
    body = {"refresh_token": alice.phone.grant["refresh_token"]}

    def refresh(_: int) -> int:
        return httpx.post(f"{target.http}/sessions/refresh", json=body, timeout=60).status_code

    with ThreadPoolExecutor(10) as pool:
        statuses = sorted(pool.map(refresh, range(10)))
    assert statuses == [200] + [401] * 9


def encoded(part: dict[str, Any] | bytes) -> str:
    """A part of a JWT."""
    data = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(part: str) -> dict[str, Any]:
    """The JSON in a part of a JWT."""
    content: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return content


@pytest.mark.parametrize("forgery", ["none", "hs256", "kid", "claims", "signature", "garbage"])
def test_s5_forged_access_tokens_are_refused(target: Target, forgery: str) -> None:
    """S5: `alg: none`, HS256 with the public key, a foreign key id and tampered parts are all refused."""
    alice = target.person()
    header_text, claims_text, signature = alice.phone.grant["access_token"].split(".")
    header, claims = decoded(header_text), decoded(claims_text)
    modulus = httpx.get(f"{target.http}/.well-known/jwks.json").json()["keys"][0]["n"]
    symmetric = f"{encoded(header | {'alg': 'HS256'})}.{claims_text}"
    forged = {
        "none": f"{encoded(header | {'alg': 'none'})}.{claims_text}.",
        "hs256": f"{symmetric}.{encoded(hmac.digest(modulus.encode(), symmetric.encode(), sha256))}",
        "kid": f"{encoded(header | {'kid': 'other'})}.{claims_text}.{signature}",
        "claims": f"{header_text}.{encoded(claims | {'exp': claims['exp'] + 9999})}.{signature}",
        "signature": f"{header_text}.{claims_text}.{signature[::-1]}",
        "garbage": "not a token",
    }[forgery]
    headers = {"Authorization": f"Bearer {forged}"}
    response = httpx.get(f"{target.http}/sessions", headers=headers, timeout=30)
    assert (response.status_code, response.json()["code"]) == (401, "invalid_token")
    assert response.headers["www-authenticate"] == "Bearer"


def test_s5_strange_headers_of_a_token_are_refused(target: Target) -> None:
    """S5, I1: a `crit` header of any type is refused like any other forgery."""
    crits: tuple[Any, ...] = (None, 1, True, [1], [None], [{}], "x")
    for crit in crits:
        token = f"{encoded({'alg': 'RS256', 'crit': crit})}.e30.AAAA"
        headers = {"Authorization": f"Bearer {token}"}
        assert httpx.get(f"{target.http}/sessions", headers=headers, timeout=30).status_code == 401


def test_s4_a_fresh_session_cannot_evict_an_older_one(guarded: Target) -> None:
    """S4: a thief's session ends no older one, unless the stack lets sessions of any age do so; the owner ends it."""
    alice = guarded.person()
    thief = guarded.another(alice, "Thief's PC")
    for query in ("", "?and_let_in=true"):
        response = thief.call("DELETE", f"/sessions/{alice.phone.session_id}{query}")
        if response.status_code == 200:
            pytest.skip("sessions of any age may end older ones on this stack: EvictionAge is 0")
        assert outcome(response) == (403, "forbidden")
    assert alice.phone.call("DELETE", f"/sessions/{thief.session_id}").status_code == 200
