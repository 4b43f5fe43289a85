"""Tickets: a WebSocket address that works once, for a short time, for one purpose."""

from datetime import datetime, timedelta

import msgspec

from nod.domain.connections import Purpose, waiting_for
from nod.domain.device import Device

TICKET_LIFETIME = timedelta(seconds=30)


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """What a ticket stands for. `owner` is the account, or the sign-in whose device waits; only the hash is kept."""

    ticket_hash: str
    purpose: Purpose
    owner: str
    expires_at: datetime
    session_id: str | None = None
    device: Device | None = None
    signed_in_at: datetime | None = None
    session_ends_at: datetime | None = None

    @property
    def connections_owner(self) -> str:
        """Whose the connection is that it opens."""
        return waiting_for(self.owner) if self.purpose == "wait" else self.owner
