"""Frames of hand-over pages (R4.1, R4.3, R4.5; attacks Q5, A13, I2)."""

import json
from typing import Any

import msgspec
import pytest

from nod.domain.pushes import QrClosed, QrPush
from nod.domain.scanning import CODES_PER_SIGN_IN
from nod.domain.status import Closing
from nod.flows.starting import Started
from tests.builders import ADA, ADAS_NUMBER
from tests.unit.service import Service
from tests.unit.test_websocket import Edge

FIELDS = {"type", "sign_in_id", "device", "svg", "url", "expires_at"}


class PageEdge(Edge):
    """The edge before a service where Ada has a number, with a page open on her PC."""

    def __init__(self) -> None:
        super().__init__()
        self.service = with_number(self.service)
        ticket = self.service.ticketing.issue(self.service.session("PC"), "hand_over")
        assert self.connect(ticket, "page") == 200

    def greet(self, connection_id: str = "page", **more: Any) -> list[dict[str, Any]]:
        """All that a connection gets for its hello."""
        self.replies.clear()
        assert self.happen("MESSAGE", connection_id, json.dumps({"action": "hello", **more})) == 200
        assert {reply.pop("to") for reply in self.replies} == {connection_id}
        return list(self.replies)

    def renew(self, started: Started, connection_id: str = "page", **more: Any) -> dict[str, Any]:
        """A page asks for a fresh code."""
        return self.send(
            connection_id, {"action": "renewQr", "sign_in_id": started.sign_in.sign_in_id, "id": 7, **more}
        )


def with_number(service: Service) -> Service:
    """Ada's account gets her number."""
    service.stores.accounts.bind(service.session("FIRST"), f"tel:{ADAS_NUMBER}", service.now)
    return service


@pytest.fixture
def edge() -> PageEdge:
    """The edge before a service with one account, and its page."""
    return PageEdge()


def test_r4_1_a_page_is_opened_with_a_ticket_of_its_own(edge: PageEdge) -> None:
    """R4.1: the connection is kept as a page, of the session that asked for the ticket."""
    (page,) = edge.service.stores.connections.of(ADA)
    assert (page.connection_id, page.purpose, page.session_id) == ("page", "hand_over", "PC")


def test_r1_8_hello_brings_what_waits_to_be_scanned(edge: PageEdge) -> None:
    """R1.8: first the welcome, then a fresh code for each phone, as it would have been pushed."""
    started = edge.service.start_qr()
    (pushed,) = edge.service.shown("page")
    welcome, code = edge.greet(id=3)
    assert welcome == {"type": "welcome", "session_id": "PC", "prompts": [], "id": 3}
    assert set(code) == FIELDS
    assert (code["type"], code["sign_in_id"]) == ("qr", started.sign_in.sign_in_id)
    assert code["url"] != pushed.url


def test_r4_5_hello_brings_the_prompt_that_the_page_is_to_answer(edge: PageEdge) -> None:
    """R4.5: after the scan, without the right number marked, and no code beside it; it is answered there."""
    started = edge.service.start_qr()
    (pushed,) = edge.service.shown("page")
    code = edge.service.scan(started, pushed).verification.code
    (welcome,) = edge.greet()
    (prompt,) = welcome["prompts"]
    assert (prompt["sign_in_id"], prompt["method"]) == (started.sign_in.sign_in_id, "qr")
    assert set(prompt["verification"]) == {"mode", "choices"}
    frame = {"action": "answer", "sign_in_id": started.sign_in.sign_in_id, "decision": "allow", "code": code}
    assert edge.send("page", frame)["status"] == "allowed"


def test_q5_hello_brings_a_page_no_prompt_of_an_approval(edge: PageEdge) -> None:
    """Q5: a page is there to hand over, and for nothing else."""
    edge.phone()
    edge.service.start()
    assert edge.greet() == [{"type": "welcome", "session_id": "PC", "prompts": []}]


@pytest.mark.parametrize("session_id", ["PHONE", "PC"])
def test_q5_hello_brings_an_approver_no_code(edge: PageEdge, session_id: str) -> None:
    """Q5: nor a prompt before the scan, though it may be of the page's own session."""
    started = edge.service.start_qr()
    if session_id == "PC":
        ticket = edge.service.ticketing.issue(edge.service.rows.sessions[ADA, "PC"], "approve")
        assert edge.connect(ticket, "pc") == 200
    else:
        edge.phone()
    assert edge.greet(session_id.lower()) == [{"type": "welcome", "session_id": session_id, "prompts": []}]
    assert edge.service.sign_in(started) == started.sign_in


