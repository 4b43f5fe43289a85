"""Flow 1: a device asks, a person answers, the device collects its session (R1)."""

from datetime import timedelta
from typing import ClassVar

import pytest

from nod.domain.refusals import StillWaiting
from nod.domain.verification import TRIES
from nod.errors import AlreadyAnswered, AlreadyRedeemed, Denied, NodError, SlowDown, WrongCode
from nod.flows.answering import Answer
from nod.flows.granting import Grant
from nod.flows.starting import Started
from tests.faults.scenarios.base import KEY, VERIFIER, Scenario


class StartApproval(Scenario):
    """A device asks to be let in; where that fails its user asks again."""

    # Beside the decision: who is not found cannot be asked.
    told: ClassVar[tuple[str, ...]] = ("Query Connections",)

    def attempt(self) -> Started:
        return self.start()

    def settle(self) -> None:
        started: Started = self.result
        assert started.sign_in.sign_in_id in self.prompted()
        self.allow(started)
        self.is_signed_in(self.redeem(started))
        assert len(self.person.sessions()) == 2


class StartEcho(Scenario):
    """A device asks to be let in, and is to send its code back first."""

    told = StartApproval.told

    def attempt(self) -> Started:
        return self.start("echo")

    def settle(self) -> None:
        started: Started = self.result
        assert self.prompted() == []
        self.house.parts.approval.confirm(started.sign_in.sign_in_id, started.verification.code or "")
        assert self.prompted() == [started.sign_in.sign_in_id]


class StartWhereTheApproverIsGone(StartApproval):
    """The approver's connection, open up to now, may be gone; it comes back, and the device asks again."""

    # Nobody is online then, and the sign-in is taken back.
    told = (*StartApproval.told, "PostToConnection")

    def prepare(self) -> None:
        self.house.parts.connecting.open_prompts(self.person.me, f"{self.person.login}-approve")

    def again(self) -> Started:
        self.person.connect("approve")
        return self.attempt()


class StartWhereOneIsGone(StartApproval):
    """Of two approvers one is gone, and forgotten; where that fails, the device hears nothing of it."""

    def prepare(self) -> None:
        name = self.person.listed("approve", name="gone")
        self.house.parts.connecting.open_prompts(self.person.me, name)
        self.house.injector.gone.add(name)


class ConfirmEcho(Scenario):
    """A device sends its `echo` code back."""

    # The same; when the code comes again it prompts.
    told: ClassVar[tuple[str, ...]] = ("Query Connections",)

    def prepare(self) -> None:
        self.started = self.start("echo")

    def attempt(self) -> None:
        self.house.parts.approval.confirm(self.started.sign_in.sign_in_id, self.started.verification.code or "")

    def settle(self) -> None:
        assert self.prompted() == [self.started.sign_in.sign_in_id]
        self.house.parts.answering.answer(Answer(self.started.sign_in.sign_in_id, "allow"), by=self.person.me)
        self.is_signed_in(self.redeem(self.started))


class EchoWrongCode(Scenario):
    """A device sends a wrong `echo` code: there are tries left, and nobody is prompted.

    Each that arrives is a try, for it may be another guess: the third denies, also where the answers to two were lost.
    """

    told = ConfirmEcho.told

    def prepare(self) -> None:
        self.started, self.sent = self.start("echo"), 0

    def attempt(self) -> bool:
        self.sent += 1
        wrong = "000000" if self.started.verification.code != "000000" else "000001"
        with pytest.raises(WrongCode):
            self.house.parts.approval.confirm(self.started.sign_in.sign_in_id, wrong)
        return True

    def settle(self) -> None:
        assert self.prompted() == []
        try:
            self.house.parts.approval.confirm(self.started.sign_in.sign_in_id, self.started.verification.code or "")
        except Denied:
            assert self.sent == TRIES["echo"]
        else:
            assert self.prompted() == [self.started.sign_in.sign_in_id]


class AllowSignIn(Scenario):
    """An approver allows a sign-in."""

    lost = (AlreadyAnswered,)

    def prepare(self) -> None:
        self.started = self.start()

    def attempt(self) -> str:
        return self.allow(self.started)

    def settle(self) -> None:
        assert self.prompted() == []
        self.is_signed_in(self.redeem(self.started))
        assert len(self.person.sessions()) == 2


