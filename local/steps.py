"""Steps of a build: one line each on the terminal, with seconds, and the end of the log where one fails."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

_TAIL_LINES = 40


class StepFailed(Exception):
    """A step did not succeed; the message says which, and ends with what its log said last."""

    def __init__(self, title: str, reason: str, log: Path) -> None:
        super().__init__(f"{title}: {reason}\n\n{tail(log)}\n\nThe whole log: {log}")


@contextlib.contextmanager
def timed(title: str) -> Iterator[None]:
    """Print `title` when the block ends well, with the seconds it took."""
    began = time.monotonic()
    yield
    print(f"  {title:<44}{time.monotonic() - began:5.1f} s", flush=True)


def run(title: str, command: Sequence[str | Path], *, cwd: Path, env: Mapping[str, str], log: Path) -> None:
    """Run `command` as the step `title`, its output appended to `log`.

    The command gets a process group of its own, so that an interrupted step leaves nothing behind that it started.

    Raises:
        StepFailed: the command ended with another status than 0.
    """
    with timed(title), log.open("ab") as output:
        child = subprocess.Popen(
            command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
        try:
            status = child.wait()
        finally:
            end_group(child)
        if status:
            raise StepFailed(title, f"{Path(command[0]).name} ended with status {status}", log)


def end_group(leader: subprocess.Popen[bytes]) -> None:
    """Kill what is left of the process group of `leader`, and collect it. Harmless where nothing is left."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader.pid, signal.SIGKILL)
    leader.wait()
    if leader.stdin:
        leader.stdin.close()


def tail(log: Path) -> str:
    """Return the last lines of `log`."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-_TAIL_LINES:])
