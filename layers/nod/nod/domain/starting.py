"""How a sign-in begins."""

from datetime import datetime, timedelta

from nod.domain.device import Device, Network
from nod.domain.sign_in import SignIn
from nod.domain.status import Method
from nod.domain.verification import TRIES, Verification, code_hash


def start(
    *,
    sign_in_id: str,
    method: Method,
    login: str,
    account_id: str,
    challenge: str,
    device: Device,
    network: Network,
    message: str | None,
    verification: Verification,
    slot: str | None,
    now: datetime,
    lifetime: timedelta,
) -> SignIn:
    """A new sign-in. An approval is pending at once, unless its `echo` code must come back first.

    The other methods wait for their own first step, which no code stands in for.
    """
    hashed = code_hash(sign_in_id, verification.code) if verification.code else None
    waits_for_echo = method == "approval" and verification.mode == "echo"
    answerable_at_once = method == "approval" and not waits_for_echo
    return SignIn(
        sign_in_id=sign_in_id,
        method=method,
        status="pending" if answerable_at_once else "started",
        login=login,
        account_id=account_id,
        challenge=challenge,
        device=device,
        network=network,
        message=message,
        mode=verification.mode,
        created_at=now,
        expires_at=now + lifetime,
        next_poll_at=now,
        confirm_hash=hashed if waits_for_echo else None,
        answer_hash=hashed if verification.asks_approver else None,
        tries_left=TRIES[verification.mode],
        slot=slot,
        offer=verification.shown if method == "phone" else None,
    )
