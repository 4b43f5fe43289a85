"""How AWS says that it is asked too much, and what our own callers are told then: to come again in a second (503)."""

from typing import Any

from nod.errors import Overloaded

_THROTTLED = frozenset(
    {"ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException", "Throttling"}
)
_CANCELLED_BY_THROTTLING = frozenset({"ProvisionedThroughputExceeded", "ThrottlingError"})
_CONFLICTS = frozenset({"TransactionConflictException", "TransactionInProgressException"})
_CANCELLED_IN_PASSING = _CANCELLED_BY_THROTTLING | {"TransactionConflict"}


def is_throttled(answer: dict[str, Any]) -> bool:
    """Whether an answer of AWS (as botocore parses it) says that it is asked too much, and did nothing."""
    reasons = _reasons(answer)
    return _code(answer) in _THROTTLED or bool(reasons and reasons <= _CANCELLED_BY_THROTTLING)


def is_conflict(answer: dict[str, Any]) -> bool:
    """Whether writers met on one item and this one was turned away, or a transaction was for nothing that lasts."""
    reasons = _reasons(answer)
    return _code(answer) in _CONFLICTS or bool(reasons and reasons <= _CANCELLED_IN_PASSING)


def watch(client: Any) -> None:
    """Make botocore's client raise `Overloaded` where one of these was the answer to its last try."""
    client.meta.events.register("after-call", _raise)


def overloaded() -> Overloaded:
    """The error, with its second."""
    return Overloaded(retry_after=1)


def _raise(parsed: dict[str, Any], **_: Any) -> None:
    if is_throttled(parsed) or is_conflict(parsed):
        raise overloaded()


def _code(answer: dict[str, Any]) -> str:
    code: str = answer.get("Error", {}).get("Code", "")
    return code


def _reasons(answer: dict[str, Any]) -> set[str]:
    """Why a transaction was cancelled: empty where it was not, or was no transaction."""
    return {reason["Code"] for reason in answer.get("CancellationReasons", [])} - {"None"}
