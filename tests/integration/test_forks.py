"""The local cloud's workers: what is forked is a worker as the first one was before its first invocation."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from local.forks import Fork, Forks

# As MiniStack's: one line to begin with, then a line for each invocation.
SCRIPT = """
import os, sys
given = sys.stdin.readline().strip()
print("ready", flush=True)
served = 0
while line := sys.stdin.readline():
    served += 1
    print(given, served, os.environ["OF_ITS_OWN"], line.strip(), flush=True)
"""
pytestmark = pytest.mark.integration


def invoke(worker: Fork | subprocess.Popen[str], event: str) -> str:
    """What a worker answers."""
    assert worker.stdin
    assert worker.stdout
    worker.stdin.write(f"{event}\n")
    worker.stdin.flush()
    answer: str = worker.stdout.readline().strip()
    return answer


@pytest.fixture
def forks() -> Iterator[Forks]:
    """Those of a function that has no worker yet."""
    with closing(Forks()) as made:
        yield made


@pytest.fixture
def first(forks: Forks, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Its first worker, ready."""
    script = tmp_path / "_worker.py"
    script.write_text(SCRIPT)
    pipes: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with forks.first([sys.executable, str(script)], {"OF_ITS_OWN": "A"}, text=True, **pipes) as worker:
        assert invoke(worker, "imported") == "ready"
        yield worker
        worker.kill()


@contextmanager
def forked(forks: Forks, its_own: str) -> Iterator[Fork]:
    """One more worker, which ends when it is asked to."""
    worker = forks.another({"OF_ITS_OWN": its_own})
    assert worker
    with closing(worker):
        yield worker
        worker.terminate()
        assert worker.wait(timeout=10) == worker.poll() == 0


def test_there_is_nothing_to_fork_from_before_the_first(forks: Forks) -> None:
    """The first worker is started, not forked."""
    assert forks.another({}) is None


def test_a_fork_is_as_the_first_was_when_it_had_started(forks: Forks, first: subprocess.Popen[str]) -> None:
    """Whatever the others have served: it has imported, has served nothing, and has an environment of its own."""
    assert [invoke(first, "a"), invoke(first, "b")] == ["imported 1 A a", "imported 2 A b"]
    with forked(forks, "B") as second, forked(forks, "C") as third:
        assert invoke(third, "c") == "imported 1 C c"
        assert invoke(second, "d") == "imported 1 B d"
        assert invoke(third, "e") == "imported 2 C e"
        assert len({first.pid, second.pid, third.pid}) == 3
        assert second.poll() is None


def test_a_fork_that_was_killed_is_gone_and_the_next_is_forked(forks: Forks, first: subprocess.Popen[str]) -> None:
    """MiniStack sees that a worker has ended, and gets another one."""
    with forked(forks, "B") as worker:
        with pytest.raises(subprocess.TimeoutExpired):
            worker.wait(timeout=0)
        worker.kill()
    with forked(forks, "C") as another:
        assert invoke(another, "a") == "imported 1 C a"


def test_where_the_first_has_ended_its_forks_go_on_and_there_are_no_more(
    forks: Forks, first: subprocess.Popen[str]
) -> None:
    """A function that was deleted or changed is forked no more."""
    with forked(forks, "B") as worker:
        first.kill()
        first.wait()
        assert forks.another({"OF_ITS_OWN": "C"}) is None
        assert invoke(worker, "a") == "imported 1 B a"
