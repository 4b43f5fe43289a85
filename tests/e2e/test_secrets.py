"""What is kept and what is logged: no secret in the tables, none and nothing personal in the logs (I3)."""

import json
from typing import Any

import pytest

from tests.e2e.conftest import PASSWORD, Stack

TABLES = (
    "Accounts",
    "Logins",
    "Sessions",
    "Connections",
    "SignIns",
    "Prompts",
    "Tickets",
    "Throttles",
    "Bindings",
    "Messages",
)


def everything_kept(stack: Stack) -> str:
    """All items of all tables, as text."""
    dynamodb = stack.cloud.client("dynamodb")
    pages: list[dict[str, Any]] = []
    for table in TABLES:
        paginator = dynamodb.get_paginator("scan")
        pages.extend(page["Items"] for page in paginator.paginate(TableName=stack.resources[f"{table}Table"]))
    return json.dumps(pages)


def everything_logged(stack: Stack) -> str:
    """All that functions and emulator have logged up to now."""
    logs = stack.cloud.client("logs")
    events = [
        event["message"]
        for groups in logs.get_paginator("describe_log_groups").paginate()
        for group in groups["logGroups"]
        for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"])
        for event in page["events"]
    ]
    return "\n".join([*events, stack.cloud.log.read_text(errors="replace")])


@pytest.fixture
def secrets(stack: Stack) -> dict[str, str]:
    """The secrets of a person who signs in on a second device, with a wrong code on the way and a refused frame."""
    alice, pc = stack.person(), stack.device()
    ticket = alice.phone.ticket_url().partition("ticket=")[2]
    with alice.phone.approving() as approver:
        sign_in = pc.start(alice.login, verification="enter")
        approver.expect("prompt")
        wrong = f"{(int(sign_in.code) + 1) % 1_000_000:06d}"
        assert approver.ask("answer", sign_in_id=sign_in.id, decision="allow", code=wrong)["code"] == "wrong_code"
        approver.connection.send(f'{{"action": "answer", "code": "{sign_in.code}", "extra": "{PASSWORD}"}}')
        assert approver.receive()["code"] == "invalid_request"
        approver.ask("answer", sign_in_id=sign_in.id, decision="allow", code=sign_in.code)
    assert pc.redeem(sign_in).status_code == 200
    assert pc.sign_in(alice.login, "a wrong password").status_code == 401
    account, session, family, secret = pc.grant["refresh_token"].split(".")
    assert (account, session) == (alice.account_id, pc.session_id)
    return {
        "password": PASSWORD,
        "a wrong password": "a wrong password",
        "verifier": sign_in.verifier,
        "access token": pc.grant["access_token"].rpartition(".")[2],
        "refresh token": secret,
        "refresh family": family,
        "ticket": ticket,
        "waiter's ticket": sign_in.started["waiter"]["url"].partition("ticket=")[2],
        "code": f'"{sign_in.code}"',
        "login": alice.login,
    }


def test_i3_secrets_are_kept_as_hashes_only(stack: Stack, secrets: dict[str, str]) -> None:
    """I3: no table holds a password, verifier, token, ticket or code, though all of them were just used."""
    kept = everything_kept(stack)
    assert secrets.pop("login") in kept
    assert [name for name, secret in secrets.items() if secret in kept] == []


def test_i3_nothing_secret_or_personal_is_logged(stack: Stack, secrets: dict[str, str]) -> None:
    """I3: no log of any function holds a secret or a login, though the functions did log what happened."""
    logged = everything_logged(stack)
    assert "A request was refused" in logged
    assert [name for name, secret in secrets.items() if secret in logged] == []
