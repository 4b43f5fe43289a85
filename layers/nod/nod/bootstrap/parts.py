"""The parts of one Lambda function: what people do with it, each made when it is first asked for."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from nod.bootstrap.outside import Outside
from nod.bootstrap.tables import Tables
from nod.concurrency import Threads
from nod.settings import Settings

if TYPE_CHECKING:
    from nod.api.webhooks import Webhooks
    from nod.concurrency import Together
    from nod.flows.account import PasswordSignIn, Refreshing
    from nod.flows.answering import Answering
    from nod.flows.approval import Approval
    from nod.flows.binding import LoginBinding
    from nod.flows.connecting import Connecting, Ticketing
    from nod.flows.phone import PhoneSignIn
    from nod.flows.ports import Clock
    from nod.flows.prompting import Prompting, Telling
    from nod.flows.redeeming import Redeeming
    from nod.flows.sessions import SessionControl
    from nod.flows.texting import Texting


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


class Parts:
    """The collaborators of one Lambda function."""

    def __init__(self, settings: Settings, *, together: Together | None = None, clock: Clock = now) -> None:
        """`together` and `clock` are given by tests that count steps or set the time."""
        self._settings = settings
        self._rng = secrets.SystemRandom()
        self.tables = Tables(settings)
        self.outside = Outside(settings, self._rng)
        self._clock = clock
        self._together = together or Threads()

    @cached_property
    def approval(self) -> Approval:
        """Flow 1."""
        from nod.flows.approval import Approval, ApprovalPolicy

        settings = self._settings
        policy = ApprovalPolicy(
            default_mode=settings.default_verification,
            minimum_mode=settings.minimum_verification,
            lifetime=timedelta(seconds=settings.sign_in_lifetime_seconds),
            starts_per_minute_per_address=settings.starts_per_minute_per_address,
            conceal=settings.conceal_accounts,
        )
        return Approval(
            logins=self.tables.logins,
            throttles=self.tables.throttles,
            sign_ins=self.tables.sign_ins,
            connections=self.tables.connections,
            prompting=self.prompting,
            together=self._together,
            policy=policy,
            clock=self._clock,
            rng=self._rng,
        )

    @cached_property
    def phone(self) -> PhoneSignIn:
        """Flow 2, on the phone."""
        from nod.flows.phone import PhonePolicy, PhoneSignIn, phone_mode

        settings = self._settings
        policy = PhonePolicy(
            app=settings.app,
            asks_approvers=self._asks_approvers,
            mode=phone_mode(settings.minimum_verification),
            starts_per_minute_per_address=settings.starts_per_minute_per_address,
        )
        return PhoneSignIn(
            sign_ins=self.tables.sign_ins,
            throttles=self.tables.throttles,
            policy=policy,
            clock=self._clock,
            rng=self._rng,
        )

    @cached_property
    def texting(self) -> Texting:
        """Flow 2, at the gateway."""
        from nod.flows.replying import Replying
        from nod.flows.texting import Texting

        replying = Replying(
            messages=self.tables.messages,
            accounts=self.tables.accounts,
            sessions=self.tables.sessions,
            throttles=self.tables.throttles,
            control=self.control,
            texts=self.outside.texts,
            app=self._settings.app,
            texts_account=self._settings.send_account_sms,
            rng=self._rng,
        )
        return Texting(
            sign_ins=self.tables.sign_ins,
            logins=self.tables.logins,
            bindings=self.tables.bindings,
            messages=self.tables.messages,
            throttles=self.tables.throttles,
            connections=self.tables.connections,
            prompting=self.prompting,
            replying=replying,
            together=self._together,
            asks_approvers=self._asks_approvers,
            clock=self._clock,
        )

    @property
    def _asks_approvers(self) -> bool:
        return self._settings.phone_sign_in_approval == "when_online"

    @cached_property
    def webhooks(self) -> Webhooks:
        """The gateways' edge."""
        from nod.api.webhooks import Webhooks
        from nod.channels.gateways.aws import Aws

        return Webhooks(self.outside.gateway, Aws(), self.texting, self._settings.public_url, self._clock)

    @cached_property
    def answering(self) -> Answering:
        """Deciding sign-ins."""
        from nod.flows.answering import Answering

        return Answering(
            sign_ins=self.tables.sign_ins,
            logins=self.tables.logins,
            connections=self.tables.connections,
            telling=self.telling,
            together=self._together,
            clock=self._clock,
        )

    @cached_property
    def redeeming(self) -> Redeeming:
        """Collecting sessions."""
        from nod.flows.redeeming import Redeeming

        return Redeeming(
            sign_ins=self.tables.sign_ins,
            sessions=self.tables.sessions,
            logins=self.tables.logins,
            throttles=self.tables.throttles,
            connections=self.tables.connections,
            telling=self.telling,
            signer=self.outside.signer,
            together=self._together,
            lifetimes=self._settings.lifetimes,
            clock=self._clock,
            rng=self._rng,
        )

    @cached_property
    def passwords(self) -> PasswordSignIn:
        """Login and password."""
        from nod.flows.account import PasswordSignIn

        return PasswordSignIn(
            accounts=self.tables.accounts,
            logins=self.tables.logins,
            sessions=self.tables.sessions,
            throttles=self.tables.throttles,
            connections=self.tables.connections,
            telling=self.telling,
            signer=self.outside.signer,
            together=self._together,
            lifetimes=self._settings.lifetimes,
            sign_up_allowed=self._settings.password_sign_up,
            clock=self._clock,
            rng=self._rng,
        )

    @cached_property
    def refreshing(self) -> Refreshing:
        """Refresh tokens."""
        from nod.flows.account import Refreshing

        return Refreshing(
            sessions=self.tables.sessions,
            control=self.control,
            signer=self.outside.signer,
            lifetimes=self._settings.lifetimes,
            clock=self._clock,
            rng=self._rng,
        )

    @cached_property
    def login_binding(self) -> LoginBinding:
        """Bound logins."""
        from nod.flows.binding import LoginBinding

        return LoginBinding(
            accounts=self.tables.accounts,
            logins=self.tables.logins,
            bindings=self.tables.bindings,
            throttles=self.tables.throttles,
            mailer=self.outside.mailer,
            app=self._settings.app,
            together=self._together,
            eviction_age=self._eviction_age,
            clock=self._clock,
            rng=self._rng,
        )

    @property
    def _eviction_age(self) -> timedelta:
        return timedelta(hours=self._settings.eviction_age_hours)

    @cached_property
    def control(self) -> SessionControl:
        """Listing and ending sessions."""
        from nod.flows.sessions import SessionControl

        return SessionControl(
            sessions=self.tables.sessions,
            connections=self.tables.connections,
            sockets=self.outside.sockets,
            telling=self.telling,
            together=self._together,
            eviction_age=self._eviction_age,
            clock=self._clock,
        )

    @cached_property
    def ticketing(self) -> Ticketing:
        """Tickets."""
        from nod.flows.connecting import Ticketing

        return Ticketing(tickets=self.tables.tickets, clock=self._clock, rng=self._rng)

    @cached_property
    def connecting(self) -> Connecting:
        """The life of connections."""
        from nod.flows.connecting import Connecting

        return Connecting(
            connections=self.tables.connections,
            prompts=self.tables.prompts,
            sign_ins=self.tables.sign_ins,
            control=self.control,
            together=self._together,
            clock=self._clock,
        )

    @cached_property
    def prompting(self) -> Prompting:
        """Asking approvers."""
        from nod.flows.prompting import Prompting

        return Prompting(
            prompts=self.tables.prompts,
            sockets=self.outside.sockets,
            telling=self.telling,
            together=self._together,
            policy=self._settings.approver_policy,
            conceal=self._settings.conceal_accounts,
            rng=self._rng,
        )

    @cached_property
    def telling(self) -> Telling:
        """Posting side by side."""
        from nod.flows.prompting import Telling

        return Telling(self.tables.connections, self.outside.sockets, self._together)
