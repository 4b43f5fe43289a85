"""NO by text message: somebody who was talked into sending a text takes back what it has led to (T7)."""

from dataclasses import dataclass
from datetime import datetime

from nod.domain.logins import KnownLogin
from nod.domain.sessions import Session
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
    clock: Clock

    def stop(self, number: str, known: KnownLogin | None, asked_at: datetime) -> bool:
        """End the sessions, unbind the logins and drop the password of that time; False where there was nothing.

        Devices that became known are forgotten, as logins are unbound. What was allowed before, and not redeemed yet,
        no longer can be. Doing it once more ends nothing that began since: `asked_at` is when the message first
        arrived.
        """
        account = self.accounts.get(known.account_id) if known else None
        if known is None or account is None:
            return False
        since = undone_since(number, known, account, asked_at)
        if since is None:
            return False
        # First: from now on nothing that was allowed before is redeemed. What is done until then, this sees and undoes.
        stopped_at = self.logins.stop(number, account.account_id, asked_at, self.clock())
        if stopped_at is None:
            return False
        until = stopped_at + SETTLING
        left = self._end_sessions(account.account_id, since, until)
        someone_is_in = any(one.is_alive(self.clock()) for one in left)
        # What they have added up to their end; then no more comes.
        account = self.accounts.get(account.account_id) or account
        if is_password_undone(account, since, until):
            self.passwords.drop(account)
        # Where nobody is left in it, the account stays with the number that says NO rather than with nobody.
        for login in undone_logins(account, since, until):
            self.accounts.release(account, login, someone_is_in=someone_is_in)
        left = self._end_sessions(account.account_id, since, until)
        # A NO that broke off may have ended some, and not come to this.
        dead = [one.session_id for one in undone_sessions(left, since, until)]
        self.control.hang_up_left(account.account_id, dead, self.clock())
        return True

    def _end_sessions(self, account_id: str, since: datetime, until: datetime) -> list[Session]:
        """End them, looking again for what they have let in meanwhile, until there is nothing left.

        The sessions as they are then, alive or not.
        """
        while True:
            sessions, now = self.sessions.of_account(account_id), self.clock()
            living = [one.session_id for one in undone_sessions(sessions, since, until) if one.is_alive(now)]
            if not living:
                return sessions
            for session_id in living:
                self.control.evict(account_id, session_id, self.clock())
