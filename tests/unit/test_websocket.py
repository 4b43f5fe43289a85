"""The WebSocket edge: handshakes and frames (attacks A13, I2; R1.4, R2.1, R2.2)."""

import json
from base64 import b64encode
from typing import Any

import msgspec
import pytest

from nod.api.websocket import Authorizer, Frames
from nod.domain.connections import waiting_for
from nod.domain.sign_in import Approver
from nod.domain.tickets import Ticket
from nod.errors import Overloaded
from nod.flows.starting import Started
from tests.builders import ADA, HOME
from tests.unit.service import Service

ARN = "arn:aws:execute-api:eu-west-2:123456789012:abc/live/$connect"
ORIGIN = "https://app.example.com"
PHONE = Approver(ADA, "PHONE")


class Edge:
    """The edge before a service, and what it sends to connections."""

    def __init__(self) -> None:
        self.service = Service()
        self.service.account("ada")
        self.replies: list[dict[str, Any]] = []
        self.authorizer = Authorizer(self.service.ticketing, frozenset({ORIGIN}))
        service = self.service
        self.frames = Frames(service.connecting, service.answering, service.control, service.showing, self.post)
        self.contexts: dict[str, str] = {}

    def post(self, connection_id: str, frame: msgspec.Struct) -> bool:
        """Note a reply."""
        self.replies.append({"to": connection_id, **msgspec.json.decode(msgspec.json.encode(frame))})
        return True

    def shake_hands(self, ticket: str | None, **headers: str) -> dict[str, Any]:
        """The authorizer's answer to a handshake."""
        query = {"ticket": ticket} if ticket is not None else None
        return self.authorizer.handle({"methodArn": ARN, "headers": headers or None, "queryStringParameters": query})

    def connect(self, ticket: str, connection_id: str) -> int:
        """Shake hands and connect; the status that the platform sends."""
        self.contexts[connection_id] = self.shake_hands(ticket)["context"]["ticket"]
        self.service.sockets.open.add(connection_id)
        return self.happen("CONNECT", connection_id)

    def happen(self, kind: str, connection_id: str, body: str | None = None, **more: Any) -> int:
        """One event of a connection."""
        context = {
            "connectionId": connection_id,
            "eventType": kind,
            "authorizer": {"ticket": self.contexts[connection_id]},
            "identity": {"sourceIp": HOME.ip},
        }
        return self.frames.handle({"requestContext": context, "body": body, **more})["statusCode"]

    def send(self, connection_id: str, frame: object) -> dict[str, Any]:
        """Send a frame; its one reply."""
        self.replies.clear()
        text = frame if isinstance(frame, str) else json.dumps(frame)
        assert self.happen("MESSAGE", connection_id, text) == 200
        (reply,) = self.replies
        assert reply.pop("to") == connection_id
        return reply

    def phone(self, session_id: str = "PHONE") -> str:
        """An approver's connection."""
        ticket = self.service.ticketing.issue(self.service.session(session_id), "approve")
        assert self.connect(ticket, session_id.lower()) == 200
        return session_id.lower()

    def waiter(self) -> tuple[Started, str]:
        """A sign-in, and the connection on which its device waits."""
        started = self.service.start(mode="enter")
        assert self.connect(started.waiter_ticket, "waiter") == 200
        return started, "waiter"


def effect(answer: dict[str, Any]) -> str:
    """Whether a policy allows."""
    (statement,) = answer["policyDocument"]["Statement"]
    assert statement["Action"] == "execute-api:Invoke"
    assert statement["Resource"] == ARN
    kind: str = statement["Effect"]
    return kind


@pytest.fixture
def edge() -> Edge:
    """The edge before a service with one account."""
    return Edge()


# Handshakes.


def test_r1_9_a_ticket_opens_a_connection(edge: Edge) -> None:
    """R1.9: the policy allows, and carries the ticket's facts to every later frame."""
    ticket = edge.service.ticketing.issue(edge.service.session("PHONE"), "approve")
    answer = edge.shake_hands(ticket)
    assert effect(answer) == "Allow"
    facts = msgspec.json.decode(answer["context"]["ticket"], type=Ticket)
    assert (facts.owner, facts.session_id) == (ADA, "PHONE")
    assert ticket not in answer["context"]["ticket"]


