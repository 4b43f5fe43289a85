"""Attacks on the QR hand-over that must fail (Q1-Q6), over the wire against the deployed stack."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from local import camera
from local.device import SignIn
from tests.e2e.handing_over import confirm, outcome, pair, shown, stranger, token_in
from tests.stacks import Stack

ROUNDS = 5


def row_of(stack: Stack, sign_in: SignIn) -> dict[str, Any]:
    """The sign-in as DynamoDB keeps it."""
    (row,) = stack.items("SignIns", "sign_in_id", sign_in.id)
    return row


def age(stack: Stack, sign_in: SignIn) -> None:
    """Make the codes of a sign-in 30 seconds old."""
    row = row_of(stack, sign_in)
    codes = [json.loads(text) for text in row["codes"]["SS"]]
    began = datetime.fromisoformat(sign_in.started["expires_at"]).timestamp() - sign_in.started["expires_in"]
    old = [code | {"expires_at": datetime.fromtimestamp(began, tz=_zone()).isoformat()} for code in codes]
    stack.put("SignIns", row | {"codes": {"SS": [json.dumps(code) for code in old]}})


def _zone() -> Any:
    return datetime.fromisoformat("1970-01-01T00:00:00Z").tzinfo


def test_q1_a_code_works_once(stack: Stack) -> None:
    """Q1: the same content is refused the second time, and so is every other code of the sign-in."""
    ada = pair(stack)
    with ada.pc.handing_over() as page:
        sign_in = ada.ask()
        first = shown(page, sign_in)["svg"]
        second = page.ask("renewQr", sign_in_id=sign_in.id)["svg"]
        assert ada.scan(sign_in, first).status_code == 200
        assert outcome(ada.scan(sign_in, first)) == (403, "wrong_scan")
        assert outcome(ada.scan(sign_in, second)) == (403, "wrong_scan")
        assert confirm(page, sign_in) == "allowed"
        assert outcome(ada.scan(sign_in, second)) == (403, "wrong_scan")
    assert ada.phone.redeem(sign_in).status_code == 200


def test_q1_a_code_is_30_seconds_old_at_most(stack: Stack) -> None:
    """Q1: an old photograph of the screen is useless, while a fresh code of the same sign-in works."""
    ada = pair(stack)
    with ada.pc.handing_over() as page:
        sign_in = ada.ask()
        old = shown(page, sign_in)["svg"]
        age(stack, sign_in)
        assert outcome(ada.scan(sign_in, old)) == (403, "wrong_scan")
        assert sign_in.redeem().json()["status"] == "started"
        fresh = page.ask("renewQr", sign_in_id=sign_in.id)["svg"]
        assert ada.scan(sign_in, fresh).status_code == 200


def test_q2_the_content_alone_is_useless(stack: Stack) -> None:
    """Q2: neither another verifier, nor another login, nor another sign-in makes anything of it."""
    ada = pair(stack)
    with ada.pc.handing_over() as page:
        sign_in = ada.ask()
        token = token_in(shown(page, sign_in)["svg"])
        for login in (stack.handset().number, "device:another", "ada@example.com"):
            assert outcome(sign_in.scan(token, login)) == (403, "wrong_scan")
        assert outcome(sign_in.scan(token, ada.login, verifier=stranger())) == (403, "wrong_scan")
        assert sign_in.redeem().json()["status"] == "started"
        assert [frame["type"] for frame in page.settled()] == []


@pytest.mark.parametrize("token", ["", "no-token", "x" * 512, "{id}.", ".{secret}", "{id}.{id}", "{other}.{secret}"])
def test_q2_content_that_was_never_shown_is_refused(stack: Stack, token: str) -> None:
    """Q2: guessed, cut and recombined content is refused, and leaves the sign-in as it was."""
    ada = pair(stack)
    with ada.pc.handing_over() as page:
        sign_in = ada.ask()
        real = token_in(shown(page, sign_in)["svg"])
        secret = real.partition(".")[2]
        forged = token.format(id=sign_in.id, secret=secret, other="0" * 26)
        response = sign_in.scan(forged, ada.login)
        assert outcome(response) == ((403, "wrong_scan") if token else (400, "invalid_request"))
        assert secret not in response.text
        assert sign_in.scan(real, ada.login).status_code == 200


def test_q3_two_devices_that_scan_get_nothing(stack: Stack) -> None:
    """Q3: a second device reads the code after the first: the sign-in is denied, and everybody is told."""
    ada = pair(stack)
    with ada.pc.handing_over() as page:
        sign_in = ada.ask()
        with sign_in.waiting() as waiting:
            assert waiting.ask("hello")["status"] == "started"
            token = token_in(shown(page, sign_in)["svg"])
            assert sign_in.scan(token, ada.login).status_code == 200
            assert outcome(sign_in.scan(token, ada.login, verifier=stranger())) == (403, "wrong_scan")
            assert waiting.expect("signInResolved")["status"] == "denied"
        assert [frame["type"] for frame in page.settled()] == ["prompt", "qrClosed", "promptClosed"]
        assert confirm(page, sign_in) == "already_answered"
    assert outcome(sign_in.redeem()) == (403, "denied")


def test_q3_the_stranger_may_come_first(stack: Stack) -> None:
    """Q3: a stranger reads the code before the phone: the phone's own scan then denies the sign-in."""
    ada = pair(stack)
    with ada.pc.handing_over() as page:
        sign_in = ada.ask()
        token = token_in(shown(page, sign_in)["svg"])
        assert outcome(sign_in.scan(token, ada.login, verifier=stranger())) == (403, "wrong_scan")
        assert outcome(sign_in.scan(token, ada.login)) == (403, "denied")
        assert page.expect("qrClosed")["status"] == "denied"
    assert outcome(sign_in.redeem()) == (403, "denied")


