"""How AWS says that it is asked too much, and what our callers are told then (A1, I1)."""

from typing import Any

import msgspec
import pytest

from nod import overload
from nod.api import http
from nod.errors import Crowded, NodError


def error(code: str, *reasons: str) -> dict[str, Any]:
    """An answer of DynamoDB, as botocore parses it."""
    cancelled = {"CancellationReasons": [{"Code": one} for one in reasons]} if reasons else {}
    return {"Error": {"Code": code, "Message": ""}, **cancelled}


CANCELLED = "TransactionCanceledException"
THROTTLED = [
    error("ThrottlingException"),
    error("ProvisionedThroughputExceededException"),
    error("RequestLimitExceeded"),
    error(CANCELLED, "None", "ThrottlingError"),
    error(CANCELLED, "ProvisionedThroughputExceeded", "None", "ThrottlingError"),
]
CONFLICTS = [error("TransactionConflictException"), error(CANCELLED, "TransactionConflict", "None", "ThrottlingError")]
OTHERS = [
    {},
    {"Item": {}},
    error("ConditionalCheckFailedException"),
    error("ValidationException"),
    error("InternalServerError"),
    error(CANCELLED, "ConditionalCheckFailed", "ThrottlingError"),
    error(CANCELLED, "ConditionalCheckFailed", "TransactionConflict"),
    error(CANCELLED, "ItemCollectionSizeLimitExceeded"),
]


@pytest.mark.parametrize("answer", THROTTLED)
def test_throttling_is_told_from_conflicts(answer: dict[str, Any]) -> None:
    """A call that was throttled, alone or with the transaction that it stands in."""
    assert overload.is_throttled(answer)


@pytest.mark.parametrize("answer", CONFLICTS)
def test_conflicts_are_told_from_throttling(answer: dict[str, Any]) -> None:
    """Writers who met on one item: no sign of too many calls, but to be tried again like them."""
    assert overload.is_conflict(answer)
    assert not overload.is_throttled(answer)


@pytest.mark.parametrize("answer", OTHERS)
def test_nothing_else_is_taken_for_overload(answer: dict[str, Any]) -> None:
    """An answer, a condition that did not hold, a request that is wrong, a fault of AWS."""
    assert not overload.is_throttled(answer)
    assert not overload.is_conflict(answer)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [(overload.overloaded(), 503, "unavailable"), (Crowded(retry_after=1), 429, "slow_down")],
)
def test_callers_are_told_when_to_come_again(error: NodError, status: int, code: str) -> None:
    """I1: 503 where AWS throttles, 429 where nobody can be counted; never 500, and always with `Retry-After`."""
    response = http.problem(error)
    problem = msgspec.json.decode(response.body or "")
    assert (response.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert response.headers["Retry-After"] == "1"
