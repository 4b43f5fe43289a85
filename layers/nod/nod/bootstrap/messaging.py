"""The parts that have to do with text messages and mail, over those that all functions share."""

from __future__ import annotations

import time
from functools import cached_property
from typing import TYPE_CHECKING

from nod.bootstrap.parts import Parts

if TYPE_CHECKING:
    from nod.api.webhooks import Webhooks
    from nod.flows.admitting import Admitting
    from nod.flows.binding import LoginBinding
    from nod.flows.phone import PhoneSignIn
    from nod.flows.replying import Replying
    from nod.flows.stopping import Stopping
    from nod.flows.texting import Texting


class Messaging:
    """Flow 2, and the binding of logins."""

    def __init__(self, parts: Parts) -> None:
        """`parts` of the same function."""
        self._parts = parts
        self._settings = parts.settings
        self._tables = parts.tables

    @cached_property
    def phone(self) -> PhoneSignIn:
        """On the phone."""
        from nod.flows.phone import PhonePolicy, PhoneSignIn, phone_mode

        settings = self._settings
        policy = PhonePolicy(
            app=settings.app,
            asks_approvers=settings.asks_approvers,
            mode=phone_mode(settings.minimum_verification),
            starts_per_minute_per_address=settings.starts_per_minute_per_address,
        )
        return PhoneSignIn(
            sign_ins=self._tables.sign_ins,
            throttles=self._tables.throttles,
            policy=policy,
            clock=self._parts.clock,
            rng=self._parts.rng,
        )

    @cached_property
    def webhooks(self) -> Webhooks:
        """The gateways' edge."""
        from nod.api.webhooks import Webhooks
        from nod.channels.gateways.aws import Aws

        parts = self._parts
        return Webhooks(parts.outside.gateway, Aws(), self.texting, self._settings.public_url, parts.clock)

    @cached_property
    def texting(self) -> Texting:
        """At the gateway."""
        from nod.flows.texting import Texting

        return Texting(
            sign_ins=self._tables.sign_ins,
            logins=self._tables.logins,
            bindings=self._tables.bindings,
            messages=self._tables.messages,
            admitting=self._admitting,
            replying=self._replying,
            stopping=self._stopping,
            together=self._parts.together,
            clock=self._parts.clock,
            pause=time.sleep,
        )

    @cached_property
    def login_binding(self) -> LoginBinding:
        """Bound logins."""
        from nod.flows.binding import LoginBinding

        return LoginBinding(
            accounts=self._tables.accounts,
            logins=self._tables.logins,
            bindings=self._tables.bindings,
            throttles=self._tables.throttles,
            mailer=self._parts.outside.mailer,
            app=self._settings.app,
            eviction_age=self._parts.eviction_age,
            asks_per_hour=self._settings.starts_per_minute_per_address,
            clock=self._parts.clock,
            rng=self._parts.rng,
        )

    @cached_property
    def _admitting(self) -> Admitting:
        from nod.flows.admitting import Admitting

        return Admitting(
            sign_ins=self._tables.sign_ins,
            messages=self._tables.messages,
            connections=self._tables.connections,
            prompting=self._parts.prompting,
            together=self._parts.together,
            asks_approvers=self._settings.asks_approvers,
        )

    @cached_property
    def _replying(self) -> Replying:
        from nod.flows.replying import Replying

        tables, parts = self._tables, self._parts
        return Replying(
            passwords=tables.passwords,
            throttles=tables.throttles,
            texts=parts.outside.texts,
            app=self._settings.app,
            texts_account=self._settings.send_account_sms,
            rng=parts.rng,
        )

    @cached_property
    def _stopping(self) -> Stopping:
        from nod.flows.stopping import Stopping

        tables, parts = self._tables, self._parts
        return Stopping(
            accounts=tables.accounts,
            passwords=tables.passwords,
            logins=tables.logins,
            messages=tables.messages,
            sessions=tables.sessions,
            control=parts.control,
            together=parts.together,
            clock=parts.clock,
        )
