"""What clients send over HTTP, field by field. Unknown fields are refused."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from nod.domain.device import Device
from nod.domain.identifiers import IDENTIFIER_PATTERN
from nod.domain.status import Decision
from nod.domain.verification import Mode

# A `title` makes a type of its own of a field in the API descriptions. Patterns end in `\Z`: `$` lets a line feed pass.
Login = Annotated[
    str,
    Meta(
        title="Login",
        min_length=1,
        max_length=254,
        description="A username, an email address or a phone number with its country code, in any spelling.",
    ),
]
HandOverLogin = Annotated[
    str,
    Meta(
        title="HandOverLogin",
        min_length=1,
        max_length=254,
        description="The phone number of an account, in any spelling, or `device:` and the id of a device that was once"
        " signed in to it.",
    ),
]
Password = Annotated[str, Meta(title="NewPassword", min_length=8, max_length=128, description="A password to be set.")]
Verifier = Annotated[
    str,
    Meta(
        title="Verifier",
        pattern=r"^[A-Za-z0-9\-._~]{43,128}\Z",
        description="PKCE code verifier (RFC 7636 section 4.1): random, kept by the device that starts a sign-in, and"
        " its proof that it did.",
    ),
]
Challenge = Annotated[
    str,
    Meta(
        title="Challenge",
        pattern=r"^[A-Za-z0-9_-]{43}\Z",
        description="PKCE S256 code challenge (RFC 7636 section 4.2): base64url(sha256(verifier)) without padding.",
    ),
]
Code = Annotated[
    str,
    Meta(title="Code", pattern=r"^[0-9]{2,6}\Z", description="Two digits in mode `choose`, six digits in the others."),
]
Message = Annotated[
    str, Meta(min_length=1, max_length=140, description="What the person says to the approver, who sees it as a claim.")
]
OpaqueToken = Annotated[str, Meta(min_length=1, max_length=512)]


class Start(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="method"):
    """A sign-in is started; `method` says which way in."""


class StartApproval(Start, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="approval"):
    """A device with only a login asks the account's signed-in devices to let it in."""

    login: Login
    challenge: Challenge
    device: Device
    verification: Annotated[
        Mode | None,
        Meta(
            description="The mode asked for. Absent: the stack's default. Weaker than the stack's minimum: the minimum."
        ),
    ] = None
    message: Message | None = None


class StartPhone(Start, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="phone"):
    """A phone is about to send a text message with an identifier that it has made."""

    identifier: Annotated[
        str,
        Meta(
            pattern=IDENTIFIER_PATTERN,
            description="130 random bits as 26 characters of Crockford base32; it becomes the id of the sign-in, once.",
        ),
    ]
    challenge: Challenge
    device: Device


class StartQr(Start, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="qr"):
    """A phone asks for a QR code on the page that a signed-in computer has open for that."""

    login: HandOverLogin
    challenge: Challenge
    device: Device


# Each way into a sign-in is one struct here, told apart by `method`.
StartSignIn = StartApproval | StartPhone | StartQr


class Confirm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The requesting device sends back the code that it was answered in mode `echo`."""

    code: Code


class Scan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The phone has read a QR code, and proves that the code was made for it."""

    scan_token: Annotated[OpaqueToken, Meta(description="From the fragment of the link that the QR code holds.")]
    login: HandOverLogin
    verifier: Verifier


class Redeem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The requesting device proves that it started the sign-in, and asks for its session."""

    verifier: Verifier


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An approver decides a sign-in."""

    decision: Decision
    code: Annotated[
        Code | None, Meta(description="To allow in mode `choose` or `enter`: the code that the new device shows.")
    ] = None


class Credentials(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Login and password, for the ordinary way in."""

    login: Login
    password: Annotated[str, Meta(min_length=1, max_length=128)]
    device: Device


class SignUp(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new account for a username (no other login), with its first session; further logins can be bound later."""

    login: Login
    password: Password
    device: Device


class Refresh(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The refresh token of a session. It works once: the answer brings the next."""

    refresh_token: Annotated[OpaqueToken, Meta(description="The one from the latest grant.")]


class BindLogin(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A further login for the account: a username, a phone number, or an email address."""

    login: Login


class ConfirmLogin(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The code that was mailed to an address that is to be bound."""

    login: Login
    code: Annotated[str, Meta(pattern=r"^[0-9]{6}\Z", description="Six digits.")]


class ChangePassword(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A password for the account, in place of the one it has."""

    current: Annotated[
        Annotated[str, Meta(min_length=1, max_length=128)] | None,
        Meta(description="Needed where the account's owner has set one before."),
    ] = None
    new: Password


class TicketRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a WebSocket connection is to be used for."""

    purpose: Annotated[
        Literal["approve", "hand_over"],
        Meta(
            description="`approve`: to see prompts and answer them. `hand_over`: to show QR codes, and to answer"
            " the prompts of devices that have scanned one."
        ),
    ]
