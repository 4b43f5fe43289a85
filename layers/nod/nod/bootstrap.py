"""The composition root: puts together what one Lambda function needs, and imports nothing that it does not.

`sign_ins`, `account`, `authorizer` and `websocket` are one function each. Only this module knows stores and channels;
a part is imported and made when a function first needs it, once.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from nod.concurrency import Threads
from nod.settings import Settings

if TYPE_CHECKING:
    from pynamodb.connection import Connection

    from nod.api.websocket import Authorizer, Frames
    from nod.channels.keys import PublicKeys
    from nod.channels.sockets import Sockets
    from nod.channels.tokens import TokenProfile, TokenSigner
    from nod.flows.account import LoginBinding, PasswordSignIn, Refreshing
    from nod.flows.answering import Answering
    from nod.flows.approval import Approval
    from nod.flows.connecting import Connecting, Ticketing
    from nod.flows.prompting import Telling
    from nod.flows.redeeming import Redeeming
    from nod.flows.sessions import SessionControl
    from nod.stores.connections import Connections
    from nod.stores.logins import Logins
    from nod.stores.prompts import Prompts
    from nod.stores.sessions import Sessions
    from nod.stores.sign_ins import SignIns
    from nod.stores.throttles import Throttles
    from nod.stores.tickets import Tickets


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


class SignInFlows(NamedTuple):
    """What the sign_ins function does."""

    approval: Approval
    redeeming: Redeeming


class AccountFlows(NamedTuple):
    """What the account function does."""

    keys: PublicKeys
    passwords: PasswordSignIn
    refreshing: Refreshing
    logins: LoginBinding
    control: SessionControl
    ticketing: Ticketing
    connecting: Connecting
    answering: Answering


def sign_ins(settings: Settings) -> SignInFlows:
    """The flows behind `/sign-ins`."""
    parts = Parts(settings)
    return SignInFlows(parts.approval, parts.redeeming)


def account(settings: Settings) -> AccountFlows:
    """The flows behind accounts, sessions, tickets and prompts."""
    parts = Parts(settings)
    return AccountFlows(
        keys=parts.keys,
        passwords=parts.passwords,
        refreshing=parts.refreshing,
        logins=parts.login_binding,
        control=parts.control,
        ticketing=parts.ticketing,
        connecting=parts.connecting,
        answering=parts.answering,
    )


def authorizer(settings: Settings) -> Authorizer:
    """The handshake's authorizer."""
    from nod.api.websocket import Authorizer

    return Authorizer(Parts(settings).ticketing, settings.origins)


def websocket(settings: Settings) -> Frames:
    """The frames of the WebSocket API."""
    from nod.api.websocket import Frames

    parts = Parts(settings)
    return Frames(parts.connecting, parts.answering, parts.control, parts.sockets.post)


