"""Identifiers and secrets: how they are drawn, what they look like, how they are kept.

Identifiers are 26 characters of Crockford base32 (130 bits). Secrets are 256 bits in base64url without padding; only
their SHA-256 is ever stored, which is enough because nobody can guess 256 bits.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from typing import Protocol

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
IDENTIFIER_LENGTH = 26
IDENTIFIER_PATTERN = rf"^[{ALPHABET}]{{{IDENTIFIER_LENGTH}}}\Z"


class Bits(Protocol):
    """Where bits are drawn from, such as `random.Random`."""

    def getrandbits(self, k: int, /) -> int:
        """The next `k` bits."""
        ...


class Derived:
    """Draws from a secret and a key instead of chance: who has both draws the same once more (HMAC-SHA512, RFC 2104).

    So the answer to a request that is repeated, because its first answer was lost, need not be kept anywhere.
    """

    def __init__(self, secret: str, key: str) -> None:
        """`secret` is known to the asking device and to this request only; `key` is the request's `Idempotency-Key`."""
        self._secret, self._key, self._drawn = secret.encode(), key, 0

    def getrandbits(self, k: int, /) -> int:
        """The next `k` bits, 512 at most."""
        self._drawn += 1
        digest = hmac.digest(self._secret, f"{self._key}:{self._drawn}".encode(), "sha512")
        return int.from_bytes(digest, "big") >> (8 * len(digest) - k)


def new_identifier(rng: Bits) -> str:
    """Draw an identifier: 26 characters of Crockford base32."""
    bits = rng.getrandbits(5 * IDENTIFIER_LENGTH)
    return "".join(ALPHABET[(bits >> 5 * place) & 31] for place in range(IDENTIFIER_LENGTH))


def new_secret(rng: Bits) -> str:
    """Draw a secret: 32 random bytes as 43 characters of base64url."""
    return encoded(rng.getrandbits(256).to_bytes(32, "big"))


def encoded(data: bytes) -> str:
    """Base64url without padding (RFC 7515 appendix C)."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def fingerprint(secret: str) -> str:
    """What is stored of a secret: its SHA-256, base64url."""
    return encoded(hashlib.sha256(secret.encode()).digest())


def challenge_of(verifier: str) -> str:
    """The PKCE S256 challenge of a verifier (RFC 7636 section 4.2), which is also its fingerprint."""
    return fingerprint(verifier)


def matches(secret: str, *, expected_fingerprint: str) -> bool:
    """Whether a presented secret is the one kept as `expected_fingerprint`, in constant time."""
    return hmac.compare_digest(fingerprint(secret), expected_fingerprint)
