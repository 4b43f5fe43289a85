"""The stores, on the tables of the template, do what flows rely on."""

from collections.abc import Iterator

import pytest

from nod.bootstrap.parts import Parts
from nod.bootstrap.tables import Tables
from nod.stores.table import Row
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
from tests.integration.in_process import in_process_aws

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def tables() -> Iterator[Tables]:
    """The real stores, over the tables of the template."""
    with pytest.MonkeyPatch.context() as monkeypatch, in_process_aws(monkeypatch) as settings:
        made = Parts(settings).tables
        # Each of these makes the others that it changes along with.
        _ = made.accounts, made.connections, made.sign_ins, made.throttles
        yield made


@pytest.fixture
def stores(tables: Tables) -> Iterator[Tables]:
    """The stores with nothing in them."""
    yield tables
    for model in Row.__subclasses__():
        for row in model.scan():
            row.delete()


class TestLogins(LoginsContract): ...


class TestThrottles(ThrottlesContract): ...


class TestDeciding(DecidingContract): ...


class TestSignIns(SignInsContract): ...


class TestPrompts(PromptsContract): ...


class TestConnections(ConnectionsContract): ...


class TestSessions(SessionsContract): ...


class TestAccounts(AccountsContract): ...


class TestTickets(TicketsContract): ...
