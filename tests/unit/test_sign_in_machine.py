"""The whole life of sign-ins, played at random by Hypothesis, races included (attacks A2, A5-A8, A10, A12, T3).

The machine keeps one row, as the SignIns table does, and changes it only by a compare-and-set on `version`. It also
remembers every state the row was in: a rule may act on one that is stale by now, just as a Lambda function does that
read the row before another one wrote it.

A ledger of its own, fed by what the rules do and not by what the domain says, knows what must never happen.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Literal

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from nod.domain.refusals import StillWaiting
from nod.domain.sign_in import Approver, SignIn
from nod.domain.status import Decision, Method, Status
from nod.domain.verification import Mode, draw
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
    UnknownSignIn,
)
from tests.builders import (
    ADA,
    ADAS_NUMBER,
    ADAS_PHONE,
    GRACES_NUMBER,
    GRACES_PHONE,
    NOW,
    OTHER_VERIFIER,
    VERIFIER,
    phone_sign_in,
    sign_in,
    wrong_code_for,
)

# What a sign-in may become, and nothing else. A row keeps its status where only a try was used up.
MAY_BECOME: dict[Status, frozenset[Status]] = {
    "started": frozenset({"started", "pending", "denied", "cancelled"}),
    "pending": frozenset({"pending", "allowed", "denied", "reported", "cancelled"}),
    "allowed": frozenset({"redeemed", "cancelled"}),
    "reported": frozenset({"cancelled"}),
    "denied": frozenset(),
    "cancelled": frozenset(),
    "redeemed": frozenset(),
}
# What a text message or a scan does besides: it allows at once where nobody is asked, and a second one voids.
MAY_BECOME_BESIDES: dict[Status, Status] = {"started": "allowed", "allowed": "denied"}
ENDS: dict[Status, type[NodError]] = {"denied": Denied, "cancelled": Cancelled, "redeemed": AlreadyRedeemed}
DECISIONS: tuple[Decision, ...] = ("allow", "deny", "report")
TRIES = {"none": 1, "compare": 1, "echo": 3, "choose": 1, "enter": 3}

# Of the first number there is an account, of the second there is none.
NUMBERS = [f"tel:{ADAS_NUMBER}", f"tel:{GRACES_NUMBER}"]
Code = Literal["right", "wrong", "missing"]
CODES: st.SearchStrategy[Code] = st.sampled_from(["right", "right", "wrong", "missing"])
VERIFIERS = st.sampled_from([VERIFIER, VERIFIER, VERIFIER, OTHER_VERIFIER])
# How many changes ago a request has read the row.
AGES = st.sampled_from([0, 0, 0, 1, 2, 5])
BEGINNINGS: st.SearchStrategy[tuple[Method, Mode]] = st.sampled_from(
    [
        *(("approval", mode) for mode in ("none", "compare", "echo", "echo", "choose", "choose", "enter", "enter")),
        *(("phone", mode) for mode in ("none", "compare", "echo", "choose", "enter")),
    ]
)


@dataclass
class Ledger:
    """What has happened, as an onlooker would note it. `deadline` is when the sign-in expires, if it can."""

    deadline: datetime
    confirmed: bool = False
    allowed: bool = False
    denied: bool = False
    reported: bool = False
    number: str | None = None
    asked: bool = False
    unasked: bool = False
    wrong_codes: int = 0
    sessions: int = 0


class SignInMachine(RuleBasedStateMachine):
    """One sign-in, and any number of requests that touch it."""

    @initialize(beginning=BEGINNINGS, seed=st.integers(0, 2**32), gives_up=st.booleans(), is_slow=st.booleans())
    def start(
        self, beginning: tuple[Method, Mode], *, seed: int = 1, gives_up: bool = False, is_slow: bool = False
    ) -> None:
        """A device starts a sign-in. Only in some plays its person gives up, or takes long, lest all end early."""
        method, mode = beginning
        self.gives_up, self.is_slow = gives_up, is_slow
        self.now = NOW
        self.verification = draw(mode, Random(seed))
        begin = phone_sign_in if method == "phone" else partial(sign_in, method=method)
        self.rows = [begin(mode, verification=self.verification)]
        self.ledger = Ledger(self.row.expires_at)

    @property
    def row(self) -> SignIn:
        """The row as it is now."""
        return self.rows[-1]

    def seen(self, age: int) -> SignIn:
        """The row as it was so many changes ago."""
        return self.rows[max(0, len(self.rows) - 1 - age)]

    @staticmethod
    def approver(row: SignIn) -> Approver:
        """A session of the account that the sign-in is of, which may answer it."""
        return Approver(row.account_id, row.approver or ADAS_PHONE.session_id)

    # What goes on around the sign-in.

    @rule(seconds=st.sampled_from([0.001, 1, 4.5, 5]))
    def time_passes(self, seconds: float) -> None:
        """The clock moves on."""
        self.now += timedelta(seconds=seconds)

    @precondition(lambda self: self.is_slow)
    @rule(short_by=st.sampled_from([0, 0.001]))
    def time_is_nearly_up(self, short_by: float) -> None:
        """The clock moves on to the deadline, or to the last moment before it."""
        self.now = max(self.now, self.ledger.deadline - timedelta(seconds=short_by))

    @precondition(lambda self: self.row.method == "phone")
    @rule(age=AGES, number=st.sampled_from(NUMBERS), ask=st.booleans())
    def text(self, age: int, number: str, ask: bool) -> None:
        """A text message arrives, from a number that has an account or from one that has none."""
        seen, account_id = self.seen(age), ADA if number == NUMBERS[0] else None
        standing = seen.standing(self.now)
        after = self.attempt(lambda: seen.texted(number, account_id, ask=ask and bool(account_id), now=self.now))
        void = seen.contested(number, self.now)
        assert (void is not None) == (standing in ("pending", "allowed") and seen.login != number)
        if isinstance(after, NodError):
            assert isinstance(after, IdentifierUsed | Expired | Cancelled)
            if void and self.keep(seen, void):
                self.ledger.denied = True
            return
        assert standing == "started"
        if self.keep(seen, after):
            self.ledger.number = number
            self.ledger.asked = after.status == "pending"
            assert self.ledger.asked == (ask and number == NUMBERS[0])
            assert after.new_account == (account_id is None)
            if not self.ledger.asked:
                self.ledger.deadline = self.now + timedelta(seconds=60)

    @precondition(lambda self: self.row.method == "phone")
    @rule(age=AGES)
    def nobody_is_reached(self, age: int) -> None:
        """Those who were to be asked turn out to be gone."""
        seen = self.seen(age)
        if seen.standing(self.now) == "pending" and self.keep(seen, seen.unasked(self.now)):
            self.ledger.unasked = True
            self.ledger.deadline = self.now + timedelta(seconds=60)

    # What people and devices do, with what they have seen.

    @rule(age=AGES, code=CODES)
    def confirm(self, age: int, code: Code) -> None:
        """The requesting device sends a code back."""
        seen = self.seen(age)
        after = self.attempt(lambda: seen.confirm(self.code(code) or "", self.now))
        if isinstance(after, NodError):
            assert isinstance(after, NotAnswerable | Denied | Cancelled | Expired | AlreadyRedeemed)
            return
        if after is seen:
            assert (seen.mode, seen.status, code) == ("echo", "pending", "right")
            return
        assert (seen.method, seen.mode, seen.status) == ("approval", "echo", "started")
        assert (after.status == "pending") == (code == "right")
        if self.keep(seen, after):
            self.ledger.confirmed = code == "right"
            self.note_try(code, after)

    @rule(age=AGES, decision=st.sampled_from(["allow", "allow", "deny", "report"]), code=CODES)
    def answer(self, age: int, decision: Decision, code: Code) -> None:
        """An approver of the account decides."""
        seen = self.seen(age)
        standing = seen.standing(self.now)
        after = self.attempt(lambda: seen.answer(decision, self.code(code), by=self.approver(seen), now=self.now))
        if isinstance(after, CodeRequired):
            assert (standing, decision, self.code(code)) == ("pending", "allow", None)
            assert seen.mode in ("choose", "enter")
        elif isinstance(after, AlreadyAnswered):
            assert standing in ("allowed", "denied", "reported", "redeemed")
        elif isinstance(after, NotAnswerable):
            assert standing in ("started", "cancelled", "expired")
        else:
            assert isinstance(after, SignIn)
            assert standing == "pending"
            if self.keep(seen, after):
                self.note_answer(decision, code, after)

    @rule(age=AGES, verifier=VERIFIERS)
    def redeem(self, age: int, verifier: str) -> None:
        """A device comes for its session."""
        seen = self.seen(age)
        after = self.attempt(lambda: seen.redeem(verifier, self.now))
        if verifier != VERIFIER:
            assert isinstance(after, UnknownSignIn)
        elif isinstance(after, NodError):
            assert isinstance(after, StillWaiting | Denied | Cancelled | Expired | AlreadyRedeemed)
        elif self.keep(seen, after):
            self.ledger.sessions += 1

    @precondition(lambda self: self.gives_up)
    @rule(age=AGES, verifier=VERIFIERS)
    def cancel(self, age: int, verifier: str) -> None:
        """A device gives up."""
        seen = self.seen(age)
        after = self.attempt(lambda: seen.cancel(verifier, self.now))
        if verifier != VERIFIER:
            assert isinstance(after, UnknownSignIn)
        elif isinstance(after, NodError):
            assert isinstance(after, Denied | Expired | AlreadyRedeemed)
        elif after is seen:
            assert seen.status == "cancelled"
        else:
            self.keep(seen, after)

    @rule(age=AGES)
    def poll(self, age: int) -> None:
        """The device asks how it stands; polls are compared and set on their own field."""
        seen = self.seen(age)
        after, in_time = seen.polled(self.now)
        assert after.version == seen.version
        assert after.poll_interval - seen.poll_interval == timedelta(seconds=0 if in_time else 5)
        if seen.next_poll_at == self.row.next_poll_at:
            self.rows[-1] = msgspec.structs.replace(
                self.row, next_poll_at=after.next_poll_at, poll_interval=after.poll_interval
            )

    # How the row is kept, and what is noted of it.

    def keep(self, seen: SignIn, after: SignIn) -> bool:
        """The write of the stores: on the version and the expiry that the row has now. Whether it went through."""
        before = self.row
        unchanged = before.version == seen.version
        in_time = before.expires_at > self.now
        if not (unchanged and in_time):
            return False
        assert before.status == seen.status, "the version tells rows apart that differ"
        besides = before.method != "approval" and after.status == MAY_BECOME_BESIDES.get(before.status)
        assert besides or after.status in MAY_BECOME[before.status]
        assert after.version == before.version + 1
        # Polls and codes are written apart, so that a stale view of them is not written back with a change.
        apart = {name: getattr(before, name) for name in ("next_poll_at", "poll_interval", "codes")}
        self.rows.append(msgspec.structs.replace(after, **apart))
        return True

    def note_try(self, code: Code, after: SignIn) -> None:
        """A wrong code costs a try, and the last one denies."""
        self.ledger.wrong_codes += code != "right"
        assert after.tries_left == TRIES[after.mode] - self.ledger.wrong_codes
        assert (after.status == "denied") == (after.tries_left == 0)
        self.ledger.denied = after.status == "denied"

    def note_answer(self, decision: Decision, code: Code, after: SignIn) -> None:
        """What the answer must have come to, by the rules of the contract."""
        if decision == "report":
            assert after.status == "reported"
            self.ledger.reported = True
        elif decision == "deny":
            assert after.status == "denied"
            self.ledger.denied = True
        elif code == "right" or self.verification.mode not in ("choose", "enter"):
            assert after.status == "allowed"
            self.ledger.allowed = True
            self.ledger.deadline = self.now + timedelta(seconds=60)
        else:
            assert code == "wrong"
            self.note_try(code, after)

    def code(self, code: Code) -> str | None:
        """The code to send."""
        if code == "missing":
            return None
        return self.verification.code if code == "right" else wrong_code_for(self.verification)

    @staticmethod
    def attempt(transition: Callable[[], SignIn]) -> SignIn | NodError:
        """What a transition gives or raises."""
        try:
            return transition()
        except NodError as error:
            return error

    # What must always hold.

    @invariant()
    def nobody_is_let_in_without_being_allowed(self) -> None:
        """A2, A7, A10: a session needs an allow by the right account with the right code, and there is one at most.

        T7: or a text message, where nobody was asked or nobody was there.
        """
        voided = (self.row.method, self.row.status) == ("phone", "denied")
        if self.row.status not in ("allowed", "redeemed"):
            assert self.row.let_in_by is None or self.row.status == "cancelled" or voided
        elif self.ledger.number and not self.ledger.allowed:
            assert self.ledger.unasked or not self.ledger.asked
            assert self.row.let_in_by is None
        else:
            assert self.ledger.allowed
            assert self.row.let_in_by == ADAS_PHONE.session_id
            assert self.ledger.confirmed or (self.row.method, self.row.mode) != ("approval", "echo")
        assert self.row.method != "phone" or self.row.status in ("started", "cancelled") or self.ledger.number
        assert self.ledger.sessions == (1 if self.row.status == "redeemed" else 0)

    @invariant()
    def a_denied_or_reported_sign_in_signs_nobody_in(self) -> None:
        """A5: deny-then-allow never signs in, in any order of writing."""
        assert self.ledger.denied == (self.row.status == "denied")
        assert not self.ledger.reported or self.row.status in ("reported", "cancelled")

    @invariant()
    def time_runs_out_once_and_for_all(self) -> None:
        """A8: from its deadline on, a sign-in that was not over is expired, and then nothing can be done with it."""
        expired = self.row.status not in ENDS and self.now >= self.ledger.deadline
        assert (self.row.standing(self.now) == "expired") == expired
        if not expired:
            return
        for decision in DECISIONS:
            with pytest.raises(NotAnswerable):
                self.row.answer(decision, self.verification.code, by=self.approver(self.row), now=self.now)
        with pytest.raises(Expired):
            self.row.redeem(VERIFIER, self.now)
        with pytest.raises(Expired):
            self.row.cancel(VERIFIER, self.now)

    @invariant()
    def an_end_is_the_end(self) -> None:
        """R1.6: nothing leaves a final status, and the requester is told which it is."""
        if self.row.status not in ENDS:
            return
        code = self.verification.code or ""
        with pytest.raises(ENDS[self.row.status]):
            self.row.redeem(VERIFIER, self.now)
        with pytest.raises(ENDS[self.row.status]):
            self.row.confirm(code, self.now)
        for decision in DECISIONS:
            with pytest.raises((AlreadyAnswered, NotAnswerable)):
                self.row.answer(decision, code, by=self.approver(self.row), now=self.now)
        gave_up = self.attempt(lambda: self.row.cancel(VERIFIER, self.now))
        assert gave_up is self.row if self.row.status == "cancelled" else isinstance(gave_up, ENDS[self.row.status])

    @invariant()
    def another_account_learns_nothing(self) -> None:
        """A10: to another account's approver the sign-in does not exist, with the right code as without."""
        for decision in DECISIONS:
            with pytest.raises(UnknownSignIn):
                self.row.answer(decision, self.verification.code, by=GRACES_PHONE, now=self.now)

    @invariant()
    def a_report_is_invisible(self) -> None:
        """A12: whatever the requester tries, a reported sign-in answers as its twin does that nobody answered."""
        if self.row.status != "reported":
            return
        twin = msgspec.structs.replace(self.row, status="pending")
        assert self.row.seen_by_requester(self.now) == twin.seen_by_requester(self.now)
        for verifier in (VERIFIER, OTHER_VERIFIER):
            assert self.told(self.row, verifier) == self.told(twin, verifier)

    def told(self, standing: SignIn, verifier: str) -> list[object]:
        """All that the requesting device can find out."""
        redeemed = self.attempt(lambda: standing.redeem(verifier, self.now))
        cancelled = self.attempt(lambda: standing.cancel(verifier, self.now))
        polled, in_time = standing.polled(self.now)
        waiting = (redeemed.standing, redeemed.interval) if isinstance(redeemed, StillWaiting) else None
        gave_up = cancelled.status if isinstance(cancelled, SignIn) else type(cancelled)
        return [type(redeemed), str(redeemed), waiting, gave_up, polled.poll_interval, polled.next_poll_at, in_time]

    @property
    def moving(self) -> set[str]:
        """The fields that may change."""
        return {"status", "tries_left", "expires_at", "let_in_by", "version", "next_poll_at", "poll_interval"}

    @invariant()
    def it_never_becomes_another_sign_in(self) -> None:
        """Only status, tries, expiry, approver, version and polls move; its message says whose it is, once."""
        moving = self.moving
        if self.ledger.number:
            moving |= {"login", "account_id", "new_account", "texted_at"}
            assert self.row.login == self.ledger.number
            assert (self.row.account_id == ADA) != self.row.new_account
        for field in set(self.row.__struct_fields__) - moving:
            assert getattr(self.row, field) == getattr(self.rows[0], field)
        assert self.row.expires_at == self.ledger.deadline


