"""The Bindings table: logins that an account wants bound, until their owner has proven that they are theirs."""

from datetime import datetime
from secrets import token_urlsafe

from pynamodb.attributes import BooleanAttribute, UnicodeAttribute, UnicodeSetAttribute
from pynamodb.connection import Connection

from nod.domain.bindings import Binding
from nod.domain.texts import UNDERWAY
from nod.errors import Expired, InvalidToken, UnknownLogin
from nod.stores import accounts
from nod.stores.attributes import Moment, Whole
from nod.stores.sessions import SessionRow, is_alive
from nod.stores.table import Refused, Row, Transaction, update_or_show


class BindingRow(Row):
    """binding_id."""

    class Meta:
        """Bound when the function starts."""

        table_name = "Bindings"

    binding_id = UnicodeAttribute(hash_key=True)
    account_id = UnicodeAttribute()
    session_id = UnicodeAttribute()
    login = UnicodeAttribute()
    expires_at = Moment()
    code_hash = UnicodeAttribute(null=True)
    tries_left = Whole()
    tries = UnicodeSetAttribute(null=True)
    done = BooleanAttribute(default=False)
    forget_at = Whole()


def complete(transaction: Transaction, binding: Binding, now: datetime) -> None:
    """Add to a transaction what binds the login: once, in time, while the session that asked for it lives."""
    transaction.check(SessionRow, binding.account_id, binding.session_id, is_alive(now))
    in_time = BindingRow.expires_at > now
    not_done = BindingRow.done == False  # noqa: E712 - this makes a condition.
    transaction.update(BindingRow(binding.binding_id), [BindingRow.done.set(True)], in_time & not_done)
    accounts.bind(transaction, binding.account_id, binding.login, binding.bound_at(now))


class Bindings:
    """Reads and writes of pending bindings."""

    def __init__(self, connection: Connection, table_name: str) -> None:
        """`table_name` as deployed. The tables that change along (Accounts, Logins, Sessions) are bound by theirs."""
        self._connection = connection
        BindingRow.bind(connection, table_name)

    def get(self, binding_id: str) -> Binding | None:
        """The pending binding, in time or not."""
        try:
            return BindingRow.get(binding_id, consistent_read=True).to(Binding)
        except BindingRow.DoesNotExist:
            return None

    def put(self, binding: Binding) -> None:
        """Keep a pending binding; one for the same address begins anew."""
        BindingRow.of(binding, forget_at=binding.expires_at + UNDERWAY).save()

    def take_try(self, binding_id: str, now: datetime) -> Binding:
        """Use one try up, before the code is looked at: however many come at once, no more than three are.

        Raises `UnknownLogin` where nothing is pending or no try is left, and `Expired`.
        """
        in_time = BindingRow.expires_at > now
        has_tries = BindingRow.tries_left > 0
        not_done = BindingRow.done == False  # noqa: E712 - this makes a condition.
        # A write whose answer was lost is sent again, and then refused because it has happened.
        this_try = token_urlsafe(9)
        not_taken = ~BindingRow.tries.contains(this_try)
        open_for_a_try = in_time & has_tries & not_done & not_taken
        actions = [BindingRow.tries_left.add(-1), BindingRow.tries.add({this_try})]
        item, taken = update_or_show(BindingRow(binding_id), actions, open_for_a_try)
        if not item:
            raise UnknownLogin("no binding of this login is under way")
        row = BindingRow.from_raw_data(item)
        binding = row.to(Binding)
        if taken or this_try in (row.tries or ()):
            return binding
        if binding.expires_at <= now:
            raise Expired("the code has expired")
        raise UnknownLogin("it is done, or no try is left: start again")

    def complete(self, binding: Binding, now: datetime) -> None:
        """Bind the login. `InvalidToken` where the session was ended, `Expired`, `LoginTaken`, and `AccountFull`."""
        transaction = Transaction(self._connection)
        complete(transaction, binding, now)
        try:
            transaction.commit()
        except Refused as refused:
            if SessionRow in refused.items:
                raise InvalidToken() from None
            if BindingRow in refused.items:
                raise Expired("the code has expired") from None
            raise accounts.why_not_bound(refused) from None
