"""NO by text message: what has happened to an account since its number last let somebody in by text is undone (T7)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from nod.domain.accounts import Account
from nod.domain.logins import login_from_key
from nod.domain.sessions import ENDED, Session, below

STOPPABLE_FOR = timedelta(hours=24)
# What begins so soon after NO was begun before it: clocks differ a little, and requests take their time.
SETTLING = timedelta(seconds=2)


class Stop(msgspec.Struct, frozen=True, kw_only=True):
    """A NO that holds: of which number (its key) and account, when it arrived, and since when it holds (`held_at`).

    `texted_at` is when the number last texted for a sign-in.
    """

    number: str
    account_id: str
    asked_at: datetime
    held_at: datetime
    texted_at: datetime | None = None

    def is_done(self, account: Account) -> bool:
        """Whether all that had happened when it arrived is undone already: by itself, or by another NO since."""
        undone_at = account.undone.get(self.number)
        return undone_at is not None and self.asked_at <= undone_at

    @property
    def until(self) -> datetime:
        """Up to when what has begun was begun before it."""
        return self.held_at + SETTLING

    def since(self, account: Account, sessions: Sequence[Session]) -> datetime | None:
        """From when on everything is undone: the number's first session by text, its last text, or its binding.

        None where none of them is younger than 24 hours, or than what another NO of the number has undone. Of texts the
        sessions tell, alive or not, for the number may have left the account since, and come back; only of one that has
        let nobody in they do not.
        """
        shown = login_from_key(self.number).shown
        by_text = [one for one in sessions if one.method == "phone" and one.login == shown]
        bound_at = account.logins.get(self.number)
        day_ago = self.asked_at - STOPPABLE_FOR
        undone_at = account.undone.get(self.number, day_ago)
        # A session that lives, and a binding that stands, are not undone, whatever their times say.
        left = [one.signed_in_at for one in by_text if one.signed_in_at > undone_at or one.expires_at > ENDED]
        if bound_at and bound_at != account.created_at and bound_at <= self.asked_at:
            left.append(bound_at)
        if self.texted_at and undone_at < self.texted_at <= self.asked_at:
            left.append(self.texted_at)
        return min((time for time in left if day_ago < time <= self.until), default=None)


def undone_lately(account: Account, number: str, at: datetime) -> dict[str, datetime]:
    """What is undone in an account, once a NO of that number has undone all up to `at`; but for what is too old."""
    lately = {one: time for one, time in account.undone.items() if at - time < STOPPABLE_FOR}
    return {**lately, number: max(at, lately.get(number, at))}


def undone_sessions(sessions: Sequence[Session], since: datetime) -> list[Session]:
    """The sessions that began since then, however and with whichever login, and all below those, alive or not.

    What a session let in lies below it also where it has ended since.
    """
    began = [one for one in sessions if one.signed_in_at >= since]
    return [*began, *below(sessions, *(one.session_id for one in began))]


def undone_logins(account: Account, since: datetime) -> list[str]:
    """The keys of the logins that were bound since then, and of the devices that became known.

    The login with which the account was made is not among them.
    """
    logins = {login: bound_at for login, bound_at in account.logins.items() if bound_at != account.created_at}
    return [login for login, bound_at in (logins | dict(account.devices)).items() if bound_at >= since]


def is_password_undone(account: Account, since: datetime) -> bool:
    """Whether the password was set since then."""
    return account.password_set_at is not None and account.password_set_at >= since
