"""Reading JSON that strangers send: bounded, typed, and refused with a reason that a client can act on."""

import re
from typing import Any, TypeVar

import msgspec

from nod.errors import InvalidRequest, TooLarge

MAX_BODY_BYTES = 16 * 1024
MAX_FRAME_BYTES = 8 * 1024
T = TypeVar("T")
# Of a value that is none of those allowed the library tells what it was; it may be a secret in the wrong place.
_TOLD_VALUE = re.compile(r"""^(Invalid (?:enum )?value) ['"].*['"]""", re.DOTALL)


def decode(data: bytes, struct: type[T], *, limit: int) -> T:
    """The struct in `data`; `TooLarge` over `limit` bytes, `InvalidRequest` for anything but that struct.

    A NUL or a lone surrogate never gets through: JSON with the latter does not decode, and the fields that keep free
    text refuse the former.
    """
    if len(data) > limit:
        raise TooLarge(f"at most {limit} bytes are taken")
    try:
        return msgspec.json.decode(data, type=struct)
    except msgspec.ValidationError as error:
        raise InvalidRequest(_TOLD_VALUE.sub(r"\1", str(error))) from None
    except (ValueError, RecursionError):
        raise InvalidRequest("this is not JSON") from None


def frame_id(data: bytes) -> str | int | None:
    """The `id` of a frame that could not be read as a whole, if it has one, for the error reply."""
    try:
        frame: Any = msgspec.json.decode(data)
    except (ValueError, RecursionError):
        return None
    given = frame.get("id") if isinstance(frame, dict) else None
    acceptable = (isinstance(given, str) and len(given) <= 64) or (type(given) is int and abs(given) <= 2**53)
    return given if acceptable else None
