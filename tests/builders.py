"""The things that tests are about, with the facts that do not matter filled in."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import msgspec

from nod.domain.accounts import Account, Initial
from nod.domain.bindings import BINDING_LIFETIME, Binding, binding_of, mailed_code_hash
from nod.domain.connections import Connection
from nod.domain.device import Device, Network
from nod.domain.identifiers import challenge_of, fingerprint, new_identifier
from nod.domain.logins import parse_login
from nod.domain.sessions import RefreshToken, Session
from nod.domain.sign_in import UNKNOWN_NUMBER, Approver, SignIn
from nod.domain.starting import start
from nod.domain.status import Method
from nod.domain.texts import Message, SenderOfTexts
from nod.domain.tickets import Ticket
from nod.domain.verification import Mode, Verification, draw

# A time with microseconds, so that a store that drops them is found out.
NOW = datetime(2026, 5, 4, 12, 0, 0, 250_125, tzinfo=UTC)
LIFETIME = timedelta(seconds=120)
IDLE, LONGEST = timedelta(days=30), timedelta(days=90)

VERIFIER = "ada-made-this-verifier-on-her-new-laptop-0123456789"
OTHER_VERIFIER = "somebody-else-made-this-verifier-somewhere-else-01"
LAPTOP = Device("desktop", "Ada's laptop", id="laptop-7", app="Firefox")
PHONE = Device("phone", "Ada's phone", id="phone-1", app="Wallet")
HOME = Network("81.2.69.160", "London, United Kingdom")

# The service's own number, and those of two people.
APP = SenderOfTexts("Nod", "+447700900000")
ADAS_NUMBER, GRACES_NUMBER = "+447700900123", "+447700900456"
PHONE_LIFETIME = timedelta(minutes=10)

ADA, GRACE = "ACCOUNT-OF-ADA", "ACCOUNT-OF-GRACE"
ADAS_PHONE = Approver(ADA, "SESSION-OF-ADAS-PHONE")
GRACES_PHONE = Approver(GRACE, "SESSION-OF-GRACES-PHONE")


def after(seconds: float) -> datetime:
    """The time so many seconds after `NOW`."""
    return NOW + timedelta(seconds=seconds)


def verification_of(mode: Mode, seed: int = 1) -> Verification:
    """A verification that was drawn."""
    return draw(mode, Random(seed))


def wrong_code_for(verification: Verification) -> str:
    """A code that looks like the right one and is not."""
    others = [choice for choice in verification.choices if choice != verification.code]
    if others:
        return others[0]
    return "000001" if verification.code != "000001" else "000002"


def sign_in(
    mode: Mode = "choose",
    *,
    method: Method = "approval",
    verification: Verification | None = None,
    sign_in_id: str | None = None,
    login: str = "ada",
    slot: str | None = None,
    now: datetime = NOW,
    **changes: Any,
) -> SignIn:
    """A sign-in that Ada's laptop has just started; `changes` are set afterwards, past every rule."""
    begun = start(
        sign_in_id=sign_in_id or new_identifier(Random(f"{mode} {method} {login}")),
        method=method,
        login=parse_login(login).key,
        account_id=ADA,
        challenge=challenge_of(VERIFIER),
        device=LAPTOP,
        network=HOME,
        message=None,
        verification=verification or verification_of(mode),
        slot=slot,
        now=now,
        lifetime=LIFETIME,
    )
    return msgspec.structs.replace(begun, **changes)


def session(
    session_id: str = ADAS_PHONE.session_id, account_id: str = ADA, *, signed_in_at: datetime = NOW, **changes: Any
) -> Session:
    """A session that signed in with a password at `signed_in_at`."""
    made = Session(
        account_id=account_id,
        session_id=session_id,
        login="ada",
        method="password",
        device=PHONE,
        network=HOME,
        signed_in_at=signed_in_at,
        last_seen_at=signed_in_at,
        expires_at=signed_in_at + IDLE,
        ends_at=signed_in_at + LONGEST,
        let_in_by=None,
        refresh_hash=fingerprint("first secret"),
        family_hash=fingerprint("family"),
    )
    return msgspec.structs.replace(made, **changes)


