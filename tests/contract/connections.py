"""What flows rely on in connections (R1.8; A10, S2)."""

from typing import Any

import pytest

from nod.errors import InvalidToken
from tests.builders import (
    ADA,
    GRACE,
    NOW,
    connection,
    session,
)
from tests.contract.stores import Snapshot, Stores


class ConnectionsContract:
    """Who is connected."""

    def test_r1_8_a_connection_records_its_device(self, stores: Stores) -> None:
        """R1.8: device type, name and id, address, sign-in time and connected time come back as they were kept."""
        stores.sessions.put(session())
        mine = connection()
        stores.connections.add(mine, NOW)
        assert stores.connections.of(ADA) == [mine]
        assert stores.connections.of(GRACE) == []

    def test_a_device_that_waits_needs_no_session(self, stores: Stores) -> None:
        """A connection that belongs to a sign-in is kept under it."""
        nobody: dict[str, Any] = {"session_id": None, "device": None, "signed_in_at": None}
        waiting = connection("waiting", owner="SIGN-IN", purpose="wait", **nobody)
        stores.connections.add(waiting, NOW)
        assert stores.connections.of("SIGN-IN") == [waiting]

    def test_a_connection_that_has_said_hello_is_open(self, stores: Stores) -> None:
        """Opening one marks that one, however often."""
        stores.sessions.put(session())
        for connection_id in ("one", "two"):
            stores.connections.add(connection(connection_id), NOW)
        for _ in range(2):
            stores.connections.opened(ADA, "one")
        assert {one.connection_id: one.opened for one in stores.connections.of(ADA)} == {"one": True, "two": False}

    def test_a_hello_after_the_end_leaves_nothing(self, stores: Stores, snapshot: Snapshot) -> None:
        """A `hello` that is still at work when its connection ends: what is gone stays gone."""
        stores.sessions.put(session())
        before = snapshot()
        stores.connections.add(connection(), NOW)
        stores.connections.remove(ADA, connection().connection_id)
        stores.connections.opened(ADA, connection().connection_id)
        assert stores.connections.of(ADA) == []
        assert snapshot() == before

    @pytest.mark.parametrize("changes", [None, {"expires_at": NOW}, {"ends_at": NOW}])
    def test_s2_no_connection_without_a_living_session(self, stores: Stores, changes: dict[str, Any] | None) -> None:
        """S2: a connection of a session that was ended or ran out is refused, and not kept."""
        if changes is not None:
            stores.sessions.put(session(**changes))
        with pytest.raises(InvalidToken):
            stores.connections.add(connection(), NOW)
        assert stores.connections.of(ADA) == []

    def test_a10_a_session_is_looked_for_under_its_own_account(self, stores: Stores) -> None:
        """A10: another account's session does not carry a connection."""
        stores.sessions.put(session(account_id=GRACE))
        with pytest.raises(InvalidToken):
            stores.connections.add(connection(), NOW)

    def test_a_connection_that_is_gone_is_forgotten(self, stores: Stores) -> None:
        """Removing forgets that one, and is no error where there is none."""
        stores.sessions.put(session())
        for connection_id in ("one", "two"):
            stores.connections.add(connection(connection_id), NOW)
        for _ in range(2):
            stores.connections.remove(ADA, "one")
        assert [one.connection_id for one in stores.connections.of(ADA)] == ["two"]
