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
from docs.generate.agreement import NEVER_TOLD, disagreements
from docs.generate.asyncapi import asyncapi
from docs.generate.examples import examples_of
from docs.generate.files import LINES_SHOWN, check, drift, text_of
from docs.generate.keys import KeySet
from docs.generate.messages import EXCHANGES
from docs.generate.openapi import openapi
from docs.generate.operations import BY_FUNCTION, OPERATIONS
from docs.generate.operations.operation import Operation, OwnFormat, Part
from docs.generate.routes import Handled, handled
from docs.generate.schemas import prose, schemas_of
from nod.api import frames, http, requests, responses
from nod.channels.keys import PublicKeys
from nod.channels.tokens import TokenProfile
from nod.errors import NodError, Overloaded, SlowDown, TryAgain
from tests.unit.gateways import calls

OWN_FORMAT = OwnFormat(("text/plain",), "Anything.")
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
    ("name", "changes", "complaint"),
    [
        (
            "refresh",
            {"path": "/renewals"},
            [
                "POST /sessions/refresh is in template.yaml, but no operation describes it",
                "POST /renewals is described, but template.yaml has no such route",
                "POST /sessions/refresh is answered by functions/account, but no operation of it describes that",
                "POST /renewals is described, but functions/account does not answer it",
            ],
        ),
        ("refresh", {"request": CHANGED}, ["POST /sessions/refresh reads Refresh, which is not the request described"]),
        (
            "startSignIn",
            {"request": requests.StartApproval},
            ["POST /sign-ins reads StartSignIn, which is not the request described"],
        ),
        (
            "refresh",
            {"answers": {201: responses.Ended}},
            ["POST /sessions/refresh answers [200], but [201] are described"],
        ),
        (
            "bindLogin",
            {"answers": {201: responses.AccountLogin}},
            ["POST /account/logins answers [201, 202], but [201] are described"],
        ),
        ("receiveText", {"answers": {202: OWN_FORMAT}}, ["POST /sms/{gateway} answers [200], but [202] are described"]),
        ("refresh", {"security": "session"}, ["POST /sessions/refresh is described wrongly as to its token"]),
        (
            "endSession",
            {"flags": ()},
            ["DELETE /sessions/{session_id} is described wrongly as to its query parameters"],
        ),
    ],
)
def test_an_operation_that_is_otherwise_is_noticed(name: str, changes: dict[str, Any], complaint: list[str]) -> None:
    """Path, request, statuses, token and query are compared with the template and with the function."""
    assert disagreements(ROOT, changed(name, **changes)) == complaint


@pytest.mark.parametrize(
    ("name", "changes", "complaint"),
    [
        (
            "receiveText",
            {"request": requests.Refresh},
            [
                "POST /sms/{gateway} is described wrongly as to what is in the caller's own format",
                "POST /sms/{gateway} reads None, which is not the request described",
            ],
        ),
        (
            "receiveText",
            {"answers": {200: responses.Ended}},
            ["POST /sms/{gateway} is described wrongly as to what is in the caller's own format"],
        ),
        (
            "refresh",
            {"request": OWN_FORMAT},
            [
                "POST /sessions/refresh is described wrongly as to what is in the caller's own format",
                "POST /sessions/refresh reads Refresh, which is not the request described",
            ],
        ),
        (
            "refresh",
            {"answers": {200: OWN_FORMAT}},
            ["POST /sessions/refresh is described wrongly as to what is in the caller's own format"],
        ),
    ],
)
def test_another_format_is_noticed(name: str, changes: dict[str, Any], complaint: list[str]) -> None:
    """JSON of ours is not described as the caller's own format, nor that as JSON of ours."""
    assert disagreements(ROOT, changed(name, **changes)) == complaint


def test_a_function_is_read_as_it_is_written(tmp_path: Path) -> None:
    """Every route of a handler counts; what it reads and answers stands in it, not in a helper that it calls."""
    (tmp_path / "app.py").write_text(
        """
@app.put("/things/<thing>")
@app.post("/things")
def keep(thing=None):
    http.bearer(app)
    if http.flag(app, "twice"):
        repeat()
    request = http.body(app, requests.Thing)
    return http.answer(201, shown(request)) if thing is None else http.answer(204)

@app.post("/calls")
def call():
    http.raw_body(app)
    return http.answer_as("text/xml", "<Response/>")

@app.get("/helped")
def helped():
    return _answer()
"""
    )
    both: frozenset[Part] = frozenset({"request", "answer"})
    twice = frozenset({"twice"})
    assert handled(tmp_path) == [
        Handled("PUT", "/things/{thing}", "Thing", frozenset({201, 204}), frozenset(), reads_token=True, flags=twice),
        Handled("POST", "/things", "Thing", frozenset({201, 204}), frozenset(), reads_token=True, flags=twice),
        Handled("POST", "/calls", None, frozenset({200}), both, reads_token=False),
        Handled("GET", "/helped", None, frozenset(), frozenset(), reads_token=False),
    ]


