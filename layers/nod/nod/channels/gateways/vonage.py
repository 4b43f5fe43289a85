"""Vonage Messages: JSON, with a JWT (HS256) in `Authorization` that holds the time and the hash of the body.

https://developer.vonage.com/en/messages/concepts/signed-webhooks
"""

import hashlib
from base64 import urlsafe_b64decode
from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from msgspec import Meta

from nod.channels.gateways.credentials import SecretKeys, VendorSecret, require_plain_path
from nod.channels.gateways.payloads import MessageId, decode, international
from nod.channels.gateways.signatures import FRESH_FOR, as_bytes, hmac_base64, matches, require_fresh
from nod.domain.deliveries import Delivery, InboundText, Proof, WebhookAnswer
from nod.errors import InvalidRequest, InvalidSignature

_TO_URL_SAFE = str.maketrans("+/", "-_", "=")
_UnixSeconds = Annotated[float, Meta(ge=0, le=1e12)]


class Keys(SecretKeys, frozen=True, forbid_unknown_fields=True):
    """`signature_secret` is that of the account, not the API secret."""

    signature_secret: VendorSecret


class _Claims(msgspec.Struct):
    iat: _UnixSeconds
    payload_hash: str
    exp: _UnixSeconds | None = None


class _Event(msgspec.Struct):
    channel: str = "sms"
    message_type: str = "text"


class _Message(msgspec.Struct, rename={"sender": "from"}):
    message_uuid: MessageId
    sender: str
    text: str


class Vonage:
    """The token binds the body only because its hash is compared: the signature is over the token alone."""

    name = "vonage"
    proves = Proof(authenticated=True, body_bound=True, replay_protected=True)
    fresh_for: timedelta | None = FRESH_FOR
    carries_reply = False
    hears_refusals = False

    def __init__(self, keys: Keys) -> None:
        self._secret = keys.signature_secret

    def read(self, delivery: Delivery, now: datetime) -> list[InboundText]:
        """The text message, or none in reports and in messages of other channels."""
        require_plain_path(delivery)
        claims = self._claims(delivery.headers.get("authorization", ""))
        if not matches(claims.payload_hash, hashlib.sha256(delivery.body).hexdigest()):
            raise InvalidSignature()
        require_fresh(claims.iat, now)
        if claims.exp is not None and claims.exp <= now.timestamp():
            raise InvalidSignature()
        event = decode(delivery.body, _Event)
        if (event.channel, event.message_type) != ("sms", "text"):
            return []
        message = decode(delivery.body, _Message)
        if not message.text:
            return []
        return [
            InboundText(message_id=message.message_uuid, sender=international(message.sender), text=message.text),
        ]

    def answer(self, reply: str | None) -> WebhookAnswer:
        """Any 200 will do."""
        del reply
        return WebhookAnswer("{}", "application/json")

    def _claims(self, authorization: str) -> _Claims:
        scheme, _, token = authorization.partition(" ")
        signed, _, signature = token.rpartition(".")
        # The header of the token is not asked for an algorithm: it is always this one.
        expected = hmac_base64(self._secret, as_bytes(signed)).translate(_TO_URL_SAFE)
        if scheme.lower() != "bearer" or not matches(signature, expected):
            raise InvalidSignature()
        claims = signed.partition(".")[2]
        try:
            return decode(urlsafe_b64decode(as_bytes(claims) + b"=" * (-len(claims) % 4)), _Claims)
        except (ValueError, InvalidRequest):
            raise InvalidSignature() from None
