"""Flow 3: a computer hands its account to a phone (R4)."""

from contextlib import suppress
from typing import Any, ClassVar

import pytest

from nod.domain.identifiers import challenge_of
from nod.domain.scanning import draw_code
from nod.errors import Denied, WrongScan
from nod.flows.answering import Answer
from nod.flows.qr import AskedByScan, Scan
from nod.flows.starting import Started
from tests.faults.house import NETWORK, PHONE
from tests.faults.scenarios.base import VERIFIER, Scenario


class StartHandOver(Scenario):
    """A phone asks for a QR code."""

    def attempt(self) -> Started:
        asked = AskedByScan(self.person.number, challenge_of(VERIFIER), PHONE)
        return self.house.hand_over.hand_over.start(asked, NETWORK)

    def shown(self, started: Started) -> str:
        """What the page's next code holds."""
        sign_in_id, now = started.sign_in.sign_in_id, self.house.now()
        token, code = draw_code(sign_in_id, self.person.me.session_id, now, self.house.random)
        self.house.parts.tables.sign_ins.add_code(sign_in_id, code, by=self.person.me, now=now)
        return token.text

    def scan(self, started: Started, token: str) -> Any:
        """The phone scans, and shows what it is told."""
        scan = Scan(token, self.person.number, VERIFIER)
        return self.house.hand_over.hand_over.scan(started.sign_in.sign_in_id, scan)

    def settle(self) -> None:
        started: Started = self.result
        scanned = self.scan(started, self.shown(started))
        answer = Answer(started.sign_in.sign_in_id, "allow", scanned.verification.code)
        self.house.parts.answering.answer(answer, by=self.person.me)
        self.is_signed_in(self.redeem(started))


class ScanCode(StartHandOver):
    """A phone sends what it has read. Where the answer was lost, so is the number to pick: it asks for a new code."""

    lost = (WrongScan,)

    def prepare(self) -> None:
        self.started = super().attempt()
        self.token = self.shown(self.started)

    def attempt(self) -> Any:
        return self.scan(self.started, self.token)

    def settle(self) -> None:
        if self.result is None:
            self.result = super().attempt()
            super().settle()
            return
        answer = Answer(self.started.sign_in.sign_in_id, "allow", self.result.verification.code)
        self.house.parts.answering.answer(answer, by=self.person.me)
        self.is_signed_in(self.redeem(self.started))


class ScanAlong(StartHandOver):
    """A second device scans: the sign-in is void for both."""

    lost = (WrongScan, Denied)

    def prepare(self) -> None:
        self.started = super().attempt()
        self.token = self.shown(self.started)
        with suppress(WrongScan):
            stranger = Scan(self.token, self.person.number, "w" * 43)
            self.house.hand_over.hand_over.scan(self.started.sign_in.sign_in_id, stranger)

    def attempt(self) -> Any:
        with pytest.raises(Denied):
            self.scan(self.started, self.token)
        return True

    def settle(self) -> None:
        with pytest.raises(Denied):
            self.redeem(self.started)


class RenewCode(StartHandOver):
    """A page asks for a fresh code."""

    # Beside the decision: a code that is not shown does no harm.
    told: ClassVar[tuple[str, ...]] = ("GetItem SignIns",)

    def prepare(self) -> None:
        self.started = super().attempt()

    def attempt(self) -> Any:
        return self.house.hand_over.showing.renew(self.started.sign_in.sign_in_id, self.person.me)

    def settle(self) -> None:
        token = self.result.url.partition("scan_token=")[2]
        assert self.scan(self.started, token).sign_in.status == "pending"
