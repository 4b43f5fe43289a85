"""Attacks on the approval by a signed-in device (A1-A3, A5-A7, A9-A13)."""

import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from local.device import Socket
from nod.domain.limits import PROMPTS_PER_LOGIN, Limit
from nod.domain.verification import TRIES, WEAKEST_TO_STRONGEST, Mode
from tests.target import Target, outcome, wrong_code


def within_one_window(limit: Limit, act: Callable[[], None]) -> None:
    """Play once more where a new window of the limit, and with it its count, began in the middle."""
    window = limit.window_of(datetime.now(UTC))
    try:
        act()
    except AssertionError:
        if limit.window_of(datetime.now(UTC)) == window:
            raise
        act()


def require_held_back(target: Target, response: httpx.Response, *, within: int) -> None:
    """It was refused, with so many seconds to wait at most; or looks as if it were not, where that is concealed."""
    if target.conceals:
        assert response.status_code == 201
    else:
        assert outcome(response) == (429, "slow_down")
        assert 0 < int(response.headers["retry-after"]) <= within


def kinds(socket: Socket) -> list[str]:
    """What was pushed since the last look."""
    return [frame["type"] for frame in socket.settled()]


def test_a1_a_login_has_three_sign_ins_open(either: Target) -> None:
    """A1: the fourth open sign-in of a login is refused with the time to wait, and no prompt is delivered for it."""
    alice = either.person()
    with alice.phone.approving() as approver:
        open_ones = [either.device().start(alice.login, verification="choose") for _ in range(3)]
        response = either.device().request_start(alice.login, "v" * 43, verification="choose")
        require_held_back(either, response, within=open_ones[0].started["expires_in"] + 1)
        assert kinds(approver) == ["prompt"] * 3
        assert open_ones[0].cancel().status_code == 204
        assert either.device().request_start(alice.login, "v" * 43, verification="choose").status_code == 201
        assert kinds(approver) == ["promptClosed", "prompt"]


def test_a1_many_starts_at_once_open_three(target: Target) -> None:
    """A1: of nine starts at the same time three are prompted, since the writes themselves count."""
    alice, url = target.person(), f"{target.http}/sign-ins"
    device = {"type": "desktop", "name": "PC"}
    body = {"method": "approval", "login": alice.login, "challenge": "c" * 43, "verification": "choose"}
    with alice.phone.approving() as approver:
        with ThreadPoolExecutor(9) as pool:
            answers = list(pool.map(lambda _: httpx.post(url, json=body | {"device": device}, timeout=60), range(9)))
        assert len(approver.settled()) == 3
    # Where accounts are concealed, those that are past the limit look like the others.
    assert [answer.status_code for answer in answers].count(201) in (3, 9)
    assert {outcome(answer) for answer in answers if answer.status_code != 201} <= {(429, "slow_down")}


def test_a1_a_login_is_prompted_ten_times_without_success(either: Target) -> None:
    """A1: after ten prompts without a success further ones are refused; a success starts the count afresh."""
    within_one_window(PROMPTS_PER_LOGIN, partial(_be_prompted_ten_times, either))


def _be_prompted_ten_times(target: Target) -> None:
    alice, pc = target.person(), target.device()
    with alice.phone.approving() as approver:
        for _ in range(9):
            pc.start(alice.login, verification="choose").cancel()
        sign_in = pc.start(alice.login, verification="choose")
        assert kinds(approver).count("prompt") == 10
        refused = pc.request_start(alice.login, "v" * 43, verification="choose")
        require_held_back(target, refused, within=601)
        assert kinds(approver) == []
        approver.ask("answer", sign_in_id=sign_in.id, decision="allow", code=sign_in.code)
        assert pc.redeem(sign_in).status_code == 200
        assert pc.request_start(alice.login, "v" * 43, verification="choose").status_code == 201
        assert kinds(approver).count("prompt") == 1


