"""The JWK set that access tokens are checked with, as readers of the description see it (RFC 7517)."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta


class Key(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A public RSA key (RFC 7518 section 6.3.1)."""

    kty: Literal["RSA"]
    kid: Annotated[str, Meta(description="As in the header of the access tokens that it signed.")]
    use: Literal["sig"]
    alg: Literal["RS256"]
    n: Annotated[str, Meta(description="The modulus, base64url.")]
    e: Annotated[str, Meta(description="The exponent, base64url.")]


class KeySet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The keys that access tokens are signed with."""

    keys: list[Key]
