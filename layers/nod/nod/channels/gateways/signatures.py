"""What the gateways' signatures have in common: made with HMAC, compared in constant time, fresh for five minutes."""

import hmac
import re
from base64 import b64encode
from datetime import datetime, timedelta

from nod.errors import InvalidSignature

FRESH_FOR = timedelta(minutes=5)

_UNIX_SECONDS = re.compile("[0-9]{1,12}")


def as_bytes(text: str) -> bytes:
    """The bytes of a header, an address or a secret; whatever a `str` can hold has some."""
    return text.encode("utf-8", "surrogatepass")


def matches(given: str | None, expected: str) -> bool:
    """Whether a text from outside is the expected one, in a time that does not tell how much of it is right."""
    # As bytes: of `str`, `compare_digest` takes ASCII only.
    return given is not None and hmac.compare_digest(as_bytes(given), as_bytes(expected))


def hmac_base64(secret: str, content: bytes, algorithm: str = "sha256") -> str:
    """The base64 of an HMAC, as most vendors send it."""
    return b64encode(hmac.digest(as_bytes(secret), content, algorithm)).decode()


def require_fresh(signed_at: float, now: datetime) -> None:
    """`InvalidSignature` where the time that was signed (Unix, seconds) is not within `FRESH_FOR` of `now`.

    Times ahead of ours are taken as far as times behind: clocks differ both ways.
    """
    if abs(now.timestamp() - signed_at) > FRESH_FOR.total_seconds():
        raise InvalidSignature()


def unix_seconds(header: str | None) -> int:
    """The time in a header, as Unix seconds in ASCII digits; `InvalidSignature` for anything else."""
    # Digits only, so that the time has an end where it stands beside other things that are signed with it.
    if header is None or not _UNIX_SECONDS.fullmatch(header):
        raise InvalidSignature()
    return int(header)