def refresh_token(secret: str = "first secret", family: str = "family") -> RefreshToken:
    """A refresh token of `session()`."""
    return RefreshToken(ADA, ADAS_PHONE.session_id, family, secret)


def connection(connection_id: str = "phone-connection", **changes: Any) -> Connection:
    """An approver connection of Ada's phone."""
    made = Connection(
        owner=ADA,
        connection_id=connection_id,
        purpose="approve",
        ip=HOME.ip,
        connected_at=NOW,
        session_id=ADAS_PHONE.session_id,
        device=PHONE,
        signed_in_at=NOW,
        session_ends_at=NOW + LONGEST,
    )
    return msgspec.structs.replace(made, **changes)


def ticket(secret: str = "ticket", **changes: Any) -> Ticket:
    """A ticket of Ada's phone, good for 30 seconds."""
    made = Ticket(
        ticket_hash=fingerprint(secret),
        purpose="approve",
        owner=ADA,
        expires_at=after(30),
        session_id=ADAS_PHONE.session_id,
        device=PHONE,
        signed_in_at=NOW,
        session_ends_at=NOW + LONGEST,
    )
    return msgspec.structs.replace(made, **changes)


def waiter_ticket(sign_in: SignIn) -> Ticket:
    """The ticket with which the requesting device waits."""
    return Ticket(
        ticket_hash=fingerprint(f"waiter of {sign_in.sign_in_id}"),
        purpose="wait",
        owner=sign_in.sign_in_id,
        expires_at=sign_in.expires_at,
    )


def account(
    account_id: str = ADA,
    logins: Mapping[str, datetime] | None = None,
    password_hash: str | None = None,
    initial: Initial | None = None,
    **changes: Any,
) -> Account:
    """An account, of which `user:ada` is the only login unless others are given."""
    made = Account(
        account_id=account_id,
        created_at=NOW,
        logins=logins if logins is not None else {"user:ada": NOW},
        password_hash=password_hash,
        initial=initial,
    )
    return msgspec.structs.replace(made, **changes)


def phone_sign_in(
    mode: Mode = "none", *, verification: Verification | None = None, now: datetime = NOW, **changes: Any
) -> SignIn:
    """A sign-in that a phone has just registered, which is nobody's before its text message arrives."""
    begun = sign_in(mode, method="phone", verification=verification, now=now, account_id="ACCOUNT-TO-BE", device=PHONE)
    nobodys = msgspec.structs.replace(begun, login=UNKNOWN_NUMBER, expires_at=now + PHONE_LIFETIME)
    return msgspec.structs.replace(nobodys, **changes)


def message(key: str = "message", *, now: datetime = NOW, forget_at: datetime | None = None) -> Message:
    """A text message that has just arrived."""
    return Message(key=key, received_at=now, forget_at=forget_at)


def texted_binding(binding_id: str = "BINDING", **changes: Any) -> Binding:
    """Ada's account wants her number bound, by a text message."""
    made = Binding(
        binding_id=binding_id,
        account_id=ADA,
        session_id=ADAS_PHONE.session_id,
        login=f"tel:{ADAS_NUMBER}",
        expires_at=NOW + BINDING_LIFETIME,
    )
    return msgspec.structs.replace(made, **changes)


def mailed_binding(code: str = "123456", **changes: Any) -> Binding:
    """Ada's account wants her address bound, by a code in a mail."""
    binding_id = binding_of(ADA, "mailto:ada@example.com")
    code_hash = mailed_code_hash(binding_id, code)
    return texted_binding(binding_id, login="mailto:ada@example.com", code_hash=code_hash, **changes)
