"""The Messages table: text messages that arrived. A message is claimed by the very transaction in which it acts.

So there is nothing between claim and act that could get lost: a delivery that fails before it has written nothing, and
one that comes again afterwards finds its claim. What is still to be told then (`work_until`) the gateway's retry tells.
"""

from datetime import datetime, timedelta

from pynamodb.attributes import UnicodeAttribute
from pynamodb.connection import Connection

from nod.domain.accounts import Account
from nod.domain.bindings import Binding
from nod.domain.limits import Limit
from nod.domain.prompts import Prompt
from nod.domain.sign_in import SignIn
from nod.domain.stopping import undone_lately
from nod.domain.texts import LoginMoved, Message, Outcome, Repeated, SeenMessage
from nod.errors import Expired, InvalidToken, LastLogin, SlowDown
from nod.stores import accounts, bindings, prompts, sign_ins, throttles
from nod.stores.accounts import AccountRow
from nod.stores.attributes import Moment, Whole
from nod.stores.bindings import BindingRow
from nod.stores.logins import LoginRow
from nod.stores.prompts import PromptRow
from nod.stores.sessions import SessionRow, is_alive
from nod.stores.sign_ins import SignInRow
from nod.stores.table import Refused, Row, Transaction, update_if
from nod.stores.throttles import ThrottleRow

# Longer than a function may run: whoever claimed a message and has not finished by then never will.
WORK_TIME = timedelta(seconds=35)


class MessageRow(Row):
    """message_key (a hash of the gateway's name and its message id)."""

    class Meta:
        """Bound when the function starts."""

        table_name = "Messages"

    message_key = UnicodeAttribute(hash_key=True)
    received_at = Moment()
    outcome = UnicodeAttribute()
    work_until = Moment(null=True)
    account_id = UnicodeAttribute(null=True)
    forget_at = Whole(null=True)


