"""Calls side by side."""

import threading
from collections.abc import Callable
from typing import NoReturn

import pytest

from nod.concurrency import Threads
from tests.fakes import one_by_one


def failing(error: Exception) -> Callable[[], NoReturn]:
    """A call that raises `error`."""

    def call() -> NoReturn:
        raise error

    return call


def test_results_come_in_the_order_of_the_calls() -> None:
    """However long each takes, results stand where their calls stood."""
    last_is_done = threading.Event()

    def first() -> str:
        assert last_is_done.wait(5)
        return "first"

    def last() -> str:
        last_is_done.set()
        return "last"

    assert Threads()(first, lambda: "middle", last) == ["first", "middle", "last"]


def test_calls_run_side_by_side() -> None:
    """Calls that wait for each other all come through, which they could not one after another."""
    meeting = threading.Barrier(4, timeout=5)
    assert sorted(Threads()(*[meeting.wait] * 4)) == [0, 1, 2, 3]


def test_the_first_error_in_order_is_raised() -> None:
    """Of several errors that one is raised whose call stood first, though another happened earlier."""
    second_has_failed = threading.Event()

    def first() -> None:
        assert second_has_failed.wait(5)
        raise KeyError("first")

    def second() -> None:
        second_has_failed.set()
        raise ValueError("second")

    with pytest.raises(KeyError, match="first"):
        Threads()(lambda: None, first, second)


@pytest.mark.parametrize("position", [0, 1, 2])
def test_an_error_waits_for_the_others(position: int) -> None:
    """Whichever call fails, all others are over when its error is raised."""
    done: list[int] = []
    calls: list[Callable[[], None]] = [lambda number=number: done.append(number) for number in range(3)]  # type: ignore[misc]
    calls[position] = failing(ValueError("broken"))
    with pytest.raises(ValueError, match="broken"):
        Threads()(*calls)
    assert sorted(done) == [number for number in range(3) if number != position]


def test_a_single_call_needs_no_thread() -> None:
    """One call runs where it is called from, the first of several as well."""
    together = Threads()
    here = threading.get_ident()
    assert together(threading.get_ident) == [here]
    assert together(threading.get_ident, lambda: None)[0] == here


def test_nothing_to_do_is_nothing() -> None:
    """No calls give no results."""
    assert Threads()() == []


def test_more_calls_than_threads_are_all_run() -> None:
    """What does not fit at once waits for its turn."""
    assert Threads(size=2)(*[lambda number=number: number for number in range(40)]) == list(range(40))


def test_the_stand_in_of_the_flow_tests_behaves_alike() -> None:
    """What flow tests use instead of threads gives results in order, runs all, and raises the first error."""
    done: list[str] = []
    assert one_by_one(lambda: 1, lambda: 2) == [1, 2]
    assert one_by_one() == []
    with pytest.raises(KeyError):
        one_by_one(failing(KeyError()), lambda: done.append("second"), failing(ValueError()))
    assert done == ["second"]
