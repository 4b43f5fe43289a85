"""The Connections table: who is connected, under the account (or the sign-in) that the connection serves."""

from datetime import datetime

from pynamodb.attributes import BooleanAttribute, UnicodeAttribute
from pynamodb.connection import Connection as Client

from nod.domain.connections import Connection
from nod.domain.device import Device
from nod.errors import InvalidToken
from nod.stores.attributes import Json, Moment, Whole
from nod.stores.sessions import SessionRow, is_alive
from nod.stores.table import Refused, Row, Transaction, update_if


class ConnectionRow(Row):
    """owner + connection_id."""

    class Meta:
        """Bound when the function starts."""

        table_name = "Connections"

    owner = UnicodeAttribute(hash_key=True)
    connection_id = UnicodeAttribute(range_key=True)
    purpose = UnicodeAttribute()
    ip = UnicodeAttribute()
    connected_at = Moment()
    session_id = UnicodeAttribute(null=True)
    device = Json(Device, null=True)
    signed_in_at = Moment(null=True)
    session_ends_at = Moment(null=True)
    opened = BooleanAttribute(default=False)
    forget_at = Whole()


class Connections:
    """Reads and writes of connections."""

    def __init__(self, client: Client, table_name: str) -> None:
        """`table_name` as deployed."""
        self._client = client
        ConnectionRow.bind(client, table_name)

    def of(self, owner: str) -> list[Connection]:
        """The connections of an account or of a sign-in, read consistently: one whose put was done is seen."""
        return [row.to(Connection) for row in ConnectionRow.query(owner, consistent_read=True)]

    def add(self, connection: Connection, now: datetime) -> None:
        """Keep a connection. That of a session is kept only while the session lives: `InvalidToken` otherwise.

        One transaction, so that ending the session either finds this row or prevents it.
        """
        row = ConnectionRow.of(connection, forget_at=connection.expires_at)
        if connection.session_id is None:
            row.save()
            return
        transaction = Transaction(self._client)
        transaction.check(SessionRow, connection.owner, connection.session_id, is_alive(now))
        transaction.put(row)
        try:
            transaction.commit()
        except Refused:
            raise InvalidToken("the session was ended") from None

    def opened(self, owner: str, connection_id: str) -> None:
        """The connection has said hello: it is open, and if it is gone later it is gone."""
        row = ConnectionRow(owner, connection_id)
        update_if(row, [ConnectionRow.opened.set(True)], ConnectionRow.owner.exists())

    def remove(self, owner: str, connection_id: str) -> None:
        """Forget a connection that is gone."""
        ConnectionRow(owner, connection_id).delete()
