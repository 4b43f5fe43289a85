"""What holds strangers back, through the deployed stack: limits, concealment, reports, tickets, races (A1-A13)."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from local.device import Socket
from tests.stacks import Stack


def test_a1_a_login_has_three_sign_ins_open(stack: Stack) -> None:
    """A1: the fourth open sign-in of a login is refused with the time to wait, and no prompt is delivered for it."""
    alice = stack.person()
    with alice.phone.approving() as approver:
        open_ones = [stack.device().start(alice.login) for _ in range(3)]
        response = stack.device().request_start(alice.login, "v" * 43)
        assert (response.status_code, response.json()["code"]) == (429, "slow_down")
        assert 0 < int(response.headers["retry-after"]) <= 121
        assert len(approver.settled()) == 3
        assert open_ones[0].cancel().status_code == 204
        assert stack.device().request_start(alice.login, "v" * 43).status_code == 201


def test_a1_a_login_is_prompted_ten_times_without_success(stack: Stack) -> None:
    """A1: after ten prompts without a success further ones are refused; a success starts the count afresh."""
    alice, pc = stack.person(), stack.device()
    with alice.phone.approving() as approver:
        for _ in range(9):
            pc.start(alice.login).cancel()
        sign_in = pc.start(alice.login, verification="none")
        assert pc.request_start(alice.login, "v" * 43).status_code == 429
        approver.ask("answer", sign_in_id=sign_in.id, decision="allow")
        assert pc.redeem(sign_in).status_code == 200
        assert pc.request_start(alice.login, "v" * 43).status_code == 201


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


def test_a3_no_request_goes_under_the_minimum(strict: Stack) -> None:
    """A3: a mode weaker than the stack's minimum is raised to it, a stronger one is kept."""
    alice = strict.person()
    with alice.phone.approving():
        for asked, given in (("none", "choose"), ("compare", "choose"), ("echo", "choose"), ("enter", "enter")):
            sign_in = strict.device().start(alice.login, verification=asked)
            assert sign_in.started["verification"]["mode"] == given
            sign_in.cancel()


def test_a4_concealed_accounts_all_look_alike(strict: Stack) -> None:
    """A4: an unknown login, nobody online and a real start answer with the same status, fields and polls."""
    online, offline = strict.person(), strict.person()
    with online.phone.approving():
        for mode in ("choose", "enter"):
            answers = [
                strict.device().start(login, verification=mode)
                for login in (online.login, offline.login, f"nobody-{secrets.token_hex(6)}")
            ]
            shapes = {_shape(one.started) for one in answers}
            assert len(shapes) == 1
            polls = {(one.redeem().status_code, one.redeem().status_code) for one in answers}
            assert polls == {(202, 429)}
            assert {one.cancel().status_code for one in answers} == {204}


def _shape(value: Any) -> Any:
    """The fields and types of an answer, and what stands in it for everybody alike."""
    if isinstance(value, dict):
        return tuple(sorted((key, _shape(one)) for key, one in value.items()))
    return len(value) if isinstance(value, str) else value


def test_a5_many_answers_at_once_decide_once(stack: Stack) -> None:
    """A5: of twenty concurrent allows and denies exactly one decides, and what it says is what is redeemed."""
    alice, pc = stack.person(), stack.device()
    with alice.phone.approving() as approver:
        sign_in = pc.start(alice.login)
        approver.expect("prompt")

        def answer(number: int) -> tuple[int, str]:
            body = {"decision": "allow", "code": sign_in.code} if number % 2 else {"decision": "deny"}
            headers = {"Authorization": f"Bearer {alice.phone.grant['access_token']}"}
            url = f"{stack.http}/sign-ins/{sign_in.id}/answer"
            response = httpx.post(url, json=body, headers=headers, timeout=60)
            return response.status_code, response.json().get("code") or response.json()["status"]

        with ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(answer, range(20)))
    winners = [said for status, said in answers if status == 200]
    assert len(winners) == 1
    assert [said for status, said in answers if status != 200] == ["already_answered"] * 19
    assert sign_in.redeem().status_code == (200 if winners == ["allowed"] else 403)


