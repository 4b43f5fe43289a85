"""What holds strangers back, through the deployed stack: limits, concealment, reports, tickets, races (A1-A13)."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from local.device import SignIn, new_identifier
from nod.domain.identifiers import fingerprint
from tests.handing_over import pair, shown
from tests.stacks import EDGE_SECRET, Stack, fresh_number
from tests.target import outcome


def moved(stack: Stack, table: str, key: tuple[str, str], by: timedelta, *moments: str) -> None:
    """Put the one row of a partition anew with some of its times moved, past the service."""
    (row,) = stack.items(table, *key)
    shift = by // timedelta(microseconds=1)
    stack.put(table, row | {name: {"N": str(int(row[name]["N"]) + shift)} for name in moments})


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


@pytest.mark.parametrize("method", ["phone", "qr"])
def test_a1_other_starts_of_one_address_are_counted_as_well(sparing: Stack, method: str) -> None:
    """A1: an address registers few identifiers for text messages in a minute, and asks for few QR codes."""
    headers = {"X-Nod-Edge": EDGE_SECRET, "CloudFront-Viewer-Address": f"203.0.113.{len(method)}:443"}
    answers = [
        sparing.client.post("/sign-ins", json=other_start(method), headers=headers).status_code for _ in range(12)
    ]
    # As above, a minute may end in between.
    through = answers.count(201 if method == "phone" else 404)
    assert through in range(5, 11)
    assert answers.count(429) == 12 - through


def other_start(method: str) -> dict[str, Any]:
    """A start that asks no approver: by text message, or by a QR code for a number that nobody has."""
    asked = {"identifier": new_identifier()} if method == "phone" else {"login": fresh_number()}
    return asked | {"method": method, "challenge": "c" * 43, "device": {"type": "phone", "name": "Phone"}}


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


def test_a8_what_was_allowed_is_redeemed_within_a_minute(stack: Stack) -> None:
    """A8: a minute after it was allowed a sign-in brings no session any more, although its row still says so."""
    alice = stack.person()
    with alice.phone.approving() as approver:
        sign_ins = [stack.device().start(alice.login) for _ in range(2)]
        for one in sign_ins:
            assert approver.ask("answer", sign_in_id=one.id, decision="allow", code=one.code)["status"] == "allowed"
    for one, seconds in zip(sign_ins, (30, 60), strict=True):
        moved(stack, "SignIns", ("sign_in_id", one.id), -timedelta(seconds=seconds), "expires_at")
    in_time, late = sign_ins
    assert outcome(late.redeem()) == (410, "expired")
    assert stack.items("SignIns", "sign_in_id", late.id)[0]["status"]["S"] == "allowed"
    assert in_time.redeem().status_code == 200
    assert len(stack.sessions_of(alice.phone)) == 2


def test_a12_each_report_holds_the_login_twice_as_long(stack: Stack) -> None:
    """A12: what a second report holds back is held for half an hour, and what a third does for an hour."""
    alice = stack.person()
    with alice.phone.approving() as approver:
        for minutes in (15, 30, 60):
            sign_in = stack.device().start(alice.login)
            approver.ask("answer", sign_in_id=sign_in.id, decision="report")
            held = stack.device().request_start(alice.login, "v" * 43)
            assert outcome(held) == (429, "slow_down")
            assert minutes * 60 - 60 < int(held.headers["retry-after"]) <= minutes * 60 + 1
            moved(stack, "Logins", ("login", f"user:{alice.login}"), -timedelta(minutes=minutes), "held_from")


def test_a13_an_expired_ticket_opens_nothing(stack: Stack) -> None:
    """A13: after its 30 seconds a ticket is refused at the handshake, although its row still exists."""
    alice = stack.person()
    for seconds, opens in ((20, True), (30, False)):
        url = alice.phone.ticket_url()
        (ticket,) = parse_qs(urlsplit(url).query)["ticket"]
        moved(stack, "Tickets", ("ticket_hash", fingerprint(ticket)), -timedelta(seconds=seconds), "expires_at")
        if opens:
            with connect(url):
                continue
        with pytest.raises(InvalidStatus) as refused, connect(url):
            pass
        assert refused.value.response.status_code in (401, 403)
        assert len(stack.items("Tickets", "ticket_hash", fingerprint(ticket))) == 1


def test_a13_only_allowed_origins_may_read_answers(strict: Stack, stack: Stack) -> None:
    """A13: CORS names the configured origin and no other; with no origin configured, none."""
    preflight = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    allowed = httpx.options(f"{strict.http}/sign-ins", headers=preflight | {"Origin": "https://app.example.com"})
    assert allowed.headers["access-control-allow-origin"] == "https://app.example.com"
    foreign = httpx.options(f"{strict.http}/sign-ins", headers=preflight | {"Origin": "https://evil.example"})
    assert foreign.headers.get("access-control-allow-origin") != "https://evil.example"


def test_a13_a_dead_sessions_socket_can_do_nothing(stack: Stack) -> None:
    """A13, S2: with its session's row gone, what a socket still sends is refused; asking for its own end closes it."""
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
            ("endSession", {"session_id": "somebody-else-s"}),
            ("answer", {"sign_in_id": sign_in.id, "decision": "allow", "code": sign_in.code}),
        ]
        for action, fields in frames:
            assert approver.ask(action, **fields)["code"] == "forbidden"
        approver.send("endSession", session_id=alice.phone.session_id)
        approver.expect("sessionEnded")
        with pytest.raises(ConnectionClosed):
            approver.receive()
    assert sign_in.redeem().status_code == 202


def test_a13_a_dead_sessions_page_renews_no_code(stack: Stack) -> None:
    """A13, Q6: with its session's row gone, a page that still stands gets no further QR code, nor anything else."""
    ada = pair(stack)
    with ada.pc.handing_over() as page:
        sign_in = ada.ask()
        shown(page, sign_in)
        before = stack.items("SignIns", "sign_in_id", sign_in.id)
        stack.cloud.client("dynamodb").delete_item(
            TableName=stack.resources["SessionsTable"],
            Key={"account_id": {"S": ada.pc.grant["account_id"]}, "session_id": {"S": ada.pc.session_id}},
        )
        assert page.ask("renewQr", sign_in_id=sign_in.id)["code"] == "forbidden"
        assert page.ask("hello")["code"] == "forbidden"
        assert stack.items("SignIns", "sign_in_id", sign_in.id) == before
