"""Calls side by side: what need not wait for each other is sent together, so that only the slowest is waited for."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Together(Protocol):
    """Runs calls side by side, waits for all, and gives their results in order; raises the first error in order."""

    def __call__(self, *calls: Callable[[], Any]) -> list[Any]:
        """Run the calls."""
        ...


class Threads:
    """`Together` over a pool of threads, made at the first use and kept for the life of the process."""

    def __init__(self, size: int = 16) -> None:
        """`size`: how many calls may be under way at once."""
        self._size = size
        self._pool: ThreadPoolExecutor | None = None

    def __call__(self, *calls: Callable[[], Any]) -> list[Any]:
        """Run the calls; a single one runs here, without a thread."""
        if len(calls) < 2:
            return [call() for call in calls]
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._size, thread_name_prefix="together")
        futures = [self._pool.submit(call) for call in calls[1:]]
        outcomes = [_outcome(calls[0]), *(_outcome(future.result) for future in futures)]
        for _, error in outcomes:
            if error is not None:
                raise error
        return [result for result, _ in outcomes]


def _outcome(call: Callable[[], Any]) -> tuple[Any, Exception | None]:
    try:
        return call(), None
    except Exception as error:  # noqa: BLE001 - kept, and raised by the caller once every call is over.
        return None, error


@dataclass(frozen=True)
class Afterwards:
    """Calls that go with a change and do not decide it: telling others, tidying up.

    Where one of them fails, the change stands all the same. Whoever asked for it must not be told that it failed: a
    second try would be refused, for it has happened. `report` is told of what failed.
    """

    together: Together
    report: Callable[[Exception], object]

    def __call__(self, *calls: Callable[[], Any]) -> None:
        """Run the calls side by side."""
        self.together(*(self.guarded(call) for call in calls))

    def guarded(self, call: Callable[[], T], otherwise: T | None = None) -> Callable[[], T | None]:
        """The call, giving `otherwise` where it fails: for what is looked up beside the change."""

        def run() -> T | None:
            try:
                return call()
            except Exception as error:  # noqa: BLE001 - whatever it is: it is told, and changes nothing.
                self.report(error)
                return otherwise

        return run
