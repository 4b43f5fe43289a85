"""What holds strangers back, through the deployed stack: limits, concealment, reports, tickets, races (A1-A13)."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from local.device import SignIn
from tests.stacks import Stack
from tests.target import outcome


def test_a1_one_address_starts_so_many(shut: Stack) -> None:
    """A1: sign-in starts from one IP address are limited, whatever `X-Forwarded-For` says."""
    body = {"method": "approval", "challenge": "c" * 43, "device": {"type": "tv", "name": "TV"}}
    statuses = [
        shut.device()
        .http.post(
            "/sign-ins",
            json=body | {"login": f"nobody-{number}"},
            headers={"X-Forwarded-For": f"198.51.100.{number}"},
        )
        .status_code
        for number in range(12)
    ]
    # A minute may end in between, and with it the count: then at most two windows' worth of starts got through.
    assert statuses.count(404) in range(5, 11)
    assert statuses.count(429) == 12 - statuses.count(404)


def test_a1_one_address_tries_so_many_passwords(shut: Stack) -> None:
    """A1: one password for many logins is limited by the address, whatever `X-Forwarded-For` says."""
    body = {"password": "not the password", "device": {"type": "tv", "name": "TV"}}
    answers = [
        shut.device().http.post(
            "/sessions",
            json=body | {"login": f"nobody-{secrets.token_hex(6)}"},
            headers={"X-Forwarded-For": f"198.51.100.{number}"},
        )
        for number in range(12)
    ]
    told = [outcome(answer) for answer in answers]
    # A minute may end in between, as above.
    assert told.count((401, "invalid_credentials")) in range(5, 11)
    assert told.count((429, "slow_down")) == 12 - told.count((401, "invalid_credentials"))
    waits = [int(answer.headers["retry-after"]) for answer in answers if answer.status_code == 429]
    assert all(0 < wait <= 61 for wait in waits)


def test_a4_past_the_limits_of_a_login_a_start_looks_the_same(strict: Stack) -> None:
    """A1, A4, A12: the fourth open start and the one after a report prompt nobody, and cannot be told from others."""
    alice, bob = strict.person(), strict.person()
    nobody = f"alice-{secrets.token_hex(6)}"
    with alice.phone.approving() as approver, bob.phone.approving() as reporter:
        reported = strict.device().start(bob.login)
        assert reporter.expect("prompt")["sign_in_id"] == reported.id
        reporter.ask("answer", sign_in_id=reported.id, decision="report")
        alices, nobodys = ([strict.device().start(login) for _ in range(4)] for login in (alice.login, nobody))
        held = strict.device().start(bob.login)
        assert [frame["sign_in_id"] for frame in approver.settled()] == [one.id for one in alices[:3]]
        assert reporter.settled() == []
        # At the same time, since they live for 15 seconds.
        with ThreadPoolExecutor(4) as pool:
            asked, *not_asked = pool.map(_looks, [alices[0], alices[3], nobodys[3], held])
    assert not_asked == [asked] * 3


def _looks(sign_in: SignIn) -> Any:
    """What whoever has started a sign-in sees of it until it is given up, but for what chance has drawn."""
    with sign_in.waiting() as waiting:
        hello = waiting.ask("hello")
    polls = [sign_in.redeem() for _ in range(2)]
    given_up = [sign_in.cancel(), sign_in.redeem()]
    told = [(one.status_code, _lengths(one.json() if one.content else None)) for one in [*polls, *given_up]]
    return _lengths(sign_in.started), hello["status"], told


def _lengths(value: Any) -> Any:
    """An answer with the length of each text in its place."""
    if isinstance(value, dict):
        return {key: _lengths(one) for key, one in value.items()}
    return len(value) if isinstance(value, str) else value


def test_a8_what_is_late_is_refused(strict: Stack) -> None:
    """A8: after its time a sign-in is neither answered nor redeemed, although its row still exists."""
    alice = strict.person()
    with alice.phone.approving() as approver:
        sign_in = strict.device().start(alice.login)
        approver.expect("prompt")
        assert sign_in.started["expires_in"] == 15
        with sign_in.waiting() as waiting:
            while waiting.ask("hello")["status"] == "pending":
                continue
            assert waiting.ask("hello")["status"] == "expired"
        late = approver.ask("answer", sign_in_id=sign_in.id, decision="allow", code=sign_in.code)
        assert late["code"] == "not_answerable"
        assert approver.ask("hello")["prompts"] == []
    response = sign_in.redeem()
    assert (response.status_code, response.json()["code"]) == (410, "expired")
    assert len(strict.items("SignIns", "sign_in_id", sign_in.id)) == 1


def test_a13_only_allowed_origins_may_read_answers(strict: Stack, stack: Stack) -> None:
    """A13: CORS names the configured origin and no other; with no origin configured, none."""
    preflight = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    allowed = httpx.options(f"{strict.http}/sign-ins", headers=preflight | {"Origin": "https://app.example.com"})
    assert allowed.headers["access-control-allow-origin"] == "https://app.example.com"
    foreign = httpx.options(f"{strict.http}/sign-ins", headers=preflight | {"Origin": "https://evil.example"})
    assert foreign.headers.get("access-control-allow-origin") != "https://evil.example"


def test_a13_a_dead_sessions_socket_can_do_nothing(stack: Stack) -> None:
    """A13: frames are authorised anew: with its session's row gone, a socket that still stands is refused."""
    alice = stack.person()
    other = stack.device("Alice's laptop")
    with alice.phone.approving() as approver:
        sign_in = other.start(alice.login)
        approver.expect("prompt")
        stack.cloud.client("dynamodb").delete_item(
            TableName=stack.resources["SessionsTable"],
            Key={"account_id": {"S": alice.account_id}, "session_id": {"S": alice.phone.session_id}},
        )
        frames: list[tuple[str, dict[str, str]]] = [
            ("hello", {}),
            ("listSessions", {}),
            ("endSession", {"session_id": alice.phone.session_id}),
            ("answer", {"sign_in_id": sign_in.id, "decision": "allow", "code": sign_in.code}),
        ]
        for action, fields in frames:
            assert approver.ask(action, **fields)["code"] == "forbidden"
    assert sign_in.redeem().status_code == 202
