"""An approver answers: the first answer decides, the other prompts close, the waiting device is told (R1.4, R1.5)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import msgspec

from nod.concurrency import Afterwards, Together
from nod.domain.connections import Connection, waiting_for
from nod.domain.pushes import Push, SignInResolved, closing
from nod.domain.refusals import wrong_code
from nod.domain.sign_in import Approver, Overtaken, SignIn
from nod.domain.status import Decision, Status, Verdict
from nod.errors import UnknownSignIn
from nod.flows.ports import Clock, Connections, Logins, SignIns, Slots
from nod.flows.prompting import Telling
from nod.flows.sessions import SessionControl


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
    slots: Slots
    connections: Connections
    control: SessionControl
    telling: Telling
    together: Together
    afterwards: Afterwards
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

        A report of one that was given up or has run out holds further ones back as well, and changes nothing else.
        `connection_id` is the connection that answers; it is told by `acknowledge`, beside the others. Raises what
        `SignIn.answer` raises, and `InvalidToken` where the approver's session was ended (A9).
        """
        now = self.clock()
        guarded = self.afterwards.guarded
        status, sign_in, approvers, waiting = self.together(
            lambda: self._decide(answer, by, now),
            guarded(lambda: self.sign_ins.get(answer.sign_in_id)),
            guarded(lambda: self.connections.of(by.account_id), []),
            guarded(lambda: self.connections.of(waiting_for(answer.sign_in_id)), []),
        )
        if status in ("cancelled", "expired"):
            self.afterwards(lambda: acknowledge("denied") if acknowledge else None)
            return "denied"
        not_held = self._hold(answer.sign_in_id, sign_in, now) if status == "reported" else None
        shown: Verdict = "allowed" if status == "allowed" else "denied"
        frames: list[tuple[Connection, Push]] = []
        if sign_in:
            frames += closing(sign_in, shown, [one for one in approvers if one.connection_id != connection_id])
        if status != "reported":
            frames += [(one, SignInResolved(answer.sign_in_id, shown)) for one in waiting]
        self.afterwards(
            lambda: self.telling.tell(frames, now),
            lambda: acknowledge(shown) if acknowledge and not not_held else None,
            lambda: self._free(sign_in),
        )
        if not_held:
            raise not_held
        return shown

    def _decide(self, answer: Answer, by: Approver, now: datetime) -> Status:
        """One write at first sight; where a condition fails, the domain says what to make of the sign-in as it is."""
        try:
            return self.sign_ins.decide(answer.sign_in_id, answer.decision, answer.code, by=by, now=now)
        except Overtaken as overtaken:
            before = overtaken.current
        while before is not None:
            if answer.decision == "report" and before.status == "reported" and before.account_id == by.account_id:
                self._hold_if_not_held(before, now)
            if answer.decision == "report" and before.may_be_reported_late(by, now):
                self.control.alive(by)
                self._hold_if_not_held(before, now)
                return before.standing(now)
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

    def _free(self, sign_in: SignIn | None) -> None:
        """The login's slot is free again."""
        if sign_in and sign_in.slot:
            self.slots.release(sign_in.login, sign_in.slot)

    def _hold(self, sign_in_id: str, sign_in: SignIn | None, now: datetime) -> Exception | None:
        """After a report further prompts are held back. The error where that fails: the report is to be repeated."""
        try:
            sign_in = sign_in or self.sign_ins.get(sign_in_id)
            if sign_in:
                self.logins.hold(sign_in.login, now)
        except Exception as error:  # noqa: BLE001 - raised once everybody has been told what was decided.
            return error
        return None

    def _hold_if_not_held(self, sign_in: SignIn, now: datetime) -> None:
        """A report that is repeated, for the first one may not have come to this, or one that comes late."""
        known = self.logins.find(sign_in.login)
        # It may be somebody else's by now.
        asked_at = sign_in.texted_at or sign_in.created_at
        if known and known.is_of(sign_in.account_id, asked_at) and not known.is_held(now):
            self.logins.hold(sign_in.login, now)
