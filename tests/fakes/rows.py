"""The rows of all tables, in memory, and the conditions that several writes share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from nod.domain.accounts import Account
from nod.domain.bindings import Binding
from nod.domain.connections import Connection
from nod.domain.identifiers import fingerprint
from nod.domain.limits import FIRST_HOLD, LOGINS_PER_ACCOUNT, Limit
from nod.domain.logins import is_number
from nod.domain.prompts import Prompt
from nod.domain.sessions import Session
from nod.domain.sign_in import Overtaken, SignIn
from nod.domain.texts import SeenMessage
from nod.domain.tickets import Ticket
from nod.errors import AccountFull, InvalidToken, LastLogin, LoginTaken, UnknownLogin

replace = msgspec.structs.replace


@dataclass
class LoginRow:
    """Whose login it is, how reports hold it back, and what texts have done with it."""

    account_id: str
    bound_at: datetime
    held_from: datetime | None = None
    held_for: timedelta = FIRST_HOLD
    next_hold: timedelta = FIRST_HOLD
    texted_at: datetime | None = None
    stopped_at: datetime | None = None


@dataclass
class Rows:
    """The rows of all tables, which the fakes share, since some writes go to several at once."""

    accounts: dict[str, Account] = field(default_factory=dict)
    logins: dict[str, LoginRow] = field(default_factory=dict)
    sessions: dict[tuple[str, str], Session] = field(default_factory=dict)
    connections: dict[tuple[str, str], Connection] = field(default_factory=dict)
    sign_ins: dict[str, SignIn] = field(default_factory=dict)
    prompts: dict[tuple[str, str], Prompt] = field(default_factory=dict)
    tickets: dict[str, Ticket] = field(default_factory=dict)
    counts: dict[tuple[str, str, int], int] = field(default_factory=dict)
    refused: set[tuple[str, str, int]] = field(default_factory=set)
    slots: dict[str, set[str]] = field(default_factory=dict)
    bindings: dict[str, Binding] = field(default_factory=dict)
    messages: dict[str, SeenMessage] = field(default_factory=dict)
    messages_end: dict[str, datetime | None] = field(default_factory=dict)

    def is_alive(self, account_id: str, session_id: str, now: datetime) -> bool:
        """Whether a session exists and has not run out."""
        session = self.sessions.get((account_id, session_id))
        return session is not None and session.is_alive(now)

    def require_alive(self, session: Session, now: datetime) -> None:
        """`InvalidToken` where a session is dead."""
        if not self.is_alive(session.account_id, session.session_id, now):
            raise InvalidToken()

    def require_unchanged(self, before: SignIn, now: datetime) -> None:
        """`Overtaken` where a sign-in is not as it was read, or not in time."""
        row = self.sign_ins.get(before.sign_in_id)
        if row is None or row.version != before.version or row.expires_at <= now:
            raise Overtaken(row)

    def change(self, after: SignIn) -> None:
        """Keep the next version of a sign-in. Polls and codes are written apart, so those of the row stay."""
        row = self.sign_ins[after.sign_in_id]
        apart = {name: getattr(row, name) for name in ("next_poll_at", "poll_interval", "codes")}
        self.sign_ins[after.sign_in_id] = replace(after, **apart)

    def open_prompt(self, prompt: Prompt | None) -> None:
        """Keep a prompt."""
        if prompt:
            self.prompts[prompt.account_id, prompt.sign_in_id] = prompt

    def close_prompt(self, sign_in: SignIn) -> None:
        """Take the prompt of a sign-in away, if it has one."""
        self.prompts.pop((sign_in.account_id, sign_in.sign_in_id), None)

    def require_room(self, limit: Limit, subject: str, now: datetime) -> None:
        """`SlowDown` where something has happened as often as it may."""
        if self.counts.get(count_key(limit, subject, now), 0) >= limit.count:
            raise limit.exceeded(now)

    def count(self, limit: Limit, subject: str, now: datetime) -> None:
        """Count one more."""
        self.require_room(limit, subject, now)
        key = count_key(limit, subject, now)
        self.counts[key] = self.counts.get(key, 0) + 1

    def unbind(self, account: Account, login: str, *, or_way_in: bool = True) -> None:
        """Take a login or device from the account that it was read with.

        `UnknownLogin` where it is not the account's, or bound anew, `LastLogin` where it is the only login; with
        `or_way_in` also where it is a number, and there is no other, nor a password that works.
        """
        row, kept = self.logins.get(login), self.accounts.get(account.account_id)
        if row is None or row.account_id != account.account_id:
            raise UnknownLogin()
        if kept is None or kept.bound_at(login) != account.bound_at(login):
            raise UnknownLogin()
        if login in account.devices:
            del self.logins[login]
            self.accounts[account.account_id] = replace(kept, devices=_without(login, kept.devices))
            return
        if len(kept.logins) < 2:
            raise LastLogin()
        others = self.numbers_left(account, kept, but=login)
        password_works = kept.password_hash is not None and kept.initial != "spent"
        if or_way_in and is_number(login) and not (others or password_works):
            raise LastLogin()
        del self.logins[login]
        self.accounts[account.account_id] = replace(kept, logins=_without(login, kept.logins))

    @staticmethod
    def numbers_left(seen: Account, kept: Account, *, but: str | None = None) -> list[str]:
        """The numbers that an account was read with and has still, as they were bound then."""
        return [one for one, at in seen.logins.items() if is_number(one) and one != but and kept.logins.get(one) == at]

    def bind(self, account_id: str, login: str, now: datetime) -> None:
        """Bind a login that is nobody's (`LoginTaken`) to an account that has room (`AccountFull`)."""
        account = self.accounts.get(account_id)
        if account is None or login in self.logins:
            raise LoginTaken()
        if len(account.logins) >= LOGINS_PER_ACCOUNT:
            raise AccountFull()
        self.logins[login] = LoginRow(account_id, now)
        self.accounts[account_id] = replace(account, logins={**account.logins, login: now})

    def know_device(self, account_id: str, login: str, now: datetime) -> None:
        """A device that nobody knows is known to an account."""
        account = self.accounts[account_id]
        self.logins[login] = LoginRow(account_id, now)
        self.accounts[account_id] = replace(account, devices={**account.devices, login: now})


def _without(login: str, logins: Mapping[str, datetime]) -> dict[str, datetime]:
    return {key: bound_at for key, bound_at in logins.items() if key != login}


def count_key(limit: Limit, subject: str, now: datetime) -> tuple[str, str, int]:
    """Where something is counted."""
    return limit.name, fingerprint(subject), limit.window_of(now)