@pytest.mark.parametrize("ticket", [None, "", "guess"])
def test_a13_without_a_good_ticket_the_handshake_is_refused(edge: Edge, ticket: str | None) -> None:
    """A13: no ticket and a made-up one are denied, and nothing is told."""
    answer = edge.shake_hands(ticket)
    assert effect(answer) == "Deny"
    assert answer["context"] == {}


def test_a13_a_used_or_expired_ticket_is_refused(edge: Edge) -> None:
    """A13: a ticket works once, within 30 seconds."""
    mine = edge.service.session("PHONE")
    used, expired = (edge.service.ticketing.issue(mine, "approve") for _ in range(2))
    assert effect(edge.shake_hands(used)) == "Allow"
    assert effect(edge.shake_hands(used)) == "Deny"
    edge.service.wait(30)
    assert effect(edge.shake_hands(expired)) == "Deny"


@pytest.mark.parametrize("name", ["Origin", "origin", "ORIGIN"])
@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        (ORIGIN, "Allow"),
        ("https://evil.example", "Deny"),
        (ORIGIN + ".evil.example", "Deny"),
        ("http://app.example.com", "Deny"),
        (ORIGIN + ":8443", "Deny"),
        ("null", "Deny"),
        ("", "Deny"),
    ],
)
def test_a13_a_foreign_page_is_refused(edge: Edge, name: str, origin: str, expected: str) -> None:
    """A13: a page may connect from the listed origins only, however the header is spelled."""
    ticket = edge.service.ticketing.issue(edge.service.session("PHONE"), "approve")
    assert effect(edge.shake_hands(ticket, **{name: origin})) == expected


def test_a13_a_foreign_page_does_not_use_the_ticket_up(edge: Edge) -> None:
    """A13: a page that got hold of an address cannot even spoil it."""
    ticket = edge.service.ticketing.issue(edge.service.session("PHONE"), "approve")
    assert effect(edge.shake_hands(ticket, Origin="https://evil.example")) == "Deny"
    assert effect(edge.shake_hands(ticket)) == "Allow"


def test_s2_a_session_ended_during_the_handshake_does_not_connect(edge: Edge) -> None:
    """S2: between the authorizer and the connection the session is looked at once more."""
    ticket = edge.service.ticketing.issue(edge.service.session("PHONE"), "approve")
    edge.service.meanwhile["connections.add"] = lambda: edge.service.control.end("PHONE", by=PHONE)
    assert edge.connect(ticket, "phone") == 401
    assert edge.service.stores.connections.of(ADA) == []


def test_a_connection_that_closes_is_forgotten(edge: Edge) -> None:
    """Approvers and waiting devices leave no row behind when they hang up."""
    edge.phone()
    started, waiter = edge.waiter()
    for connection_id in ("phone", waiter):
        assert edge.happen("DISCONNECT", connection_id) == 200
    assert edge.service.stores.connections.of(ADA) == []
    assert edge.service.stores.connections.of(waiting_for(started.sign_in.sign_in_id)) == []


# Frames.


@pytest.mark.parametrize("frame_id", [7, "seven", 0, ""])
def test_an_id_is_copied_into_the_reply(edge: Edge, frame_id: object) -> None:
    """Whoever numbers frames finds the number in each reply, also of a refused frame."""
    edge.phone()
    assert edge.send("phone", {"action": "ping", "id": frame_id}) == {"type": "pong", "id": frame_id}
    assert edge.send("phone", {"action": "hello", "id": frame_id})["id"] == frame_id
    assert edge.send("phone", {"action": "dance", "id": frame_id})["id"] == frame_id
    assert "id" not in edge.send("phone", {"action": "ping"})


