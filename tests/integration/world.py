"""One account, and the parts of a function, each of whose AWS calls is on record."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from nod.bootstrap.messaging import Messaging
from nod.domain.deliveries import InboundText
from nod.domain.device import Device, Network
from nod.domain.identifiers import challenge_of, new_identifier
from nod.domain.sign_in import Approver
from nod.domain.verification import Mode
from nod.flows.answering import Answer
from nod.flows.approval import Asked
from nod.flows.binding import Unproven
from nod.flows.granting import Grant
from nod.flows.phone import AskedByPhone
from nod.flows.starting import Started
from nod.settings import Settings
from tests.integration.in_process import Steps, counted_parts

NETWORK = Network("192.0.2.1")
PC, PHONE = Device("desktop", "PC"), Device("phone", "Phone")
VERIFIER = "v" * 43
POST = "apigatewaymanagementapi PostToConnection"
NUMBER = "+447700900123"


class World:
    """One account with a signed-in phone, and the parts whose calls are counted."""

    def __init__(self, settings: Settings) -> None:
        """Make the account."""
        self.steps = Steps()
        self.late = timedelta(0)
        self.stopped_at: datetime | None = None
        self.random = Random(1)
        self.parts = counted_parts(settings, self.steps, self.clock)
        self.messaging = Messaging(self.parts)
        self.grant: Grant = self.parts.passwords.sign_up("alice", "correct horse", PHONE, NETWORK)
        self.me = Approver(self.grant.account_id, self.grant.session_id)

    def clock(self) -> datetime:
        """The time: that of this machine, or the one at which it was stopped, and how late it is made."""
        return (self.stopped_at or datetime.now(UTC)) + self.late

    def connect(self, *ids: str) -> None:
        """Open connections of the phone as approver."""
        for connection_id in ids:
            ticket = self.parts.ticketing.issue(self.parts.control.alive(self.me), "approve")
            self.parts.connecting.open(connection_id, self.parts.ticketing.use(ticket), "192.0.2.2")

    def start(self, mode: Mode = "choose", login: str = "alice") -> Started:
        """Start a sign-in."""
        return self.parts.approval.start(Asked(login, challenge_of(VERIFIER), PC, mode), NETWORK)

    def answer(self, started: Started, code: str | None = None) -> None:
        """Allow a sign-in."""
        answer = Answer(started.sign_in.sign_in_id, "allow", code or started.verification.code)
        self.parts.answering.answer(answer, by=self.me)

    def start_phone(self) -> Started:
        """A phone registers an identifier."""
        asked = AskedByPhone(new_identifier(self.random), challenge_of(VERIFIER), PHONE)
        return self.messaging.phone.start(asked, NETWORK)

    def wait(self, started: Started) -> None:
        """The phone waits on a connection."""
        self.parts.connecting.open("waiter", self.parts.ticketing.use(started.waiter_ticket), "192.0.2.2")

    def text(self, body: str, number: str = NUMBER) -> None:
        """A text message arrives."""
        message = InboundText(message_id=new_identifier(self.random), sender=number, text=body)
        self.messaging.texting.receive(message, gateway="generic", signs_time=True, replies=False)

    def bind_number(self) -> None:
        """The account gets a phone number."""
        self.text(self.ask_to_bind(NUMBER))

    def ask_to_bind(self, login: str) -> str:
        """A login is to be bound; what is to be texted."""
        asked = self.messaging.login_binding.bind(self.parts.control.alive(self.me), login, NETWORK)
        return asked.sms.body if isinstance(asked, Unproven) and asked.sms else ""

    def counted(self, call: Any) -> list[list[str]]:
        """The calls that something takes, by step."""
        self.steps.start_over()
        call()
        return self.steps.by_step()


def body_of(started: Started) -> str:
    """What the phone of a sign-in sends."""
    return started.sms.body if started.sms else ""
