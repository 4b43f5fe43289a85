"""The flows of Nod put together on fakes, with a clock that tests set, and races that they stage."""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

from nod.domain.connections import ApproverPolicy, Purpose
from nod.domain.device import Device, Network
from nod.domain.identifiers import challenge_of
from nod.domain.logins import parse_login
from nod.domain.pushes import Push
from nod.domain.sessions import Lifetimes, Session
from nod.domain.sign_in import Approver, Decision, SignIn, Status
from nod.domain.verification import Mode
from nod.flows.account import LoginBinding, PasswordSignIn, Refreshing
from nod.flows.answering import Answer, Answering
from nod.flows.approval import Approval, ApprovalPolicy, Asked, Started
from nod.flows.connecting import Connecting, Ticketing
from nod.flows.granting import Grant
from nod.flows.prompting import Prompting, Telling
from nod.flows.redeeming import Redeeming
from nod.flows.sessions import SessionControl
from tests.builders import ADA, HOME, IDLE, LAPTOP, LIFETIME, LONGEST, NOW, VERIFIER, account, session
from tests.fakes import Rows, Sockets, TokenSigner, one_by_one, stores_over, watched


class Service:
    """All flows, over one set of fakes. `calls` lists the calls that were made to the outside."""

    def __init__(
        self,
        *,
        policy: ApproverPolicy = "all",
        conceal: bool = False,
        default: Mode = "choose",
        minimum: Mode = "none",
        starts_per_minute: int = 1000,
        sign_up_allowed: bool = True,
        eviction_age: timedelta = timedelta(hours=24),
        seed: int = 1,
    ) -> None:
        self.now = NOW
        self.rows = Rows()
        self.calls: list[str] = []
        self.meanwhile: dict[str, Callable[[], object]] = {}
        self.sockets = Sockets()
        self.signer = TokenSigner()
        rng, stores = Random(seed), stores_over(self.rows, self._note)
        sockets = watched(self.sockets, "sockets", self._note)
        signer = watched(self.signer, "signer", self._note)
        telling = Telling(stores.connections, sockets, one_by_one)
        lifetimes = Lifetimes(idle=IDLE, longest=LONGEST)
        self.prompting = Prompting(
            prompts=stores.prompts,
            sockets=sockets,
            telling=telling,
            together=one_by_one,
            policy=policy,
            conceal=conceal,
            rng=rng,
        )
        self.approval = Approval(
            logins=stores.logins,
            throttles=stores.throttles,
            sign_ins=stores.sign_ins,
            connections=stores.connections,
            prompting=self.prompting,
            together=one_by_one,
            policy=ApprovalPolicy(default, minimum, LIFETIME, starts_per_minute, conceal),
            clock=self.clock,
            rng=rng,
        )
        self.answering = Answering(
            sign_ins=stores.sign_ins,
            logins=stores.logins,
            connections=stores.connections,
            telling=telling,
            together=one_by_one,
            clock=self.clock,
        )
        self.redeeming = Redeeming(
            sign_ins=stores.sign_ins,
            sessions=stores.sessions,
            logins=stores.logins,
            throttles=stores.throttles,
            connections=stores.connections,
            telling=telling,
            signer=signer,
            together=one_by_one,
            lifetimes=lifetimes,
            clock=self.clock,
            rng=rng,
        )
        self.control = SessionControl(
            sessions=stores.sessions,
            connections=stores.connections,
            sockets=sockets,
            telling=telling,
            together=one_by_one,
            eviction_age=eviction_age,
            clock=self.clock,
        )
        self.passwords = PasswordSignIn(
            accounts=stores.accounts,
            logins=stores.logins,
            sessions=stores.sessions,
            throttles=stores.throttles,
            connections=stores.connections,
            telling=telling,
            signer=signer,
            together=one_by_one,
            lifetimes=lifetimes,
            sign_up_allowed=sign_up_allowed,
            clock=self.clock,
            rng=rng,
        )
        self.refreshing = Refreshing(
            sessions=stores.sessions,
            control=self.control,
            signer=signer,
            lifetimes=lifetimes,
            clock=self.clock,
            rng=rng,
        )
        self.binding = LoginBinding(accounts=stores.accounts, clock=self.clock)
        self.ticketing = Ticketing(tickets=stores.tickets, clock=self.clock, rng=rng)
        self.connecting = Connecting(
            connections=stores.connections,
            prompts=stores.prompts,
            sign_ins=stores.sign_ins,
            control=self.control,
            together=one_by_one,
            clock=self.clock,
        )
        self.stores = stores

    def clock(self) -> datetime:
        """The time that tests have set."""
        return self.now

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)

    def _note(self, call: str) -> None:
        """Note a call; where a test has staged something to happen just before it, let that happen, once."""
        self.calls.append(call)
        if staged := self.meanwhile.pop(call, None):
            staged()

    # People and their devices.

    def account(self, *logins: str, account_id: str = ADA, password_hash: str | None = None) -> str:
        """An account with these logins."""
        bound = {parse_login(login).key: self.now for login in logins}
        self.stores.accounts.create(account(account_id, bound, password_hash))
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

    def redeem(self, started: Started, verifier: str = VERIFIER) -> Grant:
        """The device comes for its session."""
        return self.redeeming.redeem(started.sign_in.sign_in_id, verifier)

    def cancel(self, started: Started, verifier: str = VERIFIER) -> None:
        """The device gives up."""
        self.redeeming.cancel(started.sign_in.sign_in_id, verifier)

    # What can be seen of it.

    def sign_in(self, started: Started) -> SignIn:
        """The sign-in as it is kept now."""
        return self.rows.sign_ins[started.sign_in.sign_in_id]

    def pushed(self, connection_id: str) -> list[Push]:
        """What a connection got, and takes from now on."""
        return self.sockets.posted.pop(connection_id, [])

    def slots(self, login: str = "user:ada") -> int:
        """How many sign-ins a login has open."""
        return len(self.rows.logins[login].slots)
