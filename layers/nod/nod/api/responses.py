"""What clients get over HTTP, field by field. Times are RFC 3339 UTC, lengths of time are seconds."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from nod.domain.logins import Kind
from nod.domain.prompts import ShownPrompt
from nod.domain.sessions import ShownSession
from nod.domain.status import Method, OpenStatus, Verdict
from nod.domain.verification import Mode


class Problem(msgspec.Struct, frozen=True):
    """An error (RFC 9457); `code` is the stable name."""

    type: Annotated[str, Meta(description="A URN that ends in the code.")]
    title: Annotated[str, Meta(description="What the code means, for people.")]
    status: Annotated[int, Meta(description="The HTTP status.")]
    detail: Annotated[str, Meta(description="What happened this time, for people.")]
    code: Annotated[str, Meta(description="The stable name to decide by.")]


class Waiter(msgspec.Struct, frozen=True):
    """A WebSocket address on which the device may wait; it works once."""

    url: str


class DeviceVerification(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the requesting device shows; in mode `echo` it sends the code back."""

    mode: Mode
    code: Annotated[str | None, Meta(description="Absent in mode `none`.")] = None


class Sms(msgspec.Struct, frozen=True):
    """What the phone is to send as a text message."""

    to: Annotated[str, Meta(description="The service's number (E.164).")]
    body: Annotated[str, Meta(description="The text, with the identifier in it.")]


class SignInStarted(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A sign-in that waits for its answer, for the text message of a phone, or for its QR code to be scanned."""

    sign_in_id: str
    method: Method
    status: OpenStatus
    expires_at: datetime
    expires_in: Annotated[int, Meta(description="Seconds until `expires_at`.")]
    interval: Annotated[int, Meta(description="Seconds to leave between polls.")]
    waiter: Waiter
    verification: Annotated[
        DeviceVerification | None,
        Meta(description="What the device shows: always there for an approval, else where an approver may be asked."),
    ] = None
    sms: Annotated[Sms | None, Meta(description="Of a phone: what it sends to go on.")] = None


class StillPending(msgspec.Struct, frozen=True):
    """Nobody has answered yet."""

    status: OpenStatus
    interval: Annotated[int, Meta(description="Seconds to leave before the next poll.")]


class SignInConfirmed(msgspec.Struct, frozen=True):
    """The `echo` code was right: the approvers are being asked."""

    status: OpenStatus


class SignInScanned(msgspec.Struct, frozen=True, omit_defaults=True):
    """The QR code was right: the computer that showed it is asked, or has thereby let the device in."""

    status: Annotated[
        Literal["pending", "allowed"],
        Meta(description="`pending`: to be confirmed there. `allowed`: to be redeemed."),
    ]
    verification: Annotated[
        DeviceVerification | None,
        Meta(description="While pending: what the device shows, for its person to pick on the computer."),
    ] = None


class SessionList(msgspec.Struct, frozen=True):
    """The live sessions of the account, newest first."""

    sessions: list[ShownSession]


class Ended(msgspec.Struct, frozen=True):
    """The sessions that were ended."""

    ended: Annotated[list[str], Meta(description="Their ids, from the session that was named downwards.")]


class AccountLogin(msgspec.Struct, frozen=True):
    """A login bound to the account."""

    login: str
    kind: Kind
    bound_at: datetime


class LoginUnproven(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A login that is bound once it is proven: by this text message, or by the code that was mailed."""

    expires_at: datetime
    sms: Annotated[Sms | None, Meta(description="For a phone number: what that phone is to send.")] = None


class AccountView(msgspec.Struct, frozen=True):
    """The account of the session."""

    account_id: str
    logins: list[AccountLogin]


class PasswordView(msgspec.Struct, frozen=True, kw_only=True):
    """The password that signs in to the account; both fields are null where none does."""

    by: Annotated[
        Literal["owner", "service"] | None,
        Meta(description="`service`: one that was texted and is still unused. A used one signs in no more."),
    ]
    set_at: Annotated[datetime | None, Meta(description="Since when there is this one.")]


class TicketIssued(msgspec.Struct, frozen=True):
    """A WebSocket address that works once, for `expires_in` seconds."""

    url: str
    expires_in: Annotated[int, Meta(description="Seconds in which the connection must be opened.")]


class PromptList(msgspec.Struct, frozen=True):
    """The prompts now open for this session."""

    prompts: list[ShownPrompt]


class Answered(msgspec.Struct, frozen=True):
    """A sign-in that was decided. A report is a denial here; so is a wrong code where no try is left."""

    sign_in_id: str
    status: Verdict
