"""What a text message gateway delivers: the call as it came in, the messages in it, and the answer to the gateway."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Protocol

import msgspec


class Proof(msgspec.Struct, frozen=True):
    """What a gateway's calls prove.

    `authenticated`: the gateway made the call. `body_bound`: these are the very bytes that it sent. `replay_protected`:
    a call that was overheard cannot be passed off as another one later, because a time or a unique message id is
    signed with it.
    """

    authenticated: bool
    body_bound: bool
    replay_protected: bool

    @property
    def needs_secret_path(self) -> bool:
        """Whether the address that the gateway calls must itself be a secret, since the call proves too little."""
        return not (self.authenticated and self.body_bound and self.replay_protected)


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One call of a gateway, as it came in.

    `url` is the public address that the gateway was told to call, with the query it sent: what some signatures are
    made over. `headers` have lower-case names. `path_secret` is what followed the gateway's name in the path.
    """

    url: str
    headers: Mapping[str, str]
    body: bytes
    path_secret: str | None = None


class InboundText(msgspec.Struct, frozen=True, kw_only=True):
    """One text message. `message_id` is the gateway's own, the same when it delivers the message again.

    `sender` is what the gateway says, with a leading `+` where it is an international number.
    """

    message_id: str
    sender: str
    text: str


class WebhookAnswer(msgspec.Struct, frozen=True):
    """What the gateway is answered: 200, in its own format."""

    body: str
    content_type: str


class Source(Protocol):
    """Where text messages come from. `fresh_for` is how old a signed call may be, None where no time is signed.

    `carries_reply`: whether the answer to its call can carry a text message back to the sender. `hears_refusals`:
    whether to answer with an error where a message in it can never count (its sender is no phone, say); a vendor that
    got one would only deliver it again.
    """

    name: str
    proves: Proof
    fresh_for: timedelta | None
    carries_reply: bool
    hears_refusals: bool


class Gateway(Source, Protocol):
    """One that calls the webhook."""

    def read(self, delivery: Delivery, now: datetime) -> list[InboundText]:
        """The messages of a call that is proven to be the gateway's.

        Raises `InvalidSignature` for one that is not, or too old, and `InvalidRequest` where it holds no messages.
        """
        ...

    def answer(self, reply: str | None) -> WebhookAnswer:
        """The acknowledgement, which carries `reply` where the gateway can do that (None elsewhere)."""
        ...


class Topic(Source, Protocol):
    """One that publishes to a topic."""

    def read(self, message: str) -> InboundText:
        """The text message in a notification; `InvalidRequest` where there is none."""
        ...