class DenySignIn(Scenario):
    """An approver denies a sign-in."""

    lost: ClassVar[tuple[type[NodError], ...]] = (AlreadyAnswered,)

    def prepare(self) -> None:
        self.started = self.start()

    def attempt(self) -> str:
        return self.house.parts.answering.answer(Answer(self.started.sign_in.sign_in_id, "deny"), by=self.person.me)

    def settle(self) -> None:
        assert self.prompted() == []
        with pytest.raises(Denied):
            self.redeem(self.started)


class PickWrongCode(DenySignIn):
    """An approver picks a wrong number, which denies."""

    lost = (AlreadyAnswered, WrongCode)
    # It is looked at as it is where the first write finds that it does not hold.
    told = ("TransactWriteItems",)

    def attempt(self) -> str:
        wrong = "00" if self.started.verification.code != "00" else "01"
        answer = Answer(self.started.sign_in.sign_in_id, "allow", wrong)
        return self.house.parts.answering.answer(answer, by=self.person.me)


class ReportSignIn(Scenario):
    """An approver reports a sign-in; further ones are then held back, whatever failed on the way."""

    lost: ClassVar[tuple[type[NodError], ...]] = (AlreadyAnswered,)
    steps = True
    # So that it is reported again, and then held back.
    told: ClassVar[tuple[str, ...]] = ("UpdateItem Logins",)

    def prepare(self) -> None:
        self.started = self.start()

    def attempt(self) -> str:
        return self.house.parts.answering.answer(Answer(self.started.sign_in.sign_in_id, "report"), by=self.person.me)

    def settle(self) -> None:
        assert self.prompted() == []
        known = self.house.parts.tables.logins.find(f"user:{self.person.login}")
        assert known
        assert known.is_held(self.house.now())


class ReportLate(ReportSignIn):
    """An approver reports what was given up already: further ones are held back, and it stays as it is."""

    lost = ()
    steps = False
    decides = "UpdateItem Logins"
    told = ()

    def prepare(self) -> None:
        super().prepare()
        self.house.parts.redeeming.cancel(self.started.sign_in.sign_in_id, VERIFIER)

    def settle(self) -> None:
        super().settle()
        assert self.house.parts.connecting.standing(self.started.sign_in.sign_in_id) == "cancelled"


class Poll(Scenario):
    """A device asks whether it has been decided, and is told to wait."""

    lost = (SlowDown,)

    def prepare(self) -> None:
        self.started = self.start()

    def attempt(self) -> bool:
        with pytest.raises(StillWaiting):
            self.redeem(self.started)
        return True

    def again(self) -> bool:
        self.house.late += timedelta(seconds=15)
        return self.attempt()

    def settle(self) -> None:
        self.allow(self.started)
        self.is_signed_in(self.redeem(self.started))


class Redeem(Scenario):
    """A device collects its session; whatever failed, the request that is repeated with its key brings it."""

    # Without a signature there is no token to hand out. It is asked for beside the decision.
    told = ("Sign",)

    def prepare(self) -> None:
        self.started = self.start()
        self.allow(self.started)

    def attempt(self) -> Grant:
        return self.redeem(self.started, KEY)

    def settle(self) -> None:
        assert len(self.person.sessions()) == 2
        self.is_signed_in(self.result)


class RedeemWithoutKey(Redeem):
    """A device collects its session; where the answer is lost, so is the session (A7)."""

    lost: ClassVar[tuple[type[NodError], ...]] = (AlreadyRedeemed,)

    def attempt(self) -> Grant:
        return self.redeem(self.started)

    def settle(self) -> None:
        if self.result is None:
            assert len(self.person.sessions()) == 2
        else:
            super().settle()


class CancelSignIn(Scenario):
    """A device gives up."""

    def prepare(self) -> None:
        self.started = self.start()

    def attempt(self) -> None:
        self.house.parts.redeeming.cancel(self.started.sign_in.sign_in_id, VERIFIER)

    def settle(self) -> None:
        assert self.prompted() == []
        assert self.house.parts.connecting.standing(self.started.sign_in.sign_in_id) == "cancelled"
