"""NO by text message: somebody who was talked into sending a text takes back what it has led to (T7)."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

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
        no longer can be. Doing it once more ends nothing that began since: `asked_at` is when the message first
        arrived.
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
        someone_is_in = self._undo(account.account_id, number, since, until)
        if number in undone_logins(account, since, until):
            # Last: a NO that breaks off comes again, and is understood only while its number is the account's.
            account = self.accounts.get(account.account_id) or account
            if number in account.logins and not self.accounts.release(account, number, someone_is_in=someone_is_in):
                # Nothing else is left that lets anybody in: then the account is the number's, and nobody else's.
                self._undo(account.account_id, number, account.created_at, until)
        return True

    def _undo(self, account_id: str, number: str, since: datetime, until: datetime) -> bool:
        """Undo what has happened in that time, but for `number`; whether a session is left in which somebody is.

        Looking again until no session has begun since the last look, and none of those lives. While one does, whoever
        has it may go on: so what happens until the last has ended is undone as well, however long that takes.
        """
        seen: set[str] | None = None
        ended: list[str] = []
        while True:
            sessions, now = self.sessions.of_account(account_id), self.clock()
            undone = {one.session_id: one for one in undone_sessions(sessions, since, until)}
            living = [one.session_id for one in undone.values() if one.is_alive(now)]
            if undone.keys() == seen and not living:
                break
            seen = set(undone)
            if living:
                ended += self._end(account_id, living, now)
                until = max(until, self.clock())
            # What they have added up to their end. Whoever gets in by it meanwhile has a session, which is seen then.
            if self._take_away(account_id, number, since, until):
                until = max(until, self.clock())
        self.control.hang_up(account_id, ended, now)
        # A NO that broke off may have ended some, and not come to this.
        self.control.hang_up_left(account_id, undone.keys() - ended, now)
        return any(one.is_alive(now) for one in sessions if one.session_id not in undone)

    def _end(self, account_id: str, living: list[str], now: datetime) -> list[str]:
        done = self.together(*(partial(self.sessions.expire, account_id, one, now) for one in living))
        return [session_id for session_id, was_alive in zip(living, done, strict=True) if was_alive]

    def _take_away(self, account_id: str, number: str, since: datetime, until: datetime) -> bool:
        """Drop the password and unbind the logins of that time, but for `number`; whether there were any."""
        account = self.accounts.get(account_id)
        if account is None:
            return False
        logins = [login for login in undone_logins(account, since, until) if login != number]
        has_password = is_password_undone(account, since, until)
        if has_password:
            self.passwords.drop(account)
        for login in logins:
            self.accounts.release(account, login)
        return has_password or bool(logins)
