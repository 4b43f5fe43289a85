"""Passwords: scrypt (RFC 7914) with the parameters in the stored text, compared in constant time."""

import hashlib
import hmac
import unicodedata
from base64 import b64decode, b64encode
from random import Random

# OWASP's password storage cheat sheet lists N=2^15, r=8, p=3 (32 MiB) among the settings of equal strength.
COST, BLOCK_SIZE, PARALLELISM = 2**15, 8, 3
MIN_LENGTH, MAX_LENGTH = 8, 128


def hash_password(password: str, rng: Random) -> str:
    """What is stored: `scrypt$N$r$p$salt$hash`, a 16 byte salt and a 32 byte hash in base64."""
    salt = rng.getrandbits(128).to_bytes(16, "big")
    digest = _scrypt(password, salt, COST, BLOCK_SIZE, PARALLELISM)
    return "$".join(
        ("scrypt", str(COST), str(BLOCK_SIZE), str(PARALLELISM), b64encode(salt).decode(), b64encode(digest).decode())
    )


def password_matches(password: str, stored: str | None) -> bool:
    """Whether the password is the stored one; takes as long where there is none, so that time tells nothing."""
    _, cost, block_size, parallelism, salt, digest = (stored or _NO_PASSWORD).split("$")
    computed = _scrypt(password, b64decode(salt), int(cost), int(block_size), int(parallelism))
    return hmac.compare_digest(computed, b64decode(digest)) and stored is not None


def _scrypt(password: str, salt: bytes, cost: int, block_size: int, parallelism: int) -> bytes:
    memory = 128 * block_size * (cost + parallelism + 2)
    # NFC, as RFC 8265 section 4.2 has it (OpaqueString): the same password typed on another keyboard is the same.
    prepared = unicodedata.normalize("NFC", password).encode()
    return hashlib.scrypt(prepared, salt=salt, n=cost, r=block_size, p=parallelism, maxmem=2 * memory, dklen=32)


_NO_PASSWORD = (
    f"scrypt${COST}${BLOCK_SIZE}${PARALLELISM}${b64encode(bytes(16)).decode()}${b64encode(bytes(32)).decode()}"
)
