"""The whole life of QR sign-ins, played at random by Hypothesis, races included (R4.4, R4.5; attacks Q1-Q3, A5, A8).

The machine of `test_sign_in_machine`, where pages show codes of one sign-in, and three devices scan them. A ledger of
its own knows who has scanned what.
"""

from collections.abc import Collection
from datetime import timedelta
from random import Random

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from nod.domain.scanning import CODE_LIFETIME, ScanCode, ScanToken, draw_code
from nod.domain.sign_in import Approver
from nod.domain.status import Method
from nod.domain.verification import Mode
from nod.errors import Forbidden, NodError, NotAnswerable, UnknownSignIn, WrongScan
from tests.builders import (
    ADA,
    ADAS_NUMBER,
    ADAS_PHONE,
    GRACES_NUMBER,
    GRACES_PHONE,
    OTHER_VERIFIER,
    VERIFIER,
    sign_in,
)
from tests.unit.test_sign_in_machine import AGES, DECISIONS, SignInMachine

LOGIN = f"tel:{ADAS_NUMBER}"
PAGES = [Approver(ADA, "PC"), Approver(ADA, "LAPTOP")]
THIRD_VERIFIER = "a-third-device-made-this-verifier-in-some-far-place"
BEGINNINGS: st.SearchStrategy[tuple[Method, Mode]] = st.sampled_from(
    [("qr", "none"), ("qr", "choose"), ("qr", "enter")]
)
LOGINS = st.sampled_from([LOGIN, LOGIN, LOGIN, LOGIN, f"tel:{GRACES_NUMBER}"])
VERIFIERS = st.sampled_from([*[VERIFIER] * 8, OTHER_VERIFIER, THIRD_VERIFIER])


class ScanMachine(SignInMachine):
    """One QR sign-in, its pages, and the devices that stand before them."""

    @initialize(beginning=BEGINNINGS, seed=st.integers(0, 2**32), gives_up=st.booleans(), is_slow=st.booleans())
    def start(
        self, beginning: tuple[Method, Mode], *, seed: int = 1, gives_up: bool = False, is_slow: bool = False
    ) -> None:
        """A phone starts a sign-in, of which nothing is asked before it was scanned."""
        super().start(beginning, seed=seed, gives_up=gives_up, is_slow=is_slow)
        self.rows = [sign_in("none", method="qr", login=ADAS_NUMBER)]
        self.rng = Random(seed)
        self.codes: list[tuple[ScanToken, ScanCode]] = []
        self.devices: set[str] = set()
        self.page: str | None = None

    @rule(by=st.sampled_from([*PAGES, GRACES_PHONE]))
    def show(self, by: Approver) -> None:
        """A page shows a code, which is kept apart from all else that happens to the sign-in."""
        if by not in PAGES or self.row.standing(self.now) != "started":
            with pytest.raises((UnknownSignIn, NotAnswerable)):
                self.row.require_scannable(by, self.now)
        else:
            self.row.require_scannable(by, self.now)
            self.codes.append(draw_code(self.row.sign_in_id, by.session_id, self.now, self.rng))
            self.rows[-1] = msgspec.structs.replace(self.row, codes=self.row.codes | {self.codes[-1][1]})

    @precondition(lambda self: self.is_slow)
    @rule(short_by=st.sampled_from([0, 0.000001]))
    def a_code_grows_old(self, short_by: float) -> None:
        """The clock moves on by the life of a code, or by the last moment less."""
        self.now += CODE_LIFETIME - timedelta(seconds=short_by)

    @precondition(lambda self: self.codes)
    @rule(age=AGES, which=st.integers(0, 3), verifier=VERIFIERS, login=LOGINS)
    def scan(self, age: int, which: int, verifier: str, login: str) -> None:
        """A device sends what it has read in one of the last codes."""
        seen = self.seen(age)
        token, code = self.codes[max(0, len(self.codes) - 1 - which)]
        standing = seen.standing(self.now)
        readable = code in seen.codes and self.now < code.expires_at
        live = standing in ("started", "pending", "allowed")
        alone = seen.scanned_by is None or (seen.scanned_by == seen.challenge)
        wrong = verifier == VERIFIER and alone and (standing != "started" or login != LOGIN)
        after = self.attempt(lambda: seen.scan(token.secret, login, verifier, self.verification, self.now))
        if isinstance(after, NodError):
            assert isinstance(after, WrongScan)
            assert wrong or not (readable and live)
            return
        assert readable
        assert live
        assert not wrong
        if self.keep(seen, after):
            self.devices.add(verifier)
            self.ledger.denied = len(self.devices) > 1
            if self.devices == {VERIFIER}:
                self.page = code.session_id
                self.ledger.deadline = self.now + timedelta(seconds=60) if after.mode == "none" else after.expires_at

    @property
    def moving(self) -> set[str]:
        """The first scan says who answers, and how."""
        return super().moving | {"codes", "scanned_by", "approver", "mode", "answer_hash"}

    # What must always hold.

    @invariant()
    def nobody_is_let_in_without_being_allowed(self) -> None:
        """Q2: nothing goes on without a scan by its own device, and then by that page's session alone."""
        assert self.row.approver == self.page
        if self.row.status in ("pending", "allowed", "reported", "redeemed"):
            assert self.devices == {VERIFIER}
            assert self.row.mode == self.verification.mode
        if self.row.status in ("allowed", "redeemed"):
            assert self.ledger.allowed or self.verification.mode == "none"
            assert self.row.let_in_by == self.page
        assert self.row.let_in_by in (None, self.page)
        assert self.ledger.sessions == (1 if self.row.status == "redeemed" else 0)

    @invariant()
    def two_devices_void(self) -> None:
        """Q3: once two devices have scanned codes of it, nobody is let in, whoever came first."""
        if len(self.devices) > 1:
            assert self.row.status == "denied"
            assert self.ledger.sessions == 0

    @invariant()
    def an_old_code_is_none(self) -> None:
        """Q1: 30 seconds after it was made no device can do anything with it, nor once its own device has scanned."""
        for token, code in self.codes:
            is_old, verifiers = self.now >= code.expires_at, {VERIFIER, OTHER_VERIFIER}
            if is_old or VERIFIER in self.devices:
                self.refuses(token, verifiers if is_old or self.row.status in ("denied", "redeemed") else {VERIFIER})

    def refuses(self, token: ScanToken, verifiers: Collection[str]) -> None:
        """None of these devices can do anything with a token."""
        for verifier in verifiers:
            with pytest.raises(WrongScan):
                self.row.scan(token.secret, LOGIN, verifier, self.verification, self.now)

    @invariant()
    def only_the_page_that_was_read_answers(self) -> None:
        """R4.5: no other session of the account can answer it, and before its own scan none at all."""
        refusal = Forbidden if self.page else NotAnswerable
        for other in [*PAGES, ADAS_PHONE]:
            if other.session_id == self.page or (not self.page and self.row.status == "denied"):
                continue
            for decision in DECISIONS:
                with pytest.raises(refusal):
                    self.row.answer(decision, self.verification.code, by=other, now=self.now)


ScanMachine.TestCase.settings = settings(max_examples=250, stateful_step_count=30)

# Q3: whatever happens in whatever order, one device alone gets in.
TestScanMachine = ScanMachine.TestCase
