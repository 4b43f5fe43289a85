"""Whether a device that has only a login may ask: the limits of address and login, and whose login it is (A1, A4)."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any

import msgspec

from nod.concurrency import Together
from nod.domain.device import Network
from nod.domain.identifiers import new_identifier
from nod.domain.limits import PROMPTS_PER_LOGIN, Slot, starts_per_address
from nod.domain.logins import KnownLogin, Login
from nod.domain.verification import Mode, Verification, clashes, code_mark, draw
from nod.errors import Crowded, NodError, Overloaded, SlowDown, UnknownLogin
from nod.flows.ports import Logins, Slots, Throttles


class ApprovalPolicy(msgspec.Struct, frozen=True):
    """What the stack says about approvals."""

    default_mode: Mode
    minimum_mode: Mode
    lifetime: timedelta
    starts_per_minute_per_address: int
    conceal: bool


class Draft(msgspec.Struct, frozen=True):
    """A sign-in before it is known whose it is."""

    sign_in_id: str
    verification: Verification
    slot: Slot


@dataclass(frozen=True)
class Asking:
    """Admitting starts, and taking back those that come to nothing."""

    logins: Logins
    slots: Slots
    throttles: Throttles
    together: Together
    policy: ApprovalPolicy
    rng: Random

    def admit(self, login: Login, mode: Mode, network: Network, now: datetime) -> tuple[Draft, str | None]:
        """Count the start, take a slot and look whose login it is, in one step.

        The draft of a sign-in, and the account that it asks for. Raises `UnknownLogin` and, past the limits,
        `SlowDown`; where accounts are concealed there is no account instead (None), but for the limit of the address.

        What is asked of AWS depends on the name and on the address alone, and never on whose the login is (A4).
        """
        per_address = starts_per_address(self.policy.starts_per_minute_per_address)
        self.throttles.recall(per_address, network.counted_as, now)
        draft = self._draft(login, mode, now)
        # In mode `echo` nobody is prompted yet: whoever never sends its code back uses up none of the login's prompts.
        prompts = mode != "echo"
        starts_left, prompts_left, others, known = self.together(
            lambda: _or_refusal(partial(self.throttles.count, per_address, network.counted_as, now)),
            lambda: _or_refusal(partial(self.count_prompt, login.key, now)) if prompts else None,
            lambda: _or_refusal(partial(self.slots.take, login.key, draft.slot, now)),
            lambda: _or_refusal(partial(self.logins.find_for_stranger, login.key)),
        )
        # Draw again where another open sign-in of the login shows the same code (R1.7).
        while not isinstance(others, NodError) and clashes(draft.verification, login.key, others):
            self.slots.release(login.key, draft.slot.text)
            draft = self._draft(login, mode, now)
            others = _or_refusal(partial(self.slots.take, login.key, draft.slot, now))
        possible = (starts_left, _standing(known, now), others, prompts_left)
        refusals = [one for one in possible if isinstance(one, NodError)]
        if not refusals:
            return draft, known.account_id
        # That somebody or something cannot be counted or read now is told to everybody.
        busy = [one for one in refusals if isinstance(one, Crowded | Overloaded)]
        if self.policy.conceal and not busy and not isinstance(starts_left, NodError):
            # Its slot is kept, as that of a real one.
            return draft, None
        with suppress(Overloaded):
            self.take_back(
                login.key,
                None if isinstance(others, NodError) else draft.slot.text,
                now,
                counted=prompts and not isinstance(prompts_left, NodError),
            )
        raise (*busy, *refusals)[0]

    def refusal_of_prompt(self, login: str, now: datetime) -> SlowDown | None:
        """Count one more prompt for a login; the refusal, where it is one too many, or reports hold them back.

        That it cannot be counted or looked up now is raised, as everybody is told so.
        """
        prompts_left, known = self.together(
            lambda: _or_refusal(partial(self.count_prompt, login, now)),
            lambda: self.logins.find_for_stranger(login),
        )
        if isinstance(prompts_left, Crowded | Overloaded):
            raise prompts_left
        return prompts_left or (_held_back(known, now) if known else None)

    def count_prompt(self, login: str, now: datetime) -> None:
        """Somebody is prompted for a login once more; `SlowDown` past the limit."""
        self.throttles.count(PROMPTS_PER_LOGIN, login, now)

    def take_back(self, login: str, slot: str | None, now: datetime, *, counted: bool) -> None:
        """Nobody was prompted: a start that comes to nothing uses up none of the login's prompts and slots."""
        undo = [partial(self.slots.release, login, slot)] if slot else []
        if counted:
            undo.append(partial(self.throttles.uncount, PROMPTS_PER_LOGIN, login, now))
        self.together(*undo)

    def _draft(self, login: Login, mode: Mode, now: datetime) -> Draft:
        sign_in_id = new_identifier(self.rng)
        verification = draw(mode, self.rng)
        expires_at = int((now + self.policy.lifetime).timestamp())
        return Draft(sign_in_id, verification, Slot(sign_in_id, expires_at, code_mark(verification, login.key)))


def _or_refusal(call: Callable[[], Any]) -> Any:
    """What a call gives, or the limit that it has reached, or that AWS refuses it now."""
    try:
        return call()
    except (SlowDown, Overloaded) as refusal:
        return refusal


def _standing(known: KnownLogin | NodError | None, now: datetime) -> NodError | None:
    """Why nobody may be prompted for a login."""
    if isinstance(known, NodError):
        return known
    return UnknownLogin() if known is None else _held_back(known, now)


def _held_back(known: KnownLogin, now: datetime) -> SlowDown | None:
    return SlowDown(retry_after=known.seconds_held(now)) if known.is_held(now) else None
