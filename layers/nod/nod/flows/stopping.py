"""NO by text message: somebody who was talked into sending a text takes back what it has led to (T7)."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

import msgspec

from nod.concurrency import Together
from nod.domain.stopping import SETTLING, is_password_undone, undone_logins, undone_sessions, undone_since
from nod.flows.ports import Accounts, Clock, Logins, Passwords, Sessions
from nod.flows.sessions import SessionControl


@dataclass(frozen=True)
class Stopping:
    """Undoing what has happened to an account since its number was first texted from lately."""

    accounts: Accounts
    passwords: Passwords
    logins: Logins
    sessions: Sessions
    control: SessionControl
    together: Together
    clock: Clock

    def stop(self, number: str, asked_at: datetime) -> bool:
        """End the sessions, unbind the logins and drop the password of that time; False where there was nothing.

        Devices that became known are forgotten, as logins are unbound. What was allowed before, and not redeemed yet,
        no longer can be. What breaks off is finished by doing it once more, with the same `asked_at`, when the message
        first arrived: it undoes what has begun since as well, for whoever was in had time to go on.
        """
        # First: from now on nothing that was allowed before is redeemed.
        stopped = self.logins.stop(number, asked_at, self.clock())
        if stopped is None:
            return False
        known, stopped_at = stopped
        account = self.accounts.get(known.account_id)
        since = undone_since(number, known, account, asked_at) if account else None
        if account is None or since is None:
            return False
        until = stopped_at + SETTLING
        undone = self._undo(account.account_id, number, since, until)
        if number in undone_logins(account, since, until):
            # Last: a NO that breaks off comes again, and is understood only while its number is the account's.
            account = self.accounts.get(account.account_id) or account
            if number in account.logins and not self.accounts.release(account, number, or_way_in=not undone.others):
                # Nothing else is left that lets anybody in: then the account is the number's, and nobody else's.
                self.passwords.drop(account)
                undone = self._undo(account.account_id, number, account.created_at, until)
        # Whoever is out by now only hears of it late, however many there are to be told.
        self.control.hang_up(account.account_id, undone.ended, self.clock())
        self.control.hang_up_left(account.account_id, undone.dead - undone.ended, self.clock())
        return True

    def _undo(self, account_id: str, number: str, since: datetime, until: datetime) -> "Undone":
        """Undo what has happened in that time, and goes on to happen until it is over, but for `number`.

        It is over when no session has begun since the last look, and none of those lives: only who has a session or a
        way in can add another, each session leaves a row, and what they had added is taken away between two looks.
        """
        seen: set[str] | None = None
        ended: set[str] = set()
        while True:
            sessions, now = self.sessions.of_account(account_id), self.clock()
            until = max(until, now)
            undone = {one.session_id: one for one in undone_sessions(sessions, since, until)}
            living = [one.session_id for one in undone.values() if one.is_alive(now)]
            if undone.keys() == seen and not living:
                break
            seen = set(undone)
            ended |= self._end(account_id, living, now)
            self._take_away(account_id, number, since, max(until, self.clock()))
        others = any(one.is_alive(now) for one in sessions if one.session_id not in undone)
        return Undone(ended, set(undone), others)

    def _end(self, account_id: str, living: list[str], now: datetime) -> set[str]:
        done = self.together(*(partial(self.sessions.expire, account_id, one, now) for one in living))
        return {session_id for session_id, was_alive in zip(living, done, strict=True) if was_alive}

    def _take_away(self, account_id: str, number: str, since: datetime, until: datetime) -> None:
        """Drop the password and unbind the logins of that time, but for `number`, by which its owner gets in."""
        account = self.accounts.get(account_id)
        if account is None:
            return
        if is_password_undone(account, since, until):
            self.passwords.drop(account)
        for login in undone_logins(account, since, until):
            if login != number:
                self.accounts.release(account, login)


class Undone(msgspec.Struct, frozen=True):
    """What was undone: the sessions that were `ended`, all that are `dead`; and whether `others` live that are not."""

    ended: set[str]
    dead: set[str]
    others: bool