def test_q3_a_stranger_is_noticed_under_a_sign_in_of_its_own(stack: Stack) -> None:
    """Q2, Q3: who photographs the screen and sends the content as that of its own sign-in voids the one it was for."""
    ada = pair(stack)
    eve = stack.device("Eve's phone", "phone")
    with ada.pc.handing_over() as page:
        sign_in = ada.ask()
        svg = shown(page, sign_in)["svg"]
        hers = eve.start_qr(ada.login)
        shown(page, hers)
        assert ada.scan(sign_in, svg).status_code == 200
        assert outcome(hers.scan(token_in(svg), ada.login)) == (403, "wrong_scan")
        assert confirm(page, sign_in) == "already_answered"
        assert hers.redeem().json()["status"] == "started"
    assert outcome(sign_in.redeem()) == (403, "denied")


def test_q3_two_devices_at_the_same_time_are_never_let_in(stack: Stack) -> None:
    """Q3: however a phone and a stranger meet, the sign-in ends denied, once, and no session comes of it."""
    ada = pair(stack)
    with ada.pc.handing_over() as page, ThreadPoolExecutor(2) as devices:
        for _ in range(ROUNDS):
            sign_in = ada.ask()
            token = token_in(shown(page, sign_in)["svg"])
            together = Barrier(2)

            def scan(verifier: str, sign_in: SignIn = sign_in, token: str = token, start: Barrier = together) -> int:
                start.wait()
                with httpx.Client(base_url=stack.http, timeout=30) as own:
                    body = {"scan_token": token, "login": ada.login, "verifier": verifier}
                    return own.post(f"/sign-ins/{sign_in.id}/scan", json=body).status_code

            phone, eve = devices.map(scan, (sign_in.verifier, stranger()))
            assert (phone in (200, 403), eve) == (True, 403)
            assert outcome(sign_in.redeem()) == (403, "denied")
            assert stack.items("Prompts", "account_id", ada.pc.grant["account_id"]) == []
            page.settled()
    assert [one["let_in_by"] for one in ada.pc.call("GET", "/sessions").json()["sessions"]] == [None]


def test_q4_opening_the_link_changes_nothing(stack: Stack) -> None:
    """Q4: what a browser sends when it opens the link is the same for every code, since fragments are never sent."""
    ada = pair(stack)
    with ada.pc.handing_over() as page:
        first, second = ada.ask(), ada.ask()
        links = {camera.read(shown(page, sign_in)["svg"]) for sign_in in (first, second)}
        sent = {urlsplit(link)._replace(fragment="").geturl() for link in links}
        assert len(links) == 2
        assert sent == {f"{stack.endpoints.web}/scan"}
        before = row_of(stack, first)
        assert stack.client.get(urlsplit(sent.pop()).path).status_code == 404
        assert row_of(stack, first) == before
        assert page.settled() == []


