"""Attacks on the QR hand-over (Q1-Q6)."""

import pytest

from nod.domain.verification import TRIES
from tests.handing_over import confirm, pair, shown, stranger, token_in
from tests.target import Target, fresh_number, outcome, wrong_code

pytestmark = pytest.mark.usefixtures("_handing_over")


def test_q1_a_code_works_once(target: Target) -> None:
    """Q1: the same content is refused the second time, and so is every other code of the sign-in."""
    ada = pair(target)
    with ada.pc.handing_over() as page:
        sign_in = ada.ask()
        first = shown(page, sign_in)["svg"]
        second = page.ask("renewQr", sign_in_id=sign_in.id)["svg"]
        ada.scan_to_be_asked(sign_in, first)
        assert outcome(ada.scan(sign_in, first)) == (403, "wrong_scan")
        assert outcome(ada.scan(sign_in, second)) == (403, "wrong_scan")
        assert confirm(page, sign_in) == "allowed"
        assert outcome(ada.scan(sign_in, second)) == (403, "wrong_scan")
    assert ada.phone.redeem(sign_in).status_code == 200


def test_q2_the_content_alone_is_useless(target: Target) -> None:
    """Q2: neither another verifier, nor another login, nor another sign-in makes anything of it."""
    ada = pair(target)
    with ada.pc.handing_over() as page:
        sign_in = ada.ask()
        token = token_in(shown(page, sign_in)["svg"])
        for login in (fresh_number(), "device:another", "ada@example.com"):
            assert outcome(sign_in.scan(token, login)) == (403, "wrong_scan")
        assert outcome(sign_in.scan(token, ada.login, verifier=stranger())) == (403, "wrong_scan")
        assert sign_in.redeem().json()["status"] == "started"
        assert [frame["type"] for frame in page.settled()] == []


@pytest.mark.parametrize("token", ["", "no-token", "x" * 512, "{id}.", ".{secret}", "{id}.{id}", "{other}.{secret}"])
def test_q2_content_that_was_never_shown_is_refused(target: Target, token: str) -> None:
    """Q2: guessed, cut and recombined content is refused, and leaves the sign-in as it was."""
    ada = pair(target)
    with ada.pc.handing_over() as page:
        sign_in = ada.ask()
        real = token_in(shown(page, sign_in)["svg"])
        secret = real.partition(".")[2]
        forged = token.format(id=sign_in.id, secret=secret, other="0" * 26)
        response = sign_in.scan(forged, ada.login)
        assert outcome(response) == ((403, "wrong_scan") if token else (400, "invalid_request"))
        assert secret not in response.text
        assert sign_in.scan(real, ada.login).status_code == 200


def test_q3_two_devices_that_scan_get_nothing(target: Target) -> None:
    """Q3: a second device reads the code after the first: the sign-in is denied, and everybody is told."""
    ada = pair(target)
    with ada.pc.handing_over() as page:
        sign_in = ada.ask()
        with sign_in.waiting() as waiting:
            assert waiting.ask("hello")["status"] == "started"
            svg = shown(page, sign_in)["svg"]
            token = token_in(svg)
            ada.scan_to_be_asked(sign_in, svg)
            assert outcome(sign_in.scan(token, ada.login, verifier=stranger())) == (403, "wrong_scan")
            assert waiting.expect("signInResolved")["status"] == "denied"
        assert [frame["type"] for frame in page.settled()] == ["prompt", "qrClosed", "promptClosed"]
        assert confirm(page, sign_in) == "already_answered"
    assert outcome(sign_in.redeem()) == (403, "denied")


def test_q3_the_stranger_may_come_first(target: Target) -> None:
    """Q3: a stranger reads the code before the phone: the phone's own scan then denies the sign-in."""
    ada = pair(target)
    with ada.pc.handing_over() as page:
        sign_in = ada.ask()
        token = token_in(shown(page, sign_in)["svg"])
        assert outcome(sign_in.scan(token, ada.login, verifier=stranger())) == (403, "wrong_scan")
        assert outcome(sign_in.scan(token, ada.login)) == (403, "denied")
        assert page.expect("qrClosed")["status"] == "denied"
    assert outcome(sign_in.redeem()) == (403, "denied")


def test_q3_a_stranger_is_noticed_under_a_sign_in_of_its_own(target: Target) -> None:
    """Q2, Q3: who photographs the screen and sends the content as that of its own sign-in voids the one it was for."""
    ada = pair(target)
    eve = target.device("Eve's phone", "phone")
    with ada.pc.handing_over() as page:
        sign_in = ada.ask()
        svg = shown(page, sign_in)["svg"]
        hers = eve.start_qr(ada.login)
        shown(page, hers)
        ada.scan_to_be_asked(sign_in, svg)
        assert outcome(hers.scan(token_in(svg), ada.login)) == (403, "wrong_scan")
        assert confirm(page, sign_in) == "already_answered"
        assert hers.redeem().json()["status"] == "started"
    assert outcome(sign_in.redeem()) == (403, "denied")


