"""Why a sign-in does not go on, as its own device or its approver is told."""

from datetime import timedelta

from nod.domain.status import OpenStatus, Status
from nod.errors import AlreadyRedeemed, Cancelled, Denied, Expired, NodError, NotAnswerable, SlowDown, WrongCode


class StillWaiting(NodError):
    """Not an error to a client: nobody has answered yet. `standing` is started or pending, `interval` in seconds."""

    def __init__(self, standing: OpenStatus, interval: timedelta) -> None:
        """How the sign-in stands, and how often it may be polled."""
        super().__init__()
        self.standing = standing
        self.interval = int(interval.total_seconds())


def refusal_of(standing: Status) -> NodError:
    """What is told where a sign-in stands so that nothing more can be done with it."""
    refusals: dict[Status, type[NodError]] = {
        "denied": Denied,
        "cancelled": Cancelled,
        "expired": Expired,
        "redeemed": AlreadyRedeemed,
    }
    return refusals.get(standing, NotAnswerable)()


def wrong_code(tries_left: int) -> WrongCode:
    """What is told of a wrong code, after it was counted."""
    left = {0: "no try is", 1: "one try is"}.get(tries_left, f"{tries_left} tries are")
    return WrongCode(f"the code is wrong, {left} left")


def too_fast(interval: timedelta) -> SlowDown:
    """What a poll is told that came before its time."""
    seconds = int(interval.total_seconds())
    return SlowDown(f"poll no more often than every {seconds} seconds", retry_after=seconds)
