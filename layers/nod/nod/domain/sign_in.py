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
from nod.domain.identifiers import fingerprint, matches
from nod.domain.refusals import StillWaiting, refusal_of
from nod.domain.scanning import ScanCode, code_of
from nod.domain.status import LIVE, Decision, Method, SeenStatus, Status
from nod.domain.verification import TRIES, Mode, ShownVerification, Verification, code_hash
from nod.errors import (
    AlreadyAnswered,
    CodeRequired,
    Forbidden,
    IdentifierUsed,
    NodError,
    NotAnswerable,
    UnknownSignIn,
    WrongScan,
)

REDEEM_WINDOW = timedelta(seconds=60)
# How long what is over before anybody answered can be reported still; its row stays so long at least.
REPORTABLE_FOR = timedelta(hours=1)
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
    `new_account` says that the message made the account, and `texted_at` when it came.

    That of a QR hand-over has `codes`, what pages show of it; `scanned_by` is the challenge of the first device that
    read one, and `approver` the session of the page that it was read from: nobody else may answer then.
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
    codes: frozenset[ScanCode] = frozenset()
    texted_at: datetime | None = None
    scanned_by: str | None = None
    approver: str | None = None
    version: int = 0

    @property
    def allowed_at(self) -> datetime:
        """When it was allowed; of an allowed sign-in only."""
        return self.expires_at - REDEEM_WINDOW

    def session_begins_at(self, now: datetime) -> datetime:
        """When the session begins that is collected at `now`: after it was allowed, however clocks differ.

        Else it would look older than the text that let it in, and be no part of what that text has led to (T7, S4).
        """
        return max(now, self.allowed_at + timedelta.resolution)

    def standing(self, now: datetime) -> Status:
        """The status at `now`: a live sign-in whose time has run out is expired, whatever its row says."""
        return "expired" if self.status in LIVE and now >= self.expires_at else self.status

    def seen_by_requester(self, now: datetime) -> SeenStatus:
        """The status as the requesting device is told: a report looks like a request nobody answers (A12)."""
        standing = self.standing(now)
        return "pending" if standing == "reported" else standing

    def confirm(self, code: str, now: datetime) -> "SignIn":
        """The requesting device sends its `echo` code back: pending, or one try fewer (denied after the last).

        The same sign-in where the right code had come before: its device may not have heard of that.
        """
        standing = self.standing(now)
        if self.confirm_hash is None and standing == "started":
            raise NotAnswerable("this sign-in is not confirmed by a code")
        is_right = matches(f"{self.sign_in_id}:{code}", expected_fingerprint=self.confirm_hash or "")
        if standing == "pending" and is_right:
            return self
        if standing != "started":
            raise refusal_of(standing)
        return self.moved("pending") if is_right else self._tried()

    def answer(self, decision: Decision, code: str | None, *, by: "Approver", now: datetime) -> "SignIn":
        """An approver decides: allowed, denied or reported; a wrong code leaves one try fewer, or denies.

        Raises `UnknownSignIn` for another account's approver (A10), `AlreadyAnswered` after the first answer,
        `NotAnswerable` before it is pending and after its time (A8), `CodeRequired` for a blind allow (A2), and
        `Forbidden` where the QR code of another session's page was scanned.
        """
        self._require_answerable(by, now)
        if decision != "allow":
            return self.moved("denied" if decision == "deny" else "reported")
        if self.answer_hash is not None:
            if code is None:
                raise CodeRequired()
            if not matches(f"{self.sign_in_id}:{code}", expected_fingerprint=self.answer_hash):
                return self._tried()
        return msgspec.structs.replace(self._allowed(now), let_in_by=by.session_id)

    def may_be_reported_late(self, by: "Approver", now: datetime) -> bool:
        """Whether it is over before anybody answered: who sees it only then may report it for an hour (A12)."""
        may_answer = by.account_id == self.account_id and self.approver in {None, by.session_id}
        is_over = self.status != "allowed" and self.standing(now) in ("cancelled", "expired")
        return may_answer and is_over and now < self.expires_at + REPORTABLE_FOR

    def texted(self, number: str, account_id: str | None, *, ask: bool, now: datetime) -> "SignIn":
        """Its text message arrived from `number` (R3.3): allowed, or pending where approvers are to be asked.

        `account_id` is the account of that number, None where it has none yet (R3.4). Raises `UnknownSignIn` for a
        sign-in of another method, `Expired`, `Cancelled`, and `IdentifierUsed` where a message came before.
        """
        if self.method != "phone":
            raise UnknownSignIn()
        standing = self.standing(now)
        if standing in ("expired", "cancelled"):
            raise refusal_of(standing)
        if standing != "started":
            raise IdentifierUsed()
        after = self.moved("pending") if ask else self._allowed(now)
        return msgspec.structs.replace(
            after, login=number, account_id=account_id or self.account_id, new_account=account_id is None, texted_at=now
        )

    def contested(self, number: str, now: datetime) -> "SignIn | None":
        """Its identifier came from a second number: denied for both (T3). None where there is nothing to void."""
        void = self.method == "phone" and self.standing(now) in ("pending", "allowed") and self.login != number
        return self.moved("denied") if void else None

    def unasked(self, now: datetime) -> "SignIn":
        """Nobody was there to be asked after all: the text message alone allows it."""
        return self._allowed(now)

    def scan(self, secret: str, login: str, verifier: str, asked: Verification, now: datetime) -> "SignIn":
        """A device sends what it read in a QR code (R4.4): what becomes of the sign-in.

        From the device that started it, with its login: pending, to be answered by the session whose page was read as
        `asked` says, or allowed where that is nothing. From another device (Q2): only noted. From a second one: denied
        (Q3). Raises `WrongScan` otherwise, also for what was scanned before (Q1).
        """
        code = code_of(secret, self.codes, now)
        standing = self.standing(now)
        if standing not in ("started", "pending", "allowed"):
            raise WrongScan()
        if self.scanned_by and not matches(verifier, expected_fingerprint=self.scanned_by):
            return self.moved("denied")
        if not self.is_of(verifier):
            return msgspec.structs.replace(self.moved(self.status), scanned_by=fingerprint(verifier))
        if standing != "started" or login != self.login:
            raise WrongScan()
        scanned = msgspec.structs.replace(self, scanned_by=self.challenge, approver=code.session_id)
        if asked.mode == "none":
            return msgspec.structs.replace(scanned._allowed(now), let_in_by=code.session_id)  # noqa: SLF001 - its own.
        return msgspec.structs.replace(
            scanned.moved("pending"),
            mode=asked.mode,
            answer_hash=code_hash(self.sign_in_id, asked.code) if asked.code else None,
            tries_left=TRIES[asked.mode],
        )

    def require_scannable(self, by: "Approver", now: datetime) -> None:
        """Why no page of `by` may show a code of it: `UnknownSignIn`, `NotAnswerable`; nothing where one may."""
        if self.method != "qr" or by.account_id != self.account_id:
            raise UnknownSignIn()
        standing = self.standing(now)
        if standing != "started":
            raise NotAnswerable(f"the sign-in is {'denied' if standing == 'reported' else standing}")

    def redeem(self, verifier: str, now: datetime) -> "SignIn":
        """The requesting device collects its session, once; raises why not, `StillWaiting` where nobody answered."""
        self.require_verifier(verifier)
        standing = self.seen_by_requester(now)
        if standing in ("started", "pending"):
            raise StillWaiting(standing, self.poll_interval)
        if standing != "allowed":
            raise refusal_of(standing)
        return self.moved("redeemed")

    def cancel(self, verifier: str, now: datetime) -> "SignIn":
        """The requesting device gives up; the same sign-in where it had done so before."""
        self.require_verifier(verifier)
        standing = self.seen_by_requester(now)
        if standing == "cancelled":
            return self
        if standing not in ("started", "pending", "allowed"):
            raise refusal_of(standing)
        return self.moved("cancelled")

    def withdraw(self) -> "SignIn":
        """The service takes the sign-in back, because nobody is there to answer it."""
        return self.moved("cancelled")

    def polled(self, now: datetime) -> tuple["SignIn", bool]:
        """Count a poll: the sign-in to keep, and whether the poll came in time (RFC 8628 section 3.5, `slow_down`)."""
        in_time = now >= self.next_poll_at - POLL_LEEWAY
        interval = self.poll_interval if in_time else self.poll_interval + POLL_INTERVAL
        return msgspec.structs.replace(self, poll_interval=interval, next_poll_at=now + interval), in_time

    def require_verifier(self, verifier: str) -> None:
        """Only the device that started this sign-in may go on with it; to others it does not exist (A6)."""
        if not self.is_of(verifier):
            raise UnknownSignIn()

    def is_of(self, verifier: str) -> bool:
        """Whether the device that has this verifier started it."""
        return matches(verifier, expected_fingerprint=self.challenge)

    def refusal(self, now: datetime) -> NodError:
        """Why this sign-in can no longer be redeemed."""
        return refusal_of(self.standing(now))

    def _require_answerable(self, by: "Approver", now: datetime) -> None:
        if by.account_id != self.account_id:
            raise UnknownSignIn()
        if self.approver not in (None, by.session_id):
            raise Forbidden("only the device whose QR code was scanned may answer")
        standing = self.standing(now)
        if standing in ("allowed", "denied", "reported", "redeemed"):
            raise AlreadyAnswered()
        if standing != "pending":
            raise NotAnswerable(f"the sign-in is {standing}")

    def _allowed(self, now: datetime) -> "SignIn":
        return msgspec.structs.replace(self.moved("allowed"), expires_at=now + REDEEM_WINDOW)

    def _tried(self) -> "SignIn":
        left = self.tries_left - 1
        tried = msgspec.structs.replace(self, tries_left=left)
        return tried.moved("denied") if left == 0 else tried.moved(self.status)

    def moved(self, status: Status) -> "SignIn":
        """The next version of the sign-in, in another status."""
        return msgspec.structs.replace(self, status=status, version=self.version + 1)


class Approver(msgspec.Struct, frozen=True):
    """Who answers: a session of an account."""

    account_id: str
    session_id: str


class Overtaken(Exception):
    """A sign-in is not as the write expected it. `current` is what it is now, None where there is none."""

    def __init__(self, current: SignIn | None) -> None:
        """`current` as shown by the refused write itself."""
        self.current = current
        super().__init__("the sign-in is not as it was")
