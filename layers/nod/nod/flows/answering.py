"""An approver answers: the first answer decides, the other prompts close, the waiting device is told (R1.4, R1.5)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import msgspec

from nod.concurrency import Together
from nod.domain.connections import Connection
from nod.domain.pushes import Push, SignInResolved, closing
from nod.domain.refusals import wrong_code
from nod.domain.sign_in import Approver, Overtaken, SignIn
from nod.domain.status import Decision, Status, Verdict
from nod.errors import UnknownSignIn
from nod.flows.ports import Clock, Connections, Logins, SignIns
from nod.flows.prompting import Telling


class Answer(msgspec.Struct, frozen=True):
    """What an approver says to a sign-in."""

    sign_in_id: str
    decision: Decision
    code: str | None = None


@dataclass(frozen=True)
class Answering:
    """Deciding sign-ins."""

    sign_ins: SignIns
    logins: Logins
    connections: Connections
    telling: Telling
    together: Together
    clock: Clock

    def answer(
        self,
        answer: Answer,
        *,
        by: Approver,
        connection_id: str | None = None,
        acknowledge: Callable[[Verdict], object] | None = None,
    ) -> Verdict:
        """Decide a sign-in: `allowed` or `denied` (a report too is a denial to approvers).

        `connection_id` is the connection that answers; it is told by `acknowledge`, beside the others. Raises what
        `SignIn.answer` raises, and `InvalidToken` where the approver's session was ended (A9).
        """
        now = self.clock()
        status, sign_in, approvers, waiting = self.together(
            lambda: self._decide(answer, by, now),
            lambda: self.sign_ins.get(answer.sign_in_id),
            lambda: self.connections.of(by.account_id),
            lambda: self.connections.of(answer.sign_in_id),
        )
        shown: Verdict = "allowed" if status == "allowed" else "denied"
        frames: list[tuple[Connection, Push]] = []
        if sign_in:
            frames += closing(sign_in, shown, [one for one in approvers if one.connection_id != connection_id])
        if status != "reported":
            frames += [(one, SignInResolved(answer.sign_in_id, shown)) for one in waiting]
        self.together(
            lambda: self.telling.tell(frames, now),
            lambda: acknowledge(shown) if acknowledge else None,
            lambda: self._settle(sign_in, status, now),
        )
        return shown

    def _decide(self, answer: Answer, by: Approver, now: datetime) -> Status:
        """One write at first sight; where a condition fails, the domain says what to make of the sign-in as it is."""
        try:
            return self.sign_ins.decide(answer.sign_in_id, answer.decision, answer.code, by=by, now=now)
        except Overtaken as overtaken:
            before = overtaken.current
        while before is not None:
            after = before.answer(answer.decision, answer.code, by=by, now=now)
            try:
                self.sign_ins.decide_as(before, after, by=by, now=now)
            except Overtaken as overtaken:
                before = overtaken.current
                continue
            if after.status == "pending":
                raise wrong_code(after.tries_left)
            return after.status
        raise UnknownSignIn()

    def _settle(self, sign_in: SignIn | None, status: Status, now: datetime) -> None:
        """The login's slot is free again; after a report further prompts are held back."""
        if sign_in is None:
            return
        if sign_in.slot:
            self.logins.release(sign_in.login, sign_in.slot)
        if status == "reported":
            self.logins.hold(sign_in.login, now)
