"""How each gateway signs its calls: an implementation of its own, so that the service's can disagree with it."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from local.gateways.bodies import as_json


def twilio_signature(token: str, url: str, body: bytes, algorithm: str = "sha1") -> str:
    """What Twilio puts into `X-Twilio-Signature`."""
    fields = sorted(set(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)))
    content = url + "".join(name + value for name, value in fields)
    return as_base64(hmac.digest(token.encode(), content.encode(), algorithm))


def plivo_signature(token: str, url: str, nonce: str) -> str:
    """What Plivo puts into `X-Plivo-Signature-V2`."""
    return as_base64(hmac.digest(token.encode(), (url + nonce).encode(), "sha256"))


def vonage_token(secret: str, claims: Mapping[str, Any]) -> str:
    """The JWT that Vonage puts into `Authorization`."""
    header = {"alg": "HS256", "typ": "JWT"}
    content = b".".join(_base64url(as_json(part)) for part in (header, claims))
    return (content + b"." + _base64url(hmac.digest(secret.encode(), content, "sha256"))).decode()


def _sign_twilio(keys: Mapping[str, str], url: str, body: bytes, _now: datetime) -> dict[str, str]:
    return {"X-Twilio-Signature": twilio_signature(keys["auth_token"], url, body)}


def _sign_telnyx(keys: Mapping[str, str], _url: str, body: bytes, now: datetime) -> dict[str, str]:
    key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(keys["private_key"]))
    timestamp = _seconds(now)
    signature = as_base64(key.sign(f"{timestamp}|".encode() + body))
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
        "x-sinch-webhook-signature": as_base64(hmac.digest(keys["secret"].encode(), content, "sha256")),
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


def _seconds(now: datetime) -> str:
    return str(int(now.timestamp()))


def as_base64(data: bytes) -> str:
    """Base64 as text."""
    return base64.b64encode(data).decode()


def _base64url(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


# Alibaba Cloud and Tencent Cloud sign nothing.
SIGNERS: dict[str, Callable[[Mapping[str, str], str, bytes, datetime], dict[str, str]]] = {
    "generic": _sign_generic,
    "plivo": _sign_plivo,
    "sinch": _sign_sinch,
    "telnyx": _sign_telnyx,
    "twilio": _sign_twilio,
    "vonage": _sign_vonage,
}