def test_q5_only_a_page_of_the_account_shows_codes(stack: Stack) -> None:
    """Q5: a stranger's page and the account's own approver connection get nothing, and the phone is told so."""
    ada, eve = pair(stack), pair(stack)
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


def test_q5_another_session_of_the_account_cannot_confirm(stack: Stack) -> None:
    """Q5: after the scan only the session whose page was read may answer, even with the right number."""
    ada = pair(stack)
    laptop = stack.texted_in(stack.handset(ada.login), "Ada's laptop")
    with ada.pc.handing_over() as page, laptop.approving() as approver:
        sign_in = ada.ask()
        assert ada.scan(sign_in, shown(page, sign_in)["svg"]).status_code == 200
        page.expect("prompt")
        assert approver.settled() == []
        assert confirm(approver, sign_in) == "forbidden"
        body = {"decision": "allow", "code": sign_in.code}
        assert outcome(laptop.call("POST", f"/sign-ins/{sign_in.id}/answer", body)) == (403, "forbidden")
        assert laptop.call("GET", "/prompts").json()["prompts"] == []
        assert sign_in.redeem().json()["status"] == "pending"


def test_q6_a_computer_that_was_signed_out_lets_nobody_in(stack: Stack) -> None:
    """Q6: its session ends between push and scan: the scan is refused, and nothing is open."""
    ada = pair(stack)
    with ada.pc.handing_over() as page:
        sign_in = ada.ask()
        svg = shown(page, sign_in)["svg"]
        assert ada.pc.call("DELETE", "/sessions/current").status_code == 200
        assert outcome(ada.scan(sign_in, svg)) == (403, "wrong_scan")
    assert sign_in.redeem().json()["status"] == "started"


def test_q6_nor_between_scan_and_answer(stack: Stack) -> None:
    """Q6: its session ends after the scan: neither it nor another session of the account can confirm."""
    ada = pair(stack)
    laptop = stack.texted_in(stack.handset(ada.login), "Ada's laptop")
    with ada.pc.handing_over() as page:
        sign_in = ada.ask()
        assert ada.scan(sign_in, shown(page, sign_in)["svg"]).status_code == 200
        body = {"decision": "allow", "code": sign_in.code}
        assert ada.pc.call("DELETE", "/sessions/current").status_code == 200
        assert outcome(ada.pc.call("POST", f"/sign-ins/{sign_in.id}/answer", body)) == (401, "invalid_token")
        assert outcome(laptop.call("POST", f"/sign-ins/{sign_in.id}/answer", body)) == (403, "forbidden")
    assert sign_in.redeem().json()["status"] == "pending"


def test_q6_nor_between_answer_and_redeem(stack: Stack) -> None:
    """Q6, S2: its session ends after it has confirmed: the phone gets nothing."""
    ada = pair(stack)
    with ada.pc.handing_over() as page:
        sign_in = ada.ask()
        assert ada.scan(sign_in, shown(page, sign_in)["svg"]).status_code == 200
        assert confirm(page, sign_in) == "allowed"
        assert ada.pc.call("DELETE", "/sessions/current").status_code == 200
    assert outcome(sign_in.redeem()) == (403, "denied")


def test_a2_a_blind_or_wrong_pick_lets_nobody_in(stack: Stack) -> None:
    """A2: allowing without the number is refused and leaves it open; a wrong number denies."""
    ada = pair(stack)
    with ada.pc.handing_over() as page:
        sign_in = ada.ask()
        assert ada.scan(sign_in, shown(page, sign_in)["svg"]).status_code == 200
        choices = page.expect("prompt")["verification"]["choices"]
        assert page.ask("answer", sign_in_id=sign_in.id, decision="allow")["code"] == "code_required"
        assert sign_in.redeem().status_code == 202
        wrong = next(choice for choice in choices if choice != sign_in.code)
        assert page.ask("answer", sign_in_id=sign_in.id, decision="allow", code=wrong)["status"] == "denied"
    assert outcome(sign_in.redeem()) == (403, "denied")
