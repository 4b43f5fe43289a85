"""The Throttles table: how often something happened in a window of time, counted atomically."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pynamodb.attributes import UnicodeAttribute
from pynamodb.connection import Connection
from pynamodb.expressions.update import Action

from nod.domain.identifiers import fingerprint
from nod.domain.limits import Limit
from nod.errors import Crowded, Overloaded
from nod.stores.attributes import Whole
from nod.stores.table import Row, Transaction, at_once, sent_once, update_if

# How many refusals a process remembers, 100 bytes each.
REMEMBERED = 10_000


class ThrottleRow(Row):
    """key + window. The key is a hash: addresses and logins of people who never signed in are not kept readable."""

    class Meta:
        """Bound when the function starts."""

        table_name = "Throttles"

    key = UnicodeAttribute(hash_key=True)
    window = Whole(range_key=True)
    happened = Whole()
    forget_at = Whole()


def count(transaction: Transaction, limit: Limit, subject: str, now: datetime) -> None:
    """Add to a transaction what counts one more for a subject, below its limit."""
    transaction.update(*_counting(limit, subject, now))


class Throttles:
    """Counts of what is limited."""

    def __init__(self, connection: Connection, table_name: str) -> None:
        """`table_name` as deployed."""
        ThrottleRow.bind(connection, table_name)
        self._refused: dict[str, int] = {}

    def recall(self, limit: Limit, subject: str, now: datetime) -> None:
        """`SlowDown` where this process has seen the subject past a lasting limit. No call, however often it is asked.

        So a flood from one address is counted once by each process, and not once for each request.
        """
        if self._refused.get(_key(limit, subject)) == limit.window_of(now):
            raise limit.exceeded(now)

    def count(self, limit: Limit, subject: str, now: datetime) -> None:
        """Count one more for a subject (a login, an address), in one write.

        `SlowDown` where the limit is reached, `Crowded` where so many count at once that DynamoDB refuses them: more
        than any limit allows, or beside somebody who does that. Where the answer is lost it fails, and one is counted
        at most.
        """
        try:
            with at_once(), sent_once():
                counted = update_if(*_counting(limit, subject, now))
        except Overloaded:
            raise Crowded(retry_after=1) from None
        if not counted:
            self._remember(limit, subject, now)
            raise limit.exceeded(now)

    def uncount(self, limit: Limit, subject: str, now: datetime) -> None:
        """Take one back: it came to nothing."""
        row = ThrottleRow(_key(limit, subject), limit.window_of(now))
        with sent_once():
            update_if(row, [ThrottleRow.happened.add(-1)], ThrottleRow.happened > 0)

    def forget(self, limit: Limit, subject: str, now: datetime) -> None:
        """Start counting a subject afresh, after a success."""
        ThrottleRow(_key(limit, subject), limit.window_of(now)).delete()

    def _remember(self, limit: Limit, subject: str, now: datetime) -> None:
        if limit.lasting:
            if len(self._refused) >= REMEMBERED:
                self._refused.clear()
            self._refused[_key(limit, subject)] = limit.window_of(now)


def _counting(limit: Limit, subject: str, now: datetime) -> tuple[ThrottleRow, Sequence[Action], Any]:
    window = limit.window_of(now)
    first = ThrottleRow.happened.does_not_exist()
    below_limit = ThrottleRow.happened < limit.count
    actions = [ThrottleRow.happened.add(1), ThrottleRow.forget_at.set(int(limit.end_of(window).timestamp()))]
    return ThrottleRow(_key(limit, subject), window), actions, first | below_limit


def _key(limit: Limit, subject: str) -> str:
    return f"{limit.name}:{fingerprint(subject)}"
