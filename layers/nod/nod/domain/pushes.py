"""What is pushed over WebSocket connections: one struct for each frame, told apart by `type`."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from nod.domain.connections import Connection
from nod.domain.device import Device
from nod.domain.prompts import Prompt, ShownPrompt
from nod.domain.sessions import Session, ShownSession, shown
from nod.domain.sign_in import SignIn
from nod.domain.status import Closing, Ending, Verdict


class PromptPush(ShownPrompt, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="prompt"):
    """To approvers, and after a scan to the session whose page was read: somebody asks to be let in."""


class PromptClosed(msgspec.Struct, frozen=True, tag_field="type", tag="promptClosed"):
    """To the others that were shown it: the prompt is over."""

    sign_in_id: str
    status: Ending


class ShownQr(msgspec.Struct, frozen=True, kw_only=True):
    """A QR code as a hand-over page shows it, and the device that asks to scan it. Times are UTC."""

    sign_in_id: str
    device: Device
    svg: Annotated[str, Meta(description="The QR code as an SVG image without a size of its own, quiet zone included.")]
    url: Annotated[str, Meta(description="What the code holds: a link to the phone's page, the token in its fragment.")]
    expires_at: Annotated[datetime, Meta(description="Ask for the next one, by `renewQr`, a little before.")]


class QrPush(ShownQr, frozen=True, kw_only=True, tag_field="type", tag="qr"):
    """To hand-over pages: a device asks to scan a QR code."""


class QrClosed(msgspec.Struct, frozen=True, tag_field="type", tag="qrClosed"):
    """To hand-over pages: the code was scanned (`pending`: one page is prompted), or the sign-in is over."""

    sign_in_id: str
    status: Closing


class SignInResolved(msgspec.Struct, frozen=True, tag_field="type", tag="signInResolved"):
    """To the waiting device: somebody answered, or its text message or scan decided. It then redeems over HTTP."""

    sign_in_id: str
    status: Verdict


class SessionStarted(ShownSession, frozen=True, kw_only=True, tag_field="type", tag="sessionStarted"):
    """To all sessions of an account: there is a new one."""


class SessionEnded(msgspec.Struct, frozen=True, tag_field="type", tag="sessionEnded"):
    """To all sessions of an account: one was ended."""

    session_id: str


Push = PromptPush | PromptClosed | QrPush | QrClosed | SignInResolved | SessionStarted | SessionEnded


def prompt_push(prompt: Prompt) -> PromptPush:
    """The frame that carries a prompt."""
    return PromptPush(**{name: getattr(prompt, name) for name in ShownPrompt.__struct_fields__})


def closing(sign_in: SignIn, status: Ending, connections: Iterable[Connection]) -> list[tuple[Connection, Push]]:
    """What an account's connections are told when a sign-in is over: whoever showed its prompt, or its QR code."""
    if sign_in.method == "qr" and sign_in.approver is None:
        return _qr_closing(sign_in.sign_in_id, status, connections)
    closed = PromptClosed(sign_in.sign_in_id, status)
    return [(one, closed) for one in connections if may_answer(one, sign_in)]


def qr_closing(scanned: SignIn, connections: Iterable[Connection]) -> list[tuple[Connection, Push]]:
    """What the account's pages are told when a code of theirs was scanned."""
    return _qr_closing(scanned.sign_in_id, "pending" if scanned.status == "pending" else "allowed", connections)


def may_answer(connection: Connection, sign_in: SignIn) -> bool:
    """Whether a connection of the account is shown the prompt: after a scan, those of the session that was read."""
    if sign_in.approver is None:
        return connection.purpose == "approve"
    return connection.session_id == sign_in.approver


def session_started(session: Session, *, to: str) -> SessionStarted:
    """The frame that tells session `to` of a new session."""
    seen = shown(session, to=to)
    return SessionStarted(**{name: getattr(seen, name) for name in ShownSession.__struct_fields__})


def _qr_closing(sign_in_id: str, status: Closing, connections: Iterable[Connection]) -> list[tuple[Connection, Push]]:
    closed = QrClosed(sign_in_id, status)
    return [(one, closed) for one in connections if one.purpose == "hand_over"]
