"""What goes over a WebSocket connection: each frame from a client with its replies and errors, and each push."""

from typing import Any, get_args

import msgspec

from nod.api import frames
from nod.domain import pushes
from nod.errors import (
    AlreadyAnswered,
    CodeRequired,
    Forbidden,
    InvalidRequest,
    NodError,
    NotAnswerable,
    SlowDown,
    UnknownSession,
    UnknownSignIn,
    WrongCode,
)


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """A frame from a client, and what it may be replied. `errors`: besides those that any frame may have."""

    frame: type[frames.Frame]
    senders: str
    replies: tuple[type[msgspec.Struct], ...]
    errors: tuple[type[NodError], ...] = ()

    @property
    def all_errors(self) -> tuple[type[NodError], ...]:
        """The errors, with those of any frame."""
        return (InvalidRequest, *self.errors, SlowDown)


# `Forbidden` also tells that the session was ended: over a connection there is no token to be invalid.
EXCHANGES = (
    Exchange(frame=frames.Ping, senders="anybody", replies=(frames.Pong,)),
    Exchange(
        frame=frames.Hello,
        senders="approvers, hand-over pages and waiting devices",
        replies=(frames.Welcome, frames.WaiterWelcome),
        errors=(Forbidden, UnknownSignIn),
    ),
    Exchange(
        frame=frames.Answer,
        senders="approvers and hand-over pages",
        replies=(frames.Answered,),
        errors=(Forbidden, UnknownSignIn, NotAnswerable, AlreadyAnswered, WrongCode, CodeRequired),
    ),
    Exchange(
        frame=frames.RenewQr,
        senders="hand-over pages",
        replies=(frames.QrReply,),
        errors=(Forbidden, UnknownSignIn, NotAnswerable),
    ),
    Exchange(
        frame=frames.ListSessions,
        senders="approvers and hand-over pages",
        replies=(frames.SessionsReply,),
        errors=(Forbidden,),
    ),
    Exchange(
        frame=frames.EndSession,
        senders="approvers and hand-over pages",
        replies=(frames.SessionEndedReply,),
        errors=(Forbidden, UnknownSession),
    ),
)
PUSHES: tuple[type[msgspec.Struct], ...] = get_args(pushes.Push)


def errors_of_frames() -> list[type[NodError]]:
    """Every error that a frame may be replied, each once."""
    return list(dict.fromkeys(error for exchange in EXCHANGES for error in exchange.all_errors))


def undescribed() -> list[str]:
    """One line for each frame or reply that is in its union or in an exchange, but not in both."""
    described: set[Any] = {frames.ErrorReply}
    for exchange in EXCHANGES:
        described |= {exchange.frame, *exchange.replies}
    sent = {*get_args(frames.ClientFrame), *get_args(frames.ServerReply)}
    return [
        f"{one.__name__} is in the unions of nod.api.frames or in an exchange, but not in both"
        for one in sorted(described ^ sent, key=str)
    ]