def test_a5_many_answers_at_once_decide_once(target: Target) -> None:
    """A5: of twenty concurrent allows and denies exactly one decides, and what it says is what is redeemed."""
    alice, pc = target.person(), target.device()
    with alice.phone.approving() as approver:
        sign_in = pc.start(alice.login, verification="choose")
        approver.expect("prompt")

        def answer(number: int) -> tuple[int, str]:
            body = {"decision": "allow", "code": sign_in.code} if number % 2 else {"decision": "deny"}
            headers = {"Authorization": f"Bearer {alice.phone.grant['access_token']}"}
            url = f"{target.http}/sign-ins/{sign_in.id}/answer"
            response = httpx.post(url, json=body, headers=headers, timeout=60)
            return response.status_code, response.json().get("code") or response.json()["status"]

        with ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(answer, range(20)))
    winners = [said for status, said in answers if status == 200]
    assert len(winners) == 1
    assert [said for status, said in answers if status != 200] == ["already_answered"] * 19
    assert sign_in.redeem().status_code == (200 if winners == ["allowed"] else 403)


def test_a7_many_redeems_at_once_give_one_session(target: Target) -> None:
    """A7: of twenty concurrent redeems one gets the session, and the account has one session more."""
    alice, pc = target.person(), target.device()
    with alice.phone.approving() as approver:
        sign_in = pc.start(alice.login, verification="choose")
        approver.ask("answer", sign_in_id=sign_in.id, decision="allow", code=sign_in.code)
    with ThreadPoolExecutor(20) as pool:
        statuses = sorted(pool.map(lambda _: sign_in.redeem().status_code, range(20)))
    assert statuses == [200] + [409] * 19
    assert len(target.sessions_of(alice.phone)) == 2


def test_a12_a_report_looks_unanswered_and_holds_back(either: Target) -> None:
    """A12: after a report the requester sees a pending sign-in, and further requests for the login are held back."""
    alice = either.person()
    with alice.phone.approving() as approver:
        sign_in = either.device().start(alice.login, verification="choose")
        approver.expect("prompt")
        with sign_in.waiting() as waiting:
            assert waiting.ask("hello")["status"] == "pending"
            answered = approver.ask("answer", sign_in_id=sign_in.id, decision="report")
            assert answered["status"] == "denied"
            assert waiting.settled() == []
            assert waiting.ask("hello")["status"] == "pending"
        assert (sign_in.redeem().status_code, sign_in.redeem().status_code) == (202, 429)
        held = either.device().request_start(alice.login, "v" * 43, verification="choose")
        require_held_back(either, held, within=901)
        assert either.conceals or int(held.headers["retry-after"]) > 800
        assert kinds(approver) == []
        again = approver.ask("answer", sign_in_id=sign_in.id, decision="allow", code=sign_in.code)
        assert again["code"] == "already_answered"


def test_a12_who_gives_up_at_once_is_reported_all_the_same(either: Target) -> None:
    """A12: bombing with requests that are over before anybody can answer holds the login back as well."""
    alice = either.person()
    with alice.phone.approving() as approver:
        sign_in = either.device().start(alice.login, verification="choose")
        approver.expect("prompt")
        sign_in.cancel()
        approver.expect("promptClosed")
        late = approver.ask("answer", sign_in_id=sign_in.id, decision="allow", code=sign_in.code)
        assert late["code"] == "not_answerable"
        assert approver.ask("answer", sign_in_id=sign_in.id, decision="report")["status"] == "denied"
        held = either.device().request_start(alice.login, "v" * 43, verification="choose")
        require_held_back(either, held, within=901)
        assert kinds(approver) == []
    assert outcome(sign_in.redeem()) == (410, "cancelled")