class Parts:
    """The collaborators of one Lambda function."""

    def __init__(self, settings: Settings, *, together: Any = None, clock: Any = now) -> None:
        """`together` and `clock` are given by tests that count steps or set the time."""
        self._settings = settings
        self._rng = secrets.SystemRandom()
        self._clock = clock
        self._together = together or Threads()

    # What people do.

    @cached_property
    def approval(self) -> Approval:
        """Flow 1."""
        from nod.flows.approval import Approval, ApprovalPolicy
        from nod.flows.prompting import Prompting

        settings = self._settings
        prompting = Prompting(
            prompts=self.prompts,
            sockets=self.sockets,
            telling=self.telling,
            together=self._together,
            policy=settings.approver_policy,
            conceal=settings.conceal_accounts,
            rng=self._rng,
        )
        policy = ApprovalPolicy(
            default_mode=settings.default_verification,
            minimum_mode=settings.minimum_verification,
            lifetime=timedelta(seconds=settings.sign_in_lifetime_seconds),
            starts_per_minute_per_address=settings.starts_per_minute_per_address,
            conceal=settings.conceal_accounts,
        )
        return Approval(
            logins=self.logins,
            throttles=self.throttles,
            sign_ins=self.sign_ins,
            connections=self.connections,
            prompting=prompting,
            together=self._together,
            policy=policy,
            clock=self._clock,
            rng=self._rng,
        )

    @cached_property
    def answering(self) -> Answering:
        """Deciding sign-ins."""
        from nod.flows.answering import Answering

        return Answering(
            sign_ins=self.sign_ins,
            logins=self.logins,
            connections=self.connections,
            telling=self.telling,
            together=self._together,
            clock=self._clock,
        )

    @cached_property
    def redeeming(self) -> Redeeming:
        """Collecting sessions."""
        from nod.flows.redeeming import Redeeming

        return Redeeming(
            sign_ins=self.sign_ins,
            sessions=self.sessions,
            logins=self.logins,
            throttles=self.throttles,
            connections=self.connections,
            telling=self.telling,
            signer=self.signer,
            together=self._together,
            lifetimes=self._settings.lifetimes,
            clock=self._clock,
            rng=self._rng,
        )

    @cached_property
    def passwords(self) -> PasswordSignIn:
        """Login and password."""
        from nod.flows.account import PasswordSignIn
        from nod.stores.accounts import Accounts

        return PasswordSignIn(
            accounts=Accounts(self._dynamodb, self._settings.accounts_table),
            logins=self.logins,
            sessions=self.sessions,
            throttles=self.throttles,
            connections=self.connections,
            telling=self.telling,
            signer=self.signer,
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
            sessions=self.sessions,
            control=self.control,
            signer=self.signer,
            lifetimes=self._settings.lifetimes,
            clock=self._clock,
            rng=self._rng,
        )

    @cached_property
    def login_binding(self) -> LoginBinding:
        """Bound logins."""
        from nod.flows.account import LoginBinding
        from nod.stores.accounts import Accounts

        return LoginBinding(accounts=Accounts(self._dynamodb, self._settings.accounts_table), clock=self._clock)

    @cached_property
    def control(self) -> SessionControl:
        """Listing and ending sessions."""
        from nod.flows.sessions import SessionControl

        return SessionControl(
            sessions=self.sessions,
            connections=self.connections,
            sockets=self.sockets,
            telling=self.telling,
            together=self._together,
            eviction_age=timedelta(hours=self._settings.eviction_age_hours),
            clock=self._clock,
        )

    @cached_property
    def ticketing(self) -> Ticketing:
        """Tickets."""
        from nod.flows.connecting import Ticketing
        from nod.stores.tickets import Tickets

        tickets: Tickets = Tickets(self._dynamodb, self._settings.tickets_table)
        return Ticketing(tickets=tickets, clock=self._clock, rng=self._rng)

    @cached_property
    def connecting(self) -> Connecting:
        """The life of connections."""
        from nod.flows.connecting import Connecting

        return Connecting(
            connections=self.connections,
            prompts=self.prompts,
            sign_ins=self.sign_ins,
            control=self.control,
            together=self._together,
            clock=self._clock,
        )

    @cached_property
    def telling(self) -> Telling:
        """Posting side by side."""
        from nod.flows.prompting import Telling

        return Telling(self.connections, self.sockets, self._together)

    # Where it is kept.

    @cached_property
    def _dynamodb(self) -> Connection:
        from nod.stores.table import connect

        return connect()

    @cached_property
    def logins(self) -> Logins:
        """The Logins table."""
        from nod.stores.logins import Logins

        return Logins(self._dynamodb, self._settings.logins_table)

    @cached_property
    def sessions(self) -> Sessions:
        """The Sessions table."""
        from nod.stores.sessions import Sessions

        return Sessions(self._dynamodb, self._settings.sessions_table)

    @cached_property
    def sign_ins(self) -> SignIns:
        """The SignIns table, with those that change along with it."""
        from nod.stores.sign_ins import SignIns
        from nod.stores.tickets import Tickets

        _ = self.prompts, self.sessions, Tickets(self._dynamodb, self._settings.tickets_table)
        return SignIns(self._dynamodb, self._settings.sign_ins_table)

    @cached_property
    def prompts(self) -> Prompts:
        """The Prompts table."""
        from nod.stores.prompts import Prompts

        return Prompts(self._dynamodb, self._settings.prompts_table)

    @cached_property
    def connections(self) -> Connections:
        """The Connections table."""
        from nod.stores.connections import Connections

        _ = self.sessions
        return Connections(self._dynamodb, self._settings.connections_table)

    @cached_property
    def throttles(self) -> Throttles:
        """The Throttles table."""
        from nod.stores.throttles import Throttles

        return Throttles(self._dynamodb, self._settings.throttles_table)

    # The outside.

    @cached_property
    def sockets(self) -> Sockets:
        """The open connections."""
        from nod.channels.aws import client
        from nod.channels.sockets import Sockets

        return Sockets(client("apigatewaymanagementapi"))

    @cached_property
    def signer(self) -> TokenSigner:
        """The signing key's private use."""
        from nod.channels.tokens import TokenSigner

        return TokenSigner(self._kms, self._profile, self._rng)

    @cached_property
    def keys(self) -> PublicKeys:
        """The signing key's public half."""
        from nod.channels.keys import PublicKeys

        return PublicKeys(self._kms, self._profile)

    @cached_property
    def _kms(self) -> Any:
        from nod.channels.aws import client

        return client("kms")

    @cached_property
    def _profile(self) -> TokenProfile:
        from nod.channels.tokens import TokenProfile

        settings = self._settings
        return TokenProfile(settings.issuer, settings.audience, settings.audience, settings.signing_key)
