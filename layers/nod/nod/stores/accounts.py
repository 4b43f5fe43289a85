"""The Accounts table: bound logins, known devices, perhaps a password. A login is written together with its account."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any, cast

from pynamodb.attributes import UnicodeAttribute, UnicodeSetAttribute
from pynamodb.connection import Connection
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from nod.domain.accounts import Account, Initial
from nod.domain.limits import DEVICES_PER_ACCOUNT, LOGINS_PER_ACCOUNT
from nod.domain.logins import is_number
from nod.domain.sessions import Session
from nod.errors import AccountFull, InvalidToken, LastLogin, LoginTaken, NodError, UnknownLogin
from nod.stores import sessions
from nod.stores.attributes import Moment
from nod.stores.logins import LoginRow
from nod.stores.sessions import SessionRow, is_alive
from nod.stores.table import Refused, Row, Transaction, elements


class AccountRow(Row):
    """account_id. An element of `logins` is the time of binding and the login's key: `1700000000000000 user:alice`.

    So is one of `devices`. They stand apart because nobody gets back in with one.
    """

    class Meta:
        """Bound when the function starts."""

        table_name = "Accounts"

    account_id = UnicodeAttribute(hash_key=True)
    created_at = Moment()
    logins = UnicodeSetAttribute()
    devices = UnicodeSetAttribute(null=True)
    password_hash = UnicodeAttribute(null=True)
    initial = UnicodeAttribute(null=True)
    password_set_at = Moment(null=True)
    undone = UnicodeSetAttribute(null=True)


def row_of(account: Account) -> AccountRow:
    """The row of an account."""
    return AccountRow(
        account_id=account.account_id,
        created_at=account.created_at,
        logins=_elements(account.logins),
        devices=_elements(account.devices) or None,
        password_hash=account.password_hash,
        initial=account.initial,
        password_set_at=account.password_set_at,
        undone=_elements(account.undone) or None,
    )


def element(login: str, bound_at: datetime) -> str:
    """A login as an element of `logins` or `devices`."""
    return f"{Moment().serialize(bound_at)} {login}"


def undo(undone: Mapping[str, datetime]) -> Action:
    """Keep what NO has undone in an account."""
    return AccountRow.undone.set(_elements(undone))


def unbind(transaction: Transaction, account: Account, login: str, *also: Action, or_way_in: bool = True) -> None:
    """Add what takes a login away, unless it is the last one; `or_way_in`: or the last that lets its owner in.

    `also` is what else happens to the account.
    """
    transaction.delete(LoginRow(login), LoginRow.account_id == account.account_id)
    if login in account.devices:
        entry = element(login, account.devices[login])
        gone, condition = AccountRow.devices.delete({entry}), AccountRow.devices.contains(entry)
    else:
        entry = element(login, account.logins[login])
        not_the_last = elements("logins") > 1
        gone, condition = AccountRow.logins.delete({entry}), AccountRow.logins.contains(entry) & not_the_last
        if or_way_in and is_number(login):
            condition &= _lets_in_without(account, login)
    transaction.update(AccountRow(account.account_id), [gone, *also], condition)


def is_the_last(refused: Refused, account: Account, login: str) -> bool:
    """Whether a refusal that was due to `unbind` means that the login must stay, and not that it is gone already."""
    item = refused.items.get(AccountRow)
    kept = _account_of(AccountRow.from_raw_data(item)) if item else None
    is_bound = kept is not None and kept.bound_at(login) == account.bound_at(login)
    return is_bound and login not in account.devices and LoginRow not in refused.items


def has_number(account: Account, *, but: str | None = None) -> Any:
    """Whether a number is still bound that `account` was read with, `but` for one; None where it had no other."""
    numbers = [login for login in account.logins if is_number(login) and login != but]
    conditions = [AccountRow.logins.contains(element(login, account.logins[login])) for login in numbers]
    return reduce(or_, conditions) if conditions else None


def bind(transaction: Transaction, account_id: str, login: str, now: datetime) -> None:
    """Add to a transaction what binds a login that is nobody's to an account that has room for it."""
    has_room = elements("logins") < LOGINS_PER_ACCOUNT
    row = LoginRow(login, account_id=account_id, bound_at=now)
    _bind(transaction, row, AccountRow.logins.add({element(login, now)}), has_room)


def why_not_bound(refused: Refused) -> NodError:
    """What a refusal comes to that was due to `bind`: the login is taken, or no room is left."""
    is_full = refused.items.get(AccountRow) and LoginRow not in refused.items
    return AccountFull() if is_full else LoginTaken()


