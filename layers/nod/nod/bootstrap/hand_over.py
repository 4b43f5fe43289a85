"""The parts that have to do with QR codes, over those that all functions share."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from nod.bootstrap.parts import Parts

if TYPE_CHECKING:
    from nod.flows.qr import HandOver
    from nod.flows.showing import Showing


class HandOverParts:
    """Flow 3."""

    def __init__(self, parts: Parts) -> None:
        """`parts` of the same function."""
        self._parts = parts

    @cached_property
    def hand_over(self) -> HandOver:
        """On the phone."""
        from nod.flows.qr import HandOver, HandOverPolicy, confirmation_mode

        parts, settings = self._parts, self._parts.settings
        policy = HandOverPolicy(
            confirmation=confirmation_mode(settings.hand_over_confirmation, settings.minimum_verification),
            lifetime=timedelta(seconds=settings.sign_in_lifetime_seconds),
            starts_per_minute_per_address=settings.starts_per_minute_per_address,
            conceal=settings.conceal_accounts,
        )
        return HandOver(
            logins=parts.tables.logins,
            throttles=parts.tables.throttles,
            sign_ins=parts.tables.sign_ins,
            connections=parts.tables.connections,
            prompts=parts.tables.prompts,
            sessions=parts.tables.sessions,
            showing=self.showing,
            telling=parts.telling,
            together=parts.together,
            afterwards=parts.afterwards,
            policy=policy,
            clock=parts.clock,
            rng=parts.rng,
        )

    @cached_property
    def showing(self) -> Showing:
        """On the computer's page."""
        from nod.channels.pictures import qr_svg
        from nod.flows.showing import Showing

        parts = self._parts
        return Showing(
            sign_ins=parts.tables.sign_ins,
            together=parts.together,
            phone_page=parts.settings.phone_page,
            picture=qr_svg,
            clock=parts.clock,
            rng=parts.rng,
        )
