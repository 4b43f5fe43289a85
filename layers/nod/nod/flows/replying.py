"""What the sender of a text message is told, and what NO to the last sign-in does (R3.3, R3.6, T7)."""

from dataclasses import dataclass
from datetime import datetime
from random import Random

import msgspec

from nod.domain.accounts import draw_password
from nod.domain.bindings import Binding
from nod.domain.limits import REFUSALS_PER_NUMBER
from nod.domain.logins import KnownLogin, Login
from nod.domain.passwords import hash_password
from nod.domain.sessions import started_by_text
from nod.domain.sign_in import SignIn
from nod.domain.texts import (
    Message,
    Outcome,
    SenderOfTexts,
    asked_text,
    bound_text,
    refusal_text,
    signed_in_text,
    stopped_text,
)
from nod.errors import SlowDown
from nod.flows.ports import Accounts, Messages, Sessions, TextSender, Throttles
from nod.flows.sessions import SessionControl


class Found(msgspec.Struct, frozen=True):
    """What stands in the tables about a message when it arrives."""

    number: Login
    text: str
    identifier: str | None
    known: KnownLogin | None
    sign_in: SignIn | None
    binding: Binding | None


@dataclass(frozen=True)
class Replying:
    """Telling senders. `texts_account`: a new account's phone is texted its login and an initial password (R3.6)."""

    messages: Messages
    accounts: Accounts
    sessions: Sessions
    throttles: Throttles
    control: SessionControl
    texts: TextSender
    app: SenderOfTexts
    texts_account: bool
    rng: Random

    def tell(self, message: Message, outcome: Outcome, found: Found, now: datetime, *, replies: bool) -> str | None:
        """Text the sender what came of the message. Where that fails, the gateway's next delivery is to try again."""
        try:
            text = self._text(outcome, found, now)
            if text and not replies:
                self.texts.send(found.number.value, text)
        except Exception:
            self.messages.give_up(message.key, now)
            raise
        self.messages.finish(message.key)
        return text if replies else None

    def _text(self, outcome: Outcome, found: Found, now: datetime) -> str | None:
        app, number, sign_in = self.app, found.number.value, found.sign_in
        if outcome == "bound":
            return bound_text(app, number)
        if outcome in ("signed_in", "asked"):
            if sign_in is None:
                return None
            # By the next delivery, it may have been allowed: T7 wants that told, with how to stop it.
            if outcome == "asked" and sign_in.status not in ("allowed", "redeemed"):
                return asked_text(app, sign_in.device)
            return signed_in_text(app, sign_in.device, number, self._initial_password(sign_in))
        ended = self._stop(found, now) if outcome == "stopped" else 0
        try:
            self.throttles.count(REFUSALS_PER_NUMBER, found.number.key, now)
        except SlowDown:
            return None
        return stopped_text(app, ended) if outcome == "stopped" else refusal_text(app, outcome)

    def _initial_password(self, sign_in: SignIn) -> str | None:
        """A password for the account that the message made; a fresh one each time, since only its hash is kept."""
        if not (sign_in.new_account and self.texts_account):
            return None
        password = draw_password(self.rng)
        kept = self.accounts.set_initial_password(sign_in.account_id, hash_password(password, self.rng))
        return password if kept else None

    def _stop(self, found: Found, now: datetime) -> int:
        """End what text messages from this number have let in lately, and what that has let in; how many there were."""
        if found.known is None:
            return 0
        account_id = found.known.account_id
        ids = started_by_text(self.sessions.of_account(account_id), found.number.value, now)
        for session_id in ids:
            if self.sessions.delete(account_id, session_id):
                self.control.hang_up(account_id, session_id, now)
        return len(ids)
