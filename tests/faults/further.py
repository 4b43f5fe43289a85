"""What else people do: what they refuse, and what they change about their accounts."""

from contextlib import suppress
from datetime import timedelta
from typing import Any, ClassVar

import pytest

from nod.domain.device import Device
from nod.domain.identifiers import challenge_of, new_identifier
from nod.domain.passwords import hash_password
from nod.domain.refusals import StillWaiting
from nod.domain.verification import TRIES
from nod.errors import (
    AlreadyAnswered,
    Denied,
    Expired,
    IdentifierUsed,
    InvalidCredentials,
    InvalidToken,
    NodError,
    SlowDown,
    UnknownLogin,
    WrongCode,
    WrongScan,
)
from nod.flows.answering import Answer
from nod.flows.approval import Asked
from nod.flows.granting import Grant
from nod.flows.phone import AskedByPhone
from nod.flows.qr import Scan
from nod.flows.starting import Started
from tests.faults.house import NETWORK, PC, PHONE
from tests.faults.scenarios import VERIFIER, ConfirmEcho, Redeem, Scenario, StartApproval, StartHandOver, Text

OWN_PASSWORD, NEXT_PASSWORD = "correct horse", "battery staple"


# What is refused.


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


class TextFromSecondNumber(Text):
    """The identifier comes from a second number too: void for both."""

    def prepare(self) -> None:
        super().prepare()
        super().attempt()
        self.message_id = new_identifier(self.house.random)
        self.second = self.house.person()

    def collect(self) -> None:
        """The phone is too slow for that."""

    @property
    def sender(self) -> str:
        return self.second.number if hasattr(self, "second") else super().sender

    def settle(self) -> None:
        with pytest.raises((Denied, Expired)):
            self.redeem(self.started)
        assert len(self.person.sessions()) == len(self.second.sessions()) == 1


# What starts and goes on.


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


class ReplayRefresh(Scenario):
    """A refresh token comes that was used before: its session is over (S3), whatever fails then."""

    decides = "UpdateItem Sessions"

    def prepare(self) -> None:
        self.copied = self.person.signed_in()
        self.house.parts.refreshing.refresh(self.copied.refresh_token)

    def attempt(self) -> bool:
        with pytest.raises(InvalidToken):
            self.house.parts.refreshing.refresh(self.copied.refresh_token)
        return True

    def settle(self) -> None:
        assert self.person.sessions() == [self.person.me.session_id]


class StartByText(Scenario):
    """A phone registers its identifier. One whose answer was lost is there, and the phone draws another."""

    lost = (IdentifierUsed,)

    def prepare(self) -> None:
        self.identifier = new_identifier(self.house.random)

    def attempt(self) -> Started:
        asked = AskedByPhone(self.identifier, challenge_of(VERIFIER), PHONE)
        return self.house.messaging.phone.start(asked, NETWORK)

    def settle(self) -> None:
        assert self.house.parts.connecting.standing(self.identifier) == "started"


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


# What is changed about an account.


class RedeemOnNamedDevice(Redeem):
    """A device that has an id collects its session, and is known to the account from then on, if that did not fail."""

    def prepare(self) -> None:
        self.device_id = new_identifier(self.house.random).lower()
        device = Device("desktop", "PC", id=self.device_id)
        asked = Asked(self.person.login, challenge_of(VERIFIER), device, "choose")
        self.started = self.house.parts.approval.start(asked, NETWORK)
        self.allow(self.started)


class ForgetDevice(RedeemOnNamedDevice):
    """A device is known no more."""

    lost = (UnknownLogin,)

    def prepare(self) -> None:
        super().prepare()
        self.redeem(self.started)
        self.mine = self.house.parts.control.alive(self.person.me)

    def attempt(self) -> Any:
        self.house.messaging.login_binding.unbind(self.mine, f"device:{self.device_id}")
        return True

    def settle(self) -> None:
        assert self.house.parts.tables.logins.find(f"device:{self.device_id}") is None


class SignInWithPassword(Scenario):
    """Somebody signs in with their own password; who has not heard the answer does so once more."""

    def prepare(self) -> None:
        self.mine = self.house.parts.control.alive(self.person.me)
        tables = self.house.parts.tables
        account = tables.accounts.get(self.person.account_id)
        assert account
        tables.passwords.set(self.mine, account, hash_password(OWN_PASSWORD, self.house.random), self.house.now())

    def sign_in(self, password: str) -> Grant:
        """With this password."""
        return self.house.parts.passwords.sign_in(self.person.login, password, PC, NETWORK)

    def attempt(self) -> Any:
        return self.sign_in(OWN_PASSWORD)

    def settle(self) -> None:
        self.is_signed_in(self.result)


class ChangePassword(SignInWithPassword):
    """A password is changed. Where the answer was lost, the one before is wrong."""

    lost = (InvalidCredentials,)

    def attempt(self) -> bool:
        self.house.parts.passwords.change(self.mine, OWN_PASSWORD, NEXT_PASSWORD)
        return True

    def settle(self) -> None:
        self.is_signed_in(self.sign_in(NEXT_PASSWORD))
        with pytest.raises(InvalidCredentials):
            self.sign_in(OWN_PASSWORD)


class AskForMail(Scenario):
    """Somebody wants an address bound, and is mailed a code. One that did not come is asked for again."""

    def prepare(self) -> None:
        self.address = f"ada{new_identifier(self.house.random).lower()}@example.com"
        self.mine = self.house.parts.control.alive(self.person.me)

    def attempt(self) -> Any:
        return self.house.messaging.login_binding.bind(self.mine, self.address, NETWORK)

    def confirm(self) -> Any:
        """With the code of the last mail."""
        return self.house.messaging.login_binding.confirm(self.mine, self.address, self.house.mailed_code(self.address))

    def settle(self) -> None:
        self.confirm()
        known = self.house.parts.tables.logins.find(f"mailto:{self.address}")
        assert known
        assert known.account_id == self.person.account_id


class ConfirmMail(AskForMail):
    """The code comes back. Where the answer was lost, the address is bound, and nothing is under way any more."""

    lost = (UnknownLogin,)

    def prepare(self) -> None:
        super().prepare()
        super().attempt()

    def attempt(self) -> Any:
        return self.confirm()

    def settle(self) -> None:
        known = self.house.parts.tables.logins.find(f"mailto:{self.address}")
        assert known
        assert known.account_id == self.person.account_id
