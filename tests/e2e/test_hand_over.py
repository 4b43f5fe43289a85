"""Flow 3 through the deployed stack: a signed-in PC lets a phone in by QR code (R4.1-R4.5)."""

from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest

from local import camera
from local.device import Device
from tests.handing_over import confirm, pair, shown, stranger
from tests.stacks import PASSWORD, Stack
from tests.target import outcome


def test_r4_1_a_page_is_a_connection_of_the_computers_session(stack: Stack) -> None:
    """R4.1: a ticket for the hand-over opens a connection that knows whose it is, and has nothing to show yet."""
    ada = pair(stack)
    with ada.pc.handing_over() as page:
        welcome = page.ask("hello")
        assert (welcome["session_id"], welcome["prompts"]) == (ada.pc.session_id, [])
        assert page.settled() == []


def test_r4_2_without_an_open_page_the_phone_gets_an_error(stack: Stack) -> None:
    """R4.2: no page open, an unknown number, and a name that no phone has, are told apart."""
    ada, verifier = pair(stack), stranger()
    with ada.pc.approving():
        assert outcome(ada.phone.request_qr_start(ada.login, verifier)) == (409, "no_page_open")
    with ada.pc.handing_over():
        pass
    while stack.items("Connections", "owner", ada.pc.grant["account_id"]):
        continue
    assert outcome(ada.phone.request_qr_start(ada.login, verifier)) == (409, "no_page_open")
    assert outcome(ada.phone.request_qr_start(stack.handset().number, verifier)) == (404, "unknown_login")
    assert outcome(ada.phone.request_qr_start("device:never-seen", verifier)) == (404, "unknown_login")
    assert outcome(ada.phone.request_qr_start("ada", verifier)) == (400, "invalid_request")


def test_r4_3_the_page_gets_a_picture_that_a_phone_can_read(stack: Stack) -> None:
    """R4.3: the picture holds the link of the frame, which leads to the phone's page; it tells which device asks."""
    ada = pair(stack)
    with ada.pc.handing_over() as page:
        sign_in = ada.ask()
        frame = shown(page, sign_in)
    assert set(frame) == {"type", "sign_in_id", "device", "svg", "url", "expires_at"}
    assert camera.read(frame["svg"]) == frame["url"]
    assert urlsplit(frame["url"])._replace(fragment="").geturl() == f"{stack.endpoints.web}/scan"
    assert frame["device"] == ada.phone.facts
    left = datetime.fromisoformat(frame["expires_at"]) - datetime.now(UTC)
    assert timedelta(seconds=15) < left <= timedelta(seconds=30)
    assert (sign_in.started["method"], sign_in.started["status"]) == ("qr", "started")
    assert "verification" not in sign_in.started


@pytest.mark.parametrize("width", [150, 300, 1200])
def test_r4_3_the_picture_is_read_from_near_and_far(stack: Stack, width: int) -> None:
    """R4.3: however large the code appears to the camera, it reads the same."""
    ada = pair(stack)
    with ada.pc.handing_over() as page:
        frame = shown(page, ada.ask())
    assert camera.read(frame["svg"], pixels=width) == frame["url"]


def test_r4_4_the_scan_makes_the_computer_the_approver(stack: Stack) -> None:
    """R4.4: the phone gets a number to show; the PC is prompted with three, and with what is known of the phone."""
    ada = pair(stack)
    with ada.pc.handing_over() as page:
        sign_in = ada.ask()
        response = ada.scan(sign_in, shown(page, sign_in)["svg"])
        assert response.status_code == 200
        assert set(response.json()) == {"status", "verification"}
        assert (response.json()["status"], sign_in.started["verification"]["mode"]) == ("pending", "choose")
        prompt = page.expect("prompt")
        assert page.expect("qrClosed") == {"type": "qrClosed", "sign_in_id": sign_in.id, "status": "pending"}
        listed = ada.pc.call("GET", "/prompts").json()["prompts"]
    assert (prompt["sign_in_id"], prompt["method"], prompt["login"]) == (sign_in.id, "qr", ada.login)
    assert (prompt["device"], prompt["ip"]) == (ada.phone.facts, "127.0.0.1")
    assert sign_in.code in prompt["verification"]["choices"]
    assert len(set(prompt["verification"]["choices"])) == 3
    assert listed == [{key: value for key, value in prompt.items() if key != "type"}]


