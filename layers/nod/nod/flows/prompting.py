"""Bringing a prompt to the approvers, and telling connections what happened."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import msgspec

from nod.concurrency import Afterwards, Together
from nod.domain.connections import ApproverPolicy, Connection, approvers_among, heard_among, in_order_of_asking
from nod.domain.prompts import NOBODY, Prompt, prompt_for
from nod.domain.pushes import Push, prompt_push, session_started
from nod.domain.sessions import Session
from nod.domain.sign_in import SignIn
from nod.domain.verification import ShownVerification
from nod.flows.ports import Connections, Prompts, Sockets


@dataclass(frozen=True)
class Telling:
    """Posts frames side by side and forgets the connections that turn out to be gone."""

    connections: Connections
    sockets: Sockets
    together: Together
    afterwards: Afterwards

    def tell(self, frames: Sequence[tuple[Connection, Push]], now: datetime) -> bool:
        """Post each frame to its connection, where that is heard; whether any was reached, or is about to be open."""
        named = {to.connection_id: to for to, _ in frames}
        heard = {one.connection_id for one in heard_among(named.values(), now)}
        listed = [(to, push) for to, push in frames if to.connection_id in heard]
        sent = self.together(*(partial(self.sockets.post, to.connection_id, push) for to, push in listed))
        gone = [connection for (connection, _), reached in zip(listed, sent, strict=True) if not reached]
        dead = [connection for connection in gone if not connection.is_opening(now)]
        self.afterwards(*(partial(self.connections.remove, one.owner, one.connection_id) for one in dead))
        return len(dead) < len(listed)

    def tell_of_new_session(self, session: Session, connections: Iterable[Connection], now: datetime) -> None:
        """Tell the account's other sessions that there is a new one (T7)."""
        told = [one for one in connections if one.session_id]
        self.tell([(one, session_started(session, to=one.session_id or "")) for one in told], now)


@dataclass(frozen=True)
class Prompting:
    """Asks the approvers that the policy names (R1.5).

    `conceal`: post to a connection that does not exist where there is none, so that both take the same calls (A4).
    """

    prompts: Prompts
    sockets: Sockets
    telling: Telling
    together: Together
    policy: ApproverPolicy
    conceal: bool

    @property
    def _first_address(self) -> str | None:
        """To whom a prompt is addressed before its approver was picked: everybody, or nobody yet."""
        return None if self.policy == "all" else NOBODY

    def prompt(self, sign_in: SignIn, verification: ShownVerification) -> Prompt:
        """The prompt of a sign-in, before it is known who is asked."""
        return msgspec.structs.replace(prompt_for(sign_in, verification), addressed_to=self._first_address)

    def ask(self, prompt: Prompt, connections: list[Connection], now: datetime) -> bool:
        """Post the prompt; whether an approver was reached. A policy that picks one picks again where one is gone."""
        approvers = approvers_among(connections, now)
        if not approvers and self.conceal:
            approvers = [_phantom(prompt, now)]
        last_active = self._activity(approvers)
        for group in in_order_of_asking(approvers, self.policy, sign_in_id=prompt.sign_in_id, last_active=last_active):
            if self._ask_group(prompt, group, now):
                return True
        return False

    def _ask_group(self, prompt: Prompt, group: list[Connection], now: datetime) -> bool:
        push = prompt_push(prompt)

        def post() -> bool:
            return self.telling.tell([(one, push) for one in group], now)

        chosen = group[0].session_id
        if self.policy == "all" or chosen is None:
            return post()
        reached, _ = self.together(post, lambda: self.prompts.address(prompt, chosen))
        return bool(reached)

    def _activity(self, approvers: list[Connection]) -> dict[str, datetime]:
        if self.policy != "active":
            return {}
        ids = [one.connection_id for one in approvers]
        times = self.together(*(partial(self.sockets.last_active, connection_id) for connection_id in ids))
        return {connection_id: time for connection_id, time in zip(ids, times, strict=True) if time}


# Of the form that API Gateway gives, so that it answers "gone" as it does for any other.
NO_CONNECTION = "AAAAAAAAAAAAAAA="


def _phantom(prompt: Prompt, now: datetime) -> Connection:
    # It has a session that is nobody's, so that a policy which picks one addresses the prompt as well.
    return Connection(
        owner=prompt.account_id,
        connection_id=NO_CONNECTION,
        purpose="approve",
        ip="",
        connected_at=now,
        session_id=NOBODY,
    )
