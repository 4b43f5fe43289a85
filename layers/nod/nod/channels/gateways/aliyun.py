"""Alibaba Cloud SMS (`SmsUp`, pushed over HTTP): a JSON array of messages. Nothing is signed: the address is a secret.

https://help.aliyun.com/document_detail/101485.html
"""

import re
from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from msgspec import Meta

from nod.channels.gateways.credentials import PathSecret, SecretKeys, require_path
from nod.channels.gateways.payloads import MAX_MESSAGES, MessageId, decode
from nod.domain.deliveries import Delivery, InboundText, Proof, WebhookAnswer

# Mainland numbers have eleven digits and come without 86; written any other way than with it, they are not known.
_MAINLAND = re.compile(r"(?:\+86|0086|86)?(1[0-9]{10})")


class Keys(SecretKeys, frozen=True, forbid_unknown_fields=True):
    """`path_secret` is the last part of the address that Alibaba Cloud was given; the operator makes it up."""

    path_secret: PathSecret


class _Item(msgspec.Struct):
    phone_number: str = ""
    content: str | None = None
    # Documented as a number, seen as a string.
    sequence_id: Annotated[int, Meta(ge=0, le=2**63 - 1)] | MessageId | None = None


_Items = Annotated[list[_Item], Meta(max_length=MAX_MESSAGES)]


class Aliyun:
    """What comes to the secret address is believed; nothing else tells who sent it."""

    name = "aliyun"
    proves = Proof(authenticated=False, body_bound=False, replay_protected=False)
    fresh_for: timedelta | None = None
    carries_reply = False
    hears_refusals = False

    def __init__(self, keys: Keys) -> None:
        self._path_secret = keys.path_secret

    def read(self, delivery: Delivery, now: datetime) -> list[InboundText]:
        """The messages; reports, which have the same envelope, are passed over. `now` does not matter."""
        del now
        require_path(delivery, self._path_secret)
        items: list[_Item] = decode(delivery.body, _Items)
        return [
            InboundText(message_id=str(item.sequence_id), sender=_sender(item.phone_number), text=item.content)
            for item in items
            if item.content and item.sequence_id is not None
        ]

    def answer(self, reply: str | None) -> WebhookAnswer:
        """Code 0, for success."""
        del reply
        return WebhookAnswer('{"code":0,"msg":"OK"}', "application/json")


def _sender(number: str) -> str:
    # How numbers of other countries would come is not documented. They stay as they are: not international ones.
    mainland = _MAINLAND.fullmatch(number)
    return f"+86{mainland[1]}" if mainland else number
