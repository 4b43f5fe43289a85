"""What each gateway's call says of a text message, in its vendor's format."""

import hashlib
import json
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlencode

import phonenumbers

_TWILIO_ID = re.compile(r"(SM|MM)[0-9a-f]{32}")
_CHINA = timezone(timedelta(hours=8))


@dataclass(frozen=True)
class Text:
    """A text message on its way: numbers in E.164, and the id that its vendor gives it."""

    sender: str
    to: str
    text: str
    message_id: str


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
    return as_json({"data": event, "meta": {"attempt": 1}})


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
    return as_json(message)


def _sinch_body(text: Text, now: datetime) -> bytes:
    message = {
        "type": "mo_text",
        "id": text.message_id,
        "from": text.sender.removeprefix("+"),
        "to": text.to.removeprefix("+"),
        "body": text.text,
        "received_at": _iso(now),
    }
    return as_json(message)


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
    return as_json([aliyun_item(text, now)])


def aliyun_item(text: Text, now: datetime) -> dict[str, Any]:
    """One of the messages in a call of Alibaba Cloud."""
    return {
        "phone_number": text.sender.removeprefix("+86"),
        "send_time": now.astimezone(_CHINA).strftime("%Y-%m-%d %H:%M:%S"),
        "content": text.text,
        "sign_name": "Example",
        "dest_code": text.to.removeprefix("+"),
        "sequence_id": int(text.message_id) if text.message_id.isdigit() else text.message_id,
    }


def _tencent_body(text: Text, now: datetime) -> bytes:
    country = str(phonenumbers.parse(text.sender).country_code) if text.sender.startswith("+") else ""
    message = {
        "extend": "",
        "mobile": text.sender.removeprefix("+" + country),
        "nationcode": country,
        "sign": "Example",
        "text": text.text,
        "time": int(now.timestamp()),
    }
    return as_json(message)


def _generic_body(text: Text, _now: datetime) -> bytes:
    return as_json({"id": text.message_id, "from": text.sender, "to": text.to, "text": text.text})


def as_json(value: Any) -> bytes:
    """Compact JSON, in UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _iso(now: datetime) -> str:
    return now.strftime("%Y-%m-%dT%H:%M:%SZ")


BODIES: dict[str, Callable[[Text, datetime], bytes]] = {
    "aliyun": _aliyun_body,
    "generic": _generic_body,
    "plivo": _plivo_body,
    "sinch": _sinch_body,
    "telnyx": _telnyx_body,
    "tencent": _tencent_body,
    "twilio": _twilio_body,
    "vonage": _vonage_body,
}
