"""Tencent Cloud SMS: one reply, as JSON. Nothing is signed (`sign` is a brand's name): the address is a secret.

https://www.tencentcloud.com/document/product/382/43548
"""

import hashlib
from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from nod.channels.gateways.credentials import PathSecret, SecretKeys, require_path
from nod.channels.gateways.payloads import decode
from nod.domain.deliveries import Delivery, InboundText, Proof, WebhookAnswer


class Keys(SecretKeys, frozen=True, forbid_unknown_fields=True):
    """`path_secret` is the last part of the address that Tencent Cloud was given; the operator makes it up."""

    path_secret: PathSecret


class _Reply(msgspec.Struct):
    nationcode: str
    mobile: str
    text: str
    time: Annotated[int, Meta(ge=0, le=2**63 - 1)]
    extend: str | None = None


_Call: Any = _Reply | list[msgspec.Raw]


class Tencent:
    """What comes to the secret address is believed; nothing else tells who sent it."""

    name = "tencent"
    proves = Proof(authenticated=False, body_bound=False, replay_protected=False)
    fresh_for: timedelta | None = None
    carries_reply = False
    hears_refusals = False

    def __init__(self, keys: Keys) -> None:
        self._path_secret = keys.path_secret

    def read(self, delivery: Delivery, now: datetime) -> list[InboundText]:
        """The reply, or none in sending reports, which are arrays. `now` does not matter."""
        del now
        require_path(delivery, self._path_secret)
        reply = decode(delivery.body, _Call)
        if isinstance(reply, list) or not reply.text:
            return []
        return [InboundText(message_id=_message_id(reply), sender=_sender(reply), text=reply.text)]

    def answer(self, reply: str | None) -> WebhookAnswer:
        """Result 0, for success."""
        del reply
        return WebhookAnswer('{"result":0,"errmsg":"OK"}', "application/json")


def _message_id(reply: _Reply) -> str:
    # There is none: all that tells one reply from another is what it says, and when, and it is the same the next time.
    facts = [reply.nationcode, reply.mobile, reply.time, reply.extend, reply.text]
    return hashlib.sha256(msgspec.json.encode(facts)).hexdigest()


def _sender(reply: _Reply) -> str:
    country, number = reply.nationcode.removeprefix("+"), reply.mobile
    is_number = (country + number).isascii() and country.isdigit() and number.isdigit()
    return f"+{country}{number}" if is_number else number
