"""Flow 2: what text messages bring, and take back (R3, T7)."""

from contextlib import suppress
from datetime import timedelta
from typing import Any, ClassVar

import pytest

from nod.bootstrap.messaging import Messaging
from nod.domain.deliveries import InboundText
from nod.domain.identifiers import challenge_of, new_identifier
from nod.domain.sign_in import Approver
from nod.errors import Denied, Expired, IdentifierUsed, NodError
from nod.flows.granting import Grant
from nod.flows.phone import AskedByPhone
from nod.flows.starting import Started
from tests.faults.house import NETWORK, PHONE
from tests.faults.scenarios.base import KEY, VERIFIER, Scenario


class StartByText(Scenario):
    """A phone registers its identifier. One whose answer was lost is there, and the phone draws another."""

    lost = (IdentifierUsed,)

    def prepare(self) -> None:
        self.identifier = new_identifier(self.house.random)

    def attempt(self) -> Started:
        asked = AskedByPhone(self.identifier, challenge_of(VERIFIER), PHONE)
        return self.house.messaging.phone.start(asked, NETWORK)

    def settle(self) -> None:
        assert self.house.parts.connecting.standing(self.identifier) == "started"


class Text(Scenario):
    """A gateway delivers a text; what fails it delivers again, half a minute or more later, with the same id."""

    # Whatever it is: the gateway is to deliver again, and no person hears of it.
    told: ClassVar[tuple[str, ...]] = ("",)
    collected: Grant | None = None

    def prepare(self) -> None:
        asked = AskedByPhone(new_identifier(self.house.random), challenge_of(VERIFIER), PHONE)
        self.started = self.messaging.phone.start(asked, NETWORK)
        self.message_id = new_identifier(self.house.random)

    def attempt(self) -> Any:
        text = InboundText(message_id=self.message_id, sender=self.sender, text=self.body)
        return self.messaging.texting.receive(text, gateway="generic", signs_time=True, replies=False) or True

    @property
    def messaging(self) -> Messaging:
        """The service's side of it."""
        return self.house.messaging

    def again(self) -> Any:
        self.collect()
        self.house.late += timedelta(seconds=36)
        return self.attempt()

    def collect(self) -> None:
        """The phone, which polls, collects its session as soon as it can: it has a minute."""
        with suppress(NodError):
            self.collected = self.collected or self.redeem(self.started, KEY)

    @property
    def sender(self) -> str:
        """Whose number it is."""
        return self.person.number

    @property
    def body(self) -> str:
        """What the phone was told to send."""
        return self.started.sms.body if self.started.sms else ""

    def settle(self) -> None:
        grant = self.collected or self.redeem(self.started, KEY)
        assert grant.account_id == self.person.account_id
        self.is_signed_in(grant)
        assert len(self.person.sessions()) == 2


class TextOfNewNumber(Text):
    """The number has no account yet: one is made, once."""

    def prepare(self) -> None:
        super().prepare()
        self._sender = f"+44770091{len(self.house.rows('Messages')):04d}"

    @property
    def sender(self) -> str:
        return self._sender

    def settle(self) -> None:
        grant = self.collected or self.redeem(self.started, KEY)
        assert grant.new_account
        self.is_signed_in(grant)
        owner = self.house.parts.tables.logins.find(f"tel:{self.sender}")
        assert owner
        assert owner.account_id == grant.account_id


class TextToBeAllowed(Text):
    """An approver is online, and must allow it: it is prompted, whatever failed."""

    @property
    def messaging(self) -> Messaging:
        return self.house.asking

    def settle(self) -> None:
        assert self.prompted() == [self.started.sign_in.sign_in_id]
        self.allow(self.started)
        super().settle()


class TextToBeAllowedLater(Text):
    """The approver has gone before the gateway delivers again: who was asked, or may have been, is not passed over."""

    must_allow = False

    @property
    def messaging(self) -> Messaging:
        return self.house.asking

    def again(self) -> Any:
        self.must_allow = self.prompted() != []
        self.person.disconnect()
        return super().again()

    def settle(self) -> None:
        if self.must_allow:
            assert self.house.parts.connecting.standing(self.started.sign_in.sign_in_id) == "pending"
        if self.prompted():
            self.allow(self.started)
        super().settle()


class TextFromSecondNumber(Text):
    """The identifier comes from a second number too: void for both."""

    def prepare(self) -> None:
        super().prepare()
        super().attempt()
        self.message_id = new_identifier(self.house.random)
        self.second = self.house.person()

    def collect(self) -> None:
        """The phone is too slow for that."""

    @property
    def sender(self) -> str:
        return self.second.number if hasattr(self, "second") else super().sender

    def settle(self) -> None:
        with pytest.raises((Denied, Expired)):
            self.redeem(self.started)
        assert len(self.person.sessions()) == len(self.second.sessions()) == 1


class TextNo(Text):
    """The sender takes back what a text has led to."""

    def prepare(self) -> None:
        super().prepare()
        super().attempt()
        self.intruder = self.redeem(self.started)
        self.person.connect("approve", Approver(self.person.account_id, self.intruder.session_id), "intruder")
        self.message_id = new_identifier(self.house.random)

    def collect(self) -> None:
        """It has been."""

    @property
    def body(self) -> str:
        return "NO" if hasattr(self, "intruder") else super().body

    def settle(self) -> None:
        assert self.intruder.session_id not in self.person.sessions()
        assert self.intruder.session_id not in self.person.connected()
