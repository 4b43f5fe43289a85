"""The parts of one Lambda function: what people do with it, each made when it is first asked for."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from nod.bootstrap.outside import Outside
from nod.bootstrap.tables import Tables
from nod.concurrency import Afterwards, Threads
from nod.observability import log_unexpected
from nod.settings import Settings

if TYPE_CHECKING:
    from nod.concurrency import Together
    from nod.flows.account import PasswordSignIn, Refreshing
    from nod.flows.answering import Answering
    from nod.flows.approval import Approval
    from nod.flows.connecting import Connecting, Ticketing
    from nod.flows.ports import Clock
    from nod.flows.prompting import Prompting, Telling
    from nod.flows.redeeming import Redeeming
    from nod.flows.sessions import SessionControl


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


class Parts:
    """The collaborators of one Lambda function."""

    def __init__(self, settings: Settings, *, together: Together | None = None, clock: Clock = now) -> None:
        """`together` and `clock` are given by tests that count steps or set the time."""
        self.settings = settings
        self.rng = secrets.SystemRandom()
        self.tables = Tables(settings)
        self.outside = Outside(settings, self.rng)
        self.clock = clock
        self.together = together or Threads()
        self.afterwards = Afterwards(self.together, log_unexpected)

    @cached_property
    def approval(self) -> Approval:
        """Flow 1."""
        from nod.flows.approval import Approval
        from nod.flows.asking import ApprovalPolicy, Asking

        settings = self.settings
        policy = ApprovalPolicy(
            default_mode=settings.default_verification,
            minimum_mode=settings.minimum_verification,
            lifetime=timedelta(seconds=settings.sign_in_lifetime_seconds),
            starts_per_minute_per_address=settings.starts_per_minute_per_address,
            conceal=settings.conceal_accounts,
        )
        asking = Asking(
            logins=self.tables.logins,
            slots=self.tables.slots,
            throttles=self.tables.throttles,
            together=self.together,
            policy=policy,
            rng=self.rng,
        )
        return Approval(
            asking=asking,
            sign_ins=self.tables.sign_ins,
            connections=self.tables.connections,
            prompting=self.prompting,
            together=self.together,
            policy=policy,
            clock=self.clock,
            rng=self.rng,
        )

    @cached_property
    def answering(self) -> Answering:
        """Deciding sign-ins."""
        from nod.flows.answering import Answering

        return Answering(
            sign_ins=self.tables.sign_ins,
            logins=self.tables.logins,
            slots=self.tables.slots,
            connections=self.tables.connections,
            control=self.control,
            telling=self.telling,
            together=self.together,
            afterwards=self.afterwards,
            clock=self.clock,
        )

    @cached_property
    def redeeming(self) -> Redeeming:
        """Collecting sessions."""
        from nod.flows.redeeming import Redeeming

        return Redeeming(
            sign_ins=self.tables.sign_ins,
            sessions=self.tables.sessions,
            accounts=self.tables.accounts,
            logins=self.tables.logins,
            slots=self.tables.slots,
            throttles=self.tables.throttles,
            connections=self.tables.connections,
            telling=self.telling,
            signer=self.outside.signer,
            together=self.together,
            afterwards=self.afterwards,
            lifetimes=self.settings.lifetimes,
            sessions_per_hour=self.settings.starts_per_minute_per_address,
            clock=self.clock,
            rng=self.rng,
        )

    @cached_property
    def passwords(self) -> PasswordSignIn:
        """Login and password."""
        from nod.flows.account import PasswordSignIn

        return PasswordSignIn(
            accounts=self.tables.accounts,
            passwords=self.tables.passwords,
            logins=self.tables.logins,
            throttles=self.tables.throttles,
            connections=self.tables.connections,
            telling=self.telling,
            signer=self.outside.signer,
            together=self.together,
            afterwards=self.afterwards,
            lifetimes=self.settings.lifetimes,
            sign_up_allowed=self.settings.password_sign_up,
            tries_per_minute=self.settings.starts_per_minute_per_address,
            sessions_per_hour=self.settings.starts_per_minute_per_address,
            eviction_age=self.eviction_age,
            clock=self.clock,
            rng=self.rng,
        )

    @cached_property
    def refreshing(self) -> Refreshing:
        """Refresh tokens."""
        from nod.flows.account import Refreshing

        return Refreshing(
            sessions=self.tables.sessions,
            control=self.control,
            signer=self.outside.signer,
            lifetimes=self.settings.lifetimes,
            clock=self.clock,
            rng=self.rng,
        )

    @property
    def eviction_age(self) -> timedelta:
        """How old a session must be to evict an older one."""
        return timedelta(hours=self.settings.eviction_age_hours)

    @cached_property
    def control(self) -> SessionControl:
        """Listing and ending sessions."""
        from nod.flows.sessions import SessionControl

        return SessionControl(
            sessions=self.tables.sessions,
            connections=self.tables.connections,
            sockets=self.outside.sockets,
            telling=self.telling,
            together=self.together,
            afterwards=self.afterwards,
            eviction_age=self.eviction_age,
            clock=self.clock,
        )

    @cached_property
    def ticketing(self) -> Ticketing:
        """Tickets."""
        from nod.domain.limits import tickets_per_session
        from nod.flows.connecting import Ticketing

        return Ticketing(
            tickets=self.tables.tickets,
            throttles=self.tables.throttles,
            together=self.together,
            limit=tickets_per_session(self.settings.starts_per_minute_per_address),
            clock=self.clock,
            rng=self.rng,
        )

    @cached_property
    def connecting(self) -> Connecting:
        """The life of connections."""
        from nod.flows.connecting import Connecting

        return Connecting(
            connections=self.tables.connections,
            prompts=self.tables.prompts,
            sign_ins=self.tables.sign_ins,
            control=self.control,
            together=self.together,
            clock=self.clock,
        )

    @cached_property
    def prompting(self) -> Prompting:
        """Asking approvers."""
        from nod.flows.prompting import Prompting

        return Prompting(
            prompts=self.tables.prompts,
            sockets=self.outside.sockets,
            telling=self.telling,
            together=self.together,
            policy=self.settings.approver_policy,
            conceal=self.settings.conceal_accounts,
        )

    @cached_property
    def telling(self) -> Telling:
        """Posting side by side."""
        from nod.flows.prompting import Telling

        return Telling(self.tables.connections, self.outside.sockets, self.together, self.afterwards)
