"""The fakes that flow tests stand on do what the real stores do."""

import copy

import pytest

from tests.contract.store_contracts import (
    AccountsContract,
    BindingsContract,
    ConnectionsContract,
    DecidingContract,
    KnownDevicesContract,
    LoginsContract,
    MessagesContract,
    PasswordsContract,
    PromptsContract,
    ScanningContract,
    SessionsContract,
    SignInsContract,
    SlotsContract,
    StoppingContract,
    TellingContract,
    ThrottlesContract,
    TicketsContract,
)
from tests.contract.stores import Snapshot
from tests.fakes import Rows, Stores, stores_over


@pytest.fixture
def rows() -> Rows:
    """Nothing."""
    return Rows()


@pytest.fixture
def stores(rows: Rows) -> Stores:
    """Fakes with nothing in them."""
    return stores_over(rows)


@pytest.fixture
def snapshot(rows: Rows) -> Snapshot:
    """All rows as they are."""
    return lambda: copy.deepcopy(rows)


class TestLogins(LoginsContract): ...


class TestSlots(SlotsContract): ...


class TestThrottles(ThrottlesContract): ...


class TestDeciding(DecidingContract): ...


class TestSignIns(SignInsContract): ...


class TestScanning(ScanningContract): ...


class TestPrompts(PromptsContract): ...


class TestConnections(ConnectionsContract): ...


class TestSessions(SessionsContract): ...


class TestAccounts(AccountsContract): ...


class TestKnownDevices(KnownDevicesContract): ...


class TestTickets(TicketsContract): ...


class TestPasswords(PasswordsContract): ...


class TestBindings(BindingsContract): ...


class TestMessages(MessagesContract): ...


class TestTelling(TellingContract): ...


class TestStopping(StoppingContract): ...