class Accounts:
    """Reads and writes of accounts."""

    def __init__(self, connection: Connection, table_name: str) -> None:
        """`table_name` as deployed."""
        self._connection = connection
        AccountRow.bind(connection, table_name)

    def get(self, account_id: str) -> Account | None:
        """The account, read consistently."""
        try:
            row = AccountRow.get(account_id, consistent_read=True)
        except AccountRow.DoesNotExist:
            return None
        return _account_of(row)

    def create(self, account: Account, session: Session | None = None) -> None:
        """Keep a new account with its logins and first session; `LoginTaken` where a login is another account's."""
        transaction = Transaction(self._connection)
        if session:
            transaction.put(sessions.row_of(session))
        transaction.put(row_of(account), AccountRow.account_id.does_not_exist())
        for login, bound_at in account.logins.items():
            row = LoginRow(login, account_id=account.account_id, bound_at=bound_at)
            transaction.put(row, LoginRow.login.does_not_exist())
        try:
            transaction.commit()
        except Refused:
            raise LoginTaken() from None

    def bind(self, session: Session, login: str, now: datetime) -> None:
        """Bind a further login to the account of a session, if the session lives still (`InvalidToken` otherwise).

        `LoginTaken` where it belongs to an account (also to this one) already, `AccountFull` where there is no room.
        """
        transaction = Transaction(self._connection)
        transaction.check(SessionRow, session.account_id, session.session_id, is_alive(now))
        bind(transaction, session.account_id, login, now)
        try:
            transaction.commit()
        except Refused as refused:
            raise InvalidToken() if SessionRow in refused.items else why_not_bound(refused) from None

    def know_device(self, session: Session, login: str, now: datetime) -> None:
        """A device is known to the account of a session from now on, if the session lives still.

        One that is known, to whichever account, stays as it is. So does the account where it knows 50: a device that
        was pushed out could become a stranger's.
        """
        has_room = AccountRow.devices.does_not_exist() | (elements("devices") < DEVICES_PER_ACCOUNT)
        transaction = Transaction(self._connection)
        transaction.check(SessionRow, session.account_id, session.session_id, is_alive(now))
        row = LoginRow(login, account_id=session.account_id, bound_at=now)
        _bind(transaction, row, AccountRow.devices.add({element(login, now)}), has_room)
        with suppress(Refused):
            transaction.commit()

    def unbind(self, session: Session, account: Account, login: str, now: datetime) -> None:
        """Take a login or device from the account of a session, if the session lives still (`InvalidToken` otherwise).

        `LastLogin` where it is the only login, or the only one that lets its owner in without a device that is signed
        in: a number, where there is no password either. `UnknownLogin` where it is not bound.
        """
        if account.bound_at(login) is None:
            raise UnknownLogin()
        transaction = Transaction(self._connection)
        transaction.check(SessionRow, session.account_id, session.session_id, is_alive(now))
        unbind(transaction, account, login)
        try:
            transaction.commit()
        except Refused as refused:
            if SessionRow in refused.items:
                raise InvalidToken() from None
            raise LastLogin() if is_the_last(refused, account, login) else UnknownLogin() from None

    def release(self, account: Account, login: str) -> None:
        """Take a login or device from an account, without a session; the last login stays."""
        transaction = Transaction(self._connection)
        unbind(transaction, account, login, or_way_in=False)
        with suppress(Refused):
            transaction.commit()


def _bind(transaction: Transaction, login: LoginRow, bound: Action, has_room: Condition) -> None:
    transaction.put(login, LoginRow.login.does_not_exist())
    transaction.update(AccountRow(login.account_id), [bound], AccountRow.account_id.exists() & has_room)


def _lets_in_without(account: Account, number: str) -> Any:
    """What must be there for its owner to get in without this number: another one, or a password that works."""
    works = AccountRow.initial.does_not_exist() | (AccountRow.initial == "unused")
    another = has_number(account, but=number)
    password = AccountRow.password_hash.exists() & works
    return another | password if another is not None else password


def _account_of(row: AccountRow) -> Account:
    return Account(
        account_id=row.account_id,
        created_at=row.created_at,
        logins=dict(map(_bound, row.logins)),
        devices=dict(map(_bound, row.devices or ())),
        password_hash=row.password_hash,
        initial=cast("Initial | None", row.initial),
        password_set_at=row.password_set_at,
        undone=dict(map(_bound, row.undone or ())),
    )


def _elements(logins: Mapping[str, datetime]) -> set[str]:
    return {element(login, bound_at) for login, bound_at in logins.items()}


def _bound(element: str) -> tuple[str, datetime]:
    bound_at, login = element.split(" ", 1)
    return login, Moment().deserialize(bound_at)