def test_a13_a_handshake_needs_a_fresh_ticket(target: Target) -> None:
    """A13: without a ticket, with a made-up one, and with a used one the handshake is refused."""
    alice = target.person()
    url = alice.phone.ticket_url()
    with connect(url) as connection:
        assert Socket(connection).ask("ping")["type"] == "pong"
        bare = url.partition("?")[0]
        for address in (bare, f"{bare}?ticket=made-up", url):
            with pytest.raises(InvalidStatus) as refused, connect(address):
                pass
            assert refused.value.response.status_code in (401, 403)


def test_a13_a_waiting_device_can_only_wait(target: Target) -> None:
    """A13: on its connection a waiting device cannot answer, list or end anything."""
    alice = target.person()
    with alice.phone.approving():
        sign_in = target.device().start(alice.login, verification="choose")
        with sign_in.waiting() as waiting:
            frames: list[tuple[str, dict[str, str]]] = [
                ("answer", {"sign_in_id": sign_in.id, "decision": "allow"}),
                ("listSessions", {}),
                ("endSession", {"session_id": alice.phone.session_id}),
            ]
            for action, fields in frames:
                assert waiting.ask(action, **fields)["code"] == "forbidden"
    assert sign_in.redeem().status_code == 202


def test_a9_the_answer_of_an_ended_session_is_refused(target: Target) -> None:
    """A9: a session that is ended between prompt and answer decides nothing, and the sign-in waits for another."""
    alice, pc = target.person(), target.device()
    laptop = target.another(alice, "Alice's laptop")
    with laptop.approving() as approver:
        sign_in = pc.start(alice.login, verification="choose")
        approver.expect("prompt")
        assert alice.phone.call("DELETE", f"/sessions/{laptop.session_id}").status_code == 200
        with pytest.raises(ConnectionClosed):
            approver.ask("answer", sign_in_id=sign_in.id, decision="allow", code=sign_in.code)
    body = {"decision": "allow", "code": sign_in.code}
    answered = laptop.call("POST", f"/sign-ins/{sign_in.id}/answer", body)
    assert outcome(answered) == (401, "invalid_token")
    assert sign_in.redeem().status_code == 202


def test_s2_what_an_ended_session_has_allowed_is_not_redeemed(target: Target) -> None:
    """S2, A9: a session is ended after it has allowed a sign-in: that brings no session any more."""
    alice, thief = target.person(), target.device("Thief's PC")
    laptop = target.another(alice, "Alice's laptop")
    with laptop.approving() as approver:
        sign_in = thief.start(alice.login, verification="choose")
        approver.expect("prompt")
        approver.ask("answer", sign_in_id=sign_in.id, decision="allow", code=sign_in.code)
        assert alice.phone.call("DELETE", f"/sessions/{laptop.session_id}").status_code == 200
    assert outcome(sign_in.redeem()) == (403, "denied")


def test_a3_no_request_goes_under_the_minimum(guarded: Target, minimum: Mode) -> None:
    """A3: whoever asks for a weaker mode than the stack's minimum gets that; a stronger wish is kept."""
    alice, given = guarded.person(), {}
    with alice.phone.approving():
        for asked in WEAKEST_TO_STRONGEST:
            sign_in = guarded.device().start(alice.login, verification=asked)
            given[asked] = sign_in.started["verification"]["mode"]
            sign_in.cancel()
    least = WEAKEST_TO_STRONGEST.index(minimum)
    assert given == {mode: WEAKEST_TO_STRONGEST[max(least, at)] for at, mode in enumerate(WEAKEST_TO_STRONGEST)}


def test_a2_a_blind_allow_lets_nobody_in(target: Target) -> None:
    """A2: allowing without the number that the new device shows is refused; a wrong one denies."""
    alice = target.person()
    with alice.phone.approving() as approver:
        sign_in = target.device().start(alice.login, verification="choose")
        asked = approver.expect("prompt")["verification"]
        assert approver.ask("answer", sign_in_id=sign_in.id, decision="allow")["code"] == "code_required"
        assert sign_in.redeem().status_code == 202
        answer = {"sign_in_id": sign_in.id, "decision": "allow", "code": wrong_code(sign_in, asked)}
        answers = [approver.ask("answer", **answer) for _ in range(TRIES[asked["mode"]])]
        assert answers[-1]["status"] == "denied"
    assert outcome(sign_in.redeem()) == (403, "denied")


