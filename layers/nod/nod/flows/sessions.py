"""Sessions under the control of a signed-in device: which there are, and ending one (R2.1, R2.2)."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from nod.concurrency import Afterwards, Together
from nod.domain.connections import Connection
from nod.domain.pushes import SessionEnded
from nod.domain.sessions import Session, ShownSession, below, listed_among, shown
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
    afterwards: Afterwards
    eviction_age: timedelta
    clock: Clock

    def alive(self, who: Approver) -> Session:
        """The session itself; `InvalidToken` where it was ended or has run out."""
        session = self.sessions.get(who.account_id, who.session_id)
        if session is None or not session.is_alive(self.clock()):
            raise InvalidToken()
        return session

    def listed(self, who: Approver) -> list[ShownSession]:
        """The live sessions of the account, through whichever of its logins, as `listed_among` has them."""
        listed = listed_among(self.sessions.of_account(who.account_id), self.clock(), to=who.session_id)
        if not any(one.session_id == who.session_id for one in listed):
            raise InvalidToken("the session was ended")
        return [shown(one, to=who.session_id) for one in listed]

    def end(
        self,
        session_id: str,
        *,
        by: Approver,
        and_let_in: bool = False,
        connection_id: str | None = None,
        acknowledge: Callable[[list[str]], object] | None = None,
    ) -> list[str]:
        """End a session: its tokens are refused and its sockets closed at once. The ids of what was ended.

        With `and_let_in` also all below it, as `below` has them; what is left there of one that has ended already, too.
        `connection_id` is the connection that asked; `acknowledge` tells it, so the push to the others leaves it out.
        Raises `UnknownSession` (another account's too, S1), `Forbidden` for an older session (S4), and `InvalidToken`
        where the session that asks has been ended: of those below, some may have ended before it.
        """
        ended: list[str] = []
        try:
            if and_let_in:
                ended = self._end_all(session_id, by, ended)
            else:
                self._end_one(session_id, by, ended)
        except Exception as error:
            # Others must not take for alive what has ended; the one that asked is not told by its reply.
            self.afterwards(partial(self.hang_up, by.account_id, ended, self.clock()))
            if isinstance(error, InvalidToken) and session_id == by.session_id:
                # It has ended, perhaps by having asked before, and that may not have come to hanging up.
                self.afterwards(partial(self._hang_up_below, by))
            raise
        if acknowledge:
            # Before sockets are closed: the one that asks may be among them.
            acknowledge(ended)
        self.hang_up(by.account_id, ended, self.clock(), asked_by=connection_id)
        return ended

    def evict(self, account_id: str, session_id: str, now: datetime) -> None:
        """End a session, seen alive just now, on the service's own behalf."""
        # Refused means that it is dead: by this very write too, whose answer was lost, and then nobody has hung up.
        hang_up = self.hang_up if self.sessions.expire(account_id, session_id, now) else self.hang_up_left
        self.afterwards(partial(hang_up, account_id, [session_id], now))

    def hang_up_left(self, account_id: str, dead: Collection[str], now: datetime) -> None:
        """Close what connections sessions still have that ended before: whoever ended them may not have come to it."""
        connections = self.connections.of(account_id) if dead else []
        self._part_from([one for one in connections if one.session_id in dead], now)

    def hang_up(self, account_id: str, ended: Collection[str], now: datetime, *, asked_by: str | None = None) -> None:
        """Close the connections of sessions that were ended, each told of its own end, then tell the account's others.

        In this order: however many there are to be told, what has ended hears nothing more. Where they cannot be looked
        up that is an error: to be asked once more, when `hang_up_left` finds them.
        """
        connections = self.connections.of(account_id) if ended else []
        self._part_from([one for one in connections if one.session_id in ended], now, asked_by=asked_by)
        others = [one for one in connections if one.session_id not in ended and one.connection_id != asked_by]
        news = [(one, SessionEnded(session_id)) for session_id in ended for one in others]
        self.afterwards(partial(self.telling.tell, news, now))

    def _part_from(self, connections: list[Connection], now: datetime, *, asked_by: str | None = None) -> None:
        """Tell connections that their session has ended, but for the one that asked for it, and close them.

        Each is done with before another is begun: where there are more than one request can close, the next has fewer.
        """

        def part_from(one: Connection) -> None:
            if one.connection_id != asked_by:
                self.telling.tell([(one, SessionEnded(one.session_id or ""))], now)
            self.sockets.close(one.connection_id)
            self.connections.remove(one.owner, one.connection_id)

        self.afterwards(*(partial(part_from, one) for one in connections))

    def _hang_up_below(self, who: Approver) -> None:
        """Close what a dead session has left open, and what the dead of those have that it let in."""
        sessions, now = self.sessions.of_account(who.account_id), self.clock()
        dead = [one.session_id for one in below(sessions, who.session_id) if not one.is_alive(now)]
        self.hang_up_left(who.account_id, [who.session_id, *dead], now)

    def _end_one(self, session_id: str, by: Approver, ended: list[str]) -> None:
        while True:
            # Not the list of all: however many there are, each can be ended.
            caller, target = self.together(
                lambda: self.sessions.get(by.account_id, by.session_id),
                lambda: self.sessions.get(by.account_id, session_id),
            )
            now = self.clock()
            if caller is None or not caller.is_alive(now):
                raise InvalidToken("the session was ended")
            if target is None:
                raise UnknownSession()
            if not target.is_alive(now):
                break
            self._require_may_end(caller, target)
            if self._end_for(by, session_id, ended):
                return
        # Dead: for long, by somebody else just now, or by this very write, whose answer was lost.
        self.afterwards(partial(self.hang_up_left, by.account_id, [session_id], now))
        raise UnknownSession()

    def _end_all(self, session_id: str, by: Approver, ended: list[str]) -> list[str]:
        """End a session and all below it; the ids as the tree has them. `ended` gets each as soon as it has ended.

        From the top down, looking again until nothing there is alive: what redeems meanwhile was let in by one that
        was alive until then, so it is found. The session that asks comes last, for it must be alive for the others to
        be ended; what it has let in up to its end is ended after it.
        """
        tree = self._tree(session_id, by)
        while living := [one.session_id for one in tree if one.is_alive(self.clock())]:
            for one in [other for other in living if other != by.session_id] or living:
                self._end_for(by, one, ended)
            tree = self._tree(session_id, by, ended)
        # Those of an attempt that broke off may have been left open.
        dead = {one.session_id for one in tree} - set(ended)
        self.hang_up_left(by.account_id, dead, self.clock())
        if not ended:
            raise UnknownSession()
        return [one.session_id for one in tree if one.session_id in ended]

    def _tree(self, session_id: str, by: Approver, ended: Collection[str] = ()) -> list[Session]:
        """A session and all below it, alive or not. Session `by` must live, unless it is among `ended`."""
        now = self.clock()
        sessions = {one.session_id: one for one in self.sessions.of_account(by.account_id)}
        caller, target = sessions.get(by.session_id), sessions.get(session_id)
        if caller is None or not (caller.is_alive(now) or by.session_id in ended):
            raise InvalidToken("the session was ended")
        if target is None:
            raise UnknownSession()
        self._require_may_end(caller, target)
        return [target, *below(sessions.values(), session_id)]

    def _require_may_end(self, caller: Session, target: Session) -> None:
        if not caller.may_end(target, self.clock(), self.eviction_age):
            raise Forbidden("a session may end an older one only when it has been signed in for long enough itself")

    def _end_for(self, by: Approver, session_id: str, ended: list[str]) -> bool:
        """End one session on behalf of `by`, which must live, unless it is `session_id` or among `ended`."""
        now = self.clock()
        done = (
            self.sessions.expire(by.account_id, session_id, now)
            if by.session_id in {session_id, *ended}
            else self.sessions.end(by.account_id, session_id, by=by.session_id, now=now)
        )
        if done:
            ended.append(session_id)
        return done
