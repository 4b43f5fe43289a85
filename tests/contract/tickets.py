"""What flows rely on in tickets (A13)."""

from datetime import timedelta

from nod.domain.identifiers import fingerprint
from tests.builders import (
    NOW,
    OTHER_VERIFIER,
    after,
    ticket,
)
from tests.contract.stores import Stores


class TicketsContract:
    """One-time permissions to connect."""

    def test_a13_a_ticket_works_once(self, stores: Stores) -> None:
        """A13: it comes back as it was kept, and then never again."""
        stores.tickets.put(ticket())
        assert stores.tickets.consume(ticket().ticket_hash, after(1)) == ticket()
        assert stores.tickets.consume(ticket().ticket_hash, after(1)) is None

    def test_a13_an_expired_ticket_is_none(self, stores: Stores) -> None:
        """A13: from the moment of expiry it does not work, though its row is still there."""
        stores.tickets.put(ticket())
        assert stores.tickets.consume(ticket().ticket_hash, ticket().expires_at) is None
        last_moment = ticket().expires_at - timedelta(microseconds=1)
        assert stores.tickets.consume(ticket().ticket_hash, last_moment) == ticket()

    def test_a13_a_made_up_ticket_is_none(self, stores: Stores) -> None:
        """A13: neither a guess nor the kept hash's own hash opens anything, and the real one stays good."""
        stores.tickets.put(ticket())
        for guess in (OTHER_VERIFIER, fingerprint(ticket().ticket_hash)):
            assert stores.tickets.consume(guess, NOW) is None
        assert stores.tickets.consume(ticket().ticket_hash, NOW) == ticket()
