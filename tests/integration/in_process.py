"""An AWS in this process: the tables of `template.yaml`, a signing key, texts and mail, and every call on record."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from moto import mock_aws

from local import template
from nod.bootstrap.parts import Parts, now
from nod.flows.ports import Clock
from nod.settings import Settings

MAIL_FROM = "nod@example.com"


@contextmanager
def in_process_aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """Moto with all tables and the key; gives the settings of a function there."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        dynamodb = boto3.client("dynamodb")
        for name, resource in template.read()["Resources"].items():
            if resource["Type"] == "AWS::DynamoDB::Table":
                schema = {key: resource["Properties"][key] for key in ("AttributeDefinitions", "KeySchema")}
                dynamodb.create_table(TableName=name.removesuffix("Table"), BillingMode="PAY_PER_REQUEST", **schema)
        kms = boto3.client("kms")
        key = kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
        ses = boto3.client("ses")
        ses.verify_email_identity(EmailAddress=MAIL_FROM)
        yield Settings(
            signing_key=key,
            issuer="https://nod.example",
            websocket_url="wss://nod.example/live",
            sms_number="+447700900000",
            mail_from=MAIL_FROM,
        )
        for client in (dynamodb, kms, ses):
            client.close()


class Steps:
    """`Together` that counts: calls side by side are on the same step, one after another on the next."""

    def __init__(self) -> None:
        """Nothing has been called yet."""
        self._step = 0
        self.calls: list[tuple[int, str]] = []

    def __call__(self, *calls: Callable[[], Any]) -> list[Any]:
        """Run each call as if it started now; go on from where the last of them ended."""
        began, ends, results, errors = self._step, [self._step], [], []
        for call in calls:
            self._step = began
            try:
                results.append(call())
            except Exception as error:  # noqa: BLE001 - raised below, once every call is over.
                errors.append(error)
            ends.append(self._step)
        self._step = max(ends)
        if errors:
            raise errors[0]
        return results

    def record(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        """One AWS call: the next step, with the service, the action and the tables."""
        self._step += 1
        service = model.service_model.service_name
        self.calls.append((self._step, f"{service} {model.name} {' '.join(_tables(params))}".strip()))

    def start_over(self) -> None:
        """Count from here."""
        self._step, self.calls = 0, []

    def by_step(self) -> list[list[str]]:
        """The calls on each step, sorted."""
        return [sorted(call for at, call in self.calls if at == step) for step in sorted({at for at, _ in self.calls})]


def counted_parts(settings: Settings, steps: Steps, clock: Clock = now) -> Parts:
    """The real parts of a function, each of whose AWS calls is recorded."""
    parts = Parts(settings, together=steps, clock=clock)
    texts: Any = parts.outside.texts
    mailer: Any = parts.outside.mailer
    called: list[Any] = [parts.tables.client.client, parts.outside.sockets._client, parts.outside.kms]
    for client in (*called, texts._client, mailer._client):
        client.meta.events.register("before-parameter-build", steps.record)
    return parts


def _tables(params: dict[str, Any]) -> list[str]:
    if "TransactItems" in params:
        kinds = [next(iter(item.items())) for item in params["TransactItems"]]
        return [f"{kind} {request['TableName']}," for kind, request in kinds]
    return [params["TableName"]] if "TableName" in params else []
