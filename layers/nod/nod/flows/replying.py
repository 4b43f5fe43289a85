"""What the sender of a text message is told (R3.3, R3.6, T7)."""

from dataclasses import dataclass
from datetime import datetime
from random import Random

from nod.domain.accounts import draw_password
from nod.domain.limits import ANSWERS_TO_NO_PER_NUMBER, REFUSALS_PER_NUMBER, Limit
from nod.domain.logins import Login
from nod.domain.passwords import hash_password
from nod.domain.sign_in import SignIn
from nod.domain.texts import (
    SenderOfTexts,
    asked_text,
    bound_text,
    refusal_text,
    signed_in_text,
    stopped_text,
)
from nod.errors import SlowDown
from nod.flows.admitting import Admitted
from nod.flows.ports import Passwords, TextSender, Throttles


@dataclass(frozen=True)
class Replying:
    """Telling senders. `texts_account`: a new account's phone is texted its login and an initial password (R3.6)."""

    passwords: Passwords
    throttles: Throttles
    texts: TextSender
    app: SenderOfTexts
    texts_account: bool
    rng: Random

    def reply(self, admitted: Admitted, number: Login, now: datetime, *, is_repeated: bool = False) -> str | None:
        """The text for the sender, None where there is nothing to say.

        Refusals and answers to NO are counted, each once: what `is_repeated` was counted, and did not arrive.
        """
        outcome = admitted.outcome
        if outcome in ("signed_in", "asked"):
            return self._about(admitted.sign_in, number, now)
        if outcome == "bound":
            return bound_text(self.app, number.value)
        if outcome in ("undone", "nothing_undone"):
            limit, text = ANSWERS_TO_NO_PER_NUMBER, stopped_text(self.app, done=outcome == "undone")
        else:
            limit, text = REFUSALS_PER_NUMBER, refusal_text(self.app, outcome)
        return text if is_repeated else self._within(limit, number, text, now)

    def send(self, number: Login, text: str) -> None:
        """Send a text; what the sender of texts raises goes to the caller."""
        self.texts.send(number.value, text)

    def _within(self, limit: Limit, number: Login, text: str, now: datetime) -> str | None:
        """The text, unless this number was told so often enough: texts cost money."""
        try:
            self.throttles.count(limit, number.key, now)
        except SlowDown:
            return None
        return text

    def _about(self, sign_in: SignIn | None, number: Login, now: datetime) -> str | None:
        """What became of the sign-in up to now: a delivery that comes again may find it answered, or expired."""
        if sign_in is None:
            return None
        standing = sign_in.standing(now)
        if standing in ("allowed", "redeemed"):
            return signed_in_text(self.app, sign_in.device, number.value, self._initial_password(sign_in))
        return asked_text(self.app, sign_in.device) if standing in ("pending", "reported") else None

    def _initial_password(self, sign_in: SignIn) -> str | None:
        """A password for the account that the message made; a fresh one each time, since only its hash is kept."""
        if not (sign_in.new_account and self.texts_account):
            return None
        password = draw_password(self.rng)
        kept = self.passwords.set_initial(sign_in.account_id, hash_password(password, self.rng))
        return password if kept else None
