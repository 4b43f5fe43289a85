"""The vendors' side of inbound text messages, simulated: the calls that each gateway makes, and how it signs them.

The demo, `make phone` and the tests play with it. It shares no code with the service, so that the two can disagree.
"""

import base64
import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qsl, urlencode

import phonenumbers
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_TWILIO_ID = re.compile(r"(SM|MM)[0-9a-f]{32}")
_CHINA = timezone(timedelta(hours=8))
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
class Text:
    """A text message on its way: numbers in E.164, and the id that its vendor gives it."""

    sender: str
    to: str
    text: str
    message_id: str


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
            "public_key": _base64(private.public_key().public_bytes_raw()),
            "private_key": _base64(private.private_bytes_raw()),
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
    body = _BODIES[name](Text(sender, to, text, message_id), now)
    return signed(name, keys, body, public_url=public_url, now=now)


def aliyun_batch(keys: Mapping[str, str], *, public_url: str, texts: Sequence[Text], now: datetime) -> Call:
    """Alibaba Cloud's call that delivers several text messages."""
    body = _json([_aliyun_item(text, now) for text in texts])
    return signed("aliyun", keys, body, public_url=public_url, now=now)


def signed(name: str, keys: Mapping[str, str], body: bytes, *, public_url: str, now: datetime) -> Call:
    """The call that brings any body, as this vendor signs it."""
    url = webhook_url(name, keys, public_url)
    content_type = "application/x-www-form-urlencoded" if name in _FORMS else "application/json"
    signer = _SIGNERS.get(name)
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


def twilio_signature(token: str, url: str, body: bytes, algorithm: str = "sha1") -> str:
    """What Twilio puts into `X-Twilio-Signature`."""
    fields = sorted(set(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)))
    content = url + "".join(name + value for name, value in fields)
    return _base64(hmac.digest(token.encode(), content.encode(), algorithm))


def plivo_signature(token: str, url: str, nonce: str) -> str:
    """What Plivo puts into `X-Plivo-Signature-V2`."""
    return _base64(hmac.digest(token.encode(), (url + nonce).encode(), "sha256"))


def vonage_token(secret: str, claims: Mapping[str, Any]) -> str:
    """The JWT that Vonage puts into `Authorization`."""
    header = {"alg": "HS256", "typ": "JWT"}
    content = b".".join(_base64url(_json(part)) for part in (header, claims))
    return (content + b"." + _base64url(hmac.digest(secret.encode(), content, "sha256"))).decode()


def _twilio_body(text: Text, _now: datetime) -> bytes:
    message_id = text.message_id
    if not _TWILIO_ID.fullmatch(message_id):
        message_id = "SM" + hashlib.sha256(message_id.encode()).hexdigest()[:32]
    fields = {
        "AccountSid": "AC00000000000000000000000000000000",
        "ApiVersion": "2010-04-01",
        "Body": text.text,
        "From": text.sender,
        "FromCountry": "GB",
        "MessageSid": message_id,
        "NumMedia": "0",
        "NumSegments": "1",
        "SmsMessageSid": message_id,
        "SmsSid": message_id,
        "SmsStatus": "received",
        "To": text.to,
        "ToZip": "",
    }
    return urlencode(fields).encode()


def _telnyx_body(text: Text, now: datetime) -> bytes:
    payload = {
        "record_type": "message",
        "direction": "inbound",
        "id": text.message_id,
        "type": "SMS",
        "from": {"phone_number": text.sender, "carrier": "Example", "line_type": "Wireless"},
        "to": [{"phone_number": text.to, "status": "webhook_delivered"}],
        "text": text.text,
        "media": [],
    }
    event = {
        "record_type": "event",
        "event_type": "message.received",
        "id": secrets.token_hex(16),
        "occurred_at": _iso(now),
        "payload": payload,
    }
    return _json({"data": event, "meta": {"attempt": 1}})


def _vonage_body(text: Text, now: datetime) -> bytes:
    message = {
        "channel": "sms",
        "message_uuid": text.message_id,
        "to": text.to.removeprefix("+"),
        "from": text.sender.removeprefix("+"),
        "timestamp": _iso(now),
        "message_type": "text",
        "text": text.text,
    }
    return _json(message)


def _sinch_body(text: Text, now: datetime) -> bytes:
    message = {
        "type": "mo_text",
        "id": text.message_id,
        "from": text.sender.removeprefix("+"),
        "to": text.to.removeprefix("+"),
        "body": text.text,
        "received_at": _iso(now),
    }
    return _json(message)


