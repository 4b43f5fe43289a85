"""A service on moto whose every AWS call can fail, and the people who use it."""

import re
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends
from moto.ses.models import ses_backends
from msgspec.structs import replace

from nod.api.websocket import Frames
from nod.bootstrap.hand_over import HandOverParts
from nod.bootstrap.messaging import Messaging
from nod.bootstrap.parts import Parts
from nod.domain.accounts import Account
from nod.domain.connections import Connection
from nod.domain.device import Device, Network
from nod.domain.identifiers import new_identifier
from nod.domain.sessions import Lifetimes
from nod.domain.sign_in import Approver
from nod.flows.granting import Grant, Newcomer, grant_for, new_session
from nod.settings import Settings
from tests.faults.injection import Injector
from tests.integration.in_process import Steps
from tests.invariants import Row

NETWORK = Network("192.0.2.1")
PC, PHONE = Device("desktop", "PC"), Device("phone", "Phone")


class House:
    """The parts of a function over one moto, and a clock that can be moved on."""

    def __init__(self, settings: Settings, **stack: Any) -> None:
        """`settings` as of a function; `stack` are parameters of the stack that are to be otherwise."""
        self.late = timedelta(0)
        self.random = Random(7)
        self.injector = Injector()
        settings = replace(
            settings,
            minimum_verification="none",
            password_sign_up=True,
            phone_page="https://app.example.com/scan",
            phone_sign_in_approval="never",
            send_account_sms=True,
            starts_per_minute_per_address=100_000,
            **stack,
        )
        self.parts = Parts(settings, together=Steps(), clock=self.now)
        self.messaging = Messaging(self.parts)
        # The same, where an approver that is online must allow what a text lets in.
        self.asking = Messaging(self.parts)
        self.asking._settings = replace(settings, phone_sign_in_approval="when_online")
        self.hand_over = HandOverParts(self.parts)
        self.frames = Frames(
            self.parts.connecting,
            self.parts.answering,
            self.parts.control,
            self.hand_over.showing,
            self.parts.outside.sockets.post,
        )
        texts: Any = self.parts.outside.texts
        mailer: Any = self.parts.outside.mailer
        clients: list[Any] = [self.parts.tables.client.client, self.parts.outside.sockets._client]
        for client in (*clients, self.parts.outside.kms, texts._client, mailer._client):
            self.injector.watch(client)
        self._numbers = count()
        self._region = self.parts.tables.client.client.meta.region_name

    def now(self) -> datetime:
        """The time, as the service has it."""
        return datetime.now(UTC) + self.late

    def mailed_code(self, address: str) -> str:
        """The code of the last mail to an address."""
        mails = ses_backends[DEFAULT_ACCOUNT_ID][self._region].sent_messages
        [*_, last] = [mail for mail in mails if address in mail.destinations["ToAddresses"]]
        code = re.search(r"\b[0-9]{6}\b", last.body)
        assert code
        return code[0]

    def person(self) -> "Person":
        """Somebody with an account, a number, a signed-in device, an approver's connection and an open page."""
        return Person(self, next(self._numbers))

    def rows(self, table: str) -> list[Row]:
        """All rows of a table, past the calls to DynamoDB, which take moto long."""
        return [row.to_json()["Attributes"] for row in self._tables[table].all_items()]

    def empty(self) -> None:
        """Leave no row: moto copies its tables at each transaction, and would be ever slower."""
        for table in self._tables.values():
            table.items.clear()

    @property
    def _tables(self) -> Any:
        return dynamodb_backends[DEFAULT_ACCOUNT_ID][self._region].tables


class Person:
    """Somebody who is signed in on one device; every name is of nobody else."""

    def __init__(self, house: House, number: int) -> None:
        """Make the account, past the flows: nothing of this is to fail."""
        self.house = house
        self.login, self.number = f"ada{number}", f"+44770090{number:04d}"
        now = house.now()
        account_id = new_identifier(house.random)
        logins = {f"user:{self.login}": now, f"tel:{self.number}": now}
        house.parts.tables.accounts.create(Account(account_id=account_id, created_at=now, logins=logins))
        self.account_id = account_id
        self.grant = self.signed_in()
        self.me = Approver(account_id, self.grant.session_id)
        self.listed("approve")
        self.listed("hand_over")

    def signed_in(self, let_in_by: str | None = None) -> Grant:
        """One more session."""
        parts, now = self.house.parts, self.house.now()
        who = Newcomer(
            account_id=self.account_id,
            login=self.login,
            method="password",
            device=PHONE,
            network=NETWORK,
            let_in_by=let_in_by,
            founding=True,
        )
        lifetimes = Lifetimes(idle=timedelta(days=30), longest=timedelta(days=90))
        session, refresh = new_session(who, lifetimes=lifetimes, now=now, rng=self.house.random)
        parts.tables.sessions.put(session)
        return grant_for(session, "", refresh)

    def listed(self, purpose: Any, who: Approver | None = None, name: str | None = None) -> str:
        """Have a connection, past the handshake; its id."""
        who = who or self.me
        connection = Connection(
            owner=self.account_id,
            connection_id=f"{self.login}-{name or purpose}",
            purpose=purpose,
            ip="192.0.2.2",
            connected_at=self.house.now(),
            session_id=who.session_id,
        )
        self.house.parts.tables.connections.add(connection, self.house.now())
        return connection.connection_id

    def connect(self, purpose: Any, who: Approver | None = None, name: str | None = None) -> None:
        """Open a connection, of the device that is signed in where it is nobody else's."""
        parts = self.house.parts
        ticket = parts.ticketing.use(parts.ticketing.issue(parts.control.alive(who or self.me), purpose))
        parts.connecting.open(f"{self.login}-{name or purpose}", ticket, "192.0.2.2")

    def disconnect(self) -> None:
        """Close the connections of the device that is signed in."""
        for purpose in ("approve", "hand_over"):
            self.house.parts.connecting.close(f"{self.login}-{purpose}", self.account_id)

    def connected(self) -> set[str | None]:
        """The ids of the sessions that have a connection which would hear what is said to the account."""
        listed, closed = self.house.parts.tables.connections.of(self.account_id), self.house.injector.closed
        return {one.session_id for one in listed if one.connection_id not in closed}

    def sessions(self) -> list[str]:
        """The ids of the living sessions of the account."""
        now = self.house.now()
        return [
            one.session_id for one in self.house.parts.tables.sessions.of_account(self.account_id) if one.is_alive(now)
        ]
