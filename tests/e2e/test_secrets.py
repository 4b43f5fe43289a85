"""What is kept and what is logged: no secret in the tables, none and nothing personal in the logs (I3)."""

import json
from secrets import randbelow, token_hex
from typing import Any

import pytest

from tests.stacks import PASSWORD, Stack, body_of

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


@pytest.fixture
def texted(stack: Stack) -> dict[str, str]:
    """The secrets of somebody who signs up by text through a secret address, and binds an address by mail."""
    handset, phone = stack.handset(f"+86138001{randbelow(100_000):05d}"), stack.device("Bob's phone", "phone")
    sign_in, address = phone.start_by_text(), f"bob-{token_hex(6)}@example.org"
    assert handset.send(body_of(sign_in), "aliyun").status_code == 200
    assert phone.redeem(sign_in).status_code == 200
    handset.send("a code that is none", "tencent")
    assert phone.call("POST", "/account/logins", {"login": address}).status_code == 202
    code = stack.network.mails_to(address)[-1].partition("code is ")[2][:6]
    body = {"login": address, "code": f"{(int(code) + 1) % 1_000_000:06d}"}
    assert phone.call("POST", "/account/logins/confirm", body).status_code == 403
    return {
        "number": handset.number.removeprefix("+"),
        "address": address,
        "verifier": sign_in.verifier,
        "initial password": handset.next_text().partition("password ")[2].split()[0],
        "mailed code": f'"{code}"',
        "secret path": stack.endpoints.sms["aliyun"]["path_secret"],
        "gateway's key": stack.endpoints.sms["twilio"]["auth_token"],
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


def test_i3_of_text_messages_only_hashes_are_kept(stack: Stack, texted: dict[str, str]) -> None:
    """I3: no table holds an initial password, a mailed code, a verifier or a key of a gateway; numbers are logins."""
    kept = everything_kept(stack)
    assert texted.pop("number") in kept
    texted.pop("address")
    assert [name for name, secret in texted.items() if secret in kept] == []


def test_i3_nothing_of_text_messages_is_logged(stack: Stack, texted: dict[str, str]) -> None:
    """I3: no log holds a number, an address, a password, a code or a secret path, though refusals were logged."""
    logged = everything_logged(stack)
    assert "A request was refused" in logged
    assert [name for name, secret in texted.items() if secret in logged] == []
