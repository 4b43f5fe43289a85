"""Stacks that are set otherwise: one approver asked, accounts concealed, scans not confirmed (R1.5, R4.5, A4)."""

from typing import Any, ClassVar

from nod.domain.sign_in import Approver
from nod.flows.answering import Answer
from nod.flows.starting import Started
from tests.faults.scenarios.approval import ConfirmEcho, StartApproval
from tests.faults.scenarios.base import Scenario
from tests.faults.scenarios.hand_over import ScanCode
from tests.faults.scenarios.texts import TextToBeAllowed


class AskingOne(Scenario, plays=False):
    """Two devices of a person could allow it, and one of them is asked."""

    # A prompt that is nobody's yet would not come with the approver's hello, should its post have been lost.
    told: ClassVar[tuple[str, ...]] = (*StartApproval.told, "UpdateItem Prompts")

    def prepare(self) -> None:
        second = Approver(self.person.account_id, self.person.signed_in().session_id)
        self.approvers = {
            self.person.me: f"{self.person.login}-approve",
            second: self.person.listed("approve", second, "second"),
        }
        for who, connection_id in self.approvers.items():
            self.house.parts.connecting.open_prompts(who, connection_id)
        super().prepare()

    def settle(self) -> None:
        started: Started = self.result if isinstance(self.result, Started) else self.started  # type: ignore[attr-defined]
        answer = Answer(started.sign_in.sign_in_id, "allow", started.verification.code)
        self.house.parts.answering.answer(answer, by=self.asked(answer.sign_in_id))
        self.is_signed_in(self.redeem(started))
        assert len(self.person.sessions()) == 3

    def asked(self, sign_in_id: str) -> Approver:
        """Who is asked: one, and nobody else has heard of it."""
        connecting = self.house.parts.connecting
        (who,) = [
            who for who in self.approvers if sign_in_id in {one.sign_in_id for one in connecting.open_prompts(who)}
        ]
        prompts = [(to, one) for to, one in self.house.injector.heard if one["type"] == "prompt"]
        heard = {to for to, one in prompts if one["sign_in_id"] == sign_in_id}
        assert heard <= {self.approvers[who]}, "another one has heard of it"
        return who


class StartAskingLatest(AskingOne, StartApproval):
    """Who was connected last is asked."""

    stack: ClassVar[dict[str, Any]] = {"approver_policy": "latest"}


class StartAskingActive(AskingOne, StartApproval):
    """Who was active last is asked; who that is API Gateway says, or else who was connected last is."""

    stack: ClassVar[dict[str, Any]] = {"approver_policy": "active"}


class StartAskingRandom(AskingOne, StartApproval):
    """Any one is asked, and accounts are concealed."""

    stack: ClassVar[dict[str, Any]] = {"approver_policy": "random", "conceal_accounts": True}


class ConfirmEchoAskingRandom(AskingOne, ConfirmEcho):
    """Any one is asked once the code came back: the same, where it comes back again."""

    stack: ClassVar[dict[str, Any]] = {"approver_policy": "random"}


class TextAskingRandom(AskingOne, TextToBeAllowed):
    """Any one is asked about a text: the same, where the gateway delivers it again."""

    told = TextToBeAllowed.told
    stack: ClassVar[dict[str, Any]] = {"approver_policy": "random"}


class StartConcealed(StartApproval):
    """Where accounts are concealed, who has one is asked all the same."""

    stack: ClassVar[dict[str, Any]] = {"conceal_accounts": True}


class ScanUnconfirmed(ScanCode):
    """A scan lets in at once; where its answer was lost the phone is in all the same."""

    stack: ClassVar[dict[str, Any]] = {"hand_over_confirmation": "none"}

    def settle(self) -> None:
        self.is_signed_in(self.redeem(self.started))
