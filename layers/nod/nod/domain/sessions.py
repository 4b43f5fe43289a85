"""Sessions: a device that is signed in, how long it stays so, and which sessions it may end."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from nod.domain.device import Device, Network
from nod.domain.identifiers import fingerprint, matches
from nod.errors import InvalidToken

SignInMethod = Annotated[
    Literal["password", "approval", "phone", "qr"],
    Meta(title="SignInMethod", description="How a session came about."),
]
# How the person was authenticated, for the `amr` claim (RFC 8176): by password, or over a second channel.
AUTHENTICATION_METHODS: dict[SignInMethod, list[str]] = {
    "password": ["pwd"],
    "approval": ["mca"],
    "phone": ["sms"],
    "qr": ["mca"],
}

# How many sessions a list has, so that an answer holds it.
LISTED = 1_000
# When a session that was ended expires: before any time at which a request that is under way may have begun.
ENDED = datetime(1970, 1, 1, tzinfo=UTC)


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One session. It lives until `expires_at`, which each refresh moves on, and never beyond `ends_at`.

    One that was ended is kept, as `ENDED`: else what it let in would no longer be found below the session above it.
    `founding`: its account was made with it.
    """

    account_id: str
    session_id: str
    login: str
    method: SignInMethod
    device: Device
    network: Network
    signed_in_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    ends_at: datetime
    let_in_by: str | None
    refresh_hash: str
    family_hash: str
    founding: bool = False

    def is_alive(self, now: datetime) -> bool:
        """Whether the session has neither run out nor been ended."""
        return now < min(self.expires_at, self.ends_at)

    def is_current(self, token: "RefreshToken") -> bool:
        """Whether a token is the one that may be used now."""
        return matches(token.secret, expected_fingerprint=self.refresh_hash) and self.has_issued(token)

    def has_issued(self, token: "RefreshToken") -> bool:
        """Whether a token is one of this session's: the current one, or an earlier one that was used already."""
        return matches(token.family, expected_fingerprint=self.family_hash)

    def may_end(self, target: "Session", now: datetime, eviction_age: timedelta) -> bool:
        """Whether this session may end `target` (S4: a fresh thief cannot throw the owner out).

        A session may end itself, the sessions it let in, and younger ones; older ones only once it has been signed in
        for `eviction_age` itself. Whoever may end `target` may end all below it: those began after `target`, so they
        are younger than this session where `target` is this session, was let in by it or is younger than it; and age
        counts against any.
        """
        if self.session_id in {target.session_id, target.let_in_by}:
            return True
        if target.signed_in_at >= self.signed_in_at:
            return True
        return now - self.signed_in_at >= eviction_age

    def may_extend(self, now: datetime, eviction_age: timedelta) -> bool:
        """Whether this session may give its account further logins, or a first password (S4).

        Both would outlast the session: a fresh one may only where the account began with it.
        """
        return self.founding or now - self.signed_in_at >= eviction_age

    def may_unbind(self, bound_at: datetime, now: datetime, eviction_age: timedelta) -> bool:
        """Whether this session may take away a login or password since `bound_at` (S4, as for older sessions)."""
        return bound_at >= self.signed_in_at or now - self.signed_in_at >= eviction_age


def below(sessions: Iterable[Session], *session_ids: str) -> list[Session]:
    """The sessions that these let in, those that they let in, and so on: level by level, living or not."""
    guests: dict[str | None, list[Session]] = {}
    for one in sorted(sessions, key=lambda one: one.signed_in_at):
        guests.setdefault(one.let_in_by, []).append(one)
    found: list[Session] = []
    # What was seen before is not gone through again: a ring would never end, and a long chain take too long.
    seen, level = set(session_ids), list(session_ids)
    while level:
        let_in = [guest for host in level for guest in guests.get(host, ()) if guest.session_id not in seen]
        found += let_in
        level = [one.session_id for one in let_in]
        seen.update(level)
    return found


def listed_among(sessions: Iterable[Session], now: datetime, *, to: str) -> list[Session]:
    """Those that live, newest first: of more than `LISTED` the oldest, and the one that asks.

    Whatever somebody let in who got in lately is younger than the session that let it in, which ends it as well.
    """
    living = sorted((one for one in sessions if one.is_alive(now)), key=lambda one: one.signed_in_at)
    listed = living[:LISTED] + [one for one in living[LISTED:] if one.session_id == to]
    return listed[::-1]


class ShownSession(msgspec.Struct, frozen=True, kw_only=True):
    """A session as its account sees it (R2.1). Times are UTC."""

    session_id: str
    login: Annotated[str, Meta(description="The one that it signed in with.")]
    method: SignInMethod
    signed_in_at: datetime
    last_seen_at: Annotated[datetime, Meta(description="When it last refreshed its tokens.")]
    device: Device
    ip: Annotated[str, Meta(description="The address that it signed in from.")]
    place: Annotated[str | None, Meta(description="Roughly where that address is; null where it is not known.")]
    let_in_by: Annotated[
        str | None, Meta(description="The id of the session that allowed this one; null where none did.")
    ]
    current: Annotated[bool, Meta(description="Whether it is the session that this is sent to.")]


def shown(session: Session, *, to: str) -> ShownSession:
    """What session `to` sees of a session of its account."""
    return ShownSession(
        session_id=session.session_id,
        login=session.login,
        method=session.method,
        signed_in_at=session.signed_in_at,
        last_seen_at=session.last_seen_at,
        device=session.device,
        ip=session.network.ip,
        place=session.network.place,
        let_in_by=session.let_in_by,
        current=session.session_id == to,
    )


class Lifetimes(msgspec.Struct, frozen=True):
    """How long a session lives without use (`idle`) and in all (`longest`)."""

    idle: timedelta
    longest: timedelta


class RefreshToken(msgspec.Struct, frozen=True):
    """A refresh token: where its session is, the family that all of the session's tokens share, and its own secret.

    Both secrets are kept only as fingerprints. A token of the right family whose secret is not the current one was
    issued once and used already: it is being replayed (S3). Without the family it is merely wrong.
    """

    account_id: str
    session_id: str
    family: str
    secret: str

    @property
    def text(self) -> str:
        """The token as the client holds it: opaque to it."""
        return f"{self.account_id}.{self.session_id}.{self.family}.{self.secret}"

    @property
    def family_hash(self) -> str:
        """The fingerprint of the family."""
        return fingerprint(self.family)

    @property
    def secret_hash(self) -> str:
        """The fingerprint of this token's own secret."""
        return fingerprint(self.secret)


def parse_refresh_token(text: str) -> RefreshToken:
    """Read a refresh token; `InvalidToken` where it is none."""
    parts = text.split(".")
    if len(parts) != 4 or not all(parts) or not text.isascii():
        raise InvalidToken()
    return RefreshToken(*parts)
