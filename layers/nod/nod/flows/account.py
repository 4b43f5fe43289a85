"""The ordinary way in (R1.9): accounts with a password, and sessions that refresh."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from nod.concurrency import Afterwards, Together
from nod.domain.accounts import Account
from nod.domain.device import Device, Network
from nod.domain.identifiers import Derived, new_identifier, new_secret
from nod.domain.limits import PASSWORDS_PER_LOGIN, Limit, passwords_per_address, sessions_per_account
from nod.domain.logins import Login, parse_login
from nod.domain.passwords import hash_password, password_matches
from nod.domain.sessions import Lifetimes, RefreshToken, Session, parse_refresh_token
from nod.errors import Forbidden, InvalidCredentials, InvalidRequest, InvalidToken, LastLogin
from nod.flows.granting import Grant, Newcomer, grant_for, know_device, new_session
from nod.flows.ports import Accounts, Clock, Connections, Logins, Passwords, Sessions, Throttles, TokenSigner
from nod.flows.prompting import Telling
from nod.flows.sessions import SessionControl


@dataclass(frozen=True)
class PasswordSignIn:
    """Signing up and in with login and password. `sign_up_allowed` is the stack's switch.

    `tries_per_minute`: how many passwords one address may try in a minute without success. `sessions_per_hour`: how
    many sessions an account may get by its password.
    """

    accounts: Accounts
    passwords: Passwords
    logins: Logins
    throttles: Throttles
    connections: Connections
    telling: Telling
    signer: TokenSigner
    together: Together
    afterwards: Afterwards
    lifetimes: Lifetimes
    sign_up_allowed: bool
    tries_per_minute: int
    sessions_per_hour: int
    eviction_age: timedelta
    clock: Clock
    rng: Random

    def sign_up(self, login_text: str, password: str, device: Device, network: Network) -> Grant:
        """A new account for a username.

        `LoginTaken` where it has one, `Forbidden` where sign-up is switched off, `SlowDown` past the limit of the
        address.
        """
        if not self.sign_up_allowed:
            raise Forbidden("signing up with a password is switched off")
        login = parse_login(login_text)
        if login.kind != "username":
            raise InvalidRequest("an account made with a password has a username for its login")
        now = self.clock()
        device = device.cleaned()
        self.throttles.count(self._per_address, network.counted_as, now)
        account = Account(
            account_id=new_identifier(self.rng),
            created_at=now,
            logins={login.key: now},
            password_hash=hash_password(password, self.rng),
            password_set_at=now,
        )
        return self._let_in(account, login, device, network, now, new_account=True)

    def sign_in(self, login_text: str, password: str, device: Device, network: Network) -> Grant:
        """A session for login and password. An initial password (R3.6) works this once.

        The session is kept in the write that uses an initial password up, so neither happens without the other.
        `InvalidCredentials` for an unknown login, a wrong password and an account without one, alike in time too;
        `SlowDown` after ten failures of one login in 15 minutes, too many from one address, or too many sessions.
        """
        now = self.clock()
        login = parse_login(login_text)
        device = device.cleaned()
        known, _ = self.together(
            lambda: self.logins.find(login.key),
            lambda: self.throttles.count(self._per_address, network.counted_as, now),
        )
        # The address first: who is past that uses up nothing of a login that is somebody else's.
        account, _ = self.together(
            lambda: self.accounts.get(known.account_id if known else new_identifier(self.rng)),
            lambda: self.throttles.count(PASSWORDS_PER_LOGIN, login.key, now),
        )
        if not password_matches(password, account.password_hash if account else None) or account is None:
            raise InvalidCredentials()
        if account.initial == "spent":
            raise InvalidCredentials()
        return self._let_in(account, login, device, network, now)

    def change(self, session: Session, current: str | None, new: str) -> None:
        """Set the account's password; `current` must be right where its owner has set one before, or where it is given.

        Raises `InvalidCredentials` where it is not, `SlowDown` after ten failures in 15 minutes, `Forbidden` where a
        session sets the first of its owner's that is too fresh (S4), and `InvalidToken` where it was ended.
        """
        now = self.clock()
        account = self._account(session)
        # Also with the initial password: whoever has seen that would have one of their own, long after their session.
        if not (account.has_own_password or session.may_extend(now, self.eviction_age)):
            raise Forbidden("a session may set a first password only when it has been signed in for long enough")
        if account.has_own_password or (current is not None and account.password_hash is not None):
            self._require_current(account, current, now)
        # However clocks differ, it is no older than the session that sets it (T7).
        if not self.passwords.set(session, account, hash_password(new, self.rng), max(now, session.signed_in_at)):
            raise InvalidCredentials("the password was changed at the same time")

    def remove(self, session: Session) -> None:
        """Take the password from the account; where none lets anybody in, nothing is left to be done.

        Raises `Forbidden` where the session is too fresh to take away what was set before it began (S4), `LastLogin`
        where the account has no phone number to get in with, and `InvalidToken` where the session was ended.
        """
        now = self.clock()
        # One that was set or used up meanwhile is looked at anew.
        while (since := (account := self._account(session)).password_since) is not None:
            if not session.may_unbind(since, now, self.eviction_age):
                raise Forbidden("a session may remove an older password only when signed in for long enough")
            if not account.has_number:
                raise LastLogin("without its password nobody could sign in to the account by themselves")
            if self.passwords.remove(session, account, now):
                return

    def _account(self, session: Session) -> Account:
        account = self.accounts.get(session.account_id)
        if account is None:
            raise InvalidToken()
        return account

    def _require_current(self, account: Account, current: str | None, now: datetime) -> None:
        self.throttles.count(PASSWORDS_PER_LOGIN, account.account_id, now)
        if current is None or not password_matches(current, account.password_hash):
            raise InvalidCredentials("the current password is wrong or missing")
        self.throttles.uncount(PASSWORDS_PER_LOGIN, account.account_id, now)

    def _let_in(
        self,
        account: Account,
        login: Login,
        device: Device,
        network: Network,
        now: datetime,
        *,
        new_account: bool | None = None,
    ) -> Grant:
        who = Newcomer(
            account_id=account.account_id,
            login=login.shown,
            method="password",
            device=device,
            network=network,
            founding=new_account is not None,
        )
        # However clocks differ, it is no older than the password that lets it in, which NO may undo (T7).
        began_at = max(now, account.password_since or now)
        session, refresh = new_session(who, lifetimes=self.lifetimes, now=began_at, rng=self.rng)
        access_token, connections, _ = self.together(
            lambda: self.signer.sign(session, now),
            lambda: [] if new_account else self.connections.of(account.account_id),
            lambda: None if new_account else self._count(session, now),
        )
        if new_account:
            self.accounts.create(account, session)
        elif not self.passwords.let_in(account, session):
            raise InvalidCredentials()
        self.afterwards(
            lambda: self.telling.tell_of_new_session(session, connections, now),
            lambda: know_device(self.accounts, session),
            # Only this try: failures stay counted, else who guesses would see that somebody has signed in (A4); and of
            # many people behind one address only those who guess are held back.
            lambda: None if new_account else self.throttles.uncount(PASSWORDS_PER_LOGIN, login.key, now),
            lambda: None if new_account else self.throttles.uncount(self._per_address, network.counted_as, now),
        )
        return grant_for(session, access_token, refresh, new_account=new_account)

    def _count(self, session: Session, now: datetime) -> None:
        if limit := sessions_per_account(session.method, self.sessions_per_hour):
            self.throttles.count(limit, session.account_id, now)

    @property
    def _per_address(self) -> Limit:
        return passwords_per_address(self.tries_per_minute)


@dataclass(frozen=True)
class Refreshing:
    """Fresh access tokens for a session, each paid with a refresh token that works once (RFC 9700 section 4.14)."""

    sessions: Sessions
    control: SessionControl
    signer: TokenSigner
    lifetimes: Lifetimes
    clock: Clock
    rng: Random

    def refresh(self, refresh_token: str, key: str | None = None) -> Grant:
        """The next grant of a session. `InvalidToken` otherwise; a token used before also ends its session (S3).

        A client that has not heard the answer repeats the request with the same idempotency `key`, and gets the same
        refresh token: it follows from the key, which nobody else knows, and the token before it.
        """
        now = self.clock()
        token = parse_refresh_token(refresh_token)
        drawn_from = Derived(token.secret, key) if key else self.rng
        fresh = RefreshToken(token.account_id, token.session_id, token.family, new_secret(drawn_from))
        session = self.sessions.get(token.account_id, token.session_id)
        if session is None or not session.is_alive(now):
            raise self._refused(session, token, now)
        if key and session.is_current(fresh):
            return grant_for(session, self.signer.sign(session, now), fresh)
        if not session.is_current(token):
            raise self._refused(session, token, now)
        # Signed before the token is used up: where that fails, the client still has a token that works.
        access_token = self.signer.sign(session, now)
        expires_at = now + self.lifetimes.idle
        rotated = self.sessions.rotate(token, next_hash=fresh.secret_hash, expires_at=expires_at, now=now)
        if rotated is None:
            # Somebody else used the token since it was read, or this request did that came twice at once.
            rotated = self.sessions.get(token.account_id, token.session_id)
            if not (key and rotated and rotated.is_current(fresh)):
                raise self._refused(rotated, token, now)
        return grant_for(rotated, access_token, fresh)

    def _refused(self, session: Session | None, token: RefreshToken, now: datetime) -> InvalidToken:
        """For a token that does not work: one that was used before ends its session.

        Where that has ended already its connections are closed, for whoever ended it may not have come to that.
        """
        if session is not None and session.has_issued(token):
            if session.is_alive(now):
                self.control.evict(session.account_id, session.session_id, now)
            else:
                self.control.hang_up_left(session.account_id, [session.session_id], now)
        return InvalidToken()
