"""The Logins table: who a login belongs to, which sign-ins it has open, and how long reports hold it back.

A start resolves the login and takes a slot in one conditional write; the refused write itself shows why.
"""

from datetime import datetime
from typing import Any

import msgspec
from pynamodb.attributes import UnicodeAttribute, UnicodeSetAttribute
from pynamodb.connection import Connection
from pynamodb.expressions.update import Action

from nod.domain.limits import FIRST_HOLD, LONGEST_HOLD, OPEN_SIGN_INS_PER_LOGIN, Slot, hold_length, parse_slot, stale
from nod.domain.logins import KnownLogin
from nod.errors import SlowDown, UnknownLogin
from nod.stores.attributes import Moment, Span
from nod.stores.table import Item, Row, elements, update_if, update_or_show


class LoginRow(Row):
    """login (its key, such as `user:alice`)."""

    class Meta:
        """Bound when the function starts."""

        table_name = "Logins"

    login = UnicodeAttribute(hash_key=True)
    account_id = UnicodeAttribute()
    slots = UnicodeSetAttribute(null=True)
    held_from = Moment(null=True)
    held_for = Span(null=True)
    next_hold = Span(null=True)
    texted_from = Moment(null=True)
    texted_last = Moment(null=True)
    stopped_at = Moment(null=True)


def not_stopped_since(account_id: str, allowed_at: datetime) -> Any:
    """Whether the login is still this account's, and nobody has said NO by text since a sign-in was allowed."""
    same_account = LoginRow.account_id == account_id
    never_stopped = LoginRow.stopped_at.does_not_exist()
    return same_account & (never_stopped | (LoginRow.stopped_at < allowed_at))


class Claim(msgspec.Struct, frozen=True):
    """A slot taken: whose login it is, and the marks of the other sign-ins that the login has open."""

    account_id: str
    other_marks: frozenset[str]


class Logins:
    """Reads and writes of logins."""

    def __init__(self, connection: Connection, table_name: str) -> None:
        """`table_name` as deployed."""
        LoginRow.bind(connection, table_name)

    def find(self, login: str) -> KnownLogin | None:
        """Whose login it is, None where it is nobody's."""
        try:
            row = LoginRow.get(login, consistent_read=True)
        except LoginRow.DoesNotExist:
            return None
        return KnownLogin(row.account_id, _held_until(row), row.texted_from, row.texted_last)

    def claim(self, login: str, slot: Slot, now: datetime) -> Claim:
        """Resolve a login and open a sign-in for it: one write, where no slot of an expired sign-in is in the way.

        Raises `UnknownLogin`, and `SlowDown` where the login has its sign-ins open or is held back after a report.
        """
        known = LoginRow.account_id.exists()
        has_room = LoginRow.slots.does_not_exist() | (elements("slots") < OPEN_SIGN_INS_PER_LOGIN)
        not_held = LoginRow.held_from.does_not_exist()
        item, taken = update_or_show(LoginRow(login), [LoginRow.slots.add({slot.text})], known & has_room & not_held)
        if not taken:
            item = self._claim_past(LoginRow.from_raw_data(item) if item else None, login, slot, now)
        row = LoginRow.from_raw_data(item)
        others = (row.slots or set()) - {slot.text}
        return Claim(row.account_id, frozenset(parse_slot(text).mark for text in others))

    def release(self, login: str, slot: str) -> None:
        """Close a sign-in: its slot is free again."""
        self._update_known(login, [LoginRow.slots.delete({slot})])

    def hold(self, login: str, now: datetime) -> None:
        """Hold further prompts back after a report, twice as long each time (15 min, 30 min, ... at most 24 h)."""
        longer = LoginRow.next_hold | FIRST_HOLD
        may_grow = LoginRow.next_hold.does_not_exist() | (LoginRow.next_hold < LONGEST_HOLD)
        doubled = [LoginRow.held_for.set(longer), LoginRow.next_hold.set(longer + (LoginRow.next_hold | FIRST_HOLD))]
        held = LoginRow.held_from.set(now)
        if not update_if(LoginRow(login), [held, *doubled], LoginRow.account_id.exists() & may_grow):
            longest = [LoginRow.held_for.set(LONGEST_HOLD), LoginRow.next_hold.set(LONGEST_HOLD)]
            self._update_known(login, [held, *longest])

    def trust(self, login: str) -> None:
        """After a success the next report starts again with the shortest hold."""
        self._update_known(login, [LoginRow.next_hold.remove()])

    def stop(self, login: str, account_id: str, asked_at: datetime, now: datetime) -> datetime | None:
        """Somebody said NO by text at `asked_at`: what the login was allowed before cannot be redeemed any more.

        Gives when that began to hold: `now`, or earlier where the same NO was carried out before. None where the login
        is not this account's.
        """
        this_account = LoginRow.account_id == account_id
        not_stopped = LoginRow.stopped_at.does_not_exist() | (LoginRow.stopped_at < asked_at)
        item, _ = update_or_show(LoginRow(login), [LoginRow.stopped_at.set(now)], this_account & not_stopped)
        row = LoginRow.from_raw_data(item) if item else None
        return row.stopped_at if row and row.account_id == account_id else None

    def _claim_past(self, seen: LoginRow | None, login: str, slot: Slot, now: datetime) -> Item:
        """Claim once more where only what has run out stood in the way; otherwise raise what does."""
        if seen is None or seen.account_id is None:
            raise UnknownLogin()
        held_until = _held_until(seen)
        if held_until and now < held_until:
            raise SlowDown(retry_after=int((held_until - now).total_seconds()) + 1)
        slots = seen.slots or set()
        if slot.text in slots:
            # The answer to the first write was lost, and it was sent again: it had taken the last slot itself.
            return seen.serialize()
        living = slots - stale(slots, now)
        if len(living) >= OPEN_SIGN_INS_PER_LOGIN:
            soonest = min(parse_slot(text).expires_at for text in living)
            raise SlowDown(retry_after=max(1, soonest - int(now.timestamp())))
        unchanged_slots = LoginRow.slots == slots if slots else LoginRow.slots.does_not_exist()
        unchanged_hold = LoginRow.held_from == seen.held_from if seen.held_from else LoginRow.held_from.does_not_exist()
        actions: list[Action] = [LoginRow.slots.set(living | {slot.text})]
        if seen.held_from:
            actions.append(LoginRow.held_from.remove())
        if seen.held_from and seen.next_hold:
            # Doubling has no bound of its own: without this one, months of reports would outgrow every type.
            actions.append(LoginRow.next_hold.set(hold_length(seen.next_hold)))
        item, taken = update_or_show(LoginRow(login), actions, unchanged_slots & unchanged_hold)
        if taken:
            return item
        return self._claim_past(LoginRow.from_raw_data(item) if item else None, login, slot, now)

    def _update_known(self, login: str, actions: list[Action]) -> None:
        """Update a login if it is still bound; one that was unbound meanwhile has nothing left to update."""
        update_if(LoginRow(login), actions, LoginRow.account_id.exists())


def _held_until(row: LoginRow) -> datetime | None:
    return row.held_from + hold_length(row.held_for) if row.held_from else None
