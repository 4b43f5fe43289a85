"""What clients send over WebSocket, and what they are replied. An `id` is copied into the reply."""

from typing import Annotated

import msgspec
from msgspec import Meta

from nod.api.requests import Code
from nod.domain.identifiers import IDENTIFIER_PATTERN
from nod.domain.prompts import ShownPrompt
from nod.domain.pushes import ShownQr
from nod.domain.sessions import ShownSession
from nod.domain.status import Decision, SeenStatus, Verdict

FrameId = Annotated[
    Annotated[str, Meta(max_length=64)] | Annotated[int, Meta(ge=-(2**53), le=2**53)],
    Meta(title="FrameId", description="Chosen by the client, and copied into the reply."),
]
Identifier = Annotated[str, Meta(pattern=IDENTIFIER_PATTERN)]


class Frame(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="action"):
    """Any frame from a client."""

    id: FrameId | None = None


class Ping(Frame, frozen=True, tag="ping"):
    """Is anybody there? Keeps the connection open; send one every five minutes."""


class Hello(Frame, frozen=True, tag="hello"):
    """What is open now? Send it first, also after a reconnect."""


class Answer(Frame, frozen=True, kw_only=True, tag="answer"):
    """An approver decides a sign-in."""

    sign_in_id: Annotated[str, Meta(min_length=1, max_length=64, description="As in the prompt.")]
    decision: Decision
    code: Annotated[
        Code | None, Meta(description="To allow in mode `choose` or `enter`: the code that the new device shows.")
    ] = None


class ListSessions(Frame, frozen=True, tag="listSessions"):
    """Which sessions has my account?"""


class EndSession(Frame, frozen=True, kw_only=True, tag="endSession"):
    """End a session of my account."""

    session_id: Annotated[str, Meta(min_length=1, max_length=64)]
    and_let_in: Annotated[
        bool, Meta(description="Whether to end also the sessions that it let in, those that they let in, and so on.")
    ] = False


class RenewQr(Frame, frozen=True, kw_only=True, tag="renewQr"):
    """A hand-over page asks for a fresh QR code of a sign-in, a little before the one it shows expires."""

    sign_in_id: Annotated[str, Meta(min_length=1, max_length=64, description="As in the `qr` frame.")]


ClientFrame = Ping | Hello | Answer | ListSessions | EndSession | RenewQr


class Reply(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"):
    """Any reply to a frame."""

    id: FrameId | None = None


class Pong(Reply, frozen=True, kw_only=True, tag="pong"):
    """Somebody is there."""


class Welcome(Reply, frozen=True, kw_only=True, tag="welcome"):
    """To an approver or a hand-over page: the prompts open now. To a page, a `qr` for each code to show follows."""

    session_id: Annotated[str, Meta(description="The session that the connection belongs to.")]
    prompts: tuple[ShownPrompt, ...]


class WaiterWelcome(Reply, frozen=True, kw_only=True, tag="welcome"):
    """To a waiting device: how its sign-in stands."""

    sign_in_id: str
    status: SeenStatus


class Answered(Reply, frozen=True, kw_only=True, tag="answered"):
    """The sign-in was decided by this answer. A report is a denial here; so is a wrong code where no try is left."""

    sign_in_id: str
    status: Verdict


class SessionsReply(Reply, frozen=True, kw_only=True, tag="sessions"):
    """The live sessions of the account, newest first."""

    sessions: tuple[ShownSession, ...]


class SessionEndedReply(Reply, frozen=True, kw_only=True, tag="sessionEnded"):
    """The sessions that were ended."""

    ended: Annotated[tuple[str, ...], Meta(description="Their ids, from the session that was named downwards.")]


class QrReply(ShownQr, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="qr"):
    """The fresh QR code."""

    id: FrameId | None = None


class ErrorReply(Reply, frozen=True, kw_only=True, tag="error"):
    """The frame was refused; the connection stays open."""

    code: Annotated[str, Meta(description="The stable name to decide by.")]
    detail: Annotated[str, Meta(description="What happened, for people.")]


ServerReply = Pong | Welcome | WaiterWelcome | Answered | SessionsReply | SessionEndedReply | QrReply | ErrorReply