def test_r4_5_the_phone_gets_a_session_that_says_who_let_it_in(stack: Stack) -> None:
    """R4.5: once the PC's user has picked the number, the phone redeems a second session of the account."""
    ada = pair(stack)
    with ada.pc.handing_over() as page:
        sign_in = ada.ask()
        with sign_in.waiting() as waiting:
            assert waiting.ask("hello")["status"] == "started"
            assert ada.scan(sign_in, shown(page, sign_in)["svg"]).status_code == 200
            assert sign_in.redeem().status_code == 202
            assert confirm(page, sign_in) == "allowed"
            assert waiting.expect("signInResolved")["status"] == "allowed"
        assert ada.phone.redeem(sign_in).status_code == 200
        assert page.expect("sessionStarted")["session_id"] == ada.phone.session_id
    assert ada.phone.grant["account_id"] == ada.pc.grant["account_id"]
    listed = {one["session_id"]: one for one in ada.phone.call("GET", "/sessions").json()["sessions"]}
    mine = listed[ada.phone.session_id]
    assert (mine["method"], mine["let_in_by"], mine["login"]) == ("qr", ada.pc.session_id, ada.login)


def test_r4_5_a_device_that_was_signed_in_once_is_known_by_its_id(stack: Stack) -> None:
    """R4.1, R4.5: a phone without a number comes back with its device id, also after it has signed out."""
    alice, pc = stack.person(), stack.device()
    assert pc.sign_in(alice.login, PASSWORD).status_code == 201
    again = Device(stack.client, "Alice's phone", "phone", id=alice.phone.facts["id"])
    assert alice.phone.call("DELETE", "/sessions/current").status_code == 200
    login = f"device:{again.facts['id']}"
    with pc.handing_over() as page:
        sign_in = again.start_qr(login)
        assert sign_in.scan(camera.scan_token(camera.read(shown(page, sign_in)["svg"])), login).status_code == 200
        assert confirm(page, sign_in) == "allowed"
        assert again.redeem(sign_in).status_code == 200
    assert again.grant["account_id"] == alice.account_id


def test_every_page_shows_a_code_and_only_the_one_that_was_read_is_asked(stack: Stack) -> None:
    """R4.3, R4.4: two pages of the PC and one of another computer show three codes; the PC's session answers."""
    ada = pair(stack)
    laptop = stack.texted_in(stack.handset(ada.login), "Ada's laptop")
    with ada.pc.handing_over() as page, ada.pc.handing_over() as second, laptop.handing_over() as other:
        sign_in = ada.ask()
        frames = [shown(one, sign_in) for one in (page, second, other)]
        assert len({frame["url"] for frame in frames}) == 3
        assert ada.scan(sign_in, frames[1]["svg"]).status_code == 200
        assert page.expect("prompt") == second.expect("prompt")
        assert [frame["type"] for frame in other.settled()] == ["qrClosed"]
        code = {"code": sign_in.code}
        assert other.ask("answer", sign_in_id=sign_in.id, decision="allow", **code)["code"] == "forbidden"
        assert confirm(page, sign_in) == "allowed"
        closed = [frame for frame in second.settled() if frame["type"] == "promptClosed"]
        assert closed == [{"type": "promptClosed", "sign_in_id": sign_in.id, "status": "allowed"}]
    assert ada.phone.redeem(sign_in).status_code == 200


def test_several_phones_ask_at_once_and_each_has_its_own_code(stack: Stack) -> None:
    """R4.3, R1.7: the page shows one code for each phone, and no number twice; each phone is let in by its own."""
    ada = pair(stack)
    tablet = stack.device("Ada's tablet", "tablet")
    with ada.pc.handing_over() as page:
        first = ada.ask()
        first_frame = shown(page, first)
        second = tablet.start_qr(ada.login)
        second_frame = shown(page, second)
        assert second.scan(camera.scan_token(second_frame["url"]), ada.login).status_code == 200
        assert ada.scan(first, first_frame["svg"]).status_code == 200
        offered = [choice for one in page.ask("hello")["prompts"] for choice in one["verification"]["choices"]]
        assert len(set(offered)) == 6
        assert confirm(page, second) == "allowed"
        assert confirm(page, first) == "allowed"
    assert ada.phone.redeem(first).status_code == 200
    assert tablet.redeem(second).status_code == 200


def test_a_page_that_is_opened_again_shows_what_is_to_be_scanned(stack: Stack) -> None:
    """R4.1, R4.3: reloaded before the scan, the page gets a fresh code; reloaded after it, the prompt."""
    ada = pair(stack)
    with ada.pc.handing_over() as page:
        sign_in = ada.ask()
        before = shown(page, sign_in)
    with ada.pc.handing_over() as page:
        after = shown(page, sign_in)
        assert after["url"] != before["url"]
        assert ada.scan(sign_in, after["svg"]).status_code == 200
    with ada.pc.handing_over() as page:
        (prompt,) = page.ask("hello")["prompts"]
        assert prompt["sign_in_id"] == sign_in.id
        assert page.settled() == []
        assert confirm(page, sign_in) == "allowed"
    assert ada.phone.redeem(sign_in).status_code == 200


