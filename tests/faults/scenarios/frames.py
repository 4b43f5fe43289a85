"""What is said over a connection: whoever hears no reply says it again."""

from contextlib import suppress
from typing import Any, ClassVar

import msgspec

from nod import errors
from nod.domain.tickets import Ticket
from nod.errors import Forbidden, NodError
from tests.faults.injection import Killed
from tests.faults.scenarios.approval import AllowSignIn, ReportSignIn
from tests.faults.scenarios.base import Scenario
from tests.faults.scenarios.hand_over import RenewCode, StartHandOver
from tests.faults.scenarios.sessions import EndConnectedSession, EndOwnSession

REFUSALS = {kind.code: kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, NodError)}


class Unheard(Exception):
    """No reply came, whatever has become of the frame."""


class Saying(Scenario, plays=False):
    """A frame over a connection, to whose sender only the reply tells what its function has come to."""

    purpose: ClassVar[Any] = "approve"
    # Whoever posts the reply cannot be told that it did not come.
    told: ClassVar[tuple[str, ...]] = ("PostToConnection",)

    def frame(self) -> dict[str, Any]:
        """What is said."""
        raise AssertionError

    def attempt(self) -> Any:
        heard = self.house.injector.heard
        number, connection_id = len(heard), f"{self.person.login}-{self.purpose}"
        with suppress(Exception, Killed):
            self.house.frames.handle(self._event(connection_id, {**self.frame(), "id": number}))
        for to, reply in heard[number:]:
            if (to, reply.get("id")) == (connection_id, number):
                if reply["type"] == "error":
                    raise REFUSALS[reply["code"]]()
                return reply
        raise Unheard()

    def _event(self, connection_id: str, frame: dict[str, Any]) -> dict[str, Any]:
        ticket = Ticket(
            ticket_hash="",
            purpose=self.purpose,
            owner=self.person.account_id,
            expires_at=self.house.now(),
            session_id=self.person.me.session_id,
        )
        context = {
            "connectionId": connection_id,
            "eventType": "MESSAGE",
            "authorizer": {"ticket": msgspec.json.encode(ticket).decode()},
        }
        return {"requestContext": context, "body": msgspec.json.encode(frame).decode()}


class SayAllow(Saying, AllowSignIn):
    """An approver allows a sign-in. Where the acknowledgement was lost, it hears that this is answered."""

    steps = True

    def frame(self) -> dict[str, Any]:
        decided = {"sign_in_id": self.started.sign_in.sign_in_id, "decision": "allow"}
        return {"action": "answer", **decided, "code": self.started.verification.code}


class SayReport(Saying, ReportSignIn):
    """An approver reports a sign-in."""

    told = (*Saying.told, *ReportSignIn.told)

    def frame(self) -> dict[str, Any]:
        return {"action": "answer", "sign_in_id": self.started.sign_in.sign_in_id, "decision": "report"}


class SayEnd(Saying, EndConnectedSession):
    """A device signs another one out."""

    def frame(self) -> dict[str, Any]:
        return {"action": "endSession", "session_id": self.other.session_id}


class SayEndOwn(Saying, EndOwnSession):
    """A device signs itself out: it is told so, and hears nothing more."""

    lost = (Forbidden,)

    def frame(self) -> dict[str, Any]:
        return {"action": "endSession", "session_id": self.person.me.session_id}


class SayHello(Saying):
    """An approver's device asks what is open."""

    def prepare(self) -> None:
        self.started = self.start()

    def frame(self) -> dict[str, Any]:
        return {"action": "hello"}

    def settle(self) -> None:
        assert [one["sign_in_id"] for one in self.result["prompts"]] == [self.started.sign_in.sign_in_id]


class SayListSessions(Saying):
    """A device asks which sessions there are."""

    def frame(self) -> dict[str, Any]:
        return {"action": "listSessions"}

    def settle(self) -> None:
        assert [one["session_id"] for one in self.result["sessions"]] == self.person.sessions()


class SayHelloOfPage(Saying, StartHandOver):
    """A page asks what it is to show. A code that does not come it gets when it says so once more."""

    purpose = "hand_over"

    def prepare(self) -> None:
        self.started = StartHandOver.attempt(self)

    def frame(self) -> dict[str, Any]:
        return {"action": "hello"}

    def settle(self) -> None:
        assert self.result["session_id"] == self.person.me.session_id
        self.attempt()
        to, shown = self.house.injector.heard[-1]
        assert (to, shown["type"]) == (f"{self.person.login}-hand_over", "qr")
        token = shown["url"].partition("scan_token=")[2]
        assert self.scan(self.started, token).sign_in.status == "pending"


class SayRenew(Saying, RenewCode):
    """A page asks for a fresh code."""

    purpose = "hand_over"
    told = (*Saying.told, *RenewCode.told)

    def frame(self) -> dict[str, Any]:
        return {"action": "renewQr", "sign_in_id": self.started.sign_in.sign_in_id}

    def settle(self) -> None:
        token = self.result["url"].partition("scan_token=")[2]
        assert self.scan(self.started, token).sign_in.status == "pending"
