"""What is kept and what is logged: no secret in the tables, none and nothing personal in the logs (I3).

The logs are looked through once more when all tests are over (`tests.stacks.local_stack`), for all that was in them.
"""

import json
from collections.abc import Iterator
from secrets import randbelow, token_hex
from typing import Any

import pytest

from tests import logs
from tests.confidential import HEARD, Confidential
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


def test_i3_of_text_messages_only_hashes_are_kept(stack: Stack, texted: dict[str, str]) -> None:
    """I3: no table holds an initial password, a mailed code, a verifier or a key of a gateway; numbers are logins."""
    kept = everything_kept(stack)
    assert texted.pop("number") in kept
    texted.pop("address")
    assert [name for name, secret in texted.items() if secret in kept] == []


def test_i3_all_of_this_is_looked_for_in_the_logs(secrets: dict[str, str], texted: dict[str, str]) -> None:
    """I3: the clients of these tests have told the search what it is to find, down to the codes."""
    for name, secret in (secrets | texted).items():
        assert secret.strip('"') in HEARD.kinds.keys() | HEARD.codes, name


@pytest.fixture
def group(stack: Stack) -> Iterator[str]:
    """A group of logs with more in it than is read at once."""
    client, name = stack.cloud.client("logs"), f"/test/{token_hex(6)}"
    client.create_log_group(logGroupName=name)
    for stream in range(55):
        log = {"logGroupName": name, "logStreamName": f"{stream:02}"}
        client.create_log_stream(**log)
        client.put_log_events(**log, logEvents=[{"timestamp": stream, "message": f"line {n}"} for n in range(190)])
    yield name
    client.delete_log_group(logGroupName=name)


def test_i3_a_log_that_tells_a_secret_is_noticed(stack: Stack, group: str) -> None:
    """I3: one word in the last of thousands of lines is found, and is not told again by whoever finds it."""
    secret, confidential = token_hex(8), Confidential()
    confidential.note("password", secret)
    assert len(list(logs.events(stack.cloud, group))) == 55 * 190
    assert logs.leaks(logs.events(stack.cloud, group), confidential) == []
    event = {"timestamp": 99, "message": f"they wrote {secret}!"}
    stack.cloud.client("logs").put_log_events(logGroupName=group, logStreamName="54", logEvents=[event])
    ((place, leak),) = logs.leaks(logs.events(stack.cloud, group), confidential)
    assert place == f"{group} 54 at 99"
    assert str(leak) == f"a password, {secret[:3]}... (16 characters)"


def test_i3_what_functions_say_is_in_the_logs(stack: Stack, secrets: dict[str, str]) -> None:
    """I3: the search looks where the functions and the emulator do say something."""
    said = "\n".join(text for _, text in logs.everything(stack.cloud))
    assert "A request was refused" in said
    assert "A frame was refused" in said
    assert "Lambda worker spawned" in said


@pytest.mark.parametrize(
    ("group", "function"), [("sms", "Sms"), ("websocket", "WebSocket"), ("authorizer", "Authorizer")]
)
def test_i3_a_function_that_fails_tells_nothing_of_its_event(stack: Stack, group: str, function: str) -> None:
    """I3: an event that it cannot take makes an error in its log, as on AWS, without a word of the event."""
    words = token_hex(8)
    HEARD.note("password", words)
    name = stack.resources[f"{function}Function"]
    answer = stack.cloud.client("lambda").invoke(FunctionName=name, Payload=json.dumps({"Records": [words], words: 1}))
    assert answer["FunctionError"]
    assert words not in answer["Payload"].read().decode()
    told = list(logs.events(stack.cloud, f"/nod/{stack.name}/{group}"))
    assert any("Unexpected error" in text for _, text in told)
    assert any("RuntimeError" in text for _, text in told)
    assert logs.leaks(iter(told), HEARD) == []
