"""Nod as tests play with it: people and their devices, a clock that tests set, and races that they stage."""

from typing import Any

from nod.domain.accounts import Initial
from nod.domain.connections import Purpose
from nod.domain.deliveries import InboundText
from nod.domain.device import Device, Network
from nod.domain.identifiers import challenge_of, new_identifier
from nod.domain.logins import BoundLogin, parse_login
from nod.domain.pushes import Push, QrPush
from nod.domain.sessions import Session
from nod.domain.sign_in import Approver, SignIn
from nod.domain.status import Decision, Status
from nod.domain.verification import Mode
from nod.flows.answering import Answer
from nod.flows.approval import Asked
from nod.flows.binding import Unproven
from nod.flows.granting import Grant
from nod.flows.phone import AskedByPhone
from nod.flows.qr import AskedByScan, Scan, Scanned
from nod.flows.starting import Started
from tests.builders import ADA, ADAS_NUMBER, HOME, LAPTOP, PHONE, VERIFIER, account, session
from tests.unit.flows import Flows, Stack

# In seconds: no two things happen at the very same time where one has led to the other.
A_MOMENT = 1e-6


class Service(Flows):
    """All flows, and what people do with them."""

    def __init__(self, **parameters: Any) -> None:
        """`parameters` are those of a `Stack`."""
        super().__init__(Stack(**parameters))
        self.texted = 0

    # People and their devices.

    def account(
        self,
        *logins: str,
        account_id: str = ADA,
        password_hash: str | None = None,
        initial: Initial | None = None,
    ) -> str:
        """An account with these logins."""
        bound = {parse_login(login).key: self.now for login in logins}
        self.stores.accounts.create(account(account_id, bound, password_hash, initial, created_at=self.now))
        return account_id

    def session(self, session_id: str, account_id: str = ADA, **changes: object) -> Session:
        """A session that signed in just now."""
        made = session(session_id, account_id, signed_in_at=self.now, **changes)
        self.stores.sessions.put(made)
        return made

    def connect(self, owner: Session, connection_id: str, purpose: Purpose = "approve") -> str:
        """A connection of a session, opened with a ticket; its handshake is over."""
        ticket = self.ticketing.use(self.ticketing.issue(owner, purpose))
        self.connecting.open(connection_id, ticket, HOME.ip)
        self.sockets.open.add(connection_id)
        return connection_id

    def approver(self, session_id: str, account_id: str = ADA) -> Approver:
        """A session with an open approver connection, which bears the session's name."""
        self.connect(self.session(session_id, account_id), f"socket of {session_id}")
        return Approver(account_id, session_id)

    def waiting(self, started: Started) -> str:
        """The connection of the device that waits for its sign-in."""
        connection_id = f"waiter of {started.sign_in.sign_in_id}"
        self.connecting.open(connection_id, self.ticketing.use(started.waiter_ticket), HOME.ip)
        self.sockets.open.add(connection_id)
        return connection_id

    def hang_up(self, *connection_ids: str) -> None:
        """Connections go away without a word, long after they were opened."""
        self.wait(60)
        self.sockets.open -= set(connection_ids)

    # What they do.

    def start(
        self,
        login: str = "ada",
        mode: Mode | None = "none",
        *,
        device: Device = LAPTOP,
        network: Network = HOME,
        message: str | None = None,
    ) -> Started:
        """A device asks to be let in."""
        return self.approval.start(Asked(login, challenge_of(VERIFIER), device, mode, message), network)

    def answer(
        self, started: Started, decision: Decision, *, by: Approver, code: str | None = None, over: str | None = None
    ) -> Status:
        """An approver answers, over a connection or (`over` left out) over HTTP."""
        return self.answering.answer(Answer(started.sign_in.sign_in_id, decision, code), by=by, connection_id=over)

    def redeem(self, started: Started, verifier: str = VERIFIER, key: str | None = None) -> Grant:
        """The device comes for its session, a moment later; `key` is the request's idempotency key."""
        self.wait(A_MOMENT)
        return self.redeeming.redeem(started.sign_in.sign_in_id, verifier, key)

    def cancel(self, started: Started, verifier: str = VERIFIER) -> None:
        """The device gives up."""
        self.redeeming.cancel(started.sign_in.sign_in_id, verifier)

    def start_phone(self, identifier: str | None = None, *, device: Device = PHONE, network: Network = HOME) -> Started:
        """A phone registers an identifier of its own making."""
        made = identifier or new_identifier(self._rng)
        return self.phone.start(AskedByPhone(made, challenge_of(VERIFIER), device), network)

    def text(
        self,
        what: Started | str,
        number: str = ADAS_NUMBER,
        *,
        message_id: str | None = None,
        gateway: str = "generic",
        replies: bool = False,
    ) -> str | None:
        """A text message arrives: that of a sign-in, or any other. Each is a new one unless `message_id` says which."""
        body = what if isinstance(what, str) else what.sms.body if what.sms else ""
        if message_id is None:
            self.texted += 1
            message_id = f"message {self.texted}"
        inbound = InboundText(message_id=message_id, sender=number, text=body)
        return self.texting.receive(inbound, gateway=gateway, signs_time=True, replies=replies)

    def page(self, session_id: str, account_id: str = ADA) -> Approver:
        """A session with an open hand-over page, whose connection is called after the session."""
        self.connect(self.session(session_id, account_id), f"page of {session_id}", "hand_over")
        return Approver(account_id, session_id)

    def bind(self, session: Session, login: str, network: Network = HOME) -> BoundLogin | Unproven:
        """A session asks for a further login of its account."""
        return self.binding.bind(session, login, network)

    def start_qr(self, login: str = ADAS_NUMBER, *, verifier: str = VERIFIER, device: Device = PHONE) -> Started:
        """A phone asks for a QR code."""
        return self.hand_over.start(AskedByScan(login, challenge_of(verifier), device), HOME)

    def scan(self, started: Started, shown: QrPush, *, login: str = ADAS_NUMBER, verifier: str = VERIFIER) -> Scanned:
        """A device that has read a QR code sends what it holds, as of the sign-in `started`."""
        token = shown.url.partition("#scan_token=")[2]
        return self.hand_over.scan(started.sign_in.sign_in_id, Scan(token, login, verifier))

    def shown(self, connection_id: str) -> list[QrPush]:
        """The QR codes that a page got; everything that was pushed to it is taken."""
        return [push for push in self.pushed(connection_id) if isinstance(push, QrPush)]

    def signed_in_by_text(self, number: str = ADAS_NUMBER, *, device: Device = PHONE) -> Grant:
        """A phone signs in from beginning to end."""
        started = self.start_phone(device=device)
        self.text(started, number)
        return self.redeem(started)

    # What can be seen of it.

    def sign_in(self, started: Started) -> SignIn:
        """The sign-in as it is kept now."""
        return self.rows.sign_ins[started.sign_in.sign_in_id]

    def pushed(self, connection_id: str) -> list[Push]:
        """What a connection got, and takes from now on."""
        return self.sockets.posted.pop(connection_id, [])

    def slots(self, login: str = "user:ada") -> int:
        """How many sign-ins a login has open."""
        return len(self.rows.slots.get(login, ()))

    def replies(self, number: str = ADAS_NUMBER) -> list[str]:
        """The texts that a number got, and gets from now on."""
        got = [text for to, text in self.texts.sent if to == number]
        self.texts.sent = [(to, text) for to, text in self.texts.sent if to != number]
        return got
