"""The secrets of a gateway, and the address that is one of them where its calls prove too little."""

from typing import Annotated

import msgspec
from msgspec import Meta

from nod.channels.gateways.signatures import matches
from nod.domain.deliveries import Delivery
from nod.errors import InvalidSignature

# What a vendor makes is as long as the vendor likes, but never empty: with an empty key everybody can sign.
VendorSecret = Annotated[str, Meta(min_length=1)]
# What the operator makes up must not be guessed; it is part of an address, so it needs no escaping there.
PathSecret = Annotated[str, Meta(min_length=16, max_length=128, pattern=r"^[A-Za-z0-9_-]+\Z")]


class SecretKeys(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The keys of a gateway as they stand in the secret, without those of the others."""

    def __repr__(self) -> str:
        # They must not reach a log by way of a traceback.
        return f"{type(self).__module__}.{type(self).__name__}(...)"


def require_path(delivery: Delivery, secret: str) -> None:
    """`InvalidSignature` unless the call came to the secret address."""
    if not matches(delivery.path_secret, secret):
        raise InvalidSignature()


def require_plain_path(delivery: Delivery) -> None:
    """`InvalidSignature` where something follows the gateway's name: its address has no secret part."""
    if delivery.path_secret is not None:
        raise InvalidSignature()
