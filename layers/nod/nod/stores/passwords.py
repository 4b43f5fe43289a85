"""The passwords of the Accounts table. Each write requires that the password is still the one that was read."""

from datetime import datetime
from typing import Any

from pynamodb.connection import Connection
from pynamodb.expressions.update import Action

from nod.domain.accounts import Account
from nod.domain.sessions import Session
from nod.errors import InvalidToken
from nod.stores import sessions
from nod.stores.accounts import AccountRow, has_number
from nod.stores.sessions import SessionRow, is_alive
from nod.stores.table import Refused, Transaction, update_if


class Passwords:
    """Writes of passwords, and of the sessions that they let in."""

    def __init__(self, connection: Connection) -> None:
        """The tables (Accounts, Sessions) are bound by their own stores."""
        self._connection = connection

    def set(self, session: Session, account: Account, password_hash: str, now: datetime) -> bool:
        """Replace the password that `account` was read with by one of its owner's; False where it changed meanwhile.

        `InvalidToken` where the session was ended.
        """
        actions: list[Action] = [
            AccountRow.password_hash.set(password_hash),
            AccountRow.password_set_at.set(now),
            AccountRow.initial.remove(),
        ]
        return self._change(session, actions, _password_unchanged(account), now)

    def remove(self, session: Session, account: Account, now: datetime) -> bool:
        """Take away the password that `account` was read with; False where it changed meanwhile.

        So it is where the number is gone that lets its owner in without. `InvalidToken` where the session was ended.
        """
        condition = _password_unchanged(account)
        if (number := has_number(account)) is not None:
            condition &= number
        return self._change(session, _no_password(), condition, now)

    def set_initial(self, account_id: str, password_hash: str) -> bool:
        """Give an account a password that works once; False where it has one of its owner's, or used its first one."""
        no_password = AccountRow.password_hash.does_not_exist()
        unused = AccountRow.initial == "unused"
        exists = AccountRow.account_id.exists()
        actions = [AccountRow.password_hash.set(password_hash), AccountRow.initial.set("unused")]
        return update_if(AccountRow(account_id), actions, exists & (no_password | unused))

    def let_in(self, account: Account, session: Session) -> bool:
        """Keep a session that the account's password has let in, which uses an initial one up.

        Not where there is no number left: then it is the last way in. False where the password was changed, or used up,
        since it was read, or that number was unbound.
        """
        transaction = Transaction(self._connection)
        unchanged = _password_unchanged(account)
        if account.initial == "unused" and (number := has_number(account)) is not None:
            transaction.update(AccountRow(account.account_id), [AccountRow.initial.set("spent")], unchanged & number)
        else:
            transaction.check(AccountRow, account.account_id, None, unchanged)
        transaction.put(sessions.row_of(session))
        try:
            transaction.commit()
        except Refused:
            return False
        return True

    def drop(self, account: Account) -> None:
        """Take the password from an account, if it is still that which was read."""
        update_if(AccountRow(account.account_id), _no_password(), _password_unchanged(account))

    def _change(self, session: Session, actions: list[Action], condition: Any, now: datetime) -> bool:
        transaction = Transaction(self._connection)
        transaction.check(SessionRow, session.account_id, session.session_id, is_alive(now))
        transaction.update(AccountRow(session.account_id), actions, condition)
        try:
            transaction.commit()
        except Refused as refused:
            if SessionRow in refused.items:
                raise InvalidToken() from None
            return False
        return True


def _no_password() -> list[Action]:
    return [AccountRow.password_hash.remove(), AccountRow.password_set_at.remove(), AccountRow.initial.remove()]


def _password_unchanged(account: Account) -> Any:
    if account.password_hash is None:
        return AccountRow.account_id.exists() & AccountRow.password_hash.does_not_exist()
    same_hash = AccountRow.password_hash == account.password_hash
    same_use = AccountRow.initial == account.initial if account.initial else AccountRow.initial.does_not_exist()
    return same_hash & same_use
