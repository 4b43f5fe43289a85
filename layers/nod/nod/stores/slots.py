"""How many sign-ins a login has open: a slot for each, in the Throttles table.

Slots belong to the name that was asked for, whether it is anybody's or not. So taking one tells nobody which logins
there are (A4), and strangers write nothing into the row of a login.
"""

from datetime import datetime

from pynamodb.attributes import UnicodeAttribute, UnicodeSetAttribute
from pynamodb.connection import Connection

from nod.domain.identifiers import fingerprint
from nod.domain.limits import OPEN_SIGN_INS_PER_LOGIN, Slot, parse_slot, stale
from nod.errors import Crowded, Overloaded, SlowDown
from nod.stores.attributes import Whole
from nod.stores.table import Item, Row, at_once, elements, update_if, update_or_show

# Slots have no window: they stand beside counts, whose keys have one.
NO_WINDOW = 0


class SlotsRow(Row):
    """key (a hash of the login) + no window."""

    class Meta:
        """Bound when the function starts."""

        table_name = "Throttles"

    key = UnicodeAttribute(hash_key=True)
    window = Whole(range_key=True)
    slots = UnicodeSetAttribute(null=True)
    forget_at = Whole()


class Slots:
    """Taking slots and giving them back."""

    def __init__(self, connection: Connection, table_name: str) -> None:
        """`table_name`: that of Throttles, as deployed."""
        SlotsRow.bind(connection, table_name)

    def take(self, login: str, slot: Slot, now: datetime) -> frozenset[str]:
        """Open a sign-in for a login (its key): one write, where no slot of an expired one is in the way.

        The marks of the others that it has open. `SlowDown` where those are three, `Crowded` where so many ask at once
        that DynamoDB refuses them.
        """
        has_room = SlotsRow.slots.does_not_exist() | (elements("slots") < OPEN_SIGN_INS_PER_LOGIN)
        actions = [SlotsRow.slots.add({slot.text}), SlotsRow.forget_at.set(slot.expires_at + 1)]
        try:
            with at_once():
                item, taken = update_or_show(_row(login), actions, has_room)
                return _marks(_slots(item) if taken else self._take_past(_slots(item), login, slot, now), slot)
        except Overloaded:
            raise Crowded(retry_after=1) from None

    def release(self, login: str, slot: str) -> None:
        """Close a sign-in: its slot is free again."""
        update_if(_row(login), [SlotsRow.slots.delete({slot})], SlotsRow.key.exists())

    def _take_past(self, seen: set[str], login: str, slot: Slot, now: datetime) -> set[str]:
        """Take it where only slots whose time has run out stood in the way; `SlowDown` otherwise."""
        if slot.text in seen:
            # The answer to the first write was lost, and it was sent again: it had taken the last slot itself.
            return seen
        living = seen - stale(seen, now)
        if len(living) >= OPEN_SIGN_INS_PER_LOGIN:
            soonest = min(parse_slot(text).expires_at for text in living)
            raise SlowDown(retry_after=max(1, soonest - int(now.timestamp())))
        actions = [SlotsRow.slots.set(living | {slot.text}), SlotsRow.forget_at.set(slot.expires_at + 1)]
        unchanged = SlotsRow.slots == seen if seen else SlotsRow.slots.does_not_exist()
        item, taken = update_or_show(_row(login), actions, unchanged)
        return _slots(item) if taken else self._take_past(_slots(item), login, slot, now)


def _row(login: str) -> SlotsRow:
    return SlotsRow(f"open:{fingerprint(login)}", NO_WINDOW)


def _slots(item: Item) -> set[str]:
    return set(SlotsRow.from_raw_data(item).slots or ()) if item else set()


def _marks(slots: set[str], own: Slot) -> frozenset[str]:
    return frozenset(parse_slot(text).mark for text in slots - {own.text})
