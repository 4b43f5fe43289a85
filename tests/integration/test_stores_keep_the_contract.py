"""The stores, on the tables of the template, do what flows rely on."""

from collections.abc import Iterator
from typing import Any

import pytest

from nod.bootstrap.parts import Parts
from nod.bootstrap.tables import Tables
from nod.stores.table import Row
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
from tests.integration.in_process import in_process_aws

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def tables() -> Iterator[Tables]:
    """The real stores, over the tables of the template."""
    with pytest.MonkeyPatch.context() as monkeypatch, in_process_aws(monkeypatch) as settings:
        made = Parts(settings).tables
        # Each of these makes the others that it changes along with.
        _ = made.messages, made.connections, made.throttles, made.slots
        yield made


@pytest.fixture
def stores(tables: Tables) -> Iterator[Tables]:
    """The stores with nothing in them."""
    yield tables
    for model in Row.__subclasses__():
        for row in model.scan():
            row.delete()


@pytest.fixture
def snapshot(tables: Tables) -> Snapshot:
    """All items of all tables as they are."""
    dynamodb: Any = tables.client.client

    def items() -> dict[str, list[str]]:
        names = [model.Meta.table_name for model in Row.__subclasses__()]
        return {name: sorted(map(str, dynamodb.scan(TableName=name)["Items"])) for name in names}

    return items


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