def test_q5_only_a_page_of_the_account_shows_codes(target: Target) -> None:
    """Q5: a stranger's page and the account's own approver connection get nothing, and the phone is told so."""
    ada, eve = pair(target), pair(target)
    with eve.pc.handing_over() as foreign, ada.pc.approving() as approver:
        assert outcome(ada.phone.request_qr_start(ada.login, stranger())) == (409, "no_page_open")
        assert foreign.settled() == []
        assert approver.settled() == []
        with ada.pc.handing_over() as page:
            sign_in = ada.ask()
            shown(page, sign_in)
        assert foreign.settled() == []
        assert "qr" not in [frame["type"] for frame in approver.settled()]
        assert foreign.ask("renewQr", sign_in_id=sign_in.id)["code"] == "unknown_sign_in"
        assert approver.ask("renewQr", sign_in_id=sign_in.id)["code"] == "forbidden"
        assert foreign.ask("answer", sign_in_id=sign_in.id, decision="allow")["code"] == "unknown_sign_in"


def test_q5_another_session_of_the_account_cannot_confirm(target: Target) -> None:
    """Q5: after the scan only the session whose page was read may answer, even with the right number."""
    ada = pair(target)
    laptop = target.texted(ada.login, "Ada's laptop")
    with ada.pc.handing_over() as page, laptop.approving() as approver:
        sign_in = ada.ask()
        ada.scan_to_be_asked(sign_in, shown(page, sign_in)["svg"])
        page.expect("prompt")
        assert approver.settled() == []
        assert confirm(approver, sign_in) == "forbidden"
        body = {"decision": "allow", "code": sign_in.code}
        assert outcome(laptop.call("POST", f"/sign-ins/{sign_in.id}/answer", body)) == (403, "forbidden")
        assert laptop.call("GET", "/prompts").json()["prompts"] == []
        assert sign_in.redeem().json()["status"] == "pending"


def test_q6_a_computer_that_was_signed_out_lets_nobody_in(target: Target) -> None:
    """Q6: its session ends between push and scan: the scan is refused, and nothing is open."""
    ada = pair(target)
    with ada.pc.handing_over() as page:
        sign_in = ada.ask()
        svg = shown(page, sign_in)["svg"]
        assert ada.pc.call("DELETE", "/sessions/current").status_code == 200
        assert outcome(ada.scan(sign_in, svg)) == (403, "wrong_scan")
    assert sign_in.redeem().json()["status"] == "started"


def test_q6_nor_between_scan_and_answer(target: Target) -> None:
    """Q6: its session ends after the scan: neither it nor another session of the account can confirm."""
    ada = pair(target)
    laptop = target.texted(ada.login, "Ada's laptop")
    with ada.pc.handing_over() as page:
        sign_in = ada.ask()
        ada.scan_to_be_asked(sign_in, shown(page, sign_in)["svg"])
        body = {"decision": "allow", "code": sign_in.code}
        assert ada.pc.call("DELETE", "/sessions/current").status_code == 200
        assert outcome(ada.pc.call("POST", f"/sign-ins/{sign_in.id}/answer", body)) == (401, "invalid_token")
        assert outcome(laptop.call("POST", f"/sign-ins/{sign_in.id}/answer", body)) == (403, "forbidden")
    assert sign_in.redeem().json()["status"] == "pending"


def test_q6_nor_between_answer_and_redeem(target: Target) -> None:
    """Q6, S2: its session ends after it has confirmed: the phone gets nothing."""
    ada = pair(target)
    with ada.pc.handing_over() as page:
        sign_in = ada.ask()
        ada.scan_to_be_asked(sign_in, shown(page, sign_in)["svg"])
        assert confirm(page, sign_in) == "allowed"
        assert ada.pc.call("DELETE", "/sessions/current").status_code == 200
    assert outcome(sign_in.redeem()) == (403, "denied")


def test_a2_a_blind_or_wrong_pick_lets_nobody_in(target: Target) -> None:
    """A2: allowing without the number is refused and leaves it open; a wrong number denies."""
    ada = pair(target)
    with ada.pc.handing_over() as page:
        sign_in = ada.ask()
        ada.scan_to_be_asked(sign_in, shown(page, sign_in)["svg"])
        asked = page.expect("prompt")["verification"]
        assert page.ask("answer", sign_in_id=sign_in.id, decision="allow")["code"] == "code_required"
        assert sign_in.redeem().status_code == 202
        answer = {"sign_in_id": sign_in.id, "decision": "allow", "code": wrong_code(sign_in, asked)}
        answers = [page.ask("answer", **answer) for _ in range(TRIES[asked["mode"]])]
        assert answers[-1]["status"] == "denied"
    assert outcome(sign_in.redeem()) == (403, "denied")