def test_r4_3_a_page_gets_a_fresh_code(edge: PageEdge) -> None:
    """R4.3: in the reply, with the id of its frame, as in the push; and it works."""
    started = edge.service.start_qr()
    reply = edge.renew(started)
    assert set(reply) == FIELDS | {"id"}
    assert (reply["type"], reply["id"], reply["sign_in_id"]) == ("qr", 7, started.sign_in.sign_in_id)
    assert reply["device"] == {"type": "phone", "name": "Ada's phone", "id": "phone-1", "app": "Wallet"}
    assert reply["expires_at"] == "2026-05-04T12:00:30.250125Z"
    (pushed,) = edge.service.shown("page")
    fresh = QrPush(
        sign_in_id=pushed.sign_in_id, device=pushed.device, svg="", url=reply["url"], expires_at=pushed.expires_at
    )
    assert edge.service.scan(started, fresh).sign_in.status == "pending"


def test_r4_3_the_reply_has_no_id_where_the_frame_has_none(edge: PageEdge) -> None:
    """R4.3: then it looks like the push."""
    assert set(edge.renew(edge.service.start_qr(), id=None)) == FIELDS


def test_q1_once_scanned_the_page_is_told_so(edge: PageEdge) -> None:
    """Q1: there is no further code; the refusal bears the id."""
    started = edge.service.start_qr()
    edge.service.scan(started, edge.service.shown("page")[0])
    reply = edge.renew(started)
    assert (reply["type"], reply["code"], reply["id"]) == ("error", "not_answerable", 7)


def test_r4_3_a_page_cannot_renew_without_end(edge: PageEdge) -> None:
    """R4.3: a sign-in has so many codes and no more."""
    started = edge.service.start_qr()
    codes = [edge.renew(started).get("code") for _ in range(CODES_PER_SIGN_IN)]
    assert codes == [None] * (CODES_PER_SIGN_IN - 1) + ["not_answerable"]


def test_q5_an_approver_s_connection_gets_no_code(edge: PageEdge) -> None:
    """Q5: it may not ask for one, and nothing is kept."""
    edge.phone()
    started = edge.service.start_qr()
    assert edge.renew(started, "phone")["code"] == "forbidden"
    assert edge.service.sign_in(started) == started.sign_in


def test_a13_a_device_that_waits_gets_no_code(edge: PageEdge) -> None:
    """A13: not even of its own sign-in, though it may greet."""
    started = edge.service.start_qr()
    assert edge.connect(started.waiter_ticket, "waiter") == 200
    assert edge.renew(started, "waiter")["code"] == "forbidden"
    assert edge.greet("waiter") == [{"type": "welcome", "sign_in_id": started.sign_in.sign_in_id, "status": "started"}]
    assert edge.service.sign_in(started) == started.sign_in


def test_q6_a_page_whose_session_was_ended_can_do_nothing(edge: PageEdge) -> None:
    """Q6, A13: every frame is authorised anew."""
    started = edge.service.start_qr()
    edge.service.stores.sessions.expire(ADA, "PC", edge.service.now)
    assert edge.renew(started)["code"] == "forbidden"
    (reply,) = edge.greet()
    assert reply["code"] == "forbidden"
    assert edge.service.sign_in(started) == started.sign_in


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"sign_in_id": "NONE"}, "unknown_sign_in"),
        ({"sign_in_id": ""}, "invalid_request"),
        ({"sign_in_id": "X" * 65}, "invalid_request"),
        ({"sign_in_id": None}, "invalid_request"),
        ({"more": 1}, "invalid_request"),
    ],
)
def test_i2_what_cannot_be_renewed_is_refused(edge: PageEdge, change: dict[str, Any], code: str) -> None:
    """I2: the frame is refused, and the connection stays open."""
    started = edge.service.start_qr()
    assert edge.renew(started, **change)["code"] == code
    assert edge.send("page", {"action": "ping"}) == {"type": "pong"}


@pytest.mark.parametrize("status", ["pending", "allowed", "denied", "cancelled"])
def test_r4_4_a_page_is_told_why_a_code_is_over(status: Closing) -> None:
    """R4.4: the frame has its name, the sign-in and how the showing ended, and nothing else."""
    frame = msgspec.json.decode(msgspec.json.encode(QrClosed("S", status)))
    assert frame == {"type": "qrClosed", "sign_in_id": "S", "status": status}
