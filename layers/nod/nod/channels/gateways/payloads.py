"""What is in the gateways' calls: JSON or forms, read strictly, and phone numbers in vendors' spellings."""

from typing import Annotated, TypeVar
from urllib.parse import parse_qsl

import msgspec
from msgspec import Meta

from nod.errors import InvalidRequest

MAX_MESSAGES = 100
MAX_FORM_FIELDS = 200
_LONGEST_SHORT_CODE = 6

MessageId = Annotated[str, Meta(min_length=1, max_length=256)]
T = TypeVar("T")


def decode(data: bytes | str | msgspec.Raw, kind: type[T]) -> T:
    """The JSON in `data`; `InvalidRequest` where it is none or not of this kind. Unknown fields are passed over."""
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.ValidationError as error:
        raise InvalidRequest(str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise InvalidRequest("this is not JSON") from None


class Form:
    """The fields of a form (`application/x-www-form-urlencoded`), names and values decoded."""

    def __init__(self, body: bytes) -> None:
        """`InvalidRequest` for bytes that are no form in UTF-8."""
        try:
            fields = parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MAX_FORM_FIELDS)
        except ValueError:
            raise InvalidRequest("this is not a form") from None
        self._values: dict[str, set[str]] = {}
        for name, value in fields:
            self._values.setdefault(name, set()).add(value)

    def get(self, name: str) -> str:
        """The value of a field, empty where there is none; `InvalidRequest` where there are different ones."""
        values = self._values.get(name, {""})
        if len(values) > 1:
            raise InvalidRequest(f"{name} is given more than once")
        return next(iter(values))

    def sorted_fields(self) -> list[tuple[str, str]]:
        """Every name with each of its different values, in order."""
        return [(name, value) for name in sorted(self._values) for value in sorted(self._values[name])]


def international(number: str) -> str:
    """A number that comes without its `+`, with it; short codes and senders with letters stay as they are."""
    is_number = number.isascii() and number.isdigit() and len(number) > _LONGEST_SHORT_CODE
    return f"+{number}" if is_number else number
