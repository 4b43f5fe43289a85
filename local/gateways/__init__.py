"""The vendors' side of inbound text messages, simulated: the calls that each gateway makes, and how it signs them.

The demo, `make phone` and the tests play with it. It shares no code with the service, so that the two can disagree.
"""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from local.gateways.bodies import BODIES, Text, aliyun_item, as_json
from local.gateways.signatures import SIGNERS, as_base64, plivo_signature, twilio_signature, vonage_token

__all__ = [
    "NAMES",
    "Call",
    "Text",
    "aliyun_batch",
    "call",
    "new_keys",
    "plivo_signature",
    "service_keys",
    "signed",
    "sns_message",
    "twilio_signature",
    "vonage_token",
    "webhook_url",
]
_FORMS = ("plivo", "twilio")
# The fields of each gateway in the service's secret.
_FIELDS = {
    "aliyun": ("path_secret",),
    "generic": ("secret",),
    "plivo": ("auth_token", "path_secret"),
    "sinch": ("secret",),
    "telnyx": ("public_key",),
    "tencent": ("path_secret",),
    "twilio": ("auth_token",),
    "vonage": ("signature_secret",),
}
NAMES = tuple(_FIELDS)


@dataclass(frozen=True)
class Call:
    """A POST that a vendor makes."""

    url: str
    headers: dict[str, str]
    body: bytes


def new_keys(name: str) -> dict[str, str]:
    """Throw-away secrets of a gateway: those of the service, and what its vendor alone knows."""
    if name == "telnyx":
        private = Ed25519PrivateKey.generate()
        return {
            "public_key": as_base64(private.public_key().public_bytes_raw()),
            "private_key": as_base64(private.private_bytes_raw()),
        }
    return {field: secrets.token_urlsafe() for field in _FIELDS[name]}


def service_keys(name: str, keys: Mapping[str, str]) -> dict[str, str]:
    """What of these keys the service may know: what stands in its secret."""
    return {field: keys[field] for field in _FIELDS[name]}


def webhook_url(name: str, keys: Mapping[str, str], public_url: str) -> str:
    """The address that the vendor is told to call."""
    path_secret = keys.get("path_secret")
    return f"{public_url}/sms/{name}" + (f"/{path_secret}" if path_secret else "")


def call(
    name: str,
    keys: Mapping[str, str],
    *,
    public_url: str,
    sender: str,
    to: str,
    text: str,
    message_id: str,
    now: datetime,
) -> Call:
    """The call that delivers one text message.

    Twilio makes an id of its own kind from any other; Tencent Cloud gives messages no id.
    """
    body = BODIES[name](Text(sender, to, text, message_id), now)
    return signed(name, keys, body, public_url=public_url, now=now)


def aliyun_batch(keys: Mapping[str, str], *, public_url: str, texts: Sequence[Text], now: datetime) -> Call:
    """Alibaba Cloud's call that delivers several text messages."""
    body = as_json([aliyun_item(text, now) for text in texts])
    return signed("aliyun", keys, body, public_url=public_url, now=now)


def signed(name: str, keys: Mapping[str, str], body: bytes, *, public_url: str, now: datetime) -> Call:
    """The call that brings any body, as this vendor signs it."""
    url = webhook_url(name, keys, public_url)
    content_type = "application/x-www-form-urlencoded" if name in _FORMS else "application/json"
    signer = SIGNERS.get(name)
    signature = signer(keys, url, body, now) if signer else {}
    return Call(url, {"Content-Type": content_type, **signature}, body)


def sns_message(*, sender: str, to: str, text: str, message_id: str) -> str:
    """The `Message` that AWS End User Messaging publishes to the topic."""
    message = {
        "originationNumber": sender,
        "destinationNumber": to,
        "messageKeyword": "KEYWORD_EXAMPLE",
        "messageBody": text,
        "inboundMessageId": message_id,
        "previousPublishedMessageId": "example",
    }
    return json.dumps(message)
