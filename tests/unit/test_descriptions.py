"""The descriptions of the HTTP and WebSocket APIs say what the types say."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec
import pytest
import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from openapi_schema_validator import OAS31Validator, oas31_format_checker
from openapi_spec_validator import OpenAPIV31SpecValidator

from docs.generate import ROOT
from docs.generate.__main__ import main
from docs.generate.agreement import disagreements
from docs.generate.asyncapi import asyncapi
from docs.generate.examples import examples_of
from docs.generate.files import LINES_SHOWN, check, drift, text_of
from docs.generate.keys import KeySet
from docs.generate.messages import EXCHANGES
from docs.generate.openapi import openapi
from docs.generate.operations import BY_FUNCTION, OPERATIONS
from docs.generate.operations.operation import Operation
from docs.generate.schemas import prose, schemas_of
from nod.api import frames, requests, responses
from nod.channels.keys import PublicKeys
from nod.channels.tokens import TokenProfile
from nod.errors import NodError

CHANGED = msgspec.defstruct("Refresh", [("token", str)], forbid_unknown_fields=True)


@pytest.fixture(scope="module")
def http_api() -> dict[str, Any]:
    """The description of the HTTP API, as it is on disk."""
    return read("openapi.yaml")


@pytest.fixture(scope="module")
def websocket_api() -> dict[str, Any]:
    """The description of the WebSocket API, as it is on disk."""
    return read("asyncapi.yaml")


def read(name: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((ROOT / "docs" / name).read_text())
    return document


def changed(name: str, **changes: Any) -> dict[str, tuple[Operation, ...]]:
    """The operations with one of them changed."""
    return {
        function: tuple(msgspec.structs.replace(one, **changes) if one.name == name else one for one in group)
        for function, group in BY_FUNCTION.items()
    }


def every(key: str, part: Any) -> Iterator[Any]:
    """Every value that stands under `key`, at any depth."""
    if isinstance(part, dict):
        yield from (value for name, value in part.items() if name == key)
        for value in part.values():
            yield from every(key, value)
    elif isinstance(part, list):
        for value in part:
            yield from every(key, value)


def errors_under(error: type[NodError]) -> set[type[NodError]]:
    return {error}.union(*(errors_under(one) for one in error.__subclasses__()))


def test_what_is_on_disk_is_what_the_types_say() -> None:
    """Neither file is behind, and routes, functions, frames and errors are all described."""
    assert check(ROOT) == []


def test_the_command_checks(capsys: pytest.CaptureFixture[str]) -> None:
    """`--check` is silent and succeeds where nothing is behind."""
    assert main(["--check"]) == 0
    assert capsys.readouterr() == ("", "")


def test_a_changed_request_is_noticed() -> None:
    """A field that a request gains or loses shows in the difference, with the command that mends it."""
    operations = [one for group in changed("refresh", request=CHANGED).values() for one in group]
    found = drift(ROOT / "docs/openapi.yaml", text_of(openapi(operations)), "docs/openapi.yaml")
    assert "run: python -m docs.generate" in found
    assert re.search(r"^-\s+refresh_token:$", found, re.MULTILINE)
    assert re.search(r"^\+\s+token:$", found, re.MULTILINE)


def test_a_changed_frame_is_noticed() -> None:
    """A frame that takes another field is described otherwise."""
    frame = msgspec.defstruct("Ping", [("loudly", bool)], bases=(frames.Frame,), tag="ping", kw_only=True, frozen=True)
    exchanges = [msgspec.structs.replace(EXCHANGES[0], frame=frame), *EXCHANGES[1:]]
    assert "+        loudly:" in drift(ROOT / "docs/asyncapi.yaml", text_of(asyncapi(exchanges)), "docs/asyncapi.yaml")


def test_a_missing_file_is_noticed_in_a_few_lines(tmp_path: Path) -> None:
    """The difference is cut where it would flood a terminal."""
    lines = drift(tmp_path / "openapi.yaml", text_of(openapi()), "docs/openapi.yaml").splitlines()
    assert len(lines) == LINES_SHOWN + 2
    assert lines[-1].startswith("... and ")


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        (
            {"path": "/renewals"},
            [
                "POST /sessions/refresh is in template.yaml, but no operation describes it",
                "POST /renewals is described, but template.yaml has no such route",
                "POST /sessions/refresh is answered by functions/account, but no operation of it describes that",
                "POST /renewals is described, but functions/account does not answer it",
            ],
        ),
        ({"request": CHANGED}, ["POST /sessions/refresh reads Refresh, which is not the request described"]),
        (
            {"answers": {201: responses.Ended}},
            ["POST /sessions/refresh answers [200], but [201] are described"],
        ),
        ({"security": "session"}, ["POST /sessions/refresh is described wrongly as to its token"]),
    ],
)
def test_an_operation_that_is_otherwise_is_noticed(changes: dict[str, Any], complaint: list[str]) -> None:
    """Path, request, statuses and token are compared with the template and with the function."""
    assert disagreements(ROOT, changed("refresh", **changes)) == complaint


def test_an_error_that_nobody_describes_is_noticed() -> None:
    """An error class must be told by some operation or frame."""
    assert disagreements(ROOT, changed("unbindLogin", errors=())) == ["error LastLogin is in no operation and no frame"]


def test_the_http_description_is_openapi(http_api: dict[str, Any]) -> None:
    """It validates as OpenAPI 3.1, its defaults and references too."""
    assert [error.message for error in OpenAPIV31SpecValidator(http_api).iter_errors()] == []


def test_every_reference_leads_somewhere(http_api: dict[str, Any], websocket_api: dict[str, Any]) -> None:
    """No `$ref` dangles, and no component is there for nothing."""
    for document in (http_api, websocket_api):
        referred = set(every("$ref", document))
        for pointer in referred:
            part: Any = document
            for step in pointer.removeprefix("#/").split("/"):
                part = part[step]
        schemas = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
        assert schemas <= referred


def test_every_problem_is_an_error_of_ours(http_api: dict[str, Any]) -> None:
    """Each code stands with the status of a class that has both."""
    known = {(error.status, error.code) for error in errors_under(NodError)}
    for response in http_api["components"]["responses"].values():
        _, only = response["content"]["application/problem+json"]["schema"]["allOf"]
        status, code = (only["properties"][name] for name in ("status", "code"))
        told = {(status["const"], one) for one in code.get("enum", [code.get("const")])}
        assert told <= known


def test_every_problem_stands_under_its_status(http_api: dict[str, Any]) -> None:
    """An operation answers with a problem under the status that the problem has."""
    statuses = {
        f"#/components/responses/{name}": next(every("status", next(every("allOf", response))[1]))["const"]
        for name, response in http_api["components"]["responses"].items()
    }
    for responses_of in every("responses", http_api["paths"]):
        referred = {status: response["$ref"] for status, response in responses_of.items() if "$ref" in response}
        assert all(statuses[pointer] == int(status) for status, pointer in referred.items())


def test_every_code_of_a_frame_is_an_error_of_ours(websocket_api: dict[str, Any]) -> None:
    """The codes of the `error` frame are those of the contract."""
    codes = websocket_api["components"]["schemas"]["ErrorReply"]["properties"]["code"]["enum"]
    assert set(codes) <= {error.code for error in errors_under(NodError)}
    assert " ".join(sorted(codes)) == (
        "already_answered code_required forbidden invalid_request not_answerable slow_down unknown_session"
        " unknown_sign_in wrong_code"
    )


def test_too_many_requests_says_when_to_come_back(http_api: dict[str, Any]) -> None:
    """A 429 carries `Retry-After`; every answer with something personal forbids caches."""
    assert "Retry-After" in http_api["components"]["responses"]["SlowDown"]["headers"]
    for operation in OPERATIONS:
        for status in operation.answers:
            answer = http_api["paths"][operation.path][operation.method.lower()]["responses"][str(status)]
            assert ("Cache-Control" in answer.get("headers", {})) != operation.cached


def test_every_example_fits_its_schema(http_api: dict[str, Any], websocket_api: dict[str, Any]) -> None:
    """What is shown is what would be taken."""
    contents = [*every("application/json", http_api), *every("application/problem+json", http_api)]
    shown = [(http_api, c["schema"], one["value"]) for c in contents for one in c.get("examples", {}).values()]
    messages = websocket_api["components"]["messages"].values()
    shown += [(websocket_api, m["payload"], one["payload"]) for m in messages for one in m["examples"]]
    assert len(shown) > 50
    for document, schema, example in shown:
        whole = {**schema, "components": document["components"]}
        OAS31Validator(whole, format_checker=oas31_format_checker).validate(example)


def test_every_example_of_a_request_is_one() -> None:
    """The types that parse requests take the examples."""
    for operation in OPERATIONS:
        for example in examples_of(operation.request).values() if operation.request else ():
            msgspec.convert(example, operation.request)


def test_a12_nobody_is_told_of_a_report(http_api: dict[str, Any], websocket_api: dict[str, Any]) -> None:
    """A12: the status `reported` is in no answer and no frame."""
    for document in (http_api, websocket_api):
        assert not any("reported" in values for values in every("enum", document))


def test_descriptions_keep_our_numbers_to_themselves() -> None:
    """Numbers of requirements and attacks mean nothing to clients."""
    assert (
        prose("A prompt (R1.3).\n    Refused (A4, A12), see RFC 7636 (S256).")
        == "A prompt. Refused, see RFC 7636 (S256)."
    )
    for name in ("openapi.yaml", "asyncapi.yaml"):
        assert not re.search(r"\((R\d\.\d|[ASQTI]\d{1,2})\b", (ROOT / "docs" / name).read_text())


def test_two_types_of_one_name_are_refused() -> None:
    """Neither structs nor named fields may stand for one another."""
    with pytest.raises(ValueError, match="one name"):
        schemas_of([requests.Refresh, CHANGED])
    named = [
        msgspec.defstruct(one, [("x", Annotated[str, msgspec.Meta(title="X", max_length=n)])])
        for n, one in enumerate("ab")
    ]
    with pytest.raises(ValueError, match="called X"):
        schemas_of(named)


def test_published_keys_are_as_described() -> None:
    """The JWK set that is answered fits the type that describes it."""
    public = rsa.generate_private_key(65537, 2048).public_key()
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)

    class Kms:
        def get_public_key(self, **_: str) -> dict[str, bytes]:
            return {"PublicKey": der}

    jwks = PublicKeys(Kms(), TokenProfile("https://nod.example", "nod", "nod", "key-1")).jwks()
    assert len(msgspec.convert(jwks, KeySet).keys) == 1
