"""The sample events of `events/` through the real handlers, on moto."""

import importlib.util
import json
import logging
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import pytest
from msgspec.structs import replace

from local import gateways as vendors
from nod.bootstrap.parts import now
from nod.channels import gateways
from nod.settings import Settings
from tests.fakes.logs import Log
from tests.integration.in_process import in_process_aws

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = sorted((ROOT / "events").glob("*/*.json"))

# What each sample comes to on empty tables, where nobody has an account and the token is made up.
OUTCOMES: dict[str, tuple[int, str | None]] = {
    "sign_ins/start": (404, "unknown_login"),
    "sign_ins/start_phone": (201, None),
    "sign_ins/start_qr": (404, "unknown_login"),
    "sign_ins/confirm": (404, "unknown_sign_in"),
    "sign_ins/scan": (404, "unknown_sign_in"),
    "sign_ins/redeem": (404, "unknown_sign_in"),
    "sign_ins/cancel": (404, "unknown_sign_in"),
    "account/keys": (200, None),
    "account/sign_up": (201, None),
    "account/sign_in": (401, "invalid_credentials"),
    "account/refresh": (401, "invalid_token"),
    "account/list_sessions": (401, "invalid_token"),
    "account/end_session": (401, "invalid_token"),
    "account/show_account": (401, "invalid_token"),
    "account/bind_login": (401, "invalid_token"),
    "account/bind_phone": (401, "invalid_token"),
    "account/confirm_login": (401, "invalid_token"),
    "account/unbind_login": (401, "invalid_token"),
    "account/show_password": (401, "invalid_token"),
    "account/change_password": (401, "invalid_token"),
    "account/remove_password": (401, "invalid_token"),
    "account/issue_ticket": (401, "invalid_token"),
    "account/list_prompts": (401, "invalid_token"),
    "account/answer": (401, "invalid_token"),
    **{f"sms/{name}": (401, "invalid_signature") for name in gateways.NAMES},
    "websocket/connect": (401, None),
    "websocket/disconnect": (200, None),
    "websocket/ping": (200, None),
    "websocket/hello": (200, None),
    "websocket/hello_of_page": (200, None),
    "websocket/answer": (200, None),
    "websocket/renew_qr": (200, None),
    "websocket/list_sessions": (200, None),
    "websocket/end_session": (200, None),
}


class Context:
    """What Lambda tells a handler about the invocation, as far as it is used."""

    function_name = "nod"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:nod"
    aws_request_id = "JKJaXmPLvHcESHA="


@pytest.fixture
def entry_point(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], ModuleType]]:
    """Loads a function's app.py as Lambda does, with the tables and the key in this process."""
    with in_process_aws(monkeypatch) as settings:
        for name, value in {**_environment(settings), "NOD_GATEWAY_SECRETS": _gateway_secrets()}.items():
            monkeypatch.setenv(name, value)

        def load(function: str) -> ModuleType:
            spec = importlib.util.spec_from_file_location(function, ROOT / "functions" / function / "app.py")
            assert spec
            assert spec.loader
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            return module

        yield load


def _denied(answer: dict[str, Any]) -> None:
    assert answer["policyDocument"]["Statement"][0]["Effect"] == "Deny"


def _taken(answer: dict[str, Any]) -> None:
    """The text message was acted upon: it is kept, so that it acts once."""
    assert answer == {}
    assert _messages_kept() == 1


# The samples that are not answered with a status.
NOT_HTTP: dict[str, Callable[[dict[str, Any]], None]] = {"authorizer/connect": _denied, "sms/aws": _taken}


def _messages_kept() -> int:
    client = boto3.client("dynamodb")
    kept = client.scan(TableName="Messages", Select="COUNT")["Count"]
    client.close()
    return int(kept)


def _environment(settings: Settings) -> dict[str, str]:
    return {
        "NOD_SIGNING_KEY": settings.signing_key,
        "NOD_ISSUER": settings.issuer,
        "NOD_WEBSOCKET_URL": settings.websocket_url,
        "NOD_PASSWORD_SIGN_UP": "true",
        "NOD_ALLOWED_ORIGINS": "https://app.example.com",
        "NOD_SMS_NUMBER": "+12025550142",
        "NOD_PHONE_PAGE": "https://app.example.com/phone",
        "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI": "https://def456.execute-api.us-east-1.amazonaws.com/live",
    }


def _gateway_secrets() -> str:
    """The ARN of a secret of every gateway, with keys that are new: no sample was signed with them or sent to them."""
    keys = {name: vendors.service_keys(name, vendors.new_keys(name)) for name in gateways.NAMES}
    client = boto3.client("secretsmanager")
    secret = client.create_secret(Name="gateways", SecretString=json.dumps(keys))
    client.close()
    return str(secret["ARN"])


def _name(sample: Path) -> str:
    return f"{sample.parent.name}/{sample.stem}"


