"""The flows of Nod put together on fakes, as `nod.bootstrap` puts them together on tables and channels."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cached_property
from random import Random
from typing import Literal

import msgspec

from nod.concurrency import Afterwards
from nod.domain.connections import ApproverPolicy
from nod.domain.limits import tickets_per_session
from nod.domain.sessions import Lifetimes
from nod.domain.texts import SenderOfTexts
from nod.domain.verification import Mode
from nod.flows.account import PasswordSignIn, Refreshing
from nod.flows.admitting import Admitting
from nod.flows.answering import Answering
from nod.flows.approval import Approval
from nod.flows.asking import ApprovalPolicy, Asking
from nod.flows.binding import LoginBinding
from nod.flows.connecting import Connecting, Ticketing
from nod.flows.phone import PhonePolicy, PhoneSignIn, phone_mode
from nod.flows.prompting import Prompting, Telling
from nod.flows.qr import HandOver, HandOverPolicy, confirmation_mode
from nod.flows.redeeming import Redeeming
from nod.flows.replying import Replying
from nod.flows.sessions import SessionControl
from nod.flows.showing import Showing
from nod.flows.stopping import Stopping
from nod.flows.texting import Texting
from tests.builders import APP, IDLE, LIFETIME, LONGEST, NOW
from tests.fakes import Mail, Rows, Sockets, Texts, TokenSigner, one_by_one, stores_over, watched


class Stack(msgspec.Struct, frozen=True, kw_only=True):
    """What a stack can be set to. `asks_about_phones`: where an approver is online, it must allow (T7)."""

    policy: ApproverPolicy = "all"
    conceal: bool = False
    default: Mode = "choose"
    minimum: Mode = "none"
    starts_per_minute: int = 1000
    sign_up_allowed: bool = True
    eviction_age: timedelta = timedelta(hours=24)
    asks_about_phones: bool = False
    texts_account: bool = False
    app: SenderOfTexts = APP
    sends_mail: bool = True
    hand_over_confirmation: Literal["none", "choose"] = "choose"
    phone_page: str = "https://app.example.com/phone"
    seed: int = 1


class Flows:
    """All flows, over one set of fakes. `calls` lists the calls that were made to the outside."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.now = NOW
        self.rows = Rows()
        self.calls: list[str] = []
        self.meanwhile: dict[str, Callable[[], object]] = {}
        self.sockets, self.signer, self.texts, self.mail = Sockets(), TokenSigner(), Texts(), Mail()
        self.stores = stores_over(self.rows, self._note)
        self._sockets = watched(self.sockets, "sockets", self._note)
        self._signer = watched(self.signer, "signer", self._note)
        self._texts = watched(self.texts, "texts", self._note)
        self._mail = watched(self.mail, "mail", self._note)
        self._rng = Random(stack.seed)
        self._lifetimes = Lifetimes(idle=IDLE, longest=LONGEST)
        self.mishaps: list[Exception] = []
        self.afterwards = Afterwards(one_by_one, self.mishaps.append)
        self.telling = Telling(self.stores.connections, self._sockets, one_by_one, self.afterwards)

    def clock(self) -> datetime:
        """The time that tests have set."""
        return self.now

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)

    def pause(self, seconds: float) -> None:
        """Wait for another delivery; what a test has staged for the pause happens in it."""
        self.wait(seconds)
        self._note("pause")

    def failing(self, after: int, call: str) -> None:
        """A call does not get through: the next one, or that after so many that do."""

        def fail() -> None:
            raise ConnectionError(f"{call} does not get through")

        self.meanwhile[call] = fail if after == 0 else lambda: self.failing(after - 1, call)

    def _note(self, call: str) -> None:
        """Note a call; where a test has staged something to happen just before it, let that happen, once."""
        self.calls.append(call)
        if staged := self.meanwhile.pop(call, None):
            staged()

    @cached_property
    def prompting(self) -> Prompting:
        return Prompting(
            prompts=self.stores.prompts,
            sockets=self._sockets,
            telling=self.telling,
            together=one_by_one,
            policy=self.stack.policy,
            conceal=self.stack.conceal,
        )

    @cached_property
    def approval(self) -> Approval:
        stack = self.stack
        policy = ApprovalPolicy(stack.default, stack.minimum, LIFETIME, stack.starts_per_minute, stack.conceal)
        asking = Asking(
            logins=self.stores.logins,
            slots=self.stores.slots,
            throttles=self.stores.throttles,
            together=one_by_one,
            policy=policy,
            rng=self._rng,
        )
        return Approval(
            asking=asking,
            sign_ins=self.stores.sign_ins,
            connections=self.stores.connections,
            prompting=self.prompting,
            together=one_by_one,
            policy=policy,
            clock=self.clock,
            rng=self._rng,
        )

    @cached_property
    def phone(self) -> PhoneSignIn:
        stack = self.stack
        return PhoneSignIn(
            sign_ins=self.stores.sign_ins,
            throttles=self.stores.throttles,
            policy=PhonePolicy(stack.app, stack.asks_about_phones, phone_mode(stack.minimum), stack.starts_per_minute),
            clock=self.clock,
            rng=self._rng,
        )

    @cached_property
    def showing(self) -> Showing:
        return Showing(
            sign_ins=self.stores.sign_ins,
            together=one_by_one,
            phone_page=self.stack.phone_page,
            picture="picture of {}".format,
            clock=self.clock,
            rng=self._rng,
        )

    @cached_property
    def hand_over(self) -> HandOver:
        stack = self.stack
        mode = confirmation_mode(stack.hand_over_confirmation, stack.minimum)
        return HandOver(
            logins=self.stores.logins,
            throttles=self.stores.throttles,
            sign_ins=self.stores.sign_ins,
            connections=self.stores.connections,
            prompts=self.stores.prompts,
            sessions=self.stores.sessions,
            showing=self.showing,
            telling=self.telling,
            together=one_by_one,
            afterwards=self.afterwards,
            policy=HandOverPolicy(mode, LIFETIME, stack.starts_per_minute, stack.conceal),
            clock=self.clock,
            rng=self._rng,
        )

    @cached_property
    def texting(self) -> Texting:
        return Texting(
            sign_ins=self.stores.sign_ins,
            logins=self.stores.logins,
            bindings=self.stores.bindings,
            messages=self.stores.messages,
            admitting=self.admitting,
            replying=self.replying,
            stopping=self.stopping,
            together=one_by_one,
            clock=self.clock,
            pause=self.pause,
        )

    @cached_property
    def admitting(self) -> Admitting:
        return Admitting(
            sign_ins=self.stores.sign_ins,
            messages=self.stores.messages,
            connections=self.stores.connections,
            prompting=self.prompting,
            together=one_by_one,
            asks_approvers=self.stack.asks_about_phones,
        )

    @cached_property
    def replying(self) -> Replying:
        return Replying(
            passwords=self.stores.passwords,
            throttles=self.stores.throttles,
            texts=self._texts,
            app=self.stack.app,
            texts_account=self.stack.texts_account,
            rng=self._rng,
        )

    @cached_property
    def stopping(self) -> Stopping:
        return Stopping(
            accounts=self.stores.accounts,
            passwords=self.stores.passwords,
            logins=self.stores.logins,
            messages=self.stores.messages,
            sessions=self.stores.sessions,
            control=self.control,
            together=one_by_one,
            clock=self.clock,
        )

    @cached_property
    def answering(self) -> Answering:
        return Answering(
            sign_ins=self.stores.sign_ins,
            logins=self.stores.logins,
            slots=self.stores.slots,
            connections=self.stores.connections,
            control=self.control,
            telling=self.telling,
            together=one_by_one,
            afterwards=self.afterwards,
            clock=self.clock,
        )

    @cached_property
    def redeeming(self) -> Redeeming:
        return Redeeming(
            sign_ins=self.stores.sign_ins,
            sessions=self.stores.sessions,
            accounts=self.stores.accounts,
            logins=self.stores.logins,
            slots=self.stores.slots,
            throttles=self.stores.throttles,
            connections=self.stores.connections,
            telling=self.telling,
            signer=self._signer,
            together=one_by_one,
            afterwards=self.afterwards,
            lifetimes=self._lifetimes,
            sessions_per_hour=self.stack.starts_per_minute,
            clock=self.clock,
            rng=self._rng,
        )

    @cached_property
    def control(self) -> SessionControl:
        return SessionControl(
            sessions=self.stores.sessions,
            connections=self.stores.connections,
            sockets=self._sockets,
            telling=self.telling,
            together=one_by_one,
            afterwards=self.afterwards,
            eviction_age=self.stack.eviction_age,
            clock=self.clock,
        )

    @cached_property
    def passwords(self) -> PasswordSignIn:
        return PasswordSignIn(
            accounts=self.stores.accounts,
            passwords=self.stores.passwords,
            logins=self.stores.logins,
            throttles=self.stores.throttles,
            connections=self.stores.connections,
            telling=self.telling,
            signer=self._signer,
            together=one_by_one,
            afterwards=self.afterwards,
            lifetimes=self._lifetimes,
            sign_up_allowed=self.stack.sign_up_allowed,
            tries_per_minute=self.stack.starts_per_minute,
            sessions_per_hour=self.stack.starts_per_minute,
            eviction_age=self.stack.eviction_age,
            clock=self.clock,
            rng=self._rng,
        )

    @cached_property
    def refreshing(self) -> Refreshing:
        return Refreshing(
            sessions=self.stores.sessions,
            control=self.control,
            signer=self._signer,
            lifetimes=self._lifetimes,
            clock=self.clock,
            rng=self._rng,
        )

    @cached_property
    def binding(self) -> LoginBinding:
        return LoginBinding(
            accounts=self.stores.accounts,
            logins=self.stores.logins,
            bindings=self.stores.bindings,
            throttles=self.stores.throttles,
            mailer=self._mail if self.stack.sends_mail else None,
            app=self.stack.app,
            eviction_age=self.stack.eviction_age,
            asks_per_hour=self.stack.starts_per_minute,
            clock=self.clock,
            rng=self._rng,
        )

    @cached_property
    def ticketing(self) -> Ticketing:
        return Ticketing(
            tickets=self.stores.tickets,
            throttles=self.stores.throttles,
            together=one_by_one,
            limit=tickets_per_session(self.stack.starts_per_minute),
            clock=self.clock,
            rng=self._rng,
        )

    @cached_property
    def connecting(self) -> Connecting:
        return Connecting(
            connections=self.stores.connections,
            prompts=self.stores.prompts,
            sign_ins=self.stores.sign_ins,
            control=self.control,
            together=one_by_one,
            clock=self.clock,
        )
