"""Calls as the simulated vendors make them, as the service gets them, and the gateways that read them."""

import importlib
import json
import warnings
from datetime import UTC, datetime
from types import ModuleType
from typing import Any
from urllib.parse import urlencode

import msgspec

from local import gateways as vendors
from nod.channels import gateways
from nod.channels.gateways.aliyun import Aliyun
from nod.channels.gateways.generic import Generic
from nod.channels.gateways.plivo import Plivo
from nod.channels.gateways.sinch import Sinch
from nod.channels.gateways.telnyx import Telnyx
from nod.channels.gateways.tencent import Tencent
from nod.channels.gateways.twilio import Twilio
from nod.channels.gateways.vonage import Vonage
from nod.domain.deliveries import Delivery, Gateway, InboundText
from nod.errors import InvalidRequest, InvalidSignature

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
PUBLIC_URL = "https://signin.example.com"
SENDER = "+8613800138000"  # One that every gateway can deliver from.
OTHER_SENDER = "+8613900139000"
TO = "+447700900000"
TEXT = "NOD 7KQ2 <é> 登录 & more\nthanks"
ID = "1234567890"

NAMES = sorted(gateways.NAMES)
KEYS = {name: vendors.new_keys(name) for name in NAMES}
# That each class has the shape of a gateway, mypy sees here.
CLASSES: dict[str, type[Gateway]] = {
    "aliyun": Aliyun,
    "generic": Generic,
    "plivo": Plivo,
    "sinch": Sinch,
    "telnyx": Telnyx,
    "tencent": Tencent,
    "twilio": Twilio,
    "vonage": Vonage,
}


def gateway(name: str, keys: dict[str, str] | None = None) -> Gateway:
    return gateways.make(name, vendors.service_keys(name, keys or KEYS[name]))


def received(call: vendors.Call) -> Delivery:
    """A call as the HTTP API hands it over."""
    path_secret = call.url.removeprefix(PUBLIC_URL).split("/")[3:]
    return Delivery(
        url=call.url,
        headers={name.lower(): value for name, value in call.headers.items()},
        body=call.body,
        path_secret=path_secret[0] if path_secret else None,
    )


def delivery(name: str, *, keys: dict[str, str] | None = None, now: datetime = NOW, **changed: str) -> Delivery:
    """The genuine delivery of one text message."""
    facts = {"sender": SENDER, "to": TO, "text": TEXT, "message_id": ID, **changed}
    return received(vendors.call(name, keys or KEYS[name], public_url=PUBLIC_URL, now=now, **facts))


def signed(name: str, body: bytes, *, now: datetime = NOW) -> Delivery:
    """Any body, as the vendor signs it."""
    return received(vendors.signed(name, KEYS[name], body, public_url=PUBLIC_URL, now=now))


def signed_json(name: str, value: Any, *, now: datetime = NOW) -> Delivery:
    return signed(name, json.dumps(value).encode(), now=now)


def signed_form(name: str, *fields: tuple[str, str]) -> Delivery:
    return signed(name, urlencode(fields).encode())


def changed(original: Delivery, **changes: Any) -> Delivery:
    return msgspec.structs.replace(original, **changes)


def with_headers(original: Delivery, **headers: str) -> Delivery:
    """The delivery with other headers; `_` stands for `-` in their names."""
    renamed = {name.replace("_", "-"): value for name, value in headers.items()}
    return changed(original, headers={**original.headers, **renamed})


def read(name: str, given: Delivery, *, now: datetime = NOW) -> list[InboundText]:
    return gateway(name).read(given, now)


def refuses(name: str, given: Delivery, *, now: datetime = NOW) -> bool:
    """Whether the call is refused as not the gateway's, whatever it holds."""
    try:
        read(name, given, now=now)
    except InvalidSignature:
        return True
    except InvalidRequest:
        return False
    return False


def vendor_library(module: str) -> ModuleType:
    """A vendor's own library. Some have escapes in their strings that Python warns of when it compiles them."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message='invalid escape sequence|"?.* is an invalid escape sequence')
        return importlib.import_module(module)