def test_r1_3_hello_brings_what_is_open(edge: Edge) -> None:
    """R1.3: the approver's greeting is answered with its session and the open prompts."""
    edge.phone()
    started, _ = edge.waiter()
    reply = edge.send("phone", {"action": "hello"})
    assert (reply["type"], reply["session_id"]) == ("welcome", "PHONE")
    (prompt,) = reply["prompts"]
    assert prompt["sign_in_id"] == started.sign_in.sign_in_id
    assert prompt["verification"] == {"mode": "enter"}
    assert str(started.verification.code) not in json.dumps(reply)


def test_r1_4_an_answer_is_acknowledged(edge: Edge) -> None:
    """R1.4: the right code over the connection lets the device in."""
    edge.phone()
    started, _ = edge.waiter()
    sign_in_id = started.sign_in.sign_in_id
    code = started.verification.code
    frame = {"action": "answer", "sign_in_id": sign_in_id, "decision": "allow", "code": code, "id": 1}
    assert edge.send("phone", frame) == {"type": "answered", "sign_in_id": sign_in_id, "status": "allowed", "id": 1}


def test_r2_1_sessions_are_listed(edge: Edge) -> None:
    """R2.1: over the connection as over HTTP."""
    edge.phone()
    reply = edge.send("phone", {"action": "listSessions"})
    assert reply["type"] == "sessions"
    assert [(one["session_id"], one["current"]) for one in reply["sessions"]] == [("PHONE", True)]


def test_r2_1_a_list_that_no_frame_holds_is_refused(edge: Edge) -> None:
    """R2.1: API Gateway posts no more than 128 KB; whoever asks is told where the list is."""
    edge.phone()
    for number in range(600):
        edge.service.session(f"SESSION-{number}")
    reply = edge.send("phone", {"action": "listSessions"})
    assert (reply["type"], reply["code"]) == ("error", "forbidden")
    assert "GET /sessions" in reply["detail"]


def test_r2_2_a_session_is_ended(edge: Edge) -> None:
    """R2.2: the asking connection gets the confirmation, and no push besides."""
    edge.phone()
    edge.service.wait(1)
    edge.phone("TABLET")
    reply = edge.send("phone", {"action": "endSession", "session_id": "TABLET"})
    assert reply == {"type": "sessionEnded", "ended": ["TABLET"]}
    assert edge.service.pushed("phone") == []
    assert "tablet" not in edge.service.sockets.open


@pytest.mark.parametrize(
    ("fields", "ended"),
    [({"and_let_in": True}, ["PHONE", "GUEST"]), ({"and_let_in": False}, ["PHONE"]), ({}, ["PHONE"])],
)
def test_r2_2_a_session_is_ended_with_what_it_let_in(edge: Edge, fields: dict[str, bool], ended: list[str]) -> None:
    """R2.2: where the frame asks for it, and only then; the caller learns of it before its connection is closed."""
    edge.phone()
    edge.service.session("GUEST", let_in_by="PHONE")
    reply = edge.send("phone", {"action": "endSession", "session_id": "PHONE", **fields})
    assert reply == {"type": "sessionEnded", "ended": ended}
    assert edge.service.pushed("phone") == []
    assert "phone" not in edge.service.sockets.open
    left = {one.session_id for one in edge.service.stores.sessions.of_account(ADA) if one.is_alive(edge.service.now)}
    assert left == {"PHONE", "GUEST"} - set(ended)


@pytest.mark.parametrize("value", ["true", 1, None, []])
def test_i2_whether_to_end_what_it_let_in_is_true_or_false(edge: Edge, value: object) -> None:
    """I2: anything else is refused, and nothing ends."""
    edge.phone()
    reply = edge.send("phone", {"action": "endSession", "session_id": "PHONE", "and_let_in": value})
    assert (reply["type"], reply["code"]) == ("error", "invalid_request")
    assert "and_let_in" in reply["detail"]
    assert edge.service.control.alive(PHONE)


