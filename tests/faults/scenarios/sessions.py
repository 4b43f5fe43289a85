"""Sessions: how they begin with a password, are refreshed, connect and end (R1.9, R2)."""

from contextlib import suppress
from typing import Any, ClassVar

import pytest

from nod.domain.identifiers import new_identifier
from nod.domain.passwords import hash_password
from nod.domain.sign_in import Approver
from nod.errors import InvalidCredentials, InvalidToken, LoginTaken, NodError, UnknownSession
from nod.flows.granting import Grant
from tests.faults.house import NETWORK, PC
from tests.faults.scenarios.base import KEY, Scenario

OWN_PASSWORD = "correct horse"


class SignUp(Scenario):
    """Somebody new makes an account; whose answer was lost signs in with the password."""

    lost = (LoginTaken,)

    def prepare(self) -> None:
        self.login = f"new{new_identifier(self.house.random).lower()}"

    def attempt(self) -> Grant:
        return self.house.parts.passwords.sign_up(self.login, OWN_PASSWORD, PC, NETWORK)

    def settle(self) -> None:
        if self.result is None:
            self.result = self.house.parts.passwords.sign_in(self.login, OWN_PASSWORD, PC, NETWORK)
        self.is_signed_in(self.result)


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


class SignInWithInitialPassword(Scenario):
    """The password that was texted works once, and is not used up by an attempt that failed.

    One whose answer was lost has been used up: the person texts again.
    """

    lost = (InvalidCredentials,)

    def prepare(self) -> None:
        hashed = hash_password("correct horse", self.house.random)
        self.house.parts.tables.passwords.set_initial(self.person.account_id, hashed)

    def attempt(self) -> Grant:
        return self.house.parts.passwords.sign_in(self.person.login, OWN_PASSWORD, PC, NETWORK)

    def settle(self) -> None:
        assert len(self.person.sessions()) == 2
        if self.result is not None:
            self.is_signed_in(self.result)


class Refresh(Scenario):
    """A device trades its refresh token; whatever failed, the request that is repeated with its key brings the next."""

    def attempt(self) -> Grant:
        return self.house.parts.refreshing.refresh(self.person.grant.refresh_token, KEY)

    def settle(self) -> None:
        self.is_signed_in(self.result)


class RefreshWithoutKey(Scenario):
    """A device trades its refresh token. A token whose answer was lost is a replay: the session is over (S3)."""

    lost = (InvalidToken,)

    def attempt(self) -> Grant:
        return self.house.parts.refreshing.refresh(self.person.grant.refresh_token)

    def settle(self) -> None:
        if self.result is None:
            assert self.person.sessions() == []
        else:
            self.is_signed_in(self.result)


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


class OpenConnection(Scenario):
    """A device opens its connection and says hello; each attempt asks for a ticket of its own."""

    # What it says then is another request.
    told = ("GetItem Sessions", "Query Prompts", "UpdateItem Connections")

    def prepare(self) -> None:
        self.started = self.start()

    def attempt(self) -> list[str]:
        self.person.connect("approve")
        return [one.sign_in_id for one in self.house.parts.connecting.open_prompts(self.person.me, "c")]

    def settle(self) -> None:
        assert self.result == [self.started.sign_in.sign_in_id]
        self.allow(self.started)
        self.is_signed_in(self.redeem(self.started))


class EndSession(Scenario):
    """A device signs another one out: that ends, and then its connections are looked for."""

    lost = (UnknownSession,)
    steps = True
    # Decision 77.
    told: ClassVar[tuple[str, ...]] = ("Query Connections",)

    def prepare(self) -> None:
        self.other = self.person.signed_in()

    def attempt(self) -> list[str]:
        return self.house.parts.control.end(self.other.session_id, by=self.person.me)

    def settle(self) -> None:
        assert self.person.sessions() == [self.person.me.session_id]


class EndConnectedSession(EndSession):
    """The other one has a connection, which is gone at the latest when its end is asked for once more."""

    def prepare(self) -> None:
        super().prepare()
        self.person.connect("approve", Approver(self.person.account_id, self.other.session_id), "other")

    def settle(self) -> None:
        super().settle()
        if self.other.session_id in self.person.connected():
            with suppress(UnknownSession):
                self.attempt()
        assert self.other.session_id not in self.person.connected()


class EndOwnSession(Scenario):
    """A device signs itself out."""

    lost: ClassVar[tuple[type[NodError], ...]] = (InvalidToken, UnknownSession)
    steps = True
    decides = "UpdateItem Sessions"
    # Decision 77.
    told: ClassVar[tuple[str, ...]] = ("Query Connections",)

    def attempt(self) -> list[str]:
        return self.house.parts.control.end(self.person.me.session_id, by=self.person.me)

    def settle(self) -> None:
        assert self.person.sessions() == []
        if self.person.connected():
            with suppress(*self.lost):
                self.attempt()
        assert self.person.connected() == set()


class EndTree(Scenario):
    """A device signs another one out, with all that this one let in."""

    def prepare(self) -> None:
        self.top = self.person.signed_in()
        middle = self.person.signed_in(let_in_by=self.top.session_id)
        self.person.signed_in(let_in_by=middle.session_id)

    lost = (UnknownSession,)
    steps = True
    # Some have ended, and others are to be; and decision 77.
    told = ("TransactWriteItems", "Query")

    def attempt(self) -> list[str]:
        return self.house.parts.control.end(self.top.session_id, by=self.person.me, and_let_in=True)

    def settle(self) -> None:
        assert self.person.sessions() == [self.person.me.session_id]
