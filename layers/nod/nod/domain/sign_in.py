"""The one aggregate: a pending request by a device to become a session, and the state machine that every flow shares.

      started -- echo code, text message or QR scan --> pending -- allow --> allowed -- redeem --> redeemed
                                                           |-- deny -----> denied
                                                           |-- report ---> reported (looks pending to the requester)
      started, pending, allowed -- cancel --> cancelled; -- their time runs out --> expired

A transition takes the sign-in and the time, and gives the new sign-in or raises why not. The stores turn each into one
conditional write. Expiry is never stored: `standing` derives it from the time, so a row that lingers decides nothing.
"""

from datetime import datetime, timedelta

import msgspec

from nod.domain.device import Device, Network
from nod.domain.identifiers import matches
from nod.domain.status import LIVE, Decision, Method, OpenStatus, SeenStatus, Status
from nod.domain.verification import TRIES, Mode, ShownVerification, Verification, code_hash
from nod.errors import (
    AlreadyAnswered,
    AlreadyRedeemed,
    Cancelled,
    CodeRequired,
    Denied,
    Expired,
    IdentifierUsed,
    NodError,
    NotAnswerable,
    SlowDown,
    UnknownSignIn,
    WrongCode,
)

REDEEM_WINDOW = timedelta(seconds=60)
POLL_INTERVAL = timedelta(seconds=5)
# Clients count the interval from when the answer reached them; the network may bring the next poll a little early.
POLL_LEEWAY = timedelta(milliseconds=500)
# The key of a phone number that is not known yet.
UNKNOWN_NUMBER = "tel:"