def test_the_page_renews_a_code_while_the_sign_in_lives(stack: Stack) -> None:
    """R4.3: the page asks for a fresh code and gets it as the reply; once it was scanned there is no more."""
    ada = pair(stack)
    with ada.pc.handing_over() as page:
        sign_in = ada.ask()
        first = shown(page, sign_in)
        fresh = page.ask("renewQr", sign_in_id=sign_in.id)
        assert (fresh["type"], fresh["sign_in_id"], fresh["device"]) == ("qr", sign_in.id, first["device"])
        assert fresh["url"] != first["url"]
        assert camera.read(fresh["svg"]) == fresh["url"]
        assert ada.scan(sign_in, fresh["svg"]).status_code == 200
        assert page.ask("renewQr", sign_in_id=sign_in.id)["code"] == "not_answerable"


def test_what_becomes_of_it_is_told_to_the_page(stack: Stack) -> None:
    """R4.5: the phone gives up before and after its scan; the PC denies: whoever shows something is told it is over."""
    ada = pair(stack)
    with ada.pc.handing_over() as page, ExitStack() as sockets:
        early = ada.ask()
        shown(page, early)
        assert early.cancel().status_code == 204
        assert page.expect("qrClosed") == {"type": "qrClosed", "sign_in_id": early.id, "status": "cancelled"}
        late = ada.ask()
        assert ada.scan(late, shown(page, late)["svg"]).status_code == 200
        assert late.cancel().status_code == 204
        assert [frame["type"] for frame in page.settled()] == ["prompt", "qrClosed", "promptClosed"]
        denied = ada.ask()
        waiting = sockets.enter_context(denied.waiting())
        assert waiting.ask("hello")["status"] == "started"
        assert ada.scan(denied, shown(page, denied)["svg"]).status_code == 200
        assert confirm(page, denied, "deny") == "denied"
        assert waiting.expect("signInResolved")["status"] == "denied"
    assert outcome(early.redeem()) == (410, "cancelled")
    assert outcome(late.redeem()) == (410, "cancelled")
    assert outcome(denied.redeem()) == (403, "denied")


def test_after_a_report_no_more_codes_are_shown_for_the_login(stack: Stack) -> None:
    """R4.2, A12: "this was not me" looks unanswered to the phone, and holds further requests for the number back."""
    ada = pair(stack)
    with ada.pc.handing_over() as page:
        sign_in = ada.ask()
        assert ada.scan(sign_in, shown(page, sign_in)["svg"]).status_code == 200
        assert confirm(page, sign_in, "report") == "denied"
        assert sign_in.redeem().json()["status"] == "pending"
        assert outcome(ada.phone.request_qr_start(ada.login, stranger())) == (429, "slow_down")
        assert "qr" not in [frame["type"] for frame in page.settled()]


def test_where_the_stack_asks_for_no_confirmation_the_scan_lets_in(demanding: Stack) -> None:
    """R4.5: with `HandOverConfirmation` none the phone redeems right after its scan; the page is told."""
    ada = pair(demanding)
    with ada.pc.handing_over() as page:
        sign_in = ada.ask()
        with sign_in.waiting() as waiting:
            assert waiting.ask("hello")["status"] == "started"
            response = ada.scan(sign_in, shown(page, sign_in)["svg"])
            assert (response.status_code, response.json()) == (200, {"status": "allowed"})
            assert waiting.expect("signInResolved")["status"] == "allowed"
        assert page.expect("qrClosed")["status"] == "allowed"
    assert ada.phone.redeem(sign_in).status_code == 200
    listed = {one["session_id"]: one for one in ada.pc.call("GET", "/sessions").json()["sessions"]}
    assert listed[ada.phone.session_id]["let_in_by"] == ada.pc.session_id


def test_concealed_accounts_do_not_show_whether_there_is_one(strict: Stack) -> None:
    """A4, R4.2: an unknown number and a known one without a page are answered alike."""
    ada = pair(strict)
    unknown = ada.phone.request_qr_start(strict.handset().number, stranger())
    known = ada.phone.request_qr_start(ada.login, stranger())
    assert outcome(unknown) == outcome(known) == (409, "no_page_open")
    assert unknown.json() == known.json()


def test_a_stack_without_a_page_for_phones_shows_no_codes(shut: Stack) -> None:
    """R4.3: where no address is configured that a code could lead to, asking for one says so."""
    response = shut.device("Ada's phone", "phone").request_qr_start(shut.handset().number, stranger())
    assert outcome(response) == (403, "forbidden")
    assert "page" in response.json()["detail"]
