"""The Tickets table: one-time permissions to open a WebSocket connection, consumed by a conditional delete."""

from datetime import datetime

from botocore.exceptions import ClientError
from pynamodb.attributes import UnicodeAttribute
from pynamodb.connection import Connection
from pynamodb.constants import ALL_OLD, ATTRIBUTES
from pynamodb.exceptions import DeleteError

from nod.domain.device import Device
from nod.domain.tickets import Ticket
from nod.stores.attributes import Json, Moment, Whole
from nod.stores.table import CONDITION_FAILED, Row


class TicketRow(Row):
    """ticket_hash."""

    class Meta:
        """Bound when the function starts."""

        table_name = "Tickets"

    ticket_hash = UnicodeAttribute(hash_key=True)
    purpose = UnicodeAttribute()
    owner = UnicodeAttribute()
    expires_at = Moment()
    session_id = UnicodeAttribute(null=True)
    device = Json(Device, null=True)
    signed_in_at = Moment(null=True)
    session_ends_at = Moment(null=True)
    forget_at = Whole()


def row_of(ticket: Ticket) -> TicketRow:
    """The row of a ticket, forgotten when it expires."""
    row: TicketRow = TicketRow.of(ticket, forget_at=ticket.expires_at)
    return row


class Tickets:
    """Reads and writes of tickets."""

    def __init__(self, connection: Connection, table_name: str) -> None:
        """`table_name` as deployed."""
        TicketRow.bind(connection, table_name)

    def put(self, ticket: Ticket) -> None:
        """Keep a new ticket."""
        row_of(ticket).save()

    def consume(self, ticket_hash: str, now: datetime) -> Ticket | None:
        """Use a ticket up: what it stood for, or None where it is unknown, used or expired. One conditional delete."""
        in_time = TicketRow.expires_at > now
        table = TicketRow._get_connection()
        try:
            answer = table.delete_item(ticket_hash, condition=in_time, return_values=ALL_OLD)
        except DeleteError as error:
            # A timeout has no response, which pynamodb's `cause_response_code` does not know.
            if not isinstance(error.cause, ClientError) or error.cause_response_code != CONDITION_FAILED:
                raise
            return None
        return TicketRow.from_raw_data(answer[ATTRIBUTES]).to(Ticket)