class SignIn(msgspec.Struct, frozen=True, kw_only=True):
    """One sign-in. `status` is as last written; ask `standing` what it is now.

    `login` is the key of the login asked for, `challenge` the PKCE challenge of the device that started it, `slot` its
    place among the open sign-ins of that login (None where it holds none), `version` counts the writes.

    That of a phone begins with `UNKNOWN_NUMBER` for its login, and the id of an account that nobody has yet: until its
    text message arrives, it is nobody's. `offer` is what approvers will be shown where that message makes it pending;
    `new_account` says that the message made the account.
    """

    sign_in_id: str
    method: Method
    status: Status
    login: str
    account_id: str
    challenge: str
    device: Device
    network: Network
    message: str | None
    mode: Mode
    created_at: datetime
    expires_at: datetime
    next_poll_at: datetime
    poll_interval: timedelta = POLL_INTERVAL
    confirm_hash: str | None = None
    answer_hash: str | None = None
    tries_left: int = 1
    let_in_by: str | None = None
    slot: str | None = None
    offer: ShownVerification | None = None
    new_account: bool = False
    version: int = 0

    @property
    def allowed_at(self) -> datetime:
        """When it was allowed; of an allowed sign-in only."""
        return self.expires_at - REDEEM_WINDOW

    def standing(self, now: datetime) -> Status:
        """The status at `now`: a live sign-in whose time has run out is expired, whatever its row says."""
        return "expired" if self.status in LIVE and now >= self.expires_at else self.status

    def seen_by_requester(self, now: datetime) -> SeenStatus:
        """The status as the requesting device is told: a report looks like a request nobody answers (A12)."""
        standing = self.standing(now)
        return "pending" if standing == "reported" else standing

    def confirm(self, code: str, now: datetime) -> "SignIn":
        """The requesting device sends its `echo` code back: pending, or one try fewer (denied after the last)."""
        standing = self.standing(now)
        if standing != "started":
            raise self._refusal(standing)
        if self.confirm_hash is None:
            raise NotAnswerable("this sign-in is not confirmed by a code")
        if matches(f"{self.sign_in_id}:{code}", expected_fingerprint=self.confirm_hash):
            return self.moved("pending")
        return self._tried()

    def answer(self, decision: Decision, code: str | None, *, by: "Approver", now: datetime) -> "SignIn":
        """An approver decides: allowed, denied or reported; a wrong code leaves one try fewer, or denies.

        Raises `UnknownSignIn` for another account's approver (A10), `AlreadyAnswered` after the first answer,
        `NotAnswerable` before it is pending and after its time (A8), `CodeRequired` for a blind allow (A2).
        """
        if by.account_id != self.account_id:
            raise UnknownSignIn()
        standing = self.standing(now)
        if standing in ("allowed", "denied", "reported", "redeemed"):
            raise AlreadyAnswered()
        if standing != "pending":
            raise NotAnswerable(f"the sign-in is {standing}")
        if decision != "allow":
            return self.moved("denied" if decision == "deny" else "reported")
        if self.answer_hash is not None:
            if code is None:
                raise CodeRequired()
            if not matches(f"{self.sign_in_id}:{code}", expected_fingerprint=self.answer_hash):
                return self._tried()
        return msgspec.structs.replace(self._allowed(now), let_in_by=by.session_id)

    def texted(self, number: str, account_id: str | None, *, ask: bool, now: datetime) -> "SignIn":
        """Its text message arrived from `number` (R3.3): allowed, or pending where approvers are to be asked.

        `account_id` is the account of that number, None where it has none yet (R3.4). Raises `UnknownSignIn` for a
        sign-in of another method, `Expired`, `Cancelled`, and `IdentifierUsed` where a message came before.
        """
        if self.method != "phone":
            raise UnknownSignIn()
        standing = self.standing(now)
        if standing in ("expired", "cancelled"):
            raise self._refusal(standing)
        if standing != "started":
            raise IdentifierUsed()
        after = self.moved("pending") if ask else self._allowed(now)
        return msgspec.structs.replace(
            after, login=number, account_id=account_id or self.account_id, new_account=account_id is None
        )

    def contested(self, number: str, now: datetime) -> "SignIn | None":
        """Its identifier came from a second number: denied for both (T3). None where there is nothing to void."""
        void = self.method == "phone" and self.standing(now) in ("pending", "allowed") and self.login != number
        return self.moved("denied") if void else None

    def unasked(self, now: datetime) -> "SignIn":
        """Nobody was there to be asked after all: the text message alone allows it."""
        return self._allowed(now)

    def redeem(self, verifier: str, now: datetime) -> "SignIn":
        """The requesting device collects its session, once; raises why not, `StillWaiting` where nobody answered."""
        self.require_verifier(verifier)
        standing = self.seen_by_requester(now)
        if standing in ("started", "pending"):
            raise StillWaiting(standing, self.poll_interval)
        if standing != "allowed":
            raise self._refusal(standing)
        return self.moved("redeemed")

    def cancel(self, verifier: str, now: datetime) -> "SignIn":
        """The requesting device gives up; the same sign-in where it had done so before."""
        self.require_verifier(verifier)
        standing = self.seen_by_requester(now)
        if standing == "cancelled":
            return self
        if standing not in ("started", "pending", "allowed"):
            raise self._refusal(standing)
        return self.moved("cancelled")

    def withdraw(self) -> "SignIn":
        """The service takes the sign-in back, because nobody is there to answer it."""
        return self.moved("cancelled")

    def polled(self, now: datetime) -> tuple["SignIn", bool]:
        """Count a poll: the sign-in to keep, and whether the poll came in time (RFC 8628 section 3.5, `slow_down`)."""
        in_time = now >= self.next_poll_at - POLL_LEEWAY
        interval = self.poll_interval if in_time else self.poll_interval + POLL_INTERVAL
        return msgspec.structs.replace(self, poll_interval=interval, next_poll_at=now + interval), in_time

    def too_fast(self) -> SlowDown:
        """What a poll is told that came before its time."""
        seconds = int(self.poll_interval.total_seconds())
        return SlowDown(f"poll no more often than every {seconds} seconds", retry_after=seconds)

    def wrong_code(self) -> WrongCode:
        """What is told of a wrong code, after it was counted."""
        left = {0: "no try is", 1: "one try is"}.get(self.tries_left, f"{self.tries_left} tries are")
        return WrongCode(f"the code is wrong, {left} left")

    def require_verifier(self, verifier: str) -> None:
        """Only the device that started this sign-in may go on with it; to others it does not exist (A6)."""
        if not matches(verifier, expected_fingerprint=self.challenge):
            raise UnknownSignIn()

    def refusal(self, now: datetime) -> NodError:
        """Why this sign-in can no longer be redeemed."""
        return self._refusal(self.standing(now))

    def _allowed(self, now: datetime) -> "SignIn":
        return msgspec.structs.replace(self.moved("allowed"), expires_at=now + REDEEM_WINDOW)

    def _tried(self) -> "SignIn":
        left = self.tries_left - 1
        tried = msgspec.structs.replace(self, tries_left=left)
        return tried.moved("denied") if left == 0 else tried.moved(self.status)

    def moved(self, status: Status) -> "SignIn":
        """The next version of the sign-in, in another status."""
        return msgspec.structs.replace(self, status=status, version=self.version + 1)

    @staticmethod
    def _refusal(standing: Status) -> NodError:
        refusals: dict[Status, type[NodError]] = {
            "denied": Denied,
            "cancelled": Cancelled,
            "expired": Expired,
            "redeemed": AlreadyRedeemed,
        }
        return refusals.get(standing, NotAnswerable)()


class Approver(msgspec.Struct, frozen=True):
    """Who answers: a session of an account."""

    account_id: str
    session_id: str


class StillWaiting(NodError):
    """Not an error to a client: nobody has answered yet. `standing` is started or pending, `interval` in seconds."""

    def __init__(self, standing: OpenStatus, interval: timedelta) -> None:
        """How the sign-in stands, and how often it may be polled."""
        super().__init__()
        self.standing = standing
        self.interval = int(interval.total_seconds())


class Overtaken(Exception):
    """A sign-in is not as the write expected it. `current` is what it is now, None where there is none."""

    def __init__(self, current: SignIn | None) -> None:
        """`current` as shown by the refused write itself."""
        self.current = current
        super().__init__("the sign-in is not as it was")


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
