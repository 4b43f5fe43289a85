"""The Prompts table: the prompts an account has open, so that a device that connects late misses none."""

from datetime import datetime

from pynamodb.attributes import UnicodeAttribute
from pynamodb.connection import Connection

from nod.domain.device import Device
from nod.domain.prompts import Prompt
from nod.domain.verification import ShownVerification
from nod.stores.attributes import Json, Moment, Whole
from nod.stores.table import Row, update_if


class PromptRow(Row):
    """account_id + sign_in_id."""

    class Meta:
        """Bound when the function starts."""

        table_name = "Prompts"

    account_id = UnicodeAttribute(hash_key=True)
    sign_in_id = UnicodeAttribute(range_key=True)
    method = UnicodeAttribute()
    login = UnicodeAttribute()
    device = Json(Device)
    ip = UnicodeAttribute()
    place = UnicodeAttribute(null=True)
    created_at = Moment()
    expires_at = Moment()
    message = UnicodeAttribute(null=True)
    verification = Json(ShownVerification)
    addressed_to = UnicodeAttribute(null=True)
    forget_at = Whole()


def row_of(prompt: Prompt) -> PromptRow:
    """The row of a prompt, forgotten when it expires."""
    row: PromptRow = PromptRow.of(prompt, forget_at=prompt.expires_at)
    return row


class Prompts:
    """Reads and writes of prompts."""

    def __init__(self, connection: Connection, table_name: str) -> None:
        """`table_name` as deployed."""
        PromptRow.bind(connection, table_name)

    def open_for(self, account_id: str, session_id: str, now: datetime) -> list[Prompt]:
        """The prompts that this session is to see now, oldest first."""
        return [prompt for prompt in _oldest_first(account_id) if prompt.is_for(session_id, now)]

    def to_scan(self, account_id: str, now: datetime) -> list[Prompt]:
        """The sign-ins whose QR code may be scanned now, oldest first."""
        return [prompt for prompt in _oldest_first(account_id) if prompt.is_to_scan(now)]

    def address(self, prompt: Prompt, session_id: str) -> None:
        """Say which session is asked; a prompt that was closed meanwhile stays closed."""
        update_if(row_of(prompt), [PromptRow.addressed_to.set(session_id)], PromptRow.account_id.exists())


def _oldest_first(account_id: str) -> list[Prompt]:
    rows = PromptRow.query(account_id, consistent_read=True)
    return sorted((row.to(Prompt) for row in rows), key=lambda prompt: prompt.created_at)
