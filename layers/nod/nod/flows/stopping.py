"""NO by text message: somebody who was talked into sending a text takes back what it has led to (T7)."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

import msgspec

from nod.concurrency import Together
from nod.domain.accounts import Account
from nod.domain.stopping import Stop, is_password_undone, undone_logins, undone_sessions
from nod.domain.texts import Message
from nod.errors import InvalidToken, LastLogin
from nod.flows.ports import Accounts, Clock, Logins, Messages, Passwords, Sessions
from nod.flows.sessions import SessionControl


@dataclass(frozen=True)
class Stopping:
    """Undoing what has happened to an account since its number was first texted from lately."""

    accounts: Accounts
    passwords: Passwords
    logins: Logins
    messages: Messages
    sessions: Sessions
    control: SessionControl
    together: Together
    clock: Clock

    def stop(self, number: str, message: Message, account_id: str | None) -> bool:
        """End the sessions, unbind the logins and drop the password of that time; False where there was nothing.

        `account_id` is whose the number was when the message arrived, and in no other account is anything undone.
        Devices that became known are forgotten, as logins are unbound. What was allowed before, and not redeemed yet,
        no longer can be. What breaks off is finished by doing it once more: it undoes what has begun since as well, for
        whoever was in had time to go on. Once it was carried out it undoes no more, nor does a NO that came before it.
        """
        # First: from now on nothing that was allowed before is redeemed.
        stop = self.logins.stop(number, account_id, message.received_at, self.clock()) if account_id else None
        account = self.accounts.get(stop.account_id) if stop else None
        if stop is None or account is None:
            self.messages.carried_out(message, "nothing_undone")
            return False
        if stop.is_done(account):
            self.messages.carried_out(message, "undone")
            self.hang_up(account.account_id)
            return True
        since = stop.since(account, self.sessions.of_account(account.account_id))
        if since is None:
            self.messages.carried_out(message, "nothing_undone")
            return False
        undone = self._carry_out(message, stop, account, since)
        # Whoever is out by now only hears of it late, however many there are to be told.
        self.control.hang_up(account.account_id, undone.ended, self.clock())
        self.control.hang_up_left(account.account_id, undone.dead - undone.ended, self.clock())
        return True

    def hang_up(self, account_id: str) -> None:
        """Close what connections the dead sessions of an account have still: whoever ended them did not come to it."""
        sessions, now = self.sessions.of_account(account_id), self.clock()
        self.control.hang_up_left(account_id, {one.session_id for one in sessions if not one.is_alive(now)}, now)

    def _carry_out(self, message: Message, stop: Stop, account: Account, since: datetime) -> "Undone":
        """Undo everything, and keep that this was done. The number goes last, in that very write, where it is to go.

        A NO that breaks off before is carried out once more; one that breaks off afterwards has done all but hang up.
        """
        number = stop.number
        while True:
            undone = self._undo(stop, since)
            account = self.accounts.get(account.account_id) or account
            if number not in undone_logins(account, since):
                self.messages.undone(message, account, number, undone.at)
                return undone
            try:
                now = self.clock()
                self.messages.undone_with(message, account, number, undone.at, beside=undone.beside, now=now)
            except InvalidToken:
                # Whoever was to stay in has just left.
                continue
            except LastLogin:
                # Nothing else is left that lets anybody in: then the account is the number's, and nobody else's.
                self.passwords.drop(account)
                undone = self._undo(stop, account.created_at)
                self.messages.undone(message, account, number, undone.at)
            return undone

    def _undo(self, stop: Stop, since: datetime) -> "Undone":
        """Undo what has happened since then, and goes on to happen until it is over, but for the number itself.

        It is over when no session has begun since the last look, and none of those lives: only who has a session or a
        way in can add another, each session leaves a row, and what they had added is taken away between two looks.
        """
        account_id = stop.account_id
        seen: set[str] | None = None
        ended: set[str] = set()
        while True:
            now = self.clock()
            sessions = self.sessions.of_account(account_id)
            undone = {one.session_id: one for one in undone_sessions(sessions, since)}
            living = [one.session_id for one in undone.values() if one.is_alive(now)]
            if undone.keys() == seen and not living:
                break
            seen = set(undone)
            ended |= self._end(account_id, living, now)
            self._take_away(stop, since)
        staying = [one.session_id for one in sessions if one.is_alive(now) and one.session_id not in undone]
        return Undone(ended, set(undone), staying[0] if staying else None, now)

    def _end(self, account_id: str, living: list[str], now: datetime) -> set[str]:
        done = self.together(*(partial(self.sessions.expire, account_id, one, now) for one in living))
        return {session_id for session_id, was_alive in zip(living, done, strict=True) if was_alive}

    def _take_away(self, stop: Stop, since: datetime) -> None:
        """Drop the password and unbind the logins since then, but for the number, by which its owner gets in."""
        account = self.accounts.get(stop.account_id)
        if account is None:
            return
        if is_password_undone(account, since):
            self.passwords.drop(account)
        for login in undone_logins(account, since):
            if login != stop.number:
                self.accounts.release(account, login)


class Undone(msgspec.Struct, frozen=True):
    """What was undone, up to `at`: the sessions that were `ended`, all that are `dead`; `beside` is one that stays."""

    ended: set[str]
    dead: set[str]
    beside: str | None
    at: datetime
