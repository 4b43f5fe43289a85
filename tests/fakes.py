"""Stand-ins for the outside, in memory, with the semantics of the real stores.

What they promise is written down in `tests/contract`, which runs on them and on the stores alike.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar, cast

import msgspec

from nod.domain.accounts import Account
from nod.domain.connections import Connection
from nod.domain.identifiers import fingerprint
from nod.domain.limits import FIRST_HOLD, OPEN_SIGN_INS_PER_LOGIN, Limit, Slot, hold_length, parse_slot, stale
from nod.domain.prompts import Prompt
from nod.domain.pushes import Push
from nod.domain.sessions import RefreshToken, Session
from nod.domain.sign_in import REDEEM_WINDOW, Approver, Decision, Overtaken, SignIn, Status
from nod.domain.tickets import Ticket
from nod.domain.verification import code_hash
from nod.errors import Denied, InvalidToken, LastLogin, LoginTaken, SlowDown, UnknownLogin
from nod.flows import ports

replace = msgspec.structs.replace
T = TypeVar("T")


@dataclass
class LoginRow:
    """Whose login it is, what it has open, and how reports hold it back."""

    account_id: str
    slots: set[str] = field(default_factory=set)
    held_from: datetime | None = None
    held_for: timedelta = FIRST_HOLD
    next_hold: timedelta = FIRST_HOLD


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

    def is_alive(self, account_id: str, session_id: str, now: datetime) -> bool:
        """Whether a session exists and has not run out."""
        session = self.sessions.get((account_id, session_id))
        return session is not None and session.is_alive(now)


class Claim(NamedTuple):
    """A slot taken."""

    account_id: str
    other_marks: frozenset[str]


@dataclass
class Logins:
    """Who a login belongs to, and what it has open."""

    rows: Rows

    def account_of(self, login: str) -> str | None:
        row = self.rows.logins.get(login)
        return row.account_id if row else None

    def claim(self, login: str, slot: Slot, now: datetime) -> Claim:
        row = self.rows.logins.get(login)
        if row is None:
            raise UnknownLogin()
        if row.held_from or len(row.slots) >= OPEN_SIGN_INS_PER_LOGIN:
            self._make_room(row, now)
        others = row.slots - {slot.text}
        row.slots = row.slots | {slot.text}
        return Claim(row.account_id, frozenset(parse_slot(text).mark for text in others))

    def release(self, login: str, slot: str) -> None:
        if login in self.rows.logins:
            self.rows.logins[login].slots.discard(slot)

    def hold(self, login: str, now: datetime) -> None:
        if row := self.rows.logins.get(login):
            row.held_from, row.held_for, row.next_hold = now, row.next_hold, row.next_hold * 2

    def trust(self, login: str) -> None:
        if row := self.rows.logins.get(login):
            row.next_hold = FIRST_HOLD

    def _make_room(self, row: LoginRow, now: datetime) -> None:
        held_until = row.held_from + hold_length(row.held_for) if row.held_from else now
        if now < held_until:
            raise SlowDown(retry_after=int((held_until - now).total_seconds()) + 1)
        living = row.slots - stale(row.slots, now)
        if len(living) >= OPEN_SIGN_INS_PER_LOGIN:
            soonest = min(parse_slot(text).expires_at for text in living)
            raise SlowDown(retry_after=max(1, soonest - int(now.timestamp())))
        row.slots, row.held_from, row.next_hold = living, None, hold_length(row.next_hold)


@dataclass
class Throttles:
    """Counts of what is limited."""

    rows: Rows

    def count(self, limit: Limit, subject: str, now: datetime) -> None:
        key = self._key(limit, subject, now)
        if self.rows.counts.get(key, 0) >= limit.count:
            raise limit.exceeded(now)
        self.rows.counts[key] = self.rows.counts.get(key, 0) + 1

    def uncount(self, limit: Limit, subject: str, now: datetime) -> None:
        key = self._key(limit, subject, now)
        if self.rows.counts.get(key, 0) > 0:
            self.rows.counts[key] -= 1

    def forget(self, limit: Limit, subject: str, now: datetime) -> None:
        self.rows.counts.pop(self._key(limit, subject, now), None)

    @staticmethod
    def _key(limit: Limit, subject: str, now: datetime) -> tuple[str, str, int]:
        return limit.name, fingerprint(subject), limit.window_of(now)


@dataclass
class SignIns:
    """The sign-ins and their conditional changes."""

    rows: Rows

    def get(self, sign_in_id: str) -> SignIn | None:
        return self.rows.sign_ins.get(sign_in_id)

    def open(self, sign_in: SignIn, prompt: Prompt | None, waiter: Ticket) -> None:
        assert sign_in.sign_in_id not in self.rows.sign_ins
        self.rows.sign_ins[sign_in.sign_in_id] = sign_in
        self.rows.tickets[waiter.ticket_hash] = waiter
        self._open_prompt(prompt)

    def decide(self, sign_in_id: str, decision: Decision, code: str | None, *, by: Approver, now: datetime) -> Status:
        self._require_alive(by, now)
        row = self.get(sign_in_id)
        if row is None or row.account_id != by.account_id or row.status != "pending" or row.expires_at <= now:
            raise Overtaken(row)
        decided: dict[Decision, Status] = {"allow": "allowed", "deny": "denied", "report": "reported"}
        after = row.moved(decided[decision])
        if decision == "allow":
            given = code_hash(sign_in_id, code) if code is not None else None
            if row.answer_hash is not None and given != row.answer_hash:
                raise Overtaken(row)
            after = replace(after, let_in_by=by.session_id, expires_at=now + REDEEM_WINDOW)
        self.rows.sign_ins[sign_in_id] = after
        self._close_prompt(row)
        return after.status

    def decide_as(self, before: SignIn, after: SignIn, *, by: Approver, now: datetime) -> None:
        self._require_alive(by, now)
        self._keep(before, after, now)
        if after.status != "pending":
            self._close_prompt(before)

    def confirm(self, before: SignIn, after: SignIn, prompt: Prompt | None, now: datetime) -> None:
        self._keep(before, after, now)
        self._open_prompt(prompt)

    def redeem(self, before: SignIn, after: SignIn, session: Session, now: datetime) -> None:
        if before.let_in_by and not self.rows.is_alive(before.account_id, before.let_in_by, now):
            raise Denied("the device that allowed this sign-in was signed out")
        self._keep(before, after, now)
        self.rows.sessions[session.account_id, session.session_id] = session

    def take_back(self, redeemed: SignIn, session: Session, now: datetime) -> None:
        self._keep(redeemed, replace(redeemed, status="allowed", version=redeemed.version + 1), now)
        self.rows.sessions.pop((session.account_id, session.session_id), None)

    def cancel(self, before: SignIn, after: SignIn, now: datetime) -> None:
        self._keep(before, after, now)
        self._close_prompt(before)

    def count_poll(self, before: SignIn, after: SignIn) -> bool:
        row = self.get(before.sign_in_id)
        if row is None or row.next_poll_at != before.next_poll_at:
            return False
        polls = {"next_poll_at": after.next_poll_at, "poll_interval": after.poll_interval}
        self.rows.sign_ins[row.sign_in_id] = replace(row, **polls)
        return True

    def _keep(self, before: SignIn, after: SignIn, now: datetime) -> None:
        row = self.get(before.sign_in_id)
        if row is None or row.version != before.version or row.expires_at <= now:
            raise Overtaken(row)
        polls = {"next_poll_at": row.next_poll_at, "poll_interval": row.poll_interval}
        self.rows.sign_ins[row.sign_in_id] = replace(after, **polls)

    def _require_alive(self, by: Approver, now: datetime) -> None:
        if not self.rows.is_alive(by.account_id, by.session_id, now):
            raise InvalidToken("the session was ended")

    def _open_prompt(self, prompt: Prompt | None) -> None:
        if prompt:
            self.rows.prompts[prompt.account_id, prompt.sign_in_id] = prompt

    def _close_prompt(self, sign_in: SignIn) -> None:
        self.rows.prompts.pop((sign_in.account_id, sign_in.sign_in_id), None)


@dataclass
class Prompts:
    """The prompts an account has open."""

    rows: Rows

    def open_for(self, account_id: str, session_id: str, now: datetime) -> list[Prompt]:
        own = [one for one in self.rows.prompts.values() if one.account_id == account_id]
        return sorted((one for one in own if one.is_for(session_id, now)), key=lambda one: one.created_at)

    def address(self, prompt: Prompt, session_id: str) -> None:
        key = prompt.account_id, prompt.sign_in_id
        if key in self.rows.prompts:
            self.rows.prompts[key] = replace(self.rows.prompts[key], addressed_to=session_id)


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
        if (session.refresh_hash, session.family_hash) != (token.secret_hash, token.family_hash):
            return None
        rotated = replace(session, refresh_hash=next_hash, expires_at=expires_at, last_seen_at=now)
        self.rows.sessions[token.account_id, token.session_id] = rotated
        return rotated

    def end(self, account_id: str, session_id: str, *, by: str, now: datetime) -> bool:
        return self.rows.is_alive(account_id, by, now) and self.delete(account_id, session_id)

    def delete(self, account_id: str, session_id: str) -> bool:
        return self.rows.sessions.pop((account_id, session_id), None) is not None


@dataclass
class Accounts:
    """Accounts and their bound logins."""

    rows: Rows

    def get(self, account_id: str) -> Account | None:
        return self.rows.accounts.get(account_id)

    def create(self, account: Account) -> None:
        if account.account_id in self.rows.accounts or any(login in self.rows.logins for login in account.logins):
            raise LoginTaken()
        self.rows.accounts[account.account_id] = account
        for login in account.logins:
            self.rows.logins[login] = LoginRow(account.account_id)

    def bind(self, account_id: str, login: str, now: datetime) -> None:
        account = self.get(account_id)
        if account is None or login in self.rows.logins:
            raise LoginTaken()
        self.rows.logins[login] = LoginRow(account_id)
        self.rows.accounts[account_id] = replace(account, logins={**account.logins, login: now})

    def unbind(self, account: Account, login: str) -> None:
        row, kept = self.rows.logins.get(login), self.rows.accounts[account.account_id]
        if login not in account.logins or row is None or row.account_id != account.account_id:
            raise UnknownLogin()
        if len(kept.logins) < 2:
            raise LastLogin()
        del self.rows.logins[login]
        left = {key: bound_at for key, bound_at in kept.logins.items() if key != login}
        self.rows.accounts[account.account_id] = replace(kept, logins=left)


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


@dataclass
class Sockets:
    """The connections themselves. Those in `open` can be posted to; a test takes one out to make it go away."""

    open: set[str] = field(default_factory=set)
    posted: dict[str, list[Push]] = field(default_factory=dict)
    activity: dict[str, datetime] = field(default_factory=dict)

    def post(self, connection_id: str, push: Push) -> bool:
        if connection_id not in self.open:
            return False
        self.posted.setdefault(connection_id, []).append(push)
        return True

    def last_active(self, connection_id: str) -> datetime | None:
        return self.activity.get(connection_id)

    def close(self, connection_id: str) -> None:
        self.open.discard(connection_id)


@dataclass
class TokenSigner:
    """Signs access tokens, unless told to be out of order."""

    out_of_order: bool = False

    def sign(self, session: Session, now: datetime) -> str:
        if self.out_of_order:
            raise ConnectionError("the key does not answer")
        return f"token of {session.session_id} at {now.isoformat()}"


@dataclass(frozen=True)
class Stores:
    """All stores over the same rows."""

    logins: ports.Logins
    throttles: ports.Throttles
    sign_ins: ports.SignIns
    prompts: ports.Prompts
    connections: ports.Connections
    sessions: ports.Sessions
    accounts: ports.Accounts
    tickets: ports.Tickets


def stores_over(rows: Rows, note: Callable[[str], object] | None = None) -> Stores:
    """The fakes. `note` is told of each call before it is made, such as `logins.claim`."""
    unread: list[str] = []
    note = note or unread.append
    return Stores(
        logins=watched(Logins(rows), "logins", note),
        throttles=watched(Throttles(rows), "throttles", note),
        sign_ins=watched(SignIns(rows), "sign_ins", note),
        prompts=watched(Prompts(rows), "prompts", note),
        connections=watched(Connections(rows), "connections", note),
        sessions=watched(Sessions(rows), "sessions", note),
        accounts=watched(Accounts(rows), "accounts", note),
        tickets=watched(Tickets(rows), "tickets", note),
    )


def watched(part: T, name: str, note: Callable[[str], object]) -> T:
    """The part itself, each call of which is noted before it is made."""

    class Watched:
        def __getattr__(self, method: str) -> Callable[..., Any]:
            def call(*args: Any, **kwargs: Any) -> Any:
                note(f"{name}.{method}")
                return getattr(part, method)(*args, **kwargs)

            return call

    return cast("T", Watched())


def one_by_one(*calls: Callable[[], Any]) -> list[Any]:
    """`Together` without threads: every call is made, in order, and the first error in order is raised."""
    results: list[Any] = []
    errors: list[Exception] = []
    for call in calls:
        try:
            results.append(call())
        except Exception as error:  # noqa: BLE001 - kept, and raised once every call is over, as `Threads` does.
            errors.append(error)
    if errors:
        raise errors[0]
    return results
