"""A text message lets a phone in: at once, or once a signed-in device has allowed it (R3.3-R3.5, T3, T7)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import msgspec

from nod.concurrency import Together
from nod.domain.accounts import Account
from nod.domain.connections import Connection, approvers_among, waiting_for
from nod.domain.limits import TEXTED_PROMPTS, TEXTED_SIGN_INS
from nod.domain.logins import KnownLogin
from nod.domain.pushes import Push, SignInResolved, closing
from nod.domain.sign_in import Overtaken, SignIn
from nod.domain.status import Verdict
from nod.domain.texts import Message, Outcome
from nod.errors import Cancelled, Expired, IdentifierUsed, NodError, SlowDown, UnknownSignIn
from nod.flows.ports import Connections, Messages, SignIns
from nod.flows.prompting import Prompting

# How long two texts of a new number are under way at once, of which one is let in to the account that the other makes.
AT_ONCE = timedelta(seconds=10)
REASONS: dict[type[NodError], Outcome] = {
    UnknownSignIn: "unknown",
    Expired: "expired",
    Cancelled: "cancelled",
    IdentifierUsed: "used",
    SlowDown: "held_back",
}


class Admitted(msgspec.Struct, frozen=True):
    """What a message made of a sign-in, and the connections that were found on the way (None: not looked for)."""

    outcome: Outcome
    sign_in: SignIn | None
    waiting: list[Connection] | None = None
    approvers: list[Connection] | None = None


@dataclass(frozen=True)
class Admitting:
    """Letting phones in. `asks_approvers`: where the account has an approver online, it must allow (T7)."""

    sign_ins: SignIns
    messages: Messages
    connections: Connections
    prompting: Prompting
    together: Together
    asks_approvers: bool

    def admit(self, message: Message, before: SignIn, number: str, known: KnownLogin | None) -> Admitted:
        """Claim the message and change the sign-in, in one transaction; nobody is told yet.

        Raises `Repeated`, and `Overtaken` or `LoginMoved` where sign-in or number are not as they were found.
        """
        now = message.received_at
        if known and now < known.bound_at <= now + AT_ONCE:
            # Of several texts of a new number that come at once, each is of the account that one of them makes.
            now = known.bound_at
        try:
            after = before.texted(number, known.account_id if known else None, ask=False, now=now)
            approvers = self._to_ask(known, now)
            if approvers and known:
                after = before.texted(number, known.account_id, ask=True, now=now)
            return self._keep(message, before, after, known, approvers)
        except tuple(REASONS) as error:
            return self._refuse(message, before, number, REASONS[type(error)])

    def announce(self, admitted: Admitted, now: datetime) -> Admitted:
        """Tell the waiting phone and the approvers; once more where the first delivery did not come to it."""
        outcome, sign_in = admitted.outcome, admitted.sign_in
        if sign_in is None:
            return admitted
        standing = sign_in.standing(now)
        if outcome == "asked" and standing == "pending":
            return self._ask(admitted, sign_in, now)
        if outcome == "signed_in" and standing == "allowed":
            self._resolve(admitted, sign_in, "allowed", now)
        if outcome == "two_numbers" and standing == "denied":
            self._resolve(admitted, sign_in, "denied", now)
        return admitted

    def _keep(
        self, message: Message, before: SignIn, after: SignIn, known: KnownLogin | None, approvers: list[Connection]
    ) -> Admitted:
        now = message.received_at
        account = None if known else Account(account_id=after.account_id, created_at=now, logins={after.login: now})
        prompt = self.prompting.prompt(after, after.offer) if approvers and after.offer else None
        waiting, _ = self.together(
            partial(self.connections.of, waiting_for(after.sign_in_id)),
            partial(
                self.messages.let_in,
                message,
                before,
                after,
                account=account,
                prompt=prompt,
                limit=TEXTED_PROMPTS if prompt else TEXTED_SIGN_INS,
            ),
        )
        return Admitted("asked" if prompt else "signed_in", after, waiting, approvers)

    def _to_ask(self, known: KnownLogin | None, now: datetime) -> list[Connection]:
        """Who must allow it. `SlowDown` where reports hold prompts back (A12)."""
        if known is None or not self.asks_approvers:
            return []
        approvers = approvers_among(self.connections.of(known.account_id), now)
        if approvers and known.is_held(now):
            raise SlowDown()
        return approvers

    def _refuse(self, message: Message, before: SignIn, number: str, outcome: Outcome) -> Admitted:
        """Nothing comes of the message; where it is the second number with this identifier, of the first's neither."""
        void = before.contested(number, message.received_at)
        if void is None:
            self.messages.claim(message, outcome)
            return Admitted(outcome, before)
        self.messages.void(message, before, void)
        return Admitted("two_numbers", void)

    def _ask(self, admitted: Admitted, sign_in: SignIn, now: datetime) -> Admitted:
        """Prompt the approvers. Where all turn out to be gone, it is as if none had been online.

        A delivery that comes again cannot tell: the first may have prompted somebody, who is gone and comes back.
        """
        is_first, approvers = admitted.approvers is not None, admitted.approvers
        if approvers is None:
            approvers = approvers_among(self.connections.of(sign_in.account_id), now)
        prompt = self.prompting.prompt(sign_in, sign_in.offer) if sign_in.offer else None
        if (prompt and self.prompting.ask(prompt, approvers, now)) or not is_first:
            return admitted
        allowed = sign_in.unasked(now)
        try:
            self.sign_ins.close(sign_in, allowed, now)
        except Overtaken as overtaken:
            return msgspec.structs.replace(admitted, sign_in=overtaken.current)
        self._resolve(admitted, allowed, "allowed", now)
        return msgspec.structs.replace(admitted, outcome="signed_in", sign_in=allowed)

    def _resolve(self, admitted: Admitted, sign_in: SignIn, status: Verdict, now: datetime) -> None:
        waiting = admitted.waiting
        if waiting is None:
            waiting = self.connections.of(waiting_for(sign_in.sign_in_id))
        frames: list[tuple[Connection, Push]] = [(one, SignInResolved(sign_in.sign_in_id, status)) for one in waiting]
        if status == "denied":
            frames += closing(sign_in, status, self.connections.of(sign_in.account_id))
        self.prompting.telling.tell(frames, now)