SignInMachine.TestCase.settings = settings(max_examples=300, stateful_step_count=30)


# A5, A7: whatever happens in whatever order, one answer decides and one redeem gets the session.
TestSignInMachine = SignInMachine.TestCase


@pytest.mark.parametrize("mode", ["none", "choose", "enter"])
def test_a5_of_many_answers_to_one_sight_one_is_kept(mode: Mode) -> None:
    """A5: approvers who all saw the same pending sign-in decide it once, and the first decision stands."""
    machine = SignInMachine()
    machine.start(("approval", mode))
    seen = machine.row
    code = machine.verification.code
    decisions: list[Decision] = ["deny", "allow", "allow", "report", "deny"]
    kept = [machine.keep(seen, seen.answer(one, code, by=ADAS_PHONE, now=NOW)) for one in decisions]
    assert kept == [True, False, False, False, False]
    assert machine.row.status == "denied"


def test_a7_of_many_redeems_of_one_sight_one_is_kept() -> None:
    """A7: a device that redeems many times at once gets one session."""
    machine = SignInMachine()
    machine.start(("approval", "none"))
    machine.answer(0, "allow", "missing")
    seen = machine.row
    assert [machine.keep(seen, seen.redeem(VERIFIER, NOW)) for _ in range(3)] == [True, False, False]
    assert machine.row.status == "redeemed"


def test_a5_cancelling_and_allowing_at_once_has_one_outcome() -> None:
    """A5: where the requester gives up while an approver allows, whoever writes first decides."""
    machine = SignInMachine()
    machine.start(("approval", "none"))
    seen = machine.row
    allowed, cancelled = seen.answer("allow", None, by=ADAS_PHONE, now=NOW), seen.cancel(VERIFIER, NOW)
    assert machine.keep(seen, cancelled)
    assert not machine.keep(seen, allowed)
    assert machine.row.status == "cancelled"
