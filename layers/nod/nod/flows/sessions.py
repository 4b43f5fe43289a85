"""Sessions under the control of a signed-in device: which there are, and ending one (R2.1, R2.2)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from nod.concurrency import Together
from nod.domain.pushes import SessionEnded
from nod.domain.sessions import Session, ShownSession, shown
from nod.domain.sign_in import Approver
from nod.errors import Forbidden, InvalidToken, UnknownSession
from nod.flows.ports import Clock, Connections, Sessions, Sockets
from nod.flows.prompting import Telling


@dataclass(frozen=True)
class SessionControl:
    """Listing and ending the sessions of an account; `eviction_age` as in `Session.may_end`."""

    sessions: Sessions
    connections: Connections
    sockets: Sockets
    telling: Telling
    together: Together
    eviction_age: timedelta
    clock: Clock

    def alive(self, who: Approver) -> Session:
        """The session itself; `InvalidToken` where it was ended or has run out."""
        session = self.sessions.get(who.account_id, who.session_id)
        if session is None or not session.is_alive(self.clock()):
            raise InvalidToken()
        return session

    def listed(self, who: Approver) -> list[ShownSession]:
        """The live sessions of the account, through whichever of its logins, newest first."""
        living = self._living(who)
        return [shown(one, to=who.session_id) for one in sorted(living.values(), key=_age, reverse=True)]

    def end(
        self,
        session_id: str,
        *,
        by: Approver,
        connection_id: str | None = None,
        acknowledge: Callable[[list[str]], object] | None = None,
    ) -> list[str]:
        """End a session: its tokens are refused and its sockets closed at once. The ids of what was ended.

        `connection_id` is the connection that asked; `acknowledge` tells it, so the push to the others leaves it out.
        Raises `UnknownSession` (another account's too, S1) and `Forbidden` for an older session (S4).
        """
        living = self._living(by)
        target = living.get(session_id)
        if target is None:
            raise UnknownSession()
        now = self.clock()
        if not living[by.session_id].may_end(target, now, self.eviction_age):
            raise Forbidden("a session may end an older one only when it has been signed in for long enough itself")
        ended = (
            self.sessions.delete(by.account_id, session_id)
            if session_id == by.session_id
            else self.sessions.end(by.account_id, session_id, by=by.session_id, now=now)
        )
        if not ended:
            raise UnknownSession()
        if acknowledge:
            # Before sockets are closed: the one that asks may be among them.
            acknowledge([session_id])
        self.hang_up(by.account_id, session_id, now, asked_by=connection_id)
        return [session_id]

    def evict(self, account_id: str, session_id: str, now: datetime) -> None:
        """End a session on the service's own behalf; nothing where it has ended already."""
        if self.sessions.delete(account_id, session_id):
            self.hang_up(account_id, session_id, now)

    def hang_up(self, account_id: str, session_id: str, now: datetime, *, asked_by: str | None = None) -> None:
        """Tell the account's connections that a session was ended, and close that session's own."""
        connections = self.connections.of(account_id)
        own = [one for one in connections if one.session_id == session_id]
        frame = SessionEnded(session_id)
        self.telling.tell([(one, frame) for one in connections if one.connection_id != asked_by], now)
        self.together(
            *(partial(self.sockets.close, one.connection_id) for one in own),
            *(partial(self.connections.remove, one.owner, one.connection_id) for one in own),
        )

    def _living(self, who: Approver) -> dict[str, Session]:
        now = self.clock()
        living = {one.session_id: one for one in self.sessions.of_account(who.account_id) if one.is_alive(now)}
        if who.session_id not in living:
            raise InvalidToken("the session was ended")
        return living


def _age(session: Session) -> datetime:
    return session.signed_in_at
