"""NO by text message: what has happened to an account since its number was first texted from lately is undone (T7)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from nod.domain.accounts import Account
from nod.domain.logins import KnownLogin
from nod.domain.sessions import Session, below

STOPPABLE_FOR = timedelta(hours=24)
# What begins so soon after NO was begun before it: clocks differ a little, and requests take their time.
SETTLING = timedelta(seconds=2)


def texted_from(known: KnownLogin | None, now: datetime) -> datetime:
    """The time from which NO undoes, once a text has signed in at `now`: not after the first of the last 24 hours.

    Only the first and the last are kept. Where the first is older than that and the last is not, any in between may be
    the first: then it is all of the 24 hours.
    """
    if known is None or known.texted_from is None or known.texted_last is None:
        return now
    if now - known.texted_last >= STOPPABLE_FOR:
        return now
    return max(known.texted_from, now - STOPPABLE_FOR)


def undone_since(number: str, known: KnownLogin, account: Account, asked_at: datetime) -> datetime | None:
    """From when on everything is undone: the number's first sign-in by text lately, or its binding to the account.

    None where neither is younger than 24 hours at `asked_at`, when NO arrived.
    """
    times = []
    # The last may have come since: a NO that is delivered again is as old as it was.
    if known.texted_from and known.texted_last and known.texted_from <= asked_at < known.texted_last + STOPPABLE_FOR:
        times.append(max(known.texted_from, asked_at - STOPPABLE_FOR))
    bound_at = account.logins.get(number)
    if bound_at and bound_at != account.created_at and _is_recent(bound_at, asked_at):
        times.append(bound_at)
    return min(times, default=None)


def undone_sessions(sessions: Sequence[Session], since: datetime, until: datetime) -> list[Session]:
    """The sessions that began in between, however and with whichever login, and all below those, alive or not.

    What a session let in lies below it also where it has ended since.
    """
    began = [one for one in sessions if since <= one.signed_in_at <= until]
    return [*began, *below(sessions, *(one.session_id for one in began))]


def undone_logins(account: Account, since: datetime, until: datetime) -> list[str]:
    """The keys of the logins that were bound in between, and of the devices that became known.

    The login with which the account was made is not among them.
    """
    logins = {login: bound_at for login, bound_at in account.logins.items() if bound_at != account.created_at}
    return [login for login, bound_at in (logins | dict(account.devices)).items() if since <= bound_at <= until]


def is_password_undone(account: Account, since: datetime, until: datetime) -> bool:
    """Whether the password was set in between."""
    return account.password_set_at is not None and since <= account.password_set_at <= until


def _is_recent(time: datetime, asked_at: datetime) -> bool:
    return timedelta(0) <= asked_at - time < STOPPABLE_FOR
