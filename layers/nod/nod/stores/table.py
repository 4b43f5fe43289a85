"""What all tables share: one DynamoDB client, rows made from structs, and transactions whose refusals can be read."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from random import SystemRandom
from typing import Any, TypeVar

import msgspec
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError
from pynamodb.connection import Connection
from pynamodb.constants import ALL_OLD, ATTRIBUTES, UPDATE_ITEM
from pynamodb.exceptions import TransactWriteError, VerboseClientError
from pynamodb.expressions.condition import Condition, size
from pynamodb.expressions.update import Action
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from nod import overload

CONNECT_TIMEOUT_SECONDS = 1
READ_TIMEOUT_SECONDS = 3
CONDITION_FAILED = "ConditionalCheckFailedException"
CONFLICT_TRIES = 10
CONFLICT_PAUSE_SECONDS = 0.06

Struct = TypeVar("Struct", bound=msgspec.Struct)
Item = dict[str, dict[str, Any]]
_may_wait: ContextVar[bool] = ContextVar("may_wait", default=True)
_may_repeat: ContextVar[bool] = ContextVar("may_repeat", default=True)


def connect() -> Connection:
    """The DynamoDB client that all tables of a function share (a client of its own for each costs 30 ms at start)."""
    connection = Connection(
        connect_timeout_seconds=CONNECT_TIMEOUT_SECONDS,
        read_timeout_seconds=READ_TIMEOUT_SECONDS,
        max_pool_connections=16,
    )
    # The client is made now: while the function starts, and by one thread.
    events: Any = connection.client.meta.events
    # The first that says anything is heard, and botocore's own is among them.
    events.register_first("needs-retry.dynamodb", _refuse_to_repeat)
    events.register("needs-retry.dynamodb", _pause_after_conflict)
    events.register("needs-retry.dynamodb", _refuse_who_may_not_wait)
    overload.watch(connection.client)
    return connection


@contextmanager
def at_once() -> Iterator[None]:
    """Calls in here do not wait where DynamoDB throttles them: `Overloaded` at the first time.

    botocore would try for some seconds. Where strangers decide how often a row is written, that would keep as many
    functions waiting as they like, until there are none left for others.
    """
    before = _may_wait.set(False)
    try:
        yield
    finally:
        _may_wait.reset(before)


@contextmanager
def sent_once() -> Iterator[None]:
    """Calls in here are sent again only where DynamoDB certainly did nothing: whatever they do they would do again.

    Where their answer is lost they fail instead, having acted or not.
    """
    before = _may_repeat.set(False)
    try:
        yield
    finally:
        _may_repeat.reset(before)


def _refuse_to_repeat(response: Any, caught_exception: Exception | None, **_: Any) -> bool | None:
    """False, which keeps botocore from trying again, where what may have acted would act once more."""
    if _may_repeat.get():
        return None
    if response:
        did_nothing = overload.is_throttled(response[1]) or overload.is_conflict(response[1])
    else:
        did_nothing = isinstance(caught_exception, (ConnectTimeoutError, EndpointConnectionError))
    return None if did_nothing else False


def _refuse_who_may_not_wait(response: Any, **_: Any) -> None:
    if response and not _may_wait.get() and overload.is_throttled(response[1]):
        raise overload.overloaded()


def _pause_after_conflict(response: Any, attempts: int, **_: Any) -> float | None:
    """Seconds after which botocore tries again, where writers met on one item and DynamoDB turned this one away.

    botocore retries throttling and faults by itself, but takes these refusals for final.
    """
    conflict = response and overload.is_conflict(response[1])
    if not conflict or attempts >= CONFLICT_TRIES:
        return None
    return CONFLICT_PAUSE_SECONDS * attempts * SystemRandom().random()


class Row(Model):
    """A pynamodb model whose attributes bear the names of a struct's fields."""

    @classmethod
    def bind(cls, connection: Connection, table_name: str) -> None:
        """Use this table through the shared connection."""
        cls.Meta.table_name = table_name
        cls._connection = None
        table = cls._get_connection()
        if table_name not in connection._tables:
            connection.add_meta_table(table.get_meta_table())
        table.connection = connection

    @classmethod
    def of(cls, struct: msgspec.Struct, *, forget_at: datetime | None = None) -> Any:
        """The row of a struct. `forget_at` is when DynamoDB may delete it (TTL, in seconds)."""
        fields: dict[str, Any] = {name: getattr(struct, name) for name in struct.__struct_fields__}
        if forget_at:
            fields["forget_at"] = int(forget_at.timestamp()) + 1
        return cls(**fields)

    def to(self, struct: type[Struct]) -> Struct:
        """The struct of this row."""
        return struct(**{name: getattr(self, name) for name in struct.__struct_fields__})