@pytest.mark.parametrize(
    "frame",
    [
        {"action": "hello"},
        {"action": "listSessions"},
        {"action": "endSession", "session_id": "PHONE"},
        {"action": "answer", "sign_in_id": "SOME", "decision": "deny"},
    ],
)
def test_a13_a_connection_whose_session_was_ended_can_do_nothing(edge: Edge, frame: dict[str, str]) -> None:
    """A13: every frame is authorised anew; the reply says that this is forbidden."""
    edge.phone()
    edge.service.stores.sessions.expire(ADA, "PHONE", edge.service.now)
    reply = edge.send("phone", frame)
    assert (reply["type"], reply["code"]) == ("error", "forbidden")


@pytest.mark.parametrize(
    "frame",
    [
        {"action": "listSessions"},
        {"action": "endSession", "session_id": "PHONE"},
        {"action": "answer", "sign_in_id": "SOME", "decision": "allow"},
    ],
)
def test_a13_a_device_that_waits_can_only_greet(edge: Edge, frame: dict[str, str]) -> None:
    """A13: the requesting device learns how its sign-in stands, and may do nothing else, least of all answer it."""
    edge.phone()
    started, waiter = edge.waiter()
    assert edge.send(waiter, {"action": "hello"}) == {
        "type": "welcome",
        "sign_in_id": started.sign_in.sign_in_id,
        "status": "pending",
    }
    frame = {**frame, "sign_in_id": started.sign_in.sign_in_id} if "sign_in_id" in frame else frame
    assert edge.send(waiter, frame)["code"] == "forbidden"
    assert edge.service.sign_in(started).status == "pending"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"code": None}, "code_required"),
        ({"code": "000000"}, "wrong_code"),
        ({"sign_in_id": "NONE"}, "unknown_sign_in"),
        ({"decision": "perhaps"}, "invalid_request"),
        ({"code": "12345678"}, "invalid_request"),
    ],
)
def test_a_refused_answer_names_its_code(edge: Edge, change: dict[str, Any], code: str) -> None:
    """The errors of the contract arrive as frames, and the connection stays open."""
    edge.phone()
    started, _ = edge.waiter()
    frame = {"action": "answer", "sign_in_id": started.sign_in.sign_in_id, "decision": "allow", **change}
    reply = edge.send("phone", frame)
    assert (reply["type"], reply["code"]) == ("error", code)
    assert edge.send("phone", {"action": "ping"}) == {"type": "pong"}


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "\ud800", '{"action":"ping","id":"\ud800"}', "[" * 5000])
def test_i2_what_is_no_frame_is_refused(edge: Edge, text: str) -> None:
    """I2: it is answered with an error, and the connection stays open."""
    edge.phone()
    reply = edge.send("phone", text)
    assert (reply["type"], reply["code"]) == ("error", "invalid_request")
    assert edge.send("phone", {"action": "ping"}) == {"type": "pong"}


def test_i2_a_frame_over_the_limit_is_refused(edge: Edge) -> None:
    """I2: eight kilobytes are taken, and not one byte more."""
    edge.phone()
    ping = '{"action":"ping"}'
    assert edge.send("phone", ping.ljust(8 * 1024)) == {"type": "pong"}
    assert edge.send("phone", ping.ljust(8 * 1024 + 1))["code"] == "invalid_request"


def test_i2_a_binary_frame_is_refused(edge: Edge) -> None:
    """I2: frames are text."""
    edge.phone()
    body = b64encode(b'{"action":"ping"}').decode()
    assert edge.happen("MESSAGE", "phone", body, isBase64Encoded=True) == 200
    assert [reply["code"] for reply in edge.replies] == ["invalid_request"]


def test_a_frame_that_is_too_much_for_now_is_to_be_sent_again() -> None:
    """I1: while AWS throttles, a frame is refused with a code of the contract, and the connection stays open."""
    edge = Edge()
    phone = edge.phone()

    def overloaded() -> None:
        raise Overloaded(retry_after=1)

    edge.service.meanwhile["prompts.open_for"] = overloaded
    reply = edge.send(phone, {"action": "hello", "id": 7})
    assert reply == {"type": "error", "code": "slow_down", "detail": Overloaded.title, "id": 7}
    assert edge.send(phone, {"action": "hello"})["type"] == "welcome"