class Messages:
    """What became of each message, written together with it."""

    def __init__(self, connection: Connection, table_name: str) -> None:
        """`table_name` as deployed. The tables that change along are bound by theirs."""
        self._connection = connection
        MessageRow.bind(connection, table_name)

    def seen(self, key: str) -> SeenMessage | None:
        """What became of a message that came before."""
        try:
            return MessageRow.get(key, consistent_read=True).to(SeenMessage)
        except MessageRow.DoesNotExist:
            return None

    def let_in(
        self,
        message: Message,
        before: SignIn,
        after: SignIn,
        *,
        account: Account | None,
        prompt: Prompt | None,
        limit: Limit,
    ) -> None:
        """Keep what a message made of a sign-in, with the new `account` of its number, or the `prompt` to be answered.

        `limit` counts for the number. Raises `Repeated`, `Overtaken`, `SlowDown` past the limit, and `LoginMoved` where
        the number has got an account, or lost it, meanwhile.
        """
        now = message.received_at
        transaction = self._claim(message, "asked" if prompt else "signed_in")
        sign_ins.change(transaction, before, after, now)
        throttles.count(transaction, limit, after.login, now)
        if account:
            transaction.put(accounts.row_of(account), AccountRow.account_id.does_not_exist())
            login = LoginRow(after.login, account_id=account.account_id, bound_at=now, texted_at=now)
            transaction.put(login, LoginRow.login.does_not_exist())
        else:
            still_theirs = LoginRow.account_id == after.account_id
            transaction.update(LoginRow(after.login), [LoginRow.texted_at.set(now)], still_theirs)
        if prompt:
            transaction.put(prompts.row_of(prompt))
        self._commit(transaction)

    def void(self, message: Message, before: SignIn, after: SignIn) -> None:
        """Keep that a second number has made a sign-in void, and close its prompt. Raises `Repeated`, `Overtaken`."""
        transaction = self._claim(message, "two_numbers")
        sign_ins.change(transaction, before, after, message.received_at)
        transaction.delete(PromptRow(before.account_id, before.sign_in_id))
        self._commit(transaction)

    def bind(self, message: Message, binding: Binding, limit: Limit) -> None:
        """Bind the number that a message came from; `limit` counts for it.

        Raises `Repeated`, `Expired` (also where the session that asked was ended), `LoginTaken`, `AccountFull`, and
        `SlowDown` past the limit.
        """
        transaction = self._claim(message, "bound")
        throttles.count(transaction, limit, binding.login, message.received_at)
        bindings.complete(transaction, binding, message.received_at)
        try:
            transaction.commit()
        except Refused as refused:
            if MessageRow in refused.items:
                raise Repeated() from None
            if BindingRow in refused.items or SessionRow in refused.items:
                raise Expired() from None
            if ThrottleRow in refused.items:
                raise SlowDown() from None
            raise accounts.why_not_bound(refused) from None

    def claim(self, message: Message, outcome: Outcome, account_id: str | None = None) -> None:
        """Keep a message of which nothing came, so that its sender is told once; `Repeated` where it was before.

        `account_id`: of a NO, the account that it is about.
        """
        self._commit(self._claim(message, outcome, account_id))

    def carried_out(self, message: Message, outcome: Outcome) -> None:
        """What a NO came to: a delivery that comes again tells so, and does not look again."""
        update_if(MessageRow(message.key), [MessageRow.outcome.set(outcome)], MessageRow.outcome.exists())

    def undone(self, message: Message, account: Account, number: str, at: datetime) -> None:
        """A NO was carried out, and has undone all up to `at`: no delivery of it, nor of one before, does so again.

        Kept with the message, and with the account that was read.
        """
        kept = accounts.undo(undone_lately(account, number, at))
        update_if(AccountRow(account.account_id), [kept], AccountRow.account_id.exists())
        self.carried_out(message, "undone")

    def undone_with(
        self, message: Message, account: Account, number: str, at: datetime, *, beside: str | None, now: datetime
    ) -> None:
        """The same, and the number leaves its account in the very write; one that has left already is no error.

        `beside`: a session by which somebody stays in. Without one the number stays where it is the last way in; as the
        last login it does so in any case: `LastLogin`. `InvalidToken` where that session has ended.
        """
        transaction = Transaction(self._connection)
        kept = accounts.undo(undone_lately(account, number, at))
        accounts.unbind(transaction, account, number, kept, or_way_in=beside is None)
        transaction.update(MessageRow(message.key), [MessageRow.outcome.set("undone")], MessageRow.outcome.exists())
        if beside:
            transaction.check(SessionRow, account.account_id, beside, is_alive(now))
        try:
            transaction.commit()
        except Refused as refused:
            if SessionRow in refused.items:
                raise InvalidToken() from None
            if accounts.is_the_last(refused, account, number):
                raise LastLogin() from None
            self.undone(message, account, number, at)

    def resume(self, key: str, seen: SeenMessage, now: datetime) -> bool:
        """Take over what is still to be told of a message; False where it was told, or somebody is at it."""
        if seen.work_until is None or now < seen.work_until:
            return False
        return update_if(
            MessageRow(key), [MessageRow.work_until.set(now + WORK_TIME)], MessageRow.work_until == seen.work_until
        )

    def give_up(self, key: str, now: datetime) -> None:
        """What is to be told could not be: the gateway's next delivery may try at once."""
        update_if(MessageRow(key), [MessageRow.work_until.set(now)], MessageRow.work_until.exists())

    def finish(self, key: str) -> None:
        """Everything was told."""
        update_if(MessageRow(key), [MessageRow.work_until.remove()], MessageRow.outcome.exists())

    def _claim(self, message: Message, outcome: Outcome, account_id: str | None = None) -> Transaction:
        row: MessageRow = MessageRow(
            message.key, received_at=message.received_at, outcome=outcome, account_id=account_id
        )
        row.work_until = message.received_at + WORK_TIME
        if message.forget_at:
            row.forget_at = int(message.forget_at.timestamp()) + 1
        transaction = Transaction(self._connection)
        transaction.put(row, MessageRow.message_key.does_not_exist())
        return transaction

    @staticmethod
    def _commit(transaction: Transaction) -> None:
        try:
            transaction.commit()
        except Refused as refused:
            if MessageRow in refused.items:
                raise Repeated() from None
            if SignInRow in refused.items:
                raise sign_ins.overtaken(refused) from None
            if ThrottleRow in refused.items:
                raise SlowDown() from None
            raise LoginMoved() from None