def test_a7_many_redeems_at_once_give_one_session(stack: Stack) -> None:
    """A7: of twenty concurrent redeems one gets the session, and the account has one session more."""
    alice, pc = stack.person(), stack.device()
    with alice.phone.approving() as approver:
        sign_in = pc.start(alice.login, verification="none")
        approver.ask("answer", sign_in_id=sign_in.id, decision="allow")
    url, body = f"{stack.http}/sign-ins/{sign_in.id}/redeem", {"verifier": sign_in.verifier}
    with ThreadPoolExecutor(20) as pool:
        statuses = sorted(pool.map(lambda _: httpx.post(url, json=body, timeout=60).status_code, range(20)))
    assert statuses == [200] + [409] * 19
    assert len(stack.items("Sessions", "account_id", alice.account_id)) == 2


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


def test_a12_a_report_looks_unanswered_and_holds_back(stack: Stack) -> None:
    """A12: after a report the requester sees a pending sign-in, and further requests for the login are held back."""
    alice = stack.person()
    with alice.phone.approving() as approver:
        sign_in = stack.device().start(alice.login)
        approver.expect("prompt")
        with sign_in.waiting() as waiting:
            assert waiting.ask("hello")["status"] == "pending"
            answered = approver.ask("answer", sign_in_id=sign_in.id, decision="report")
            assert answered["status"] == "denied"
            assert waiting.settled() == []
            assert waiting.ask("hello")["status"] == "pending"
        assert (sign_in.redeem().status_code, sign_in.redeem().status_code) == (202, 429)
        held = stack.device().request_start(alice.login, "v" * 43)
        assert (held.status_code, held.json()["code"]) == (429, "slow_down")
        assert 800 < int(held.headers["retry-after"]) <= 901
        again = approver.ask("answer", sign_in_id=sign_in.id, decision="allow", code=sign_in.code)
        assert again["code"] == "already_answered"


def test_a13_a_handshake_needs_a_fresh_ticket(stack: Stack) -> None:
    """A13: without a ticket, with a made-up one, and with a used one the handshake is refused."""
    alice = stack.person()
    url = alice.phone.ticket_url()
    with connect(url) as connection:
        assert Socket(connection).ask("ping")["type"] == "pong"
        for address in (stack.websocket, f"{stack.websocket}?ticket=made-up", url):
            with pytest.raises(InvalidStatus) as refused, connect(address):
                pass
            assert refused.value.response.status_code in (401, 403)


def test_a13_a_handshake_needs_an_allowed_origin(strict: Stack) -> None:
    """A13: a page of a foreign origin is refused at the handshake, one of an allowed origin is not."""
    alice = strict.person()
    with (
        pytest.raises(InvalidStatus) as refused,
        connect(alice.phone.ticket_url(), origin=Origin("https://evil.example")),
    ):
        pass
    assert refused.value.response.status_code == 403
    with connect(alice.phone.ticket_url(), origin=Origin("https://app.example.com")) as connection:
        assert Socket(connection).ask("hello")["type"] == "welcome"


def test_a13_only_allowed_origins_may_read_answers(strict: Stack, stack: Stack) -> None:
    """A13: CORS names the configured origin and no other; with no origin configured, none."""
    preflight = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    allowed = httpx.options(f"{strict.http}/sign-ins", headers=preflight | {"Origin": "https://app.example.com"})
    assert allowed.headers["access-control-allow-origin"] == "https://app.example.com"
    foreign = httpx.options(f"{strict.http}/sign-ins", headers=preflight | {"Origin": "https://evil.example"})
    assert foreign.headers.get("access-control-allow-origin") != "https://evil.example"


def test_a13_a_waiting_device_can_only_wait(stack: Stack) -> None:
    """A13: on its connection a waiting device cannot answer, list or end anything."""
    alice = stack.person()
    with alice.phone.approving():
        sign_in = stack.device().start(alice.login, verification="none")
        with sign_in.waiting() as waiting:
            frames: list[tuple[str, dict[str, str]]] = [
                ("answer", {"sign_in_id": sign_in.id, "decision": "allow"}),
                ("listSessions", {}),
                ("endSession", {"session_id": alice.phone.session_id}),
            ]
            for action, fields in frames:
                assert waiting.ask(action, **fields)["code"] == "forbidden"
    assert sign_in.redeem().status_code == 202


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
