"""What people change about their accounts: logins, devices, passwords (R1.2)."""

from typing import Any, ClassVar

import pytest

from nod.domain.device import Device
from nod.domain.identifiers import challenge_of, new_identifier
from nod.domain.sign_in import Approver
from nod.errors import InvalidCredentials, LoginTaken, NodError, UnknownLogin
from nod.flows.approval import Asked
from nod.flows.binding import Unproven
from nod.flows.phone import AskedByPhone
from tests.faults.house import NETWORK, PHONE
from tests.faults.scenarios.approval import Redeem
from tests.faults.scenarios.base import VERIFIER, Scenario
from tests.faults.scenarios.sessions import OWN_PASSWORD, SignInWithPassword
from tests.faults.scenarios.texts import Text

NEXT_PASSWORD = "battery staple"


class BindUsername(Scenario):
    """A username is bound at once; whose answer was lost is told that it is taken, by the account itself."""

    lost: ClassVar[tuple[type[NodError], ...]] = (LoginTaken,)

    def prepare(self) -> None:
        self.name = f"second{new_identifier(self.house.random).lower()}"
        self.session = self.house.parts.control.alive(self.person.me)

    def attempt(self) -> Any:
        return self.house.messaging.login_binding.bind(self.session, self.name, NETWORK)

    def settle(self) -> None:
        known = self.house.parts.tables.logins.find(f"user:{self.name}")
        assert known
        assert known.account_id == self.person.account_id


class Unbind(BindUsername):
    """A login is taken away."""

    lost: ClassVar[tuple[type[NodError], ...]] = (UnknownLogin,)

    def prepare(self) -> None:
        super().prepare()
        self.house.messaging.login_binding.bind(self.session, self.name, NETWORK)

    def attempt(self) -> Any:
        self.house.messaging.login_binding.unbind(self.session, self.name)

    def settle(self) -> None:
        assert self.house.parts.tables.logins.find(f"user:{self.name}") is None


class BindNumber(Text):
    """A text binds its number to the account that asked for it."""

    def prepare(self) -> None:
        self._sender = f"+44770092{len(self.house.rows('Messages')):04d}"
        mine = self.house.parts.control.alive(self.person.me)
        asked = self.house.messaging.login_binding.bind(mine, self._sender, NETWORK)
        assert isinstance(asked, Unproven)
        assert asked.sms
        self._body = asked.sms.body
        self.message_id = new_identifier(self.house.random)

    def collect(self) -> None:
        """There is nothing to collect."""

    @property
    def sender(self) -> str:
        return self._sender

    @property
    def body(self) -> str:
        return self._body

    def settle(self) -> None:
        known = self.house.parts.tables.logins.find(f"tel:{self._sender}")
        assert known
        assert known.account_id == self.person.account_id


class TextNoOfBoundNumber(BindNumber):
    """A number that was bound lately says NO: whom it has let in is out, and it leaves the account."""

    def prepare(self) -> None:
        super().prepare()
        super().attempt()
        asked = AskedByPhone(new_identifier(self.house.random), challenge_of(VERIFIER), PHONE)
        self.started = self.messaging.phone.start(asked, NETWORK)
        self._body = self.started.sms.body if self.started.sms else ""
        self.message_id = new_identifier(self.house.random)
        super().attempt()
        self.intruder = self.redeem(self.started)
        self.person.connect("approve", Approver(self.person.account_id, self.intruder.session_id), "intruder")
        self._body, self.message_id = "NO", new_identifier(self.house.random)

    def settle(self) -> None:
        assert self.person.sessions() == [self.person.me.session_id]
        assert self.person.connected() == {self.person.me.session_id}
        assert self.house.parts.tables.logins.find(f"tel:{self.sender}") is None
        seen = [row["outcome"]["S"] for row in self.house.rows("Messages")]
        assert "undone" in seen, "its sender is told what came of it"


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


class RemovePassword(Scenario):
    """A password is taken away; whose answer was lost may ask again."""

    def prepare(self) -> None:
        self.session = self.house.parts.control.alive(self.person.me)
        self.house.parts.passwords.change(self.session, None, "correct horse")

    def attempt(self) -> None:
        self.house.parts.passwords.remove(self.session)

    def settle(self) -> None:
        kept = self.house.parts.tables.accounts.get(self.person.account_id)
        assert kept
        assert (kept.password_hash, kept.password_set_at) == (None, None)
