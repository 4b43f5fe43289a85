"""Flow 2, at the gateway: a text message lets a phone in, or binds its number, or says no (R3.2-R3.6).

A message acts in the transaction that claims it, once. What is to be told of it comes after; a delivery that fails
there is completed by the gateway's next one.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import msgspec

from nod.concurrency import Together
from nod.domain.accounts import Account
from nod.domain.connections import Connection, approvers_among
from nod.domain.deliveries import InboundText
from nod.domain.identifiers import fingerprint
from nod.domain.limits import PROMPTS_PER_LOGIN
from nod.domain.logins import KnownLogin, parse_texting_number
from nod.domain.pushes import PromptClosed, SignInResolved
from nod.domain.sign_in import Overtaken, SignIn
from nod.domain.status import Verdict
from nod.domain.texts import LoginMoved, Message, Outcome, Repeated, identifier_in, means_stop
from nod.errors import Cancelled, Expired, IdentifierUsed, LoginTaken, NodError, SlowDown, UnknownSignIn
from nod.flows.ports import Bindings, Clock, Connections, Logins, Messages, SignIns, Throttles
from nod.flows.prompting import Prompting
from nod.flows.replying import Found, Replying

# How long a message is known again; gateways give up delivering long before.
REMEMBERED = timedelta(days=30)
_REASONS: dict[type[NodError], Outcome] = {
    UnknownSignIn: "unknown",
    Expired: "expired",
    Cancelled: "cancelled",
    IdentifierUsed: "used",
    LoginTaken: "login_taken",
}


@dataclass(frozen=True)
class Texting:
    """Acting on text messages. `asks_approvers`: where the account has an approver online, it must allow (T7)."""

    sign_ins: SignIns
    logins: Logins
    bindings: Bindings
    messages: Messages
    throttles: Throttles
    connections: Connections
    prompting: Prompting
    replying: Replying
    together: Together
    asks_approvers: bool
    clock: Clock

    def receive(self, text: InboundText, *, gateway: str, signs_time: bool, replies: bool) -> str | None:
        """Act on a message, and tell its sender what came of it; the text to be told where `replies`, else it is sent.

        `gateway` is whose message id it bears; `signs_time`: the same call cannot come again much later. Raises
        `InvalidRequest` where the sender cannot be a phone that texts (T6). A message that came before does nothing
        again (T4).
        """
        now = self.clock()
        number = parse_texting_number(text.sender)
        message = Message(
            key=fingerprint(f"{gateway}:{text.message_id}"),
            received_at=now,
            forget_at=now + REMEMBERED if signs_time else None,
        )
        identifier = identifier_in(text.text)
        seen, known, sign_in, binding = self.together(
            lambda: self.messages.seen(message.key),
            lambda: self.logins.find(number.key),
            lambda: self.sign_ins.get(identifier) if identifier else None,
            lambda: self.bindings.get(identifier) if identifier else None,
        )
        found = Found(number, text.text, identifier, known, sign_in, binding)
        if seen is None:
            try:
                outcome, found = self._act(message, found, now)
            except Repeated:
                return None
        elif self.messages.resume(message.key, seen, now):
            outcome = seen.outcome
        else:
            return None
        return self.replying.tell(message, outcome, found, now, replies=replies)

    def _act(self, message: Message, found: Found, now: datetime) -> tuple[Outcome, Found]:
        """Claim the message and act, in one transaction; again, where what was found has changed meanwhile."""
        while True:
            try:
                if found.sign_in:
                    return self._let_in(message, found, found.sign_in, now)
                return self._bind_or_refuse(message, found, now), found
            except Overtaken as overtaken:
                found = msgspec.structs.replace(found, sign_in=overtaken.current)
            except LoginMoved:
                found = msgspec.structs.replace(found, known=self.logins.find(found.number.key))

    def _let_in(self, message: Message, found: Found, before: SignIn, now: datetime) -> tuple[Outcome, Found]:
        number, known = found.number.key, found.known
        try:
            after = before.texted(number, known.account_id if known else None, ask=False, now=now)
            approvers = self._approvers(number, known, now)
        except NodError as error:
            return self._refuse_sign_in(message, found, before, error, now), found
        if approvers and known:
            after = before.texted(number, known.account_id, ask=True, now=now)
        account = None if known else Account(account_id=after.account_id, created_at=now, logins={number: now})
        prompt = self.prompting.prompt(after, after.offer) if approvers and after.offer else None
        waiting, _ = self.together(
            partial(self.connections.of, after.sign_in_id),
            partial(self.messages.let_in, message, before, after, account=account, prompt=prompt, now=now),
        )
        found = msgspec.structs.replace(found, sign_in=after)
        if prompt is None:
            self._resolve(after, "allowed", waiting, [], now)
            return "signed_in", found
        if self.prompting.ask(prompt, approvers, now):
            return "asked", found
        return "signed_in" if self._allow_unasked(after, waiting, now) else "asked", found

    def _approvers(self, number: str, known: KnownLogin | None, now: datetime) -> list[Connection]:
        """Who must allow it. `SlowDown` where nobody may be prompted for this number now (A1, A12)."""
        if known is None or not self.asks_approvers:
            return []
        approvers = approvers_among(self.connections.of(known.account_id), now)
        if approvers:
            if known.is_held(now):
                raise SlowDown()
            self.throttles.count(PROMPTS_PER_LOGIN, number, now)
        return approvers

    def _allow_unasked(self, sign_in: SignIn, waiting: list[Connection], now: datetime) -> bool:
        """All approvers turned out to be gone: as if none had been online. False where one answered after all."""
        try:
            self.sign_ins.close(sign_in, sign_in.unasked(now), now)
        except Overtaken:
            return False
        self._resolve(sign_in, "allowed", waiting, [], now)
        return True

    def _refuse_sign_in(
        self, message: Message, found: Found, before: SignIn, error: NodError, now: datetime
    ) -> Outcome:
        """Nothing comes of the message; where it is the second number with this identifier, of the first's neither."""
        void = before.contested(found.number.key, now)
        if void is None:
            return self._refuse(message, _REASONS.get(type(error), "held_back"), now)
        waiting, approvers, _ = self.together(
            partial(self.connections.of, before.sign_in_id),
            partial(self.connections.of, before.account_id),
            partial(self.messages.void, message, before, void, now),
        )
        self._resolve(void, "denied", waiting, approvers, now)
        return "two_numbers"

    def _bind_or_refuse(self, message: Message, found: Found, now: datetime) -> Outcome:
        binding = found.binding
        if binding is None:
            # Even where the words after it could be read as an identifier: of 26 letters, some are.
            if means_stop(found.text):
                return self._refuse(message, "stopped", now)
            return self._refuse(message, "unknown" if found.identifier else "no_identifier", now)
        if binding.login != found.number.key:
            return self._refuse(message, "two_numbers", now)
        try:
            self.messages.bind(message, binding, now)
        except (Expired, LoginTaken) as error:
            return self._refuse(message, _REASONS[type(error)], now)
        return "bound"

    def _refuse(self, message: Message, outcome: Outcome, now: datetime) -> Outcome:
        self.messages.claim(message, outcome, now)
        return outcome

    def _resolve(
        self, sign_in: SignIn, status: Verdict, waiting: list[Connection], account: list[Connection], now: datetime
    ) -> None:
        resolved, closed = SignInResolved(sign_in.sign_in_id, status), PromptClosed(sign_in.sign_in_id, status)
        approvers = [(one, closed) for one in account if one.purpose == "approve"]
        self.prompting.telling.tell([*((one, resolved) for one in waiting), *approvers], now)
