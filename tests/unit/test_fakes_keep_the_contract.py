"""The fakes that flow tests stand on do what the real stores do."""

import pytest

from tests.contract.store_contracts import (
    AccountsContract,
    ConnectionsContract,
    DecidingContract,
    LoginsContract,
    PromptsContract,
    SessionsContract,
    SignInsContract,
    ThrottlesContract,
    TicketsContract,
)
from tests.fakes import Rows, Stores, stores_over


@pytest.fixture
def stores() -> Stores:
    """Fakes with nothing in them."""
    return stores_over(Rows())


class TestLogins(LoginsContract): ...


class TestThrottles(ThrottlesContract): ...


class TestDeciding(DecidingContract): ...


class TestSignIns(SignInsContract): ...


class TestPrompts(PromptsContract): ...


class TestConnections(ConnectionsContract): ...


class TestSessions(SessionsContract): ...


class TestAccounts(AccountsContract): ...


class TestTickets(TicketsContract): ...