def test_a6_a_sign_in_that_was_overheard_is_of_no_use(target: Target) -> None:
    """A6: who knows everything about a sign-in but its verifier can neither collect its session nor cancel it."""
    alice, pc = target.person(), target.device()
    with alice.phone.approving() as approver:
        sign_in = pc.start(alice.login, verification="choose")
        approver.expect("prompt")
        approver.ask("answer", sign_in_id=sign_in.id, decision="allow", code=sign_in.code)
    assert outcome(sign_in.redeem(verifier="w" * 43)) == (404, "unknown_sign_in")
    bearer = {"Authorization": f"Bearer {'w' * 43}"}
    assert outcome(target.client.delete(f"/sign-ins/{sign_in.id}", headers=bearer)) == (404, "unknown_sign_in")
    assert pc.redeem(sign_in).status_code == 200
    assert outcome(sign_in.redeem()) == (409, "already_redeemed")


def test_a11_a_forged_address_is_never_shown(target: Target) -> None:
    """A11: what a requester says of its address and place in headers does not reach the prompt."""
    alice = target.person()
    forged = {"X-Forwarded-For": "203.0.113.99", "CloudFront-Viewer-Address": "203.0.113.99:443"}
    body = {"method": "approval", "login": alice.login, "challenge": "c" * 43, "verification": "choose"}
    device = {"type": "desktop", "name": "PC"}
    with alice.phone.approving() as approver:
        forged |= {"CloudFront-Viewer-City": "Leeds", "X-Nod-Edge": "a guess"}
        started = target.client.post("/sign-ins", json=body | {"device": device}, headers=forged)
        assert started.status_code == 201
        prompt = approver.expect("prompt")
        assert prompt["ip"] != "203.0.113.99"
        assert "Leeds" not in str(prompt["place"])


def test_a13_a_page_of_a_foreign_origin_gets_no_connection(target: Target) -> None:
    """A13: a stolen ticket is of no use to another page, and no page may read an answer that is not allowed to."""
    alice = target.person()
    with (
        pytest.raises(InvalidStatus) as refused,
        connect(alice.phone.ticket_url(), origin=Origin("https://evil.example")),
    ):
        pass
    assert refused.value.response.status_code == 403
    preflight = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    answer = target.client.options("/sign-ins", headers=preflight)
    assert answer.headers.get("access-control-allow-origin") not in ("*", "https://evil.example")


def test_s2_a_socket_ends_with_its_session(target: Target) -> None:
    """S2, A13: what was open when a session was ended is closed, and its ticket opens nothing any more."""
    alice = target.person()
    laptop = target.another(alice, "Alice's laptop")
    unused = laptop.ticket_url()
    with laptop.approving() as doomed:
        assert alice.phone.call("DELETE", f"/sessions/{laptop.session_id}").status_code == 200
        with pytest.raises(ConnectionClosed):
            doomed.settled()
    with pytest.raises(InvalidStatus), connect(unused):
        pass
    assert outcome(laptop.call("GET", "/sessions")) == (401, "invalid_token")
    assert outcome(laptop.refresh()) == (401, "invalid_token")


def test_a4_concealed_accounts_all_look_alike(guarded: Target) -> None:
    """A4: an unknown login, nobody online and a real start answer with the same status, fields and polls."""
    if not guarded.conceals:
        pytest.skip("accounts are not concealed on this stack: ConcealAccounts is false")
    online, offline = guarded.person(), guarded.person()
    with online.phone.approving():
        for mode in ("choose", "enter"):
            answers = [
                guarded.device().start(login, verification=mode)
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
