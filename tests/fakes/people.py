"""Accounts in memory, their sessions, and how those are connected."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import msgspec

from nod.domain.accounts import Account
from nod.domain.connections import Connection
from nod.domain.limits import DEVICES_PER_ACCOUNT
from nod.domain.sessions import ENDED, RefreshToken, Session
from nod.domain.tickets import Ticket
from nod.errors import InvalidToken, LastLogin, LoginTaken, UnknownLogin
from tests.fakes.rows import LoginRow, Rows

replace = msgspec.structs.replace


@dataclass
class Connections:
    """Who is connected."""

    rows: Rows

    def of(self, owner: str) -> list[Connection]:
        return [one for one in self.rows.connections.values() if one.owner == owner]

    def add(self, connection: Connection, now: datetime) -> None:
        if connection.session_id and not self.rows.is_alive(connection.owner, connection.session_id, now):
            raise InvalidToken("the session was ended")
        self.rows.connections[connection.owner, connection.connection_id] = connection

    def opened(self, owner: str, connection_id: str) -> None:
        key = (owner, connection_id)
        if key in self.rows.connections:
            self.rows.connections[key] = replace(self.rows.connections[key], opened=True)

    def remove(self, owner: str, connection_id: str) -> None:
        self.rows.connections.pop((owner, connection_id), None)


@dataclass
class Sessions:
    """The sessions of accounts."""

    rows: Rows

    def get(self, account_id: str, session_id: str) -> Session | None:
        return self.rows.sessions.get((account_id, session_id))

    def of_account(self, account_id: str) -> list[Session]:
        return [one for one in self.rows.sessions.values() if one.account_id == account_id]

    def put(self, session: Session) -> None:
        assert (session.account_id, session.session_id) not in self.rows.sessions
        self.rows.sessions[session.account_id, session.session_id] = session

    def rotate(self, token: RefreshToken, *, next_hash: str, expires_at: datetime, now: datetime) -> Session | None:
        session = self.get(token.account_id, token.session_id)
        if session is None or not session.is_alive(now):
            return None
        if session.refresh_hash == next_hash:
            return session
        if (session.refresh_hash, session.family_hash) != (token.secret_hash, token.family_hash):
            return None
        rotated = replace(session, refresh_hash=next_hash, expires_at=expires_at, last_seen_at=now)
        self.rows.sessions[token.account_id, token.session_id] = rotated
        return rotated

    def end(self, account_id: str, session_id: str, *, by: str, now: datetime) -> bool:
        return self.rows.is_alive(account_id, by, now) and self.expire(account_id, session_id, now)

    def expire(self, account_id: str, session_id: str, now: datetime) -> bool:
        if not self.rows.is_alive(account_id, session_id, now):
            return False
        session = self.rows.sessions[account_id, session_id]
        self.rows.sessions[account_id, session_id] = replace(session, expires_at=ENDED)
        return True


@dataclass
class Accounts:
    """Accounts and their bound logins."""

    rows: Rows

    def get(self, account_id: str) -> Account | None:
        return self.rows.accounts.get(account_id)

    def create(self, account: Account, session: Session | None = None) -> None:
        if account.account_id in self.rows.accounts or any(login in self.rows.logins for login in account.logins):
            raise LoginTaken()
        self.rows.accounts[account.account_id] = account
        if session:
            self.rows.sessions[session.account_id, session.session_id] = session
        for login, bound_at in account.logins.items():
            self.rows.logins[login] = LoginRow(account.account_id, bound_at)

    def bind(self, session: Session, login: str, now: datetime) -> None:
        self.rows.require_alive(session, now)
        self.rows.bind(session.account_id, login, now)

    def know_device(self, session: Session, login: str, now: datetime) -> None:
        kept = self.get(session.account_id)
        if kept is None or login in self.rows.logins:
            return
        if not self.rows.is_alive(session.account_id, session.session_id, now):
            return
        if len(kept.devices) < DEVICES_PER_ACCOUNT:
            self.rows.know_device(session.account_id, login, now)

    def unbind(self, session: Session, account: Account, login: str, now: datetime) -> None:
        if account.bound_at(login) is None:
            raise UnknownLogin()
        self.rows.require_alive(session, now)
        self.rows.unbind(account, login)

    def release(self, account: Account, login: str) -> None:
        with suppress(UnknownLogin, LastLogin):
            self.rows.unbind(account, login, or_way_in=False)


@dataclass
class Passwords:
    """The passwords of accounts."""

    rows: Rows

    def set(self, session: Session, account: Account, password_hash: str, now: datetime) -> bool:
        self.rows.require_alive(session, now)
        kept = self._with_password_of(account)
        if kept is None:
            return False
        return self._keep(replace(kept, password_hash=password_hash, initial=None, password_set_at=now))

    def remove(self, session: Session, account: Account, now: datetime) -> bool:
        self.rows.require_alive(session, now)
        kept = self._with_password_of(account)
        if kept is None or (account.has_number and not self.rows.numbers_left(account, kept)):
            return False
        return self._without_password(kept)

    def set_initial(self, account_id: str, password_hash: str) -> bool:
        kept = self.rows.accounts.get(account_id)
        if kept is None or (kept.password_hash is not None and kept.initial != "unused"):
            return False
        return self._keep(replace(kept, password_hash=password_hash, initial="unused"))

    def let_in(self, account: Account, session: Session) -> bool:
        kept = self._with_password_of(account)
        if kept is None:
            return False
        if kept.initial == "unused" and account.has_number:
            if not self.rows.numbers_left(account, kept):
                return False
            self._keep(replace(kept, initial="spent"))
        self.rows.sessions[session.account_id, session.session_id] = session
        return True

    def drop(self, account: Account) -> None:
        if kept := self._with_password_of(account):
            self._without_password(kept)

    def _without_password(self, account: Account) -> bool:
        return self._keep(replace(account, password_hash=None, initial=None, password_set_at=None))

    def _with_password_of(self, seen: Account) -> Account | None:
        kept = self.rows.accounts.get(seen.account_id)
        same = kept is not None and (kept.password_hash, kept.initial) == (seen.password_hash, seen.initial)
        return kept if same else None

    def _keep(self, account: Account) -> bool:
        self.rows.accounts[account.account_id] = account
        return True


@dataclass
class Tickets:
    """One-time permissions to connect."""

    rows: Rows

    def put(self, ticket: Ticket) -> None:
        self.rows.tickets[ticket.ticket_hash] = ticket

    def consume(self, ticket_hash: str, now: datetime) -> Ticket | None:
        ticket = self.rows.tickets.get(ticket_hash)
        if ticket is None or ticket.expires_at <= now:
            return None
        return self.rows.tickets.pop(ticket_hash)
