"""Sinch SMS: JSON, signed with HMAC over the body, a nonce and the time.

https://developers.sinch.com/docs/sms/api-reference/sms/webhooks, and `sinch_events` in Sinch's Python library.
"""

from datetime import datetime, timedelta

import msgspec

from nod.channels.gateways.credentials import SecretKeys, VendorSecret, require_plain_path
from nod.channels.gateways.payloads import MessageId, decode, international
from nod.channels.gateways.signatures import FRESH_FOR, as_bytes, hmac_base64, matches, require_fresh, unix_seconds
from nod.domain.deliveries import Delivery, InboundText, Proof, WebhookAnswer
from nod.errors import InvalidSignature

_HEADER = "x-sinch-webhook-signature"


class Keys(SecretKeys, frozen=True, forbid_unknown_fields=True):
    """`secret` is what the callbacks were configured to be signed with."""

    secret: VendorSecret


class _Event(msgspec.Struct):
    type: str = "mo_text"


class _Message(msgspec.Struct, rename={"sender": "from"}):
    id: MessageId
    sender: str
    body: str


class Sinch:
    """The three parts are joined by dots; a JSON object has one end and the time no dots, so each can be told."""

    name = "sinch"
    proves = Proof(authenticated=True, body_bound=True, replay_protected=True)
    fresh_for: timedelta | None = FRESH_FOR
    carries_reply = False
    hears_refusals = False

    def __init__(self, keys: Keys) -> None:
        self._secret = keys.secret

    def read(self, delivery: Delivery, now: datetime) -> list[InboundText]:
        """The text message, or none in delivery reports, binary and media messages."""
        require_plain_path(delivery)
        self._verify(delivery, now)
        if decode(delivery.body, _Event).type != "mo_text":
            return []
        message = decode(delivery.body, _Message)
        if not message.body:
            return []
        return [InboundText(message_id=message.id, sender=international(message.sender), text=message.body)]

    def answer(self, reply: str | None) -> WebhookAnswer:
        """Any 2xx will do."""
        del reply
        return WebhookAnswer("{}", "application/json")

    def _verify(self, delivery: Delivery, now: datetime) -> None:
        timestamp = delivery.headers.get(f"{_HEADER}-timestamp", "")
        signed_at = unix_seconds(timestamp)
        nonce = delivery.headers.get(f"{_HEADER}-nonce", "")
        content = b".".join((delivery.body, as_bytes(nonce), timestamp.encode()))
        if not nonce or not matches(delivery.headers.get(_HEADER), hmac_base64(self._secret, content)):
            raise InvalidSignature()
        require_fresh(signed_at, now)
