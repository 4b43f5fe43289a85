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

from local import gateways as vendors
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
    "sign_ins/confirm": (404, "unknown_sign_in"),
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
    "account/change_password": (401, "invalid_token"),
    "account/issue_ticket": (401, "invalid_token"),
    "account/list_prompts": (401, "invalid_token"),
    "account/answer": (401, "invalid_token"),
    **{f"sms/{name}": (401, "invalid_signature") for name in gateways.NAMES},
    "websocket/connect": (401, None),
    "websocket/disconnect": (200, None),
    "websocket/ping": (200, None),
    "websocket/hello": (200, None),
    "websocket/answer": (200, None),
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


def test_i3_an_event_that_fails_is_delivered_again_and_its_words_are_not_logged(
    entry_point: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    """I3, R3.3: SNS gets an error, so that it delivers again; neither error nor log quote what the message was."""

    class Failing:
        def notify(self, event: dict[str, Any]) -> None:
            raise ConnectionError(f"+447700900123 {event}")

    function, event = entry_point("sms"), {"Records": [{"Sns": {"Message": "Private words"}}]}
    monkeypatch.setattr(function, "WEBHOOKS", Failing())
    log, logger = Log(), logging.getLogger("nod")
    logger.addHandler(log)
    try:
        with pytest.raises(RuntimeError) as raised:
            function.handler(event, Context())
    finally:
        logger.removeHandler(log)
    told = "".join(traceback.format_exception(raised.value))
    (line,) = log.lines
    assert "ConnectionError" in line
    for text in (told, line):
        assert "447700900123" not in text
        assert "Private words" not in text


def test_each_entry_point_has_samples() -> None:
    """Every function has sample events, and no outcome is listed for a sample that does not exist."""
    assert {sample.parent.name for sample in SAMPLES} == {path.parent.name for path in ROOT.glob("functions/*/app.py")}
    assert set(OUTCOMES) | set(NOT_HTTP) == {_name(sample) for sample in SAMPLES}
