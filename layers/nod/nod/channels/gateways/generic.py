"""Any gateway that can be taught: JSON, signed with HMAC over the time and the body. The local phone uses it."""

import hmac
from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from msgspec import Meta

from nod.channels.gateways.credentials import SecretKeys, require_plain_path
from nod.channels.gateways.payloads import MessageId, decode
from nod.channels.gateways.signatures import FRESH_FOR, as_bytes, matches, require_fresh, unix_seconds
from nod.domain.deliveries import Delivery, InboundText, Proof, WebhookAnswer
from nod.errors import InvalidRequest, InvalidSignature


class Keys(SecretKeys, frozen=True, forbid_unknown_fields=True):
    """`secret` is made up by the operator, who gives it to the gateway too."""

    secret: Annotated[str, Meta(min_length=16)]


class _Message(msgspec.Struct, rename={"sender": "from"}):
    id: MessageId
    sender: str
    text: str


class Generic:
    """`X-Nod-Signature` is the hex HMAC-SHA256 of `X-Nod-Timestamp`, a dot and the body."""

    name = "generic"
    proves = Proof(authenticated=True, body_bound=True, replay_protected=True)
    fresh_for: timedelta | None = FRESH_FOR
    carries_reply = False
    hears_refusals = True

    def __init__(self, keys: Keys) -> None:
        self._secret = keys.secret

    def read(self, delivery: Delivery, now: datetime) -> list[InboundText]:
        """The message."""
        require_plain_path(delivery)
        self._verify(delivery, now)
        message = decode(delivery.body, _Message)
        if not message.text:
            raise InvalidRequest("the text is empty")
        return [InboundText(message_id=message.id, sender=message.sender, text=message.text)]

    def answer(self, reply: str | None) -> WebhookAnswer:
        """That it was taken."""
        del reply
        return WebhookAnswer('{"status":"accepted"}', "application/json")

    def _verify(self, delivery: Delivery, now: datetime) -> None:
        timestamp = delivery.headers.get("x-nod-timestamp", "")
        signed_at = unix_seconds(timestamp)
        content = timestamp.encode() + b"." + delivery.body
        expected = hmac.digest(as_bytes(self._secret), content, "sha256").hex()
        if not matches(delivery.headers.get("x-nod-signature"), expected):
            raise InvalidSignature()
        require_fresh(signed_at, now)