@pytest.mark.parametrize(
    ("name", "errors"),
    [
        ("unbindLogin", []),
        ("startSignIn", ["IdentifierUsed", "NoPageOpen"]),
        ("scanSignIn", ["WrongScan"]),
        ("confirmSignIn", []),
    ],
)
def test_an_error_that_nobody_describes_is_noticed(name: str, errors: list[str]) -> None:
    """An error class must be told by some operation or frame."""
    complaints = [f"error {error} is in no operation and no frame" for error in errors]
    assert disagreements(ROOT, changed(name, errors=())) == complaints


def test_the_http_description_is_openapi(http_api: dict[str, Any]) -> None:
    """It validates as OpenAPI 3.1, its defaults and references too."""
    assert [error.message for error in OpenAPIV31SpecValidator(http_api).iter_errors()] == []


def test_each_way_into_a_sign_in_is_told_apart(http_api: dict[str, Any]) -> None:
    """`method` says which schema a start is of, and only that schema takes it."""
    start = http_api["paths"]["/sign-ins"]["post"]["requestBody"]["content"]["application/json"]
    schemas, told_by = http_api["components"]["schemas"], start["schema"]["discriminator"]
    assert told_by["propertyName"] == "method"
    assert set(told_by["mapping"]) == {"approval", "phone", "qr"}
    assert {one["value"]["method"] for one in start["examples"].values()} == {"approval", "phone", "qr"}
    for example in start["examples"].values():
        fitting = [
            pointer
            for pointer in every("$ref", start["schema"]["anyOf"])
            if OAS31Validator({"$ref": pointer, "components": {"schemas": schemas}}).is_valid(example["value"])
        ]
        assert fitting == [told_by["mapping"][example["value"]["method"]]]


@pytest.mark.parametrize("path", ["/sms/{gateway}", "/sms/{gateway}/{path_secret}"])
def test_gateways_have_formats_of_their_own(http_api: dict[str, Any], path: str) -> None:
    """JSON and forms are taken as they come, and every format that a gateway is answered in is named."""
    operation = http_api["paths"][path]["post"]
    taken = operation["requestBody"]["content"]
    assert taken.keys() == {calls.delivery(name).headers["content-type"].partition(";")[0] for name in calls.NAMES}
    answered = operation["responses"]["200"]["content"]
    assert answered.keys() == {calls.gateway(name).answer(None).content_type for name in calls.NAMES}
    assert not any([*taken.values(), *answered.values()])


def test_r2_2_a_query_parameter_is_described(http_api: dict[str, Any]) -> None:
    """R2.2: what a query parameter may be, and what it is where it is missing; and what is said to anything else."""
    operation = http_api["paths"]["/sessions/{session_id}"]["delete"]
    (parameter,) = operation["parameters"]
    assert (parameter["name"], parameter["in"]) == ("and_let_in", "query")
    assert parameter["schema"] == {"type": "boolean", "default": False}
    assert not parameter.get("required")
    assert operation["responses"]["400"]["$ref"].endswith("/InvalidRequest")


def test_every_gateway_is_named(http_api: dict[str, Any]) -> None:
    """Whoever reads the description finds what the last part of the address may be; so does a program."""
    for path in ("/sms/{gateway}", "/sms/{gateway}/{path_secret}"):
        assert http_api["paths"][path]["parameters"][0]["schema"] == {"type": "string", "enum": calls.NAMES}


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


def test_every_problem_has_the_headers_it_is_described_with(http_api: dict[str, Any]) -> None:
    """Each error is told with headers that its response describes, and with all that are required."""
    by_code = {(error.status, error.code): error for error in errors_under(NodError) - NEVER_TOLD}
    required = {name for name, header in http_api["components"]["headers"].items() if header.get("required")}
    assert required == {"Retry-After"}
    for response in http_api["components"]["responses"].values():
        described, sent = set(response["headers"]), set()
        for example in response["content"]["application/problem+json"]["examples"].values():
            error = by_code[example["value"]["status"], example["value"]["code"]]
            waits = error in (Overloaded, SlowDown, TryAgain)
            told = set(http.problem(error(retry_after=5 if waits else None)).headers) - {"Content-Type"}
            assert described & required <= told
            sent |= told
        assert sent == described


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


def test_numbers_in_examples_are_nobodys() -> None:
    """Phone numbers are of the ranges that Ofcom and the NANPA keep for fiction."""
    text = (ROOT / "docs/openapi.yaml").read_text() + (ROOT / "docs/asyncapi.yaml").read_text()
    numbers = re.findall(r"\+\d{7,15}", text)
    assert numbers
    assert all(re.fullmatch(r"\+447700900\d{3}|\+1\d{3}55501\d\d", number) for number in numbers)


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