def update_or_show(row: Row, actions: Sequence[Action], condition: Condition) -> tuple[Item, bool]:
    """Update a row if `condition` holds: its new item and True, or the item as it stands and False, in one call.

    The item is empty where there is none.
    """
    table = row._get_connection()
    hash_key, range_key = row._get_hash_range_key_serialized_values()
    request = table.get_operation_kwargs(
        hash_key,
        range_key=range_key,
        actions=list(actions),
        condition=condition,
        return_values="ALL_NEW",
        return_values_on_condition_failure=ALL_OLD,
    )
    try:
        return table.connection.dispatch(UPDATE_ITEM, request)[ATTRIBUTES], True
    except VerboseClientError as error:
        if error.response["Error"]["Code"] != CONDITION_FAILED:
            raise
        cause: Any = error.__cause__
        return cause.response.get("Item", {}), False


def update_if(row: Row, actions: Sequence[Action], condition: Condition) -> bool:
    """Update a row; False, and nothing written, where `condition` does not hold."""
    # Not `row.update`: pynamodb wraps what went wrong, and then cannot tell a timeout.
    return update_or_show(row, actions, condition)[1]


def elements(attribute: str) -> Any:
    """The number of elements of a set, for conditions."""
    return size(attribute)  # type: ignore[no-untyped-call]


class Refused(Exception):
    """A transaction in which a condition did not hold. Nothing was written."""

    def __init__(self, items: dict[type[Row], Item]) -> None:
        """`items`: for each table whose condition failed, the item as it stood (empty where there is none)."""
        self.items = items
        super().__init__("a condition of the transaction did not hold")


class Transaction:
    """Writes to several tables that happen together or not at all; each table appears at most once.

    Named writes are kept in the order in which pynamodb sends them, so that each reason for a refusal finds its table.
    """

    def __init__(self, connection: Connection) -> None:
        """A transaction over the shared connection."""
        self._connection = connection
        self._checks: list[tuple[type[Row], tuple[Any, Any], Condition]] = []
        self._deletes: list[tuple[Row, Condition | None]] = []
        self._puts: list[tuple[Row, Condition | None]] = []
        self._updates: list[tuple[Row, Sequence[Action], Condition | None]] = []

    def check(self, row: type[Row], hash_key: str, range_key: str | None, condition: Condition) -> None:
        """Require that `condition` holds for an item."""
        self._checks.append((row, (hash_key, range_key), condition))

    def delete(self, row: Row, condition: Condition | None = None) -> None:
        """Delete an item, which without a condition need not exist."""
        self._deletes.append((row, condition))

    def put(self, row: Row, condition: Condition | None = None) -> None:
        """Put an item."""
        self._puts.append((row, condition))

    def update(self, row: Row, actions: Sequence[Action], condition: Condition | None = None) -> None:
        """Update an item."""
        self._updates.append((row, actions, condition))

    def commit(self) -> None:
        """Write everything; `Refused` where a condition does not hold."""
        try:
            self._commit()
        except TransactWriteError as error:
            if any(reason and reason.code == "ConditionalCheckFailed" for reason in error.cancellation_reasons):
                raise self._refused(error) from error
            raise

    def _commit(self) -> None:
        with TransactWrite(connection=self._connection) as transaction:
            for row_class, (hash_key, range_key), condition in self._checks:
                transaction.condition_check(row_class, hash_key, range_key, condition=condition)
            for row, delete_condition in self._deletes:
                transaction.delete(row, condition=delete_condition)
            for row, put_condition in self._puts:
                transaction.save(row, condition=put_condition, return_values=ALL_OLD)
            for row, actions, update_condition in self._updates:
                transaction.update(row, list(actions), condition=update_condition, return_values=ALL_OLD)

    def _refused(self, error: TransactWriteError) -> Refused:
        order: list[type[Row]] = [
            *(row_class for row_class, _, _ in self._checks),
            *(type(row) for row, _ in self._deletes),
            *(type(row) for row, _ in self._puts),
            *(type(row) for row, _, _ in self._updates),
        ]
        failed = zip(order, error.cancellation_reasons, strict=True)
        return Refused(
            {row: reason.raw_item or {} for row, reason in failed if reason and reason.code == "ConditionalCheckFailed"}
        )
