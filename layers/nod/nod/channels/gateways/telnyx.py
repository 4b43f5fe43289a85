"""Telnyx: JSON events, signed with Ed25519 over the time and the body.

https://developers.telnyx.com/docs/messaging/messages/receiving-webhooks
"""

from base64 import b64decode
from datetime import datetime, timedelta

import msgspec
from cryptography.exceptions import InvalidSignature as WrongSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from nod.channels.gateways.credentials import SecretKeys, VendorSecret, require_plain_path
from nod.channels.gateways.payloads import MessageId, decode
from nod.channels.gateways.signatures import FRESH_FOR, require_fresh, unix_seconds
from nod.domain.deliveries import Delivery, InboundText, Proof, WebhookAnswer
from nod.errors import InvalidSignature


class Keys(SecretKeys, frozen=True, forbid_unknown_fields=True):
    """`public_key` is the account's, in base64: 32 bytes."""

    public_key: VendorSecret


class _Data(msgspec.Struct):
    id: MessageId | None = None
    event_type: str = "message.received"
    payload: msgspec.Raw = msgspec.Raw(b"null")


class _Event(msgspec.Struct):
    data: _Data


class _From(msgspec.Struct):
    phone_number: str


class _Message(msgspec.Struct, rename={"sender": "from"}):
    sender: _From
    text: str | None = None
    id: MessageId | None = None


class Telnyx:
    """The time is signed, and the message has an id of its own beside that of the event."""

    name = "telnyx"
    proves = Proof(authenticated=True, body_bound=True, replay_protected=True)
    fresh_for: timedelta | None = FRESH_FOR
    carries_reply = False
    hears_refusals = False

    def __init__(self, keys: Keys) -> None:
        """`ValueError` where the public key is none."""
        self._key = Ed25519PublicKey.from_public_bytes(b64decode(keys.public_key, validate=True))

    def read(self, delivery: Delivery, now: datetime) -> list[InboundText]:
        """The message of a `message.received` event, or none."""
        require_plain_path(delivery)
        self._verify(delivery, now)
        data = decode(delivery.body, _Event).data
        if data.event_type != "message.received":
            return []
        message = decode(data.payload, _Message)
        message_id = message.id or data.id
        if not message.text or message_id is None:
            return []
        return [InboundText(message_id=message_id, sender=message.sender.phone_number, text=message.text)]

    def answer(self, reply: str | None) -> WebhookAnswer:
        """Any 2xx will do."""
        del reply
        return WebhookAnswer("{}", "application/json")

    def _verify(self, delivery: Delivery, now: datetime) -> None:
        signed_at = unix_seconds(delivery.headers.get("telnyx-timestamp"))
        content = delivery.headers["telnyx-timestamp"].encode() + b"|" + delivery.body
        try:
            signature = b64decode(delivery.headers.get("telnyx-signature-ed25519", ""), validate=True)
            self._key.verify(signature, content)
        except (ValueError, WrongSignature):
            raise InvalidSignature() from None
        require_fresh(signed_at, now)
