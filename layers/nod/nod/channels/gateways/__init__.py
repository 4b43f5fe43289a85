"""The gateways that deliver text messages: one module each, which knows how its vendor writes calls and proves them.

A module holds `Keys`, the vendor's part of the secret in Secrets Manager, and a class with the shape of
`nod.domain.deliveries.Gateway`. Only the module that is asked for is imported.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import msgspec

from nod.domain.deliveries import Gateway

_CLASSES = {
    "aliyun": "Aliyun",
    "generic": "Generic",
    "plivo": "Plivo",
    "sinch": "Sinch",
    "telnyx": "Telnyx",
    "tencent": "Tencent",
    "twilio": "Twilio",
    "vonage": "Vonage",
}
# Those that call over HTTP. AWS delivers through a topic: see `aws`.
NAMES = frozenset(_CLASSES)


def make(name: str, keys: Mapping[str, Any]) -> Gateway:
    """The gateway of this name (one of `NAMES`) with its secrets; `ValueError` where they are not what it needs.

    The error says which field is wrong and holds no secret.
    """
    kind = _CLASSES[name]
    module = import_module(f"{__name__}.{name}")
    gateway: Gateway = getattr(module, kind)(msgspec.convert(keys, module.Keys))
    return gateway
