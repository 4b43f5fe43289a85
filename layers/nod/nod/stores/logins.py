"""The Logins table: who a login belongs to, how long reports hold it back, and what texts have done with it.

What somebody does who only knows a login is not written here, but in Throttles, under its name (`stores.slots`).
"""

from datetime import datetime, timedelta
from typing import Any

import msgspec
from pynamodb.attributes import UnicodeAttribute
from pynamodb.connection import Connection
from pynamodb.expressions.update import Action

from nod.domain.limits import FIRST_HOLD, hold_length
from nod.domain.logins import KnownLogin
from nod.domain.stopping import Stop
from nod.stores.attributes import Moment, Span
from nod.stores.table import Row, at_once, update_if, update_or_show


class LoginRow(Row):
    """login (its key, such as `user:alice`)."""

    class Meta:
        """Bound when the function starts."""

        table_name = "Logins"

    login = UnicodeAttribute(hash_key=True)
    account_id = UnicodeAttribute()
    bound_at = Moment()
    held_from = Moment(null=True)
    held_for = Span(null=True)
    next_hold = Span(null=True)
    texted_at = Moment(null=True)
    stopped_at = Moment(null=True)


def vouches_for(account_id: str, texted_at: datetime) -> Any:
    """`KnownLogin.vouches_for` as a condition."""
    not_since = (LoginRow.account_id == account_id) & (LoginRow.bound_at <= texted_at)
    not_stopped = LoginRow.stopped_at.does_not_exist() | (LoginRow.stopped_at < texted_at)
    return not_since & not_stopped


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
        return _known(row)

    def find_for_stranger(self, login: str) -> KnownLogin | None:
        """The same for somebody who only knows the login: `Overloaded` at once where too many ask for it."""
        with at_once():
            return self.find(login)

    def hold(self, login: str, now: datetime) -> None:
        """Hold further prompts back after a report, twice as long each time (15 min, 30 min, ... at most 24 h).

        One write for the first report, two for a further one. Holding from the same moment again changes nothing.
        """
        self._hold(login, None, now)

    def trust(self, login: str) -> None:
        """After a success the next report starts again with the shortest hold."""
        self._update_known(login, [LoginRow.next_hold.remove()])

    def stop(self, login: str, account_id: str, asked_at: datetime, now: datetime) -> Stop:
        """Somebody said NO by text at `asked_at`: what the login was allowed before cannot be redeemed any more.

        That holds from `now` on, or earlier where the same NO came before. Where the login is no longer the account's,
        nothing can be redeemed in any case, and it has held since it was said.
        """
        still_theirs = LoginRow.account_id == account_id
        not_stopped = LoginRow.stopped_at.does_not_exist() | (LoginRow.stopped_at < asked_at)
        item, _ = update_or_show(LoginRow(login), [LoginRow.stopped_at.set(now)], still_theirs & not_stopped)
        row = LoginRow.from_raw_data(item) if item else None
        stop = Stop(number=login, account_id=account_id, asked_at=asked_at, held_at=asked_at)
        if row is None or row.account_id != account_id:
            return stop
        return msgspec.structs.replace(stop, held_at=row.stopped_at, texted_at=row.texted_at)

    def _hold(self, login: str, seen: timedelta | None, now: datetime) -> None:
        """Hold it for what was `seen` as the next hold (None: for the first), if it is that still."""
        length = hold_length(seen or FIRST_HOLD)
        actions = [
            LoginRow.held_from.set(now),
            LoginRow.held_for.set(length),
            LoginRow.next_hold.set(hold_length(2 * length)),
        ]
        unchanged = LoginRow.next_hold == seen if seen else LoginRow.next_hold.does_not_exist()
        item, held = update_or_show(LoginRow(login), actions, LoginRow.account_id.exists() & unchanged)
        if held or not item:
            return
        row = LoginRow.from_raw_data(item)
        # A write whose answer was lost is sent again, and then refused because it has happened.
        if row.held_from != now:
            self._hold(login, row.next_hold, now)

    def _update_known(self, login: str, actions: list[Action]) -> None:
        """Update a login if it is still bound; one that was unbound meanwhile has nothing left to update."""
        update_if(LoginRow(login), actions, LoginRow.account_id.exists())


def _known(row: LoginRow) -> KnownLogin:
    return KnownLogin(row.account_id, row.bound_at, _held_until(row), row.stopped_at)


def _held_until(row: LoginRow) -> datetime | None:
    return row.held_from + hold_length(row.held_for) if row.held_from else None
