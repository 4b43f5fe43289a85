"""Flow 1: a device with only a login asks the signed-in devices of that account to let it in (R1.1-R1.7)."""

from dataclasses import dataclass
from datetime import datetime
from random import Random

import msgspec

from nod.concurrency import Together
from nod.domain.connections import Connection, approvers_among
from nod.domain.device import Device, Network
from nod.domain.identifiers import new_identifier
from nod.domain.logins import parse_login
from nod.domain.prompts import Prompt
from nod.domain.refusals import wrong_code
from nod.domain.sign_in import Overtaken, SignIn
from nod.domain.starting import start
from nod.domain.text import require_readable
from nod.domain.verification import Mode, Verification, effective_mode
from nod.errors import NoApproverOnline, NotAnswerable, UnknownSignIn
from nod.flows.asking import ApprovalPolicy, Asking
from nod.flows.ports import Clock, Connections, SignIns
from nod.flows.prompting import Prompting
from nod.flows.starting import Started, waiter_for


class Asked(msgspec.Struct, frozen=True):
    """What the requesting device asks for."""

    login: str
    challenge: str
    device: Device
    mode: Mode | None = None
    message: str | None = None


@dataclass(frozen=True)
class Approval:
    """Starting an approval sign-in and confirming its `echo` code."""

    asking: Asking
    sign_ins: SignIns
    connections: Connections
    prompting: Prompting
    together: Together
    policy: ApprovalPolicy
    clock: Clock
    rng: Random

    def start(self, asked: Asked, network: Network) -> Started:
        """Start a sign-in and prompt the approvers.

        Raises `UnknownLogin`, `NoApproverOnline` and, past the limits, `SlowDown`. Where accounts are concealed these
        answer as a real start does: with a sign-in of an account that does not exist, which nobody can answer (A4).
        """
        now = self.clock()
        login = parse_login(asked.login)
        device = asked.device.cleaned()
        message = require_readable(asked.message, "message") if asked.message is not None else None
        mode = effective_mode(asked.mode, default=self.policy.default_mode, minimum=self.policy.minimum_mode)
        draft, account_id = self.asking.admit(login, mode, network, now)
        sign_in = start(
            sign_in_id=draft.sign_in_id,
            method="approval",
            login=login.key,
            account_id=account_id or new_identifier(self.rng),
            challenge=asked.challenge,
            device=device,
            network=network,
            message=message,
            verification=draft.verification,
            slot=draft.slot.text,
            now=now,
            lifetime=self.policy.lifetime,
        )
        return self._open(sign_in, draft.verification, now)

    def confirm(self, sign_in_id: str, code: str) -> None:
        """The requesting device sends its `echo` code back; only now are the approvers prompted.

        Where it sends it again, because it has not heard of the first time, they are prompted again: the first request
        may not have come to that. It counts as one more prompt for the login (`SlowDown` past the limit).

        Raises `UnknownSignIn`, `WrongCode` (three tries, then denied), `SlowDown` where reports hold prompts back by
        now (A12), or why the sign-in is past confirming.
        """
        now = self.clock()
        before = self.sign_ins.get(sign_in_id)
        if before is None:
            raise UnknownSignIn()
        after = before.confirm(code, now)
        is_again = after is before
        if after.status == "pending":
            after = self._counted(after, now)
        if is_again:
            self._ask_again(after, code, now)
            return
        prompt = self.prompting.prompt(after, Verification("echo", code).shown) if after.status == "pending" else None
        connections = self._keep_confirmed(before, after, prompt, now)
        if prompt is None:
            if after.status == "denied" and after.slot:
                self.asking.slots.release(after.login, after.slot)
            raise wrong_code(after.tries_left)
        if not self.prompting.ask(prompt, connections, now):
            self._nobody_there(after, now)

    def _counted(self, sign_in: SignIn, now: datetime) -> SignIn:
        """One more prompt for the login. `SlowDown` past the limit, and where reports hold back what began before.

        Concealed, it is nobody's then, as in a start.
        """
        refusal = self.asking.refusal_of_prompt(sign_in.login, now)
        if refusal is None:
            return sign_in
        if not self.policy.conceal:
            raise refusal
        return msgspec.structs.replace(sign_in, account_id=new_identifier(self.rng))

    def _ask_again(self, sign_in: SignIn, code: str, now: datetime) -> None:
        connections = self.connections.of(sign_in.account_id)
        self.prompting.ask(self.prompting.prompt(sign_in, Verification("echo", code).shown), connections, now)

    def _open(self, sign_in: SignIn, verification: Verification, now: datetime) -> Started:
        """Keep the sign-in beside finding the approvers, then ask them."""
        secret, waiter = waiter_for(sign_in, self.rng)
        prompt = self.prompting.prompt(sign_in, verification.shown) if sign_in.status == "pending" else None
        connections, _ = self.together(
            lambda: self.connections.of(sign_in.account_id),
            lambda: self.sign_ins.open(sign_in, prompt, waiter),
        )
        reached = self.prompting.ask(prompt, connections, now) if prompt else bool(approvers_among(connections, now))
        if not reached:
            self._nobody_there(sign_in, now)
        return Started(sign_in, verification, secret)

    def _nobody_there(self, sign_in: SignIn, now: datetime) -> None:
        """Take the sign-in back and say so, unless that is concealed or somebody answered after all."""
        if self.policy.conceal:
            return
        try:
            self.sign_ins.close(sign_in, sign_in.withdraw(), now)
        except Overtaken:
            return
        self.asking.take_back(sign_in.login, sign_in.slot, now, counted=sign_in.status == "pending")
        raise NoApproverOnline()

    def _keep_confirmed(self, before: SignIn, after: SignIn, prompt: Prompt | None, now: datetime) -> list[Connection]:
        """Keep what the code made of the sign-in, beside finding the approvers."""
        try:
            connections, _ = self.together(
                lambda: self.connections.of(after.account_id),
                lambda: self.sign_ins.keep(before, after, prompt, now),
            )
        except Overtaken:
            raise NotAnswerable("the sign-in was confirmed or cancelled at the same time") from None
        found: list[Connection] = connections
        return found
