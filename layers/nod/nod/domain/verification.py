"""Verification between the two screens: proof that the person who allows holds the device that asks (R1.7)."""

from collections.abc import Collection
from random import Random
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from nod.domain.identifiers import fingerprint

Mode = Annotated[
    Literal["none", "compare", "echo", "choose", "enter"],
    Meta(
        title="Mode",
        description="How the two screens are tied together, weakest first: `none`; `compare`, both show the same code;"
        " `echo`, the new device sends its code back before anybody is asked; `choose`, the approver picks, of three"
        " numbers, the one that the new device shows; `enter`, the approver types its code.",
    ),
]
WEAKEST_TO_STRONGEST: tuple[Mode, ...] = ("none", "compare", "echo", "choose", "enter")

# How often a code may be tried before the sign-in is denied (contract: `choose` one pick, `echo` and `enter` three).
TRIES: dict[Mode, int] = {"none": 1, "compare": 1, "echo": 3, "choose": 1, "enter": 3}
CHOICES_SHOWN = 3


class ShownVerification(msgspec.Struct, frozen=True, omit_defaults=True):
    """The verification part of a prompt; in mode `enter` the approver types what the new device shows."""

    mode: Mode
    code: Annotated[str | None, Meta(description="In modes `compare` and `echo`: what the new device shows too.")] = (
        None
    )
    choices: Annotated[
        tuple[str, ...], Meta(description="In mode `choose`: three numbers, one of which the new device shows.")
    ] = ()


class Verification(msgspec.Struct, frozen=True):
    """What is drawn for one sign-in: the code, and for `choose` the numbers among which it is offered."""

    mode: Mode
    code: str | None = None
    choices: tuple[str, ...] = ()

    @property
    def asks_approver(self) -> bool:
        """Whether the approver must hand the code over, which transfers it instead of merely comparing it."""
        return self.mode in ("choose", "enter")

    @property
    def shown(self) -> ShownVerification:
        """What the approver may see of it: in the modes that ask for the code, nothing that marks it."""
        shows_code = self.mode in ("compare", "echo")
        return ShownVerification(self.mode, self.code if shows_code else None, self.choices)


def effective_mode(requested: Mode | None, *, default: Mode, minimum: Mode) -> Mode:
    """The mode asked for (or the stack's default), raised to the stack's minimum (A3: no downgrade)."""
    return max(requested or default, minimum, key=WEAKEST_TO_STRONGEST.index)


def draw(mode: Mode, rng: Random, *, apart_from: Collection[str] = ()) -> Verification:
    """Draw a code: two digits for `choose`, six for the other modes, none for `none`.

    `apart_from`: numbers that other prompts offer to the same person, of which none is offered again (R1.7).
    """
    if mode == "none":
        return Verification(mode)
    if mode == "choose":
        free = [number for number in map(str, range(10, 100)) if number not in apart_from]
        choices = tuple(rng.sample(free if len(free) >= CHOICES_SHOWN else list(apart_from), CHOICES_SHOWN))
        return Verification(mode, rng.choice(choices), choices)
    return Verification(mode, f"{rng.randrange(1_000_000):06d}")


def code_hash(sign_in_id: str, code: str) -> str:
    """What is stored of a code. It keeps codes out of tables and dumps; what stops guessing is the count of tries."""
    return fingerprint(f"{sign_in_id}:{code}")


def clashes(verification: Verification, login: str, marks: Collection[str]) -> bool:
    """Whether an open sign-in for the same login shows the same code, so that the two could not be told apart."""
    return verification.code is not None and code_mark(verification, login) in marks


def code_mark(verification: Verification, login: str) -> str:
    """A short mark by which open sign-ins for one login compare their codes."""
    return fingerprint(f"{login}:{verification.mode}:{verification.code}")[:12] if verification.code else "-"
