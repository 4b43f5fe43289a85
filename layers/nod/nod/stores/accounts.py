"""The Accounts table: bound logins and perhaps a password; a login and its account are always written together."""

from datetime import datetime

from pynamodb.attributes import UnicodeAttribute, UnicodeSetAttribute
from pynamodb.connection import Connection

from nod.domain.accounts import Account
from nod.errors import LastLogin, LoginTaken, UnknownLogin
from nod.stores.attributes import Moment
from nod.stores.logins import LoginRow
from nod.stores.table import Refused, Row, Transaction, elements


class AccountRow(Row):
    """account_id. An element of `logins` is the time of binding and the login's key: `1700000000000000 user:alice`."""

    class Meta:
        """Bound when the function starts."""

        table_name = "Accounts"

    account_id = UnicodeAttribute(hash_key=True)
    created_at = Moment()
    logins = UnicodeSetAttribute()
    password_hash = UnicodeAttribute(null=True)


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
        return Account(
            account_id=row.account_id,
            created_at=row.created_at,
            logins=dict(_bound(element) for element in row.logins),
            password_hash=row.password_hash,
        )

    def create(self, account: Account) -> None:
        """Keep a new account with its logins; `LoginTaken` where one belongs to another account."""
        transaction = Transaction(self._connection)
        transaction.put(
            AccountRow(
                account_id=account.account_id,
                created_at=account.created_at,
                logins={_element(login, bound_at) for login, bound_at in account.logins.items()},
                password_hash=account.password_hash,
            ),
            AccountRow.account_id.does_not_exist(),
        )
        for login in account.logins:
            transaction.put(LoginRow(login, account_id=account.account_id), LoginRow.login.does_not_exist())
        try:
            transaction.commit()
        except Refused:
            raise LoginTaken() from None

    def bind(self, account_id: str, login: str, now: datetime) -> None:
        """Bind a further login to an account; `LoginTaken` where it belongs to one (also to this one) already."""
        transaction = Transaction(self._connection)
        transaction.put(LoginRow(login, account_id=account_id), LoginRow.login.does_not_exist())
        transaction.update(
            AccountRow(account_id), [AccountRow.logins.add({_element(login, now)})], AccountRow.account_id.exists()
        )
        try:
            transaction.commit()
        except Refused:
            raise LoginTaken() from None

    def unbind(self, account: Account, login: str) -> None:
        """Take a login from its account; `LastLogin` where it is the only one, `UnknownLogin` where it is not bound."""
        if login not in account.logins:
            raise UnknownLogin()
        element = _element(login, account.logins[login])
        transaction = Transaction(self._connection)
        transaction.delete(LoginRow(login), LoginRow.account_id == account.account_id)
        still_bound = AccountRow.logins.contains(element)
        not_the_last = elements("logins") > 1
        transaction.update(
            AccountRow(account.account_id), [AccountRow.logins.delete({element})], still_bound & not_the_last
        )
        try:
            transaction.commit()
        except Refused as refused:
            raise UnknownLogin() if LoginRow in refused.items else LastLogin() from None


def _element(login: str, bound_at: datetime) -> str:
    return f"{Moment().serialize(bound_at)} {login}"


def _bound(element: str) -> tuple[str, datetime]:
    bound_at, login = element.split(" ", 1)
    return login, Moment().deserialize(bound_at)