def _plivo_body(text: Text, _now: datetime) -> bytes:
    fields = {
        "From": text.sender.removeprefix("+"),
        "To": text.to.removeprefix("+"),
        "Type": "sms",
        "Text": text.text,
        "MessageUUID": text.message_id,
        "Units": "1",
    }
    return urlencode(fields).encode()


def _aliyun_body(text: Text, now: datetime) -> bytes:
    return _json([_aliyun_item(text, now)])


def _aliyun_item(text: Text, now: datetime) -> dict[str, Any]:
    return {
        "phone_number": text.sender.removeprefix("+86"),
        "send_time": now.astimezone(_CHINA).strftime("%Y-%m-%d %H:%M:%S"),
        "content": text.text,
        "sign_name": "Example",
        "dest_code": text.to.removeprefix("+"),
        "sequence_id": int(text.message_id) if text.message_id.isdigit() else text.message_id,
    }


def _tencent_body(text: Text, now: datetime) -> bytes:
    country = str(phonenumbers.parse(text.sender).country_code)
    message = {
        "extend": "",
        "mobile": text.sender.removeprefix("+" + country),
        "nationcode": country,
        "sign": "Example",
        "text": text.text,
        "time": int(now.timestamp()),
    }
    return _json(message)


def _generic_body(text: Text, _now: datetime) -> bytes:
    return _json({"id": text.message_id, "from": text.sender, "to": text.to, "text": text.text})


def _sign_twilio(keys: Mapping[str, str], url: str, body: bytes, _now: datetime) -> dict[str, str]:
    return {"X-Twilio-Signature": twilio_signature(keys["auth_token"], url, body)}


def _sign_telnyx(keys: Mapping[str, str], _url: str, body: bytes, now: datetime) -> dict[str, str]:
    key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(keys["private_key"]))
    timestamp = _seconds(now)
    signature = _base64(key.sign(f"{timestamp}|".encode() + body))
    return {"Telnyx-Timestamp": timestamp, "Telnyx-Signature-Ed25519": signature}


def _sign_vonage(keys: Mapping[str, str], _url: str, body: bytes, now: datetime) -> dict[str, str]:
    claims = {
        "iat": int(now.timestamp()),
        "jti": secrets.token_hex(16),
        "iss": "Vonage",
        "payload_hash": hashlib.sha256(body).hexdigest(),
        "api_key": "a1b2c3d4",
    }
    return {"Authorization": f"Bearer {vonage_token(keys['signature_secret'], claims)}"}


def _sign_sinch(keys: Mapping[str, str], _url: str, body: bytes, now: datetime) -> dict[str, str]:
    nonce, timestamp = secrets.token_hex(16), _seconds(now)
    content = body + f".{nonce}.{timestamp}".encode()
    return {
        "x-sinch-webhook-signature": _base64(hmac.digest(keys["secret"].encode(), content, "sha256")),
        "x-sinch-webhook-signature-algorithm": "HmacSHA256",
        "x-sinch-webhook-signature-nonce": nonce,
        "x-sinch-webhook-signature-timestamp": timestamp,
    }


def _sign_plivo(keys: Mapping[str, str], url: str, _body: bytes, _now: datetime) -> dict[str, str]:
    nonce = str(secrets.randbelow(10**20)).zfill(20)
    signature = plivo_signature(keys["auth_token"], url, nonce)
    return {"X-Plivo-Signature-V2": signature, "X-Plivo-Signature-V2-Nonce": nonce}


def _sign_generic(keys: Mapping[str, str], _url: str, body: bytes, now: datetime) -> dict[str, str]:
    timestamp = _seconds(now)
    content = f"{timestamp}.".encode() + body
    signature = hmac.digest(keys["secret"].encode(), content, "sha256").hex()
    return {"X-Nod-Timestamp": timestamp, "X-Nod-Signature": signature}


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _iso(now: datetime) -> str:
    return now.strftime("%Y-%m-%dT%H:%M:%SZ")


def _seconds(now: datetime) -> str:
    return str(int(now.timestamp()))


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _base64url(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


_BODIES: dict[str, Callable[[Text, datetime], bytes]] = {
    "aliyun": _aliyun_body,
    "generic": _generic_body,
    "plivo": _plivo_body,
    "sinch": _sinch_body,
    "telnyx": _telnyx_body,
    "tencent": _tencent_body,
    "twilio": _twilio_body,
    "vonage": _vonage_body,
}
# Alibaba Cloud and Tencent Cloud sign nothing.
_SIGNERS: dict[str, Callable[[Mapping[str, str], str, bytes, datetime], dict[str, str]]] = {
    "generic": _sign_generic,
    "plivo": _sign_plivo,
    "sinch": _sign_sinch,
    "telnyx": _sign_telnyx,
    "twilio": _sign_twilio,
    "vonage": _sign_vonage,
}
