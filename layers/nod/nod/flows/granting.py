"""Making sessions and the grants that speak for them: an access token and a refresh token that rotates."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from nod.domain.device import Device, Network
from nod.domain.identifiers import Bits, new_identifier, new_secret
from nod.domain.logins import device_login
from nod.domain.sessions import Lifetimes, RefreshToken, Session, SignInMethod
from nod.flows.ports import Accounts

ACCESS_TOKEN_SECONDS = 600
TOKEN_TYPE = "Bearer"  # noqa: S105 - the name of a scheme (RFC 6750), no secret.


class Grant(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a device gets when it is signed in: an access token and a refresh token."""

    account_id: str
    session_id: str
    access_token: Annotated[str, Meta(description="A JWT (RFC 9068), to be sent as bearer token.")]
    token_type: Annotated[str, Meta(description="`Bearer`.")]
    expires_in: Annotated[int, Meta(description="Seconds until the access token expires.")]
    refresh_token: Annotated[str, Meta(description="Opaque; brings the next grant, once.")]
    new_account: Annotated[bool | None, Meta(description="True where the account was made with this.")] = None


class Newcomer(msgspec.Struct, frozen=True, kw_only=True):
    """Who is to be signed in, and how it came about. `login` is as people see it; `founding` as in `Session`."""

    account_id: str
    login: str
    method: SignInMethod
    device: Device
    network: Network
    let_in_by: str | None = None
    founding: bool = False


def new_session(who: Newcomer, *, lifetimes: Lifetimes, now: datetime, rng: Bits) -> tuple[Session, RefreshToken]:
    """A session that starts now, and its first refresh token."""
    token = RefreshToken(who.account_id, new_identifier(rng), new_secret(rng), new_secret(rng))
    session = Session(
        account_id=who.account_id,
        session_id=token.session_id,
        login=who.login,
        method=who.method,
        device=who.device,
        network=who.network,
        signed_in_at=now,
        last_seen_at=now,
        expires_at=now + lifetimes.idle,
        ends_at=now + lifetimes.longest,
        let_in_by=who.let_in_by,
        refresh_hash=token.secret_hash,
        family_hash=token.family_hash,
        founding=who.founding,
    )
    return session, token


def grant_for(session: Session, access_token: str, refresh: RefreshToken, *, new_account: bool | None = None) -> Grant:
    """The grant of a session."""
    return Grant(
        account_id=session.account_id,
        session_id=session.session_id,
        access_token=access_token,
        token_type=TOKEN_TYPE,
        expires_in=ACCESS_TOKEN_SECONDS,
        refresh_token=refresh.text,
        new_account=new_account,
    )


def know_device(accounts: Accounts, session: Session) -> None:
    """The account knows the device of a session from its beginning on, where that says which it is (R4.1)."""
    login = device_login(session.device.id) if session.device.id is not None else None
    if login is not None:
        accounts.know_device(session, login.key, session.signed_in_at)
