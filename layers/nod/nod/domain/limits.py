"""Limits on asking: how many sign-ins one login may have open, and how long reports hold further ones back."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from nod.domain.sessions import SignInMethod
from nod.domain.status import Method
from nod.errors import SlowDown

OPEN_SIGN_INS_PER_LOGIN = 3
FIRST_HOLD = timedelta(minutes=15)
LONGEST_HOLD = timedelta(hours=24)


class Limit(msgspec.Struct, frozen=True):
    """At most `count` times in a window of `window` (windows are fixed, aligned to the epoch).

    `lasting`: nothing takes a count back, so whoever is past it stays so until the window is over.
    """

    name: str
    count: int
    window: timedelta
    lasting: bool = False

    def window_of(self, now: datetime) -> int:
        """The number of the window that `now` lies in."""
        return int(now.timestamp() // self.window.total_seconds())

    def end_of(self, window: int) -> datetime:
        """When a window is over."""
        return datetime.fromtimestamp((window + 1) * self.window.total_seconds(), tz=EPOCH.tzinfo)

    def exceeded(self, now: datetime) -> SlowDown:
        """The refusal, with the seconds until the next window."""
        left = self.end_of(self.window_of(now)) - now
        return SlowDown(retry_after=max(1, int(left.total_seconds()) + 1))


EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
PROMPTS_PER_LOGIN = Limit("prompts", 10, timedelta(minutes=10))
HAND_OVERS_PER_LOGIN = Limit("hand-overs", 10, timedelta(minutes=10))
PASSWORDS_PER_LOGIN = Limit("passwords", 10, timedelta(minutes=15))
REFUSALS_PER_NUMBER = Limit("refusals", 3, timedelta(hours=1))
BINDINGS_PER_NUMBER = Limit("bound", 60, timedelta(hours=1))
ANSWERS_TO_NO_PER_NUMBER = Limit("answers to no", 3, timedelta(hours=1))
TEXTED_SIGN_INS = Limit("texted", 60, timedelta(hours=1))
TEXTED_PROMPTS = Limit("texted prompts", 10, timedelta(minutes=10))
LOGINS_PER_ACCOUNT = 20
DEVICES_PER_ACCOUNT = 50
MAILS_PER_MAILBOX = Limit("mails", 3, timedelta(hours=1))


def asks_per_login(method: Method) -> Limit:
    """How often a login may be asked for without a success: prompts to approvers, QR codes on open pages."""
    return HAND_OVERS_PER_LOGIN if method == "qr" else PROMPTS_PER_LOGIN


def starts_per_address(count: int) -> Limit:
    """How many sign-ins one IP address may start in a minute."""
    return Limit("starts", count, timedelta(minutes=1), lasting=True)


def passwords_per_address(count: int) -> Limit:
    """How many passwords may be tried, or set for new accounts, from one IP address in a minute."""
    return Limit("passwords from", count, timedelta(minutes=1))


def sessions_per_account(method: SignInMethod, count: int) -> Limit | None:
    """How many sessions an account may get by one method in an hour: somebody has to look through their list.

    None for texts, which are counted by number as they arrive.
    """
    return Limit(f"sessions by {method}", count, timedelta(hours=1)) if method != "phone" else None


def bindings_per_account(count: int) -> Limit:
    """How many logins an account may ask for in an hour: the answer tells which are somebody's."""
    return Limit("bindings", count, timedelta(hours=1))


def tickets_per_session(count: int) -> Limit:
    """How many connections one session may open in ten minutes."""
    return Limit("tickets", count, timedelta(minutes=10))


def mails_from_address(count: int) -> Limit:
    """How many mails may be sent at the wish of one IP address in an hour."""
    return Limit("mails from", count, timedelta(hours=1))


class Slot(msgspec.Struct, frozen=True):
    """The place of an open sign-in among those of its login; `mark` tells their codes apart."""

    sign_in_id: str
    expires_at: int
    mark: str

    @property
    def text(self) -> str:
        """The slot as an element of a string set."""
        return f"{self.expires_at}:{self.sign_in_id}:{self.mark}"


def parse_slot(text: str) -> Slot:
    """Read a slot back."""
    expires_at, sign_in_id, mark = text.split(":")
    return Slot(sign_in_id, int(expires_at), mark)


def stale(slots: Iterable[str], now: datetime) -> set[str]:
    """The slots of sign-ins whose time has run out."""
    return {text for text in slots if parse_slot(text).expires_at <= now.timestamp()}


def hold_length(next_hold: timedelta) -> timedelta:
    """How long a report holds further prompts back: doubled each time, up to a day."""
    return min(next_hold, LONGEST_HOLD)
