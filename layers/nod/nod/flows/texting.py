"""Flow 2, at the gateway: a text message lets a phone in, or binds its number, or says no (R3.2-R3.6).

A message acts in the transaction that claims it, once. Who is to be told of it is told afterwards; a delivery that
fails there is completed by the gateway's next one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from nod.concurrency import Together
from nod.domain.bindings import Binding
from nod.domain.deliveries import InboundText
from nod.domain.identifiers import fingerprint
from nod.domain.limits import BINDINGS_PER_NUMBER
from nod.domain.logins import KnownLogin, Login, parse_texting_number
from nod.domain.sign_in import Overtaken, SignIn
from nod.domain.texts import LoginMoved, Message, Outcome, Repeated, SeenMessage, identifier_in, means_stop
from nod.errors import AccountFull, Expired, LoginTaken, SlowDown, TryAgain
from nod.flows.admitting import Admitted, Admitting
from nod.flows.ports import Bindings, Clock, Logins, Messages, SignIns
from nod.flows.replying import Replying
from nod.flows.stopping import Stopping

# How long a message is known again; gateways give up delivering long before.
REMEMBERED = timedelta(days=30)
# A delivery that meets another of the same message at work waits for it: ten times a tenth of a second.
LOOKS, PAUSE_SECONDS = 10, 0.1


class Found(msgspec.Struct, frozen=True):
    """What stands in the tables about a message when it arrives."""

    seen: SeenMessage | None
    known: KnownLogin | None
    sign_in: SignIn | None
    binding: Binding | None


@dataclass(frozen=True)
class Texting:
    """Acting on text messages. `pause` waits for so many seconds."""

    sign_ins: SignIns
    logins: Logins
    bindings: Bindings
    messages: Messages
    admitting: Admitting
    replying: Replying
    stopping: Stopping
    together: Together
    clock: Clock
    pause: Callable[[float], object]

    def receive(self, text: InboundText, *, gateway: str, signs_time: bool, replies: bool) -> str | None:
        """Act on a message, and tell its sender what came of it; the text to be told where `replies`, else it is sent.

        `gateway` is whose message id it bears; `signs_time`: the same call cannot come again much later. A message that
        came before does nothing again (T4). Raises `InvalidRequest` where the sender cannot be a phone that texts (T6),
        and `TryAgain` while another delivery of the message is at work.
        """
        number = parse_texting_number(text.sender)
        now = self.clock()
        message = Message(
            key=fingerprint(f"{gateway}:{text.message_id}"),
            received_at=now,
            forget_at=now + REMEMBERED if signs_time else None,
        )
        says_no = means_stop(text.text)
        identifier = None if says_no else identifier_in(text.text)
        found = self._find(message, number, identifier)
        try:
            admitted = self._act(message, found, number, "stopped" if says_no else _unknown(identifier))
        except Repeated:
            seen = found.seen or self.messages.seen(message.key)
            return self._repeat(message, seen, number, identifier, replies=replies) if seen else None
        about = found.known.account_id if found.known else None
        return self._tell(message, admitted, number, about, replies=replies)

    def _repeat(
        self, message: Message, seen: SeenMessage, number: Login, identifier: str | None, *, replies: bool
    ) -> str | None:
        """Tell what the delivery before did not come to; nothing where it did, or what it brought was taken back."""
        if not self._takes_over(message.key, seen):
            return None
        message = msgspec.structs.replace(message, received_at=seen.received_at)
        found = self._find(message, number, identifier)
        if _is_taken_back(seen, found):
            self.messages.finish(message.key)
            return None
        admitted = Admitted(seen.outcome, found.sign_in)
        return self._tell(message, admitted, number, seen.account_id, replies=replies, is_repeated=True)

    def _find(self, message: Message, number: Login, identifier: str | None) -> Found:
        seen, known, sign_in, binding = self.together(
            lambda: self.messages.seen(message.key),
            lambda: self.logins.find(number.key),
            lambda: self.sign_ins.get(identifier) if identifier else None,
            lambda: self.bindings.get(identifier) if identifier else None,
        )
        return Found(seen, known, sign_in, binding)

    def _act(self, message: Message, found: Found, number: Login, otherwise: Outcome) -> Admitted:
        """Claim the message and act, in one transaction; again, where what was found has changed meanwhile.

        `Repeated` where it was claimed before.
        """
        if found.seen:
            raise Repeated()
        sign_in, known = found.sign_in, found.known
        while True:
            try:
                # First: we drew its identifier, so that a sign-in of the same one is somebody's who has seen it.
                if found.binding:
                    return Admitted(self._bind(message, found.binding, number), None)
                if sign_in:
                    return self.admitting.admit(message, sign_in, number.key, known)
                about = known.account_id if known and otherwise == "stopped" else None
                self.messages.claim(message, otherwise, about)
                return Admitted(otherwise, None)
            except Overtaken as overtaken:
                sign_in = overtaken.current
            except LoginMoved:
                known = self.logins.find(number.key)

    def _bind(self, message: Message, binding: Binding, number: Login) -> Outcome:
        outcome: Outcome = "used" if binding.done else "other_number"
        if binding.login == number.key and not binding.done:
            try:
                self.messages.bind(message, binding, BINDINGS_PER_NUMBER)
                return "bound"
            except Expired:
                outcome = "expired"
            except LoginTaken:
                outcome = "login_taken"
            except AccountFull:
                outcome = "account_full"
            except SlowDown:
                outcome = "held_back"
        self.messages.claim(message, outcome)
        return outcome

    def _takes_over(self, key: str, seen: SeenMessage) -> bool:
        """Whether this delivery is to tell what came of the message. It waits for one that is at it."""
        for _ in range(LOOKS):
            if seen.work_until is None:
                return False
            if self.messages.resume(key, seen, self.clock()):
                return True
            self.pause(PAUSE_SECONDS)
            seen = self.messages.seen(key) or seen
        raise TryAgain(retry_after=30)

    def _tell(
        self,
        message: Message,
        admitted: Admitted,
        number: Login,
        about: str | None,
        *,
        replies: bool,
        is_repeated: bool = False,
    ) -> str | None:
        """Tell everybody. Where that fails, the gateway's next delivery is to try again: it `is_repeated`.

        `about` is the account that a NO is about.
        """
        now: datetime = self.clock()
        try:
            if admitted.outcome == "stopped":
                done = self.stopping.stop(number.key, message, about)
                admitted = Admitted("undone" if done else "nothing_undone", None)
            elif admitted.outcome == "undone" and about:
                self.stopping.hang_up(about)
            admitted = self.admitting.announce(admitted, now)
            text = self.replying.reply(admitted, number, now, is_repeated=is_repeated)
            if text and not replies:
                self.replying.send(number, text)
        except Exception:
            self.messages.give_up(message.key, now)
            raise
        self.messages.finish(message.key)
        return text if replies else None


def _is_taken_back(seen: SeenMessage, found: Found) -> bool:
    """Whether the number has said NO to what the message has brought, or left the account: nobody is told of it now."""
    if seen.outcome == "bound" and found.binding:
        return not (found.known and found.known.account_id == found.binding.account_id)
    if seen.outcome not in ("signed_in", "asked") or found.sign_in is None:
        return False
    texted_at = found.sign_in.texted_at or seen.received_at
    return not (found.known and found.known.vouches_for(found.sign_in.account_id, texted_at))


def _unknown(identifier: str | None) -> Outcome:
    return "unknown" if identifier else "no_identifier"
