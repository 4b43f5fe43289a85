"""WebSocket connections: tickets that open them, what is kept of them, and what they have missed (R1.8, R1.9)."""

from dataclasses import dataclass
from datetime import datetime
from random import Random

from nod.concurrency import Together
from nod.domain.connections import Connection, Purpose
from nod.domain.identifiers import fingerprint, new_secret
from nod.domain.limits import Limit
from nod.domain.prompts import Prompt, ShownPrompt
from nod.domain.sessions import Session
from nod.domain.sign_in import Approver
from nod.domain.status import SeenStatus
from nod.domain.tickets import TICKET_LIFETIME, Ticket
from nod.errors import InvalidToken, UnknownSignIn
from nod.flows.ports import Clock, Connections, Prompts, SignIns, Throttles, Tickets
from nod.flows.sessions import SessionControl


@dataclass(frozen=True)
class Ticketing:
    """Making tickets, and using them up at the handshake. `limit`: how many connections a session may open."""

    tickets: Tickets
    throttles: Throttles
    together: Together
    limit: Limit
    clock: Clock
    rng: Random

    def issue(self, session: Session, purpose: Purpose) -> str:
        """A ticket for a session: it opens one connection within 30 seconds. `SlowDown` past the limit."""
        secret, now = new_secret(self.rng), self.clock()
        ticket = Ticket(
            ticket_hash=fingerprint(secret),
            purpose=purpose,
            owner=session.account_id,
            expires_at=now + TICKET_LIFETIME,
            session_id=session.session_id,
            device=session.device,
            signed_in_at=session.signed_in_at,
            session_ends_at=session.ends_at,
        )
        # Where it is one too many it is kept all the same, and told to nobody.
        self.together(
            lambda: self.throttles.count(self.limit, session.session_id, now),
            lambda: self.tickets.put(ticket),
        )
        return secret

    def use(self, secret: str) -> Ticket:
        """What a ticket stands for, once; `InvalidToken` where it is unknown, used or expired (A13)."""
        ticket = self.tickets.consume(fingerprint(secret), self.clock())
        if ticket is None:
            raise InvalidToken("the ticket is unknown, used or expired")
        return ticket


@dataclass(frozen=True)
class Connecting:
    """The life of a connection."""

    connections: Connections
    prompts: Prompts
    sign_ins: SignIns
    control: SessionControl
    together: Together
    clock: Clock

    def open(self, connection_id: str, ticket: Ticket, ip: str) -> None:
        """Keep a connection that a ticket opened. `InvalidToken` where its session was ended since."""
        now = self.clock()
        connection = Connection(
            owner=ticket.connections_owner,
            connection_id=connection_id,
            purpose=ticket.purpose,
            ip=ip,
            connected_at=now,
            session_id=ticket.session_id,
            device=ticket.device,
            signed_in_at=ticket.signed_in_at,
            session_ends_at=ticket.session_ends_at,
        )
        self.connections.add(connection, now)

    def close(self, connection_id: str, owner: str) -> None:
        """Forget a connection that was closed."""
        self.connections.remove(owner, connection_id)

    def open_prompts(self, who: Approver, connection_id: str | None = None) -> list[ShownPrompt]:
        """The prompts open for a session now. `InvalidToken` where it was ended.

        `connection_id` is the connection that asks, which is thereby known to be open.
        """
        now: datetime = self.clock()
        _, prompts, _ = self.together(
            lambda: self.control.alive(who),
            lambda: self.prompts.open_for(who.account_id, who.session_id, now),
            lambda: self.connections.opened(who.account_id, connection_id) if connection_id else None,
        )
        return [prompt.shown() for prompt in prompts]

    def open_page(self, who: Approver, connection_id: str) -> tuple[list[ShownPrompt], list[Prompt]]:
        """What a hand-over page of a session shows: the scans to answer, and the sign-ins that wait to be scanned."""
        now: datetime = self.clock()
        prompts, to_scan = self.together(
            lambda: self.open_prompts(who, connection_id),
            lambda: self.prompts.to_scan(who.account_id, now),
        )
        return [prompt for prompt in prompts if prompt.method == "qr"], to_scan

    def standing(self, sign_in_id: str) -> SeenStatus:
        """The status of a sign-in, for the device that waits for it."""
        sign_in = self.sign_ins.get(sign_in_id)
        if sign_in is None:
            raise UnknownSignIn()
        return sign_in.seen_by_requester(self.clock())
