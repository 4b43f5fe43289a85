"""Flow 2, on the phone: it registers an identifier of its own making, which it then sends by text message (R3.1)."""

from dataclasses import dataclass
from datetime import timedelta
from random import Random

import msgspec

from nod.domain.device import Device, Network
from nod.domain.identifiers import new_identifier
from nod.domain.limits import starts_per_address
from nod.domain.sign_in import UNKNOWN_NUMBER
from nod.domain.starting import start
from nod.domain.texts import SenderOfTexts, sign_in_text
from nod.domain.verification import Mode, Verification, draw
from nod.errors import Forbidden
from nod.flows.ports import Clock, SignIns, Throttles
from nod.flows.starting import Started, waiter_for

PHONE_LIFETIME = timedelta(minutes=10)


class PhonePolicy(msgspec.Struct, frozen=True):
    """What the stack says about phones. `mode` is how an approver, where one is asked, is tied to the phone."""

    app: SenderOfTexts
    asks_approvers: bool
    mode: Mode
    starts_per_minute_per_address: int


class AskedByPhone(msgspec.Struct, frozen=True):
    """What a phone asks for; the identifier is its own, and becomes the id of the sign-in."""

    identifier: str
    challenge: str
    device: Device


@dataclass(frozen=True)
class PhoneSignIn:
    """Starting a sign-in that a text message goes on with."""

    sign_ins: SignIns
    throttles: Throttles
    policy: PhonePolicy
    clock: Clock
    rng: Random

    def start(self, asked: AskedByPhone, network: Network) -> Started:
        """Register an identifier as pending, for ten minutes.

        Raises `IdentifierUsed`, `SlowDown` past the limit of the address, `Forbidden` where the stack has no number.
        """
        if not self.policy.app.number:
            raise Forbidden("this service has no number that texts could be sent to")
        now = self.clock()
        per_address = starts_per_address(self.policy.starts_per_minute_per_address)
        device = asked.device.cleaned()
        # Whoever asks approvers shows the phone a code now, when it can be told: later only a text message comes.
        verification = draw(self.policy.mode, self.rng) if self.policy.asks_approvers else Verification("none")
        sign_in = start(
            sign_in_id=asked.identifier,
            method="phone",
            login=UNKNOWN_NUMBER,
            account_id=new_identifier(self.rng),
            challenge=asked.challenge,
            device=device,
            network=network,
            message=None,
            verification=verification,
            slot=None,
            now=now,
            lifetime=PHONE_LIFETIME,
        )
        secret, waiter = waiter_for(sign_in, self.rng)
        self.throttles.recall(per_address, network.counted_as, now)
        self.throttles.count(per_address, network.counted_as, now)
        self.sign_ins.open(sign_in, None, waiter)
        return Started(sign_in, verification, secret, sign_in_text(self.policy.app, asked.identifier))


def phone_mode(minimum: Mode) -> Mode:
    """How strictly an approver is asked about a phone: as the stack demands at least (A3).

    The text message has transferred a secret already, so the stack's default is not asked for. `echo` has no place
    here, since no code is sent back; the next stronger mode takes it.
    """
    return "choose" if minimum == "echo" else minimum
