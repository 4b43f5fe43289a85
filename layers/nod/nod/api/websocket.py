"""The WebSocket edge: tickets at the handshake, frames in, replies out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from nod.api import frames
from nod.api.decoding import MAX_FRAME_BYTES, decode, frame_id
from nod.domain.connections import Purpose
from nod.domain.pushes import ShownQr
from nod.domain.sign_in import Approver
from nod.domain.status import Verdict
from nod.domain.tickets import Ticket
from nod.errors import Forbidden, InvalidRequest, InvalidToken, NodError, Overloaded, SlowDown
from nod.flows.answering import Answer, Answering
from nod.flows.connecting import Connecting, Ticketing
from nod.flows.sessions import SessionControl
from nod.flows.showing import Showing
from nod.observability import logger

Event = Mapping[str, Any]
Post = Callable[[str, msgspec.Struct], bool]
OK = {"statusCode": 200}
# API Gateway refuses to post more.
MAX_POSTED_BYTES = 128 * 1024
# A union is no `type` to the type checker, though the decoder takes it as one.
CLIENT_FRAME: Any = frames.ClientFrame


@dataclass(frozen=True)
class Authorizer:
    """Answers the handshake's question: whose ticket is this? An `Origin` must be one of `allowed_origins`."""

    ticketing: Ticketing
    allowed_origins: frozenset[str]

    def handle(self, event: Event) -> dict[str, Any]:
        """An IAM policy that allows the connection and carries the ticket's facts, or one that denies it (A13)."""
        headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
        origin = headers.get("origin")
        secret = (event.get("queryStringParameters") or {}).get("ticket", "")
        if origin is not None and origin not in self.allowed_origins:
            return _policy("Deny", event["methodArn"])
        try:
            ticket = self.ticketing.use(secret)
        except InvalidToken:
            return _policy("Deny", event["methodArn"])
        return _policy("Allow", event["methodArn"], ticket)


@dataclass(frozen=True)
class Frames:
    """Answers what comes over connections. Each frame is authorised anew: a dead session can do nothing (A13)."""

    connecting: Connecting
    answering: Answering
    control: SessionControl
    showing: Showing
    post: Post

    def handle(self, event: Event) -> dict[str, int]:
        """One event of the WebSocket API."""
        context = event["requestContext"]
        connection_id: str = context["connectionId"]
        ticket = msgspec.json.decode(context["authorizer"]["ticket"], type=Ticket)
        kind = context["eventType"]
        if kind == "CONNECT":
            return self._connect(connection_id, ticket, context["identity"]["sourceIp"])
        if kind == "DISCONNECT":
            self.connecting.close(connection_id, ticket.connections_owner)
            return OK
        self._message(connection_id, ticket, event)
        return OK

    def _connect(self, connection_id: str, ticket: Ticket, ip: str) -> dict[str, int]:
        try:
            self.connecting.open(connection_id, ticket, ip)
        except NodError as error:
            return {"statusCode": error.status}
        return OK

    def _message(self, connection_id: str, ticket: Ticket, event: Event) -> None:
        data = (event.get("body") or "").encode("utf-8", "surrogatepass")
        try:
            if event.get("isBase64Encoded"):
                raise InvalidRequest("send text frames")
            frame: frames.ClientFrame = decode(data, CLIENT_FRAME, limit=MAX_FRAME_BYTES)
            self._reply(frame, connection_id, ticket)
        except NodError as error:
            logger.info("A frame was refused", extra={"code": error.code})
            reply = frames.ErrorReply(code=_frame_code(error), detail=error.detail, id=frame_id(data))
            self.post(connection_id, reply)

    def _reply(self, frame: frames.ClientFrame, connection_id: str, ticket: Ticket) -> None:
        if isinstance(frame, frames.Ping):
            self.post(connection_id, frames.Pong(id=frame.id))
            return
        if ticket.session_id is None:
            self.post(connection_id, self._to_waiter(frame, ticket.owner))
            return
        who = Approver(ticket.owner, ticket.session_id)
        if isinstance(frame, frames.Answer):
            self._answer(frame, connection_id, who)
        elif isinstance(frame, frames.EndSession):
            self._end(frame, connection_id, who)
        elif isinstance(frame, frames.Hello):
            self._welcome(frame, connection_id, who, ticket.purpose)
        elif isinstance(frame, frames.RenewQr):
            self._renew(frame, connection_id, who, ticket.purpose)
        else:
            self._list(frame, connection_id, who)

    def _welcome(self, frame: frames.Hello, connection_id: str, who: Approver, purpose: Purpose) -> None:
        """Tell what is open now; a hand-over page also gets the QR codes to show, which it may have missed."""
        if purpose == "hand_over":
            prompts, to_scan = self.connecting.open_page(who, connection_id)
        else:
            prompts, to_scan = self.connecting.open_prompts(who, connection_id), []
        self.post(connection_id, frames.Welcome(session_id=who.session_id, prompts=tuple(prompts), id=frame.id))
        for code in self.showing.show_again(to_scan, who):
            self.post(connection_id, code)

    def _renew(self, frame: frames.RenewQr, connection_id: str, who: Approver, purpose: Purpose) -> None:
        if purpose != "hand_over":
            raise Forbidden("only a hand-over page shows QR codes")
        code = self.showing.renew(frame.sign_in_id, who)
        fields = {name: getattr(code, name) for name in ShownQr.__struct_fields__}
        self.post(connection_id, frames.QrReply(**fields, id=frame.id))

    def _list(self, frame: frames.ListSessions, connection_id: str, who: Approver) -> None:
        reply = frames.SessionsReply(sessions=tuple(self.control.listed(who)), id=frame.id)
        if len(msgspec.json.encode(reply)) > MAX_POSTED_BYTES:
            raise Forbidden("the list is too long for a frame: GET /sessions has it")
        self.post(connection_id, reply)

    def _to_waiter(self, frame: frames.ClientFrame, sign_in_id: str) -> frames.WaiterWelcome:
        if not isinstance(frame, frames.Hello):
            raise Forbidden("a device that waits can only say hello and ping")
        return frames.WaiterWelcome(sign_in_id=sign_in_id, status=self.connecting.standing(sign_in_id), id=frame.id)

    def _end(self, frame: frames.EndSession, connection_id: str, who: Approver) -> None:
        def acknowledge(ended: list[str]) -> None:
            self.post(connection_id, frames.SessionEndedReply(ended=tuple(ended), id=frame.id))

        self.control.end(
            frame.session_id,
            by=who,
            and_let_in=frame.and_let_in,
            connection_id=connection_id,
            acknowledge=acknowledge,
        )

    def _answer(self, frame: frames.Answer, connection_id: str, who: Approver) -> None:
        def acknowledge(status: Verdict) -> None:
            self.post(connection_id, frames.Answered(sign_in_id=frame.sign_in_id, status=status, id=frame.id))

        answer = Answer(frame.sign_in_id, frame.decision, frame.code)
        self.answering.answer(answer, by=who, connection_id=connection_id, acknowledge=acknowledge)


def _frame_code(error: NodError) -> str:
    # Over a connection "your session was ended" is a matter of authorisation: there is no token to be invalid.
    if isinstance(error, InvalidToken):
        return Forbidden.code
    return SlowDown.code if isinstance(error, Overloaded) else error.code


def _policy(effect: str, resource: str, ticket: Ticket | None = None) -> dict[str, Any]:
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource}
    return {
        "principalId": ticket.owner if ticket else "nobody",
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": {"ticket": msgspec.json.encode(ticket).decode()} if ticket else {},
    }
