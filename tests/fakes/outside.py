"""What is outside: open connections, the signing key, and what is sent to people."""

from dataclasses import dataclass, field
from datetime import datetime

from nod.domain.pushes import Push
from nod.domain.sessions import Session


@dataclass
class Sockets:
    """The connections themselves. Those in `open` can be posted to; a test takes one out to make it go away."""

    open: set[str] = field(default_factory=set)
    posted: dict[str, list[Push]] = field(default_factory=dict)
    activity: dict[str, datetime] = field(default_factory=dict)

    def post(self, connection_id: str, push: Push) -> bool:
        if connection_id not in self.open:
            return False
        self.posted.setdefault(connection_id, []).append(push)
        return True

    def last_active(self, connection_id: str) -> datetime | None:
        return self.activity.get(connection_id)

    def close(self, connection_id: str) -> None:
        self.open.discard(connection_id)


@dataclass
class TokenSigner:
    """Signs access tokens, unless told to be out of order."""

    out_of_order: bool = False

    def sign(self, session: Session, now: datetime) -> str:
        if self.out_of_order:
            raise ConnectionError("the key does not answer")
        return f"token of {session.session_id} at {now.isoformat()}"


@dataclass
class Texts:
    """Text messages that were sent, to whom and what, unless told to be out of order."""

    sent: list[tuple[str, str]] = field(default_factory=list)
    out_of_order: bool = False

    def send(self, number: str, text: str) -> None:
        if self.out_of_order:
            raise ConnectionError("no text can be sent")
        self.sent.append((number, text))


@dataclass
class Mail:
    """Mail that was sent: to whom, about what, and what."""

    sent: list[tuple[str, str, str]] = field(default_factory=list)

    def send(self, address: str, subject: str, text: str) -> None:
        self.sent.append((address, subject, text))