@pytest.mark.parametrize("sample", SAMPLES, ids=_name)
def test_each_sample_event_has_its_answer(entry_point: Callable[[str], ModuleType], sample: Path) -> None:
    """Every sample event is answered by its entry point, as a stranger's first request to an empty stack would be."""
    event: dict[str, Any] = json.loads(sample.read_text())
    answer = entry_point(sample.parent.name).handler(event, Context())
    if _name(sample) in NOT_HTTP:
        NOT_HTTP[_name(sample)](answer)
        return
    status, code = OUTCOMES[_name(sample)]
    assert answer["statusCode"] == status
    if code:
        assert json.loads(answer["body"])["code"] == code
    assert _messages_kept() == 0


class Failing:
    """What a function stands on, which fails and quotes what it was given."""

    def notify(self, event: dict[str, Any]) -> None:
        raise ConnectionError(f"+447700900123 {event}")

    handle = notify


@pytest.mark.parametrize(
    ("function", "part", "event"),
    [
        ("sms", "WEBHOOKS", {"Records": [{"Sns": {"Message": "Private words"}}]}),
        ("websocket", "FRAMES", {"body": "Private words"}),
        ("authorizer", "AUTHORIZER", {"queryStringParameters": {"ticket": "Private words"}}),
    ],
)
def test_i3_of_an_event_that_fails_no_words_are_logged(
    entry_point: Callable[[str], ModuleType],
    monkeypatch: pytest.MonkeyPatch,
    function: str,
    part: str,
    event: dict[str, Any],
) -> None:
    """I3, R3.3: the platform gets an error (and SNS delivers again); neither error nor log quote what came in."""
    module = entry_point(function)
    monkeypatch.setattr(module, part, Failing())
    log, logger = Log(), logging.getLogger("nod")
    logger.addHandler(log)
    try:
        with pytest.raises(RuntimeError) as raised:
            module.handler(event, Context())
    finally:
        logger.removeHandler(log)
    told = "".join(traceback.format_exception(raised.value))
    (line,) = log.lines
    assert "ConnectionError" in line
    for text in (told, line):
        assert "447700900123" not in text
        assert "Private words" not in text


class Host:
    """Somebody whose session has let in another, and the function that they call."""

    def __init__(self, function: ModuleType) -> None:
        """Make the account, and the session GUEST."""
        self._function = function
        grant = self._answer("sign_up")[1]
        self.session_id, self._account_id = grant["session_id"], grant["account_id"]
        self._headers = {"authorization": f"Bearer {grant['access_token']}"}
        self._sessions = function.FLOWS.control.sessions
        mine = self._sessions.get(self._account_id, self.session_id)
        self._sessions.put(replace(mine, session_id="GUEST", let_in_by=mine.session_id))

    def end(self, query: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """End one's own session: status and content of the answer."""
        return self._answer("end_session", headers=self._headers, queryStringParameters=query)

    def living(self) -> set[str]:
        """The sessions that are alive."""
        return {one.session_id for one in self._sessions.of_account(self._account_id) if one.is_alive(now())}

    def _answer(self, sample: str, **changes: Any) -> tuple[int, dict[str, Any]]:
        event: dict[str, Any] = json.loads((ROOT / "events" / "account" / f"{sample}.json").read_text())
        answer = self._function.handler(event | changes, Context())
        return answer["statusCode"], json.loads(answer["body"])


def test_r2_2_a_session_ends_with_what_it_let_in(entry_point: Callable[[str], ModuleType]) -> None:
    """R2.2: where the query asks for it."""
    host = Host(entry_point("account"))
    assert host.end({"and_let_in": "true"}) == (200, {"ended": [host.session_id, "GUEST"]})
    assert host.living() == set()


@pytest.mark.parametrize("query", [{}, {"and_let_in": "false"}, {"and_more": "true"}])
def test_r2_2_a_session_ends_alone(entry_point: Callable[[str], ModuleType], query: dict[str, str]) -> None:
    """R2.2: unless it is asked for, what it let in stays; query parameters that are not known do nothing."""
    host = Host(entry_point("account"))
    assert host.end(query) == (200, {"ended": [host.session_id]})
    assert host.living() == {"GUEST"}


@pytest.mark.parametrize("text", ["", "True", "1", "yes", "true,true", " true", "null"])
def test_i2_a_flag_is_true_or_false(entry_point: Callable[[str], ModuleType], text: str) -> None:
    """I2: anything else is refused by the name of the parameter, and nothing ends."""
    host = Host(entry_point("account"))
    status, problem = host.end({"and_let_in": text})
    assert (status, problem["code"]) == (400, "invalid_request")
    assert "and_let_in" in problem["detail"]
    assert host.living() == {host.session_id, "GUEST"}


def test_each_entry_point_has_samples() -> None:
    """Every function has sample events, and no outcome is listed for a sample that does not exist."""
    assert {sample.parent.name for sample in SAMPLES} == {path.parent.name for path in ROOT.glob("functions/*/app.py")}
    assert set(OUTCOMES) | set(NOT_HTTP) == {_name(sample) for sample in SAMPLES}
