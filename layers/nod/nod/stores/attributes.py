"""How domain values stand in DynamoDB items: times, spans and structs."""

from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

import msgspec
from pynamodb.attributes import Attribute
from pynamodb.constants import NUMBER, STRING, STRING_SET

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
T = TypeVar("T")


class Moment(Attribute[datetime]):
    """A time as a number: microseconds since 1970, so that conditions compare it exactly."""

    attr_type = NUMBER

    def serialize(self, value: datetime) -> str:
        """Time zone aware time to number."""
        return str((value - EPOCH) // MICROSECOND)

    def deserialize(self, value: str) -> datetime:
        """Number to time in UTC."""
        return EPOCH + int(value) * MICROSECOND


class Span(Attribute[timedelta]):
    """A length of time as a number: whole seconds."""

    attr_type = NUMBER

    def serialize(self, value: timedelta) -> str:
        """Span to seconds."""
        return str(int(value.total_seconds()))

    def deserialize(self, value: str) -> timedelta:
        """Seconds to span."""
        return timedelta(seconds=int(value))


class Whole(Attribute[int]):
    """A whole number."""

    attr_type = NUMBER

    def serialize(self, value: int) -> str:
        """Number to text."""
        return str(value)

    def deserialize(self, value: str) -> int:
        """Text to number."""
        return int(value)


class Json(Attribute[T], Generic[T]):
    """A struct as JSON text, read back as the type it was declared with."""

    attr_type = STRING

    def __init__(self, struct: type[T], **kwargs: Any) -> None:
        """`struct` is the msgspec type of the value."""
        super().__init__(**kwargs)
        self._struct = struct

    def serialize(self, value: T) -> str:
        """Struct to text."""
        return msgspec.json.encode(value).decode()

    def deserialize(self, value: str) -> T:
        """Text to struct."""
        return msgspec.json.decode(value, type=self._struct)


class JsonSet(Attribute[frozenset[T]], Generic[T]):
    """A set of structs as JSON texts. DynamoDB keeps no empty set: the attribute is then missing."""

    attr_type = STRING_SET

    def __init__(self, struct: type[T]) -> None:
        """`struct` is the msgspec type of the elements."""
        super().__init__(null=True, default=frozenset)
        self._struct = struct

    def serialize(self, value: frozenset[T]) -> list[str] | None:
        """Structs to texts, None for none."""
        return sorted(msgspec.json.encode(one).decode() for one in value) or None

    def deserialize(self, value: list[str]) -> frozenset[T]:
        """Texts to structs."""
        return frozenset(msgspec.json.decode(text, type=self._struct) for text in value)
