"""What people do, one class for each: how it is set up, what is tried, what is tried again, and what must come of it.

`attempt` is one request to the service. Where it fails, `again` is what its caller does next: as a rule the very same.
`settle` asserts the state that must be reached then, whichever call had failed; it uses the service as the people
would. `lost` is an error that `again` may end in, where the answer to a change that had happened was lost; `steps`
says that it is made of several changes, of which the first may have happened when a later one fails. `decides` is
how the deciding call begins (the first such one), and `told` how those do after which the caller is told all the same
that it failed. `stack` has parameters of the stack that it is played on.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar

from nod.bootstrap.messaging import Messaging
from nod.domain.deliveries import InboundText
from nod.domain.identifiers import challenge_of, new_identifier
from nod.domain.passwords import hash_password
from nod.domain.scanning import draw_code
from nod.domain.sign_in import Approver
from nod.errors import (
    AlreadyAnswered,
    AlreadyRedeemed,
    InvalidCredentials,
    InvalidToken,
    LoginTaken,
    NodError,
    UnknownLogin,
    UnknownSession,
    WrongScan,
)
from nod.flows.answering import Answer
from nod.flows.approval import Asked
from nod.flows.binding import Unproven
from nod.flows.granting import Grant
from nod.flows.phone import AskedByPhone
from nod.flows.qr import AskedByScan, Scan
from nod.flows.starting import Started
from tests.faults.house import NETWORK, PC, PHONE, House, Person

VERIFIER, KEY = "v" * 43, "k" * 22
SCENARIOS: dict[str, type["Scenario"]] = {}


@dataclass
class Scenario:
    """One thing that somebody does. `result` is what the last request that was answered brought."""

    house: House
    person: Person = field(init=False)
    result: Any = None
    lost: ClassVar[tuple[type[NodError], ...]] = ()
    steps: ClassVar[bool] = False
    decides: ClassVar[str] = "TransactWriteItems"
    told: ClassVar[tuple[str, ...]] = ()
    stack: ClassVar[dict[str, Any]] = {}

    def __init_subclass__(cls, *, plays: bool = True) -> None:
        """Every scenario is played, but for those that only say what others have in common."""
        if plays:
            SCENARIOS[cls.__name__] = cls

    def __post_init__(self) -> None:
        """Set the scene: nothing of this fails."""
        self.person = self.house.person()
        self.prepare()

    def prepare(self) -> None:
        """What happened before."""

    def attempt(self) -> Any:
        """The request."""
        raise AssertionError

    def again(self) -> Any:
        """What the caller does when it failed."""
        return self.attempt()

    def settle(self) -> None:
        """What must have come of it."""
        raise AssertionError

    def start(self, mode: Any = "choose") -> Started:
        """A device asks to be let in."""
        return self.house.parts.approval.start(Asked(self.person.login, challenge_of(VERIFIER), PC, mode), NETWORK)

    def allow(self, started: Started) -> str:
        """The person allows it."""
        answer = Answer(started.sign_in.sign_in_id, "allow", started.verification.code)
        return self.house.parts.answering.answer(answer, by=self.person.me)

    def redeem(self, started: Started, key: str | None = None) -> Grant:
        """The device collects its session."""
        return self.house.parts.redeeming.redeem(started.sign_in.sign_in_id, VERIFIER, key)

    def is_signed_in(self, grant: Grant) -> None:
        """The grant is of a session that lives, and its refresh token works."""
        assert grant.session_id in self.house.parts.tables.sessions.get(grant.account_id, grant.session_id).session_id  # type: ignore[union-attr]
        assert self.house.parts.refreshing.refresh(grant.refresh_token).session_id == grant.session_id

    def prompted(self) -> list[str]:
        """What the person is asked about now."""
        return [prompt.sign_in_id for prompt in self.house.parts.connecting.open_prompts(self.person.me)]


class StartApproval(Scenario):
    """A device asks to be let in; where that fails its user asks again."""

    # Beside the decision: who is not found cannot be asked.
    told: ClassVar[tuple[str, ...]] = ("Query Connections",)

    def attempt(self) -> Started:
        return self.start()

    def settle(self) -> None:
        started: Started = self.result
        assert started.sign_in.sign_in_id in self.prompted()
        self.allow(started)
        self.is_signed_in(self.redeem(started))
        assert len(self.person.sessions()) == 2


class ConfirmEcho(Scenario):
    """A device sends its `echo` code back."""

    # The same; when the code comes again it prompts.
    told: ClassVar[tuple[str, ...]] = ("Query Connections",)

    def prepare(self) -> None:
        self.started = self.start("echo")

    def attempt(self) -> None:
        self.house.parts.approval.confirm(self.started.sign_in.sign_in_id, self.started.verification.code or "")

    def settle(self) -> None:
        assert self.prompted() == [self.started.sign_in.sign_in_id]
        self.house.parts.answering.answer(Answer(self.started.sign_in.sign_in_id, "allow"), by=self.person.me)
        self.is_signed_in(self.redeem(self.started))


class AllowSignIn(Scenario):
    """An approver allows a sign-in."""

    lost = (AlreadyAnswered,)

    def prepare(self) -> None:
        self.started = self.start()

    def attempt(self) -> str:
        return self.allow(self.started)

    def settle(self) -> None:
        assert self.prompted() == []
        self.is_signed_in(self.redeem(self.started))
        assert len(self.person.sessions()) == 2


class ReportSignIn(Scenario):
    """An approver reports a sign-in; further ones are then held back, whatever failed on the way."""

    lost = (AlreadyAnswered,)
    steps = True
    # So that it is reported again, and then held back.
    told: ClassVar[tuple[str, ...]] = ("UpdateItem Logins",)

    def prepare(self) -> None:
        self.started = self.start()

    def attempt(self) -> str:
        return self.house.parts.answering.answer(Answer(self.started.sign_in.sign_in_id, "report"), by=self.person.me)

    def settle(self) -> None:
        assert self.prompted() == []
        known = self.house.parts.tables.logins.find(f"user:{self.person.login}")
        assert known
        assert known.is_held(self.house.now())


class Redeem(Scenario):
    """A device collects its session; whatever failed, the request that is repeated with its key brings it."""

    # Without a signature there is no token to hand out. It is asked for beside the decision.
    told = ("Sign",)

    def prepare(self) -> None:
        self.started = self.start()
        self.allow(self.started)

    def attempt(self) -> Grant:
        return self.redeem(self.started, KEY)

    def settle(self) -> None:
        assert len(self.person.sessions()) == 2
        self.is_signed_in(self.result)


class RedeemWithoutKey(Redeem):
    """A device collects its session; where the answer is lost, so is the session (A7)."""

    lost: ClassVar[tuple[type[NodError], ...]] = (AlreadyRedeemed,)

    def attempt(self) -> Grant:
        return self.redeem(self.started)

    def settle(self) -> None:
        if self.result is None:
            assert len(self.person.sessions()) == 2
        else:
            super().settle()


class CancelSignIn(Scenario):
    """A device gives up."""

    def prepare(self) -> None:
        self.started = self.start()

    def attempt(self) -> None:
        self.house.parts.redeeming.cancel(self.started.sign_in.sign_in_id, VERIFIER)

    def settle(self) -> None:
        assert self.prompted() == []
        assert self.house.parts.connecting.standing(self.started.sign_in.sign_in_id) == "cancelled"


class Refresh(Scenario):
    """A device trades its refresh token; whatever failed, the request that is repeated with its key brings the next."""

    def attempt(self) -> Grant:
        return self.house.parts.refreshing.refresh(self.person.grant.refresh_token, KEY)

    def settle(self) -> None:
        self.is_signed_in(self.result)


class RefreshWithoutKey(Scenario):
    """A device trades its refresh token. A token whose answer was lost is a replay: the session is over (S3)."""

    lost = (InvalidToken,)

    def attempt(self) -> Grant:
        return self.house.parts.refreshing.refresh(self.person.grant.refresh_token)

    def settle(self) -> None:
        if self.result is None:
            assert self.person.sessions() == []
        else:
            self.is_signed_in(self.result)


class SignInWithInitialPassword(Scenario):
    """The password that was texted works once, and is not used up by an attempt that failed.

    One whose answer was lost has been used up: the person texts again.
    """

    lost = (InvalidCredentials,)

    def prepare(self) -> None:
        hashed = hash_password("correct horse", self.house.random)
        self.house.parts.tables.passwords.set_initial(self.person.account_id, hashed)

    def attempt(self) -> Grant:
        return self.house.parts.passwords.sign_in(self.person.login, "correct horse", PC, NETWORK)

    def settle(self) -> None:
        assert len(self.person.sessions()) == 2
        if self.result is not None:
            self.is_signed_in(self.result)


class SignUp(Scenario):
    """Somebody new makes an account; whose answer was lost signs in with the password."""

    lost = (LoginTaken,)

    def prepare(self) -> None:
        self.login = f"new{new_identifier(self.house.random).lower()}"

    def attempt(self) -> Grant:
        return self.house.parts.passwords.sign_up(self.login, "correct horse", PC, NETWORK)

    def settle(self) -> None:
        if self.result is None:
            self.result = self.house.parts.passwords.sign_in(self.login, "correct horse", PC, NETWORK)
        self.is_signed_in(self.result)


class EndSession(Scenario):
    """A device signs another one out: that ends, and then its connections are looked for."""

    lost = (UnknownSession,)
    steps = True
    # Decision 77.
    told: ClassVar[tuple[str, ...]] = ("Query Connections",)

    def prepare(self) -> None:
        self.other = self.person.signed_in()

    def attempt(self) -> list[str]:
        return self.house.parts.control.end(self.other.session_id, by=self.person.me)

    def settle(self) -> None:
        assert self.person.sessions() == [self.person.me.session_id]


class EndConnectedSession(EndSession):
    """The other one has a connection, which is gone at the latest when its end is asked for once more."""

    def prepare(self) -> None:
        super().prepare()
        self.person.connect("approve", Approver(self.person.account_id, self.other.session_id), "other")

    def settle(self) -> None:
        super().settle()
        if self.other.session_id in self.person.connected():
            with suppress(UnknownSession):
                self.attempt()
        assert self.other.session_id not in self.person.connected()


class EndOwnSession(Scenario):
    """A device signs itself out."""

    lost: ClassVar[tuple[type[NodError], ...]] = (InvalidToken, UnknownSession)
    steps = True
    decides = "UpdateItem Sessions"
    # Decision 77.
    told: ClassVar[tuple[str, ...]] = ("Query Connections",)

    def attempt(self) -> list[str]:
        return self.house.parts.control.end(self.person.me.session_id, by=self.person.me)

    def settle(self) -> None:
        assert self.person.sessions() == []
        if self.person.connected():
            with suppress(*self.lost):
                self.attempt()
        assert self.person.connected() == set()


class EndTree(Scenario):
    """A device signs another one out, with all that this one let in."""

    def prepare(self) -> None:
        self.top = self.person.signed_in()
        middle = self.person.signed_in(let_in_by=self.top.session_id)
        self.person.signed_in(let_in_by=middle.session_id)

    lost = (UnknownSession,)
    steps = True
    # Some have ended, and others are to be; and decision 77.
    told = ("TransactWriteItems", "Query")

    def attempt(self) -> list[str]:
        return self.house.parts.control.end(self.top.session_id, by=self.person.me, and_let_in=True)

    def settle(self) -> None:
        assert self.person.sessions() == [self.person.me.session_id]


class OpenConnection(Scenario):
    """A device opens its connection and says hello; each attempt asks for a ticket of its own."""

    # What it says then is another request.
    told = ("GetItem Sessions", "Query Prompts", "UpdateItem Connections")

    def prepare(self) -> None:
        self.started = self.start()

    def attempt(self) -> list[str]:
        self.person.connect("approve")
        return [one.sign_in_id for one in self.house.parts.connecting.open_prompts(self.person.me, "c")]

    def settle(self) -> None:
        assert self.result == [self.started.sign_in.sign_in_id]
        self.allow(self.started)
        self.is_signed_in(self.redeem(self.started))


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


class BindNumber(Text):
    """A text binds its number to the account that asked for it."""

    def prepare(self) -> None:
        self._sender = f"+44770092{len(self.house.rows('Messages')):04d}"
        mine = self.house.parts.control.alive(self.person.me)
        asked = self.house.messaging.login_binding.bind(mine, self._sender, NETWORK)
        assert isinstance(asked, Unproven)
        assert asked.sms
        self._body = asked.sms.body
        self.message_id = new_identifier(self.house.random)

    def collect(self) -> None:
        """There is nothing to collect."""

    @property
    def sender(self) -> str:
        return self._sender

    @property
    def body(self) -> str:
        return self._body

    def settle(self) -> None:
        known = self.house.parts.tables.logins.find(f"tel:{self._sender}")
        assert known
        assert known.account_id == self.person.account_id


class BindUsername(Scenario):
    """A username is bound at once; whose answer was lost is told that it is taken, by the account itself."""

    lost: ClassVar[tuple[type[NodError], ...]] = (LoginTaken,)

    def prepare(self) -> None:
        self.name = f"second{new_identifier(self.house.random).lower()}"
        self.session = self.house.parts.control.alive(self.person.me)

    def attempt(self) -> Any:
        return self.house.messaging.login_binding.bind(self.session, self.name, NETWORK)

    def settle(self) -> None:
        known = self.house.parts.tables.logins.find(f"user:{self.name}")
        assert known
        assert known.account_id == self.person.account_id


class Unbind(BindUsername):
    """A login is taken away."""

    lost: ClassVar[tuple[type[NodError], ...]] = (UnknownLogin,)

    def prepare(self) -> None:
        super().prepare()
        self.house.messaging.login_binding.bind(self.session, self.name, NETWORK)

    def attempt(self) -> Any:
        self.house.messaging.login_binding.unbind(self.session, self.name)

    def settle(self) -> None:
        assert self.house.parts.tables.logins.find(f"user:{self.name}") is None


class RemovePassword(Scenario):
    """A password is taken away; whose answer was lost may ask again."""

    def prepare(self) -> None:
        self.session = self.house.parts.control.alive(self.person.me)
        self.house.parts.passwords.change(self.session, None, "correct horse")

    def attempt(self) -> None:
        self.house.parts.passwords.remove(self.session)

    def settle(self) -> None:
        kept = self.house.parts.tables.accounts.get(self.person.account_id)
        assert kept
        assert (kept.password_hash, kept.password_set_at) == (None, None)


class StartHandOver(Scenario):
    """A phone asks for a QR code."""

    def attempt(self) -> Started:
        asked = AskedByScan(self.person.number, challenge_of(VERIFIER), PHONE)
        return self.house.hand_over.hand_over.start(asked, NETWORK)

    def shown(self, started: Started) -> str:
        """What the page's next code holds."""
        sign_in_id, now = started.sign_in.sign_in_id, self.house.now()
        token, code = draw_code(sign_in_id, self.person.me.session_id, now, self.house.random)
        self.house.parts.tables.sign_ins.add_code(sign_in_id, code, by=self.person.me, now=now)
        return token.text

    def scan(self, started: Started, token: str) -> Any:
        """The phone scans, and shows what it is told."""
        scan = Scan(token, self.person.number, VERIFIER)
        return self.house.hand_over.hand_over.scan(started.sign_in.sign_in_id, scan)

    def settle(self) -> None:
        started: Started = self.result
        scanned = self.scan(started, self.shown(started))
        answer = Answer(started.sign_in.sign_in_id, "allow", scanned.verification.code)
        self.house.parts.answering.answer(answer, by=self.person.me)
        self.is_signed_in(self.redeem(started))


class ScanCode(StartHandOver):
    """A phone sends what it has read. Where the answer was lost, so is the number to pick: it asks for a new code."""

    lost = (WrongScan,)

    def prepare(self) -> None:
        self.started = super().attempt()
        self.token = self.shown(self.started)

    def attempt(self) -> Any:
        return self.scan(self.started, self.token)

    def settle(self) -> None:
        if self.result is None:
            self.result = super().attempt()
            super().settle()
            return
        answer = Answer(self.started.sign_in.sign_in_id, "allow", self.result.verification.code)
        self.house.parts.answering.answer(answer, by=self.person.me)
        self.is_signed_in(self.redeem(self.started))


class RenewCode(StartHandOver):
    """A page asks for a fresh code."""

    # Beside the decision: a code that is not shown does no harm.
    told: ClassVar[tuple[str, ...]] = ("GetItem SignIns",)

    def prepare(self) -> None:
        self.started = super().attempt()

    def attempt(self) -> Any:
        return self.house.hand_over.showing.renew(self.started.sign_in.sign_in_id, self.person.me)

    def settle(self) -> None:
        token = self.result.url.partition("scan_token=")[2]
        assert self.scan(self.started, token).sign_in.status == "pending"
