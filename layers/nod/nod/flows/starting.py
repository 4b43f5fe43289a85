"""What every way of starting a sign-in has in common."""

from random import Random

import msgspec

from nod.domain.identifiers import fingerprint, new_secret
from nod.domain.sign_in import SignIn
from nod.domain.texts import SmsToSend
from nod.domain.tickets import Ticket
from nod.domain.verification import Verification


class Started(msgspec.Struct, frozen=True):
    """A sign-in that was started: what its device must know.

    `waiter_ticket` opens the connection on which it waits; `sms` is what a phone is to send.
    """

    sign_in: SignIn
    verification: Verification
    waiter_ticket: str
    sms: SmsToSend | None = None


def waiter_for(sign_in: SignIn, rng: Random) -> tuple[str, Ticket]:
    """The ticket of the device that waits, good as long as the sign-in, and its secret."""
    secret = new_secret(rng)
    ticket = Ticket(
        ticket_hash=fingerprint(secret), purpose="wait", owner=sign_in.sign_in_id, expires_at=sign_in.expires_at
    )
    return secret, ticket
