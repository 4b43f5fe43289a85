"""Many Lambda workers at once: those beside a function's first are forked from that as it was when it had started.

AWS starts as many as there are requests, on machines of its own. MiniStack unpacks the function and starts an
interpreter for each, which takes most of a second of CPU: fifty would keep a laptop busy for half a minute.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from select import poll
from typing import Any

from local.forked import CONTROL

_SCRIPT = Path(__file__).with_name("forked.py")
_LONGEST_ANSWER = 16


class Fork:
    """A worker that was forked: what MiniStack uses of a `Popen`."""

    def __init__(self, pid: int, files: Sequence[int]) -> None:
        """`files` are our ends of its standard input, output and error."""
        self.pid = pid
        self.stdin, self.stdout, self.stderr = (
            os.fdopen(file, mode, buffering=1) for file, mode in zip(files, ("w", "r", "r"), strict=True)
        )

        self._end = poll()
        # Nothing but that nobody can write to it any more.
        self._end.register(self.stdout, 0)

    def poll(self) -> int | None:
        """None while it runs. How it has ended is not known."""
        return 0 if self._end.poll(0) else None

    def wait(self, timeout: float) -> int:
        """Wait until it has ended; `TimeoutExpired` after so many seconds."""
        if not self._end.poll(timeout * 1000):
            raise subprocess.TimeoutExpired(str(self.pid), timeout)
        return 0

    def terminate(self) -> None:
        """Ask it to end."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self._signal(signal.SIGKILL)

    def close(self) -> None:
        """Close our ends."""
        for file in (self.stdin, self.stdout, self.stderr):
            file.close()

    def _signal(self, number: int) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)


class Forks:
    """The workers of one function, started one at a time."""

    def __init__(self) -> None:
        """`lock` is to be held by who starts one."""
        self.lock = threading.Lock()
        self._control: socket.socket | None = None

    def first(self, command: Sequence[str], env: Mapping[str, str], **options: Any) -> subprocess.Popen[str]:
        """Start the worker that the others will be forked from: the command is an interpreter and a worker's script."""
        self._control, theirs = socket.socketpair()
        with theirs:
            interpreter, *script = command
            env = {**env, CONTROL: str(theirs.fileno())}
            return subprocess.Popen([interpreter, _SCRIPT, *script], env=env, pass_fds=[theirs.fileno()], **options)

    def another(self, environment: Mapping[str, str]) -> Fork | None:
        """Fork one, `environment` being what it has of its own; None where there is none to fork from, or no more."""
        if not self._control:
            return None
        (stdin, write), (read, stdout), (read_error, stderr) = os.pipe(), os.pipe(), os.pipe()
        try:
            socket.send_fds(self._control, [json.dumps(environment).encode()], [stdin, stdout, stderr])
            worker = self._control.recv(_LONGEST_ANSWER)
        except OSError:
            worker = b""
        for file in (stdin, stdout, stderr):
            os.close(file)
        if worker:
            return Fork(int(worker), (write, read, read_error))
        for file in (write, read, read_error):
            os.close(file)
        self.close()
        return None

    def close(self) -> None:
        """Fork no more."""
        if self._control:
            self._control.close()
            self._control = None


class Subprocess:
    """Stands for the module `subprocess` where MiniStack starts workers: it keeps the forks of all functions."""

    def __init__(self) -> None:
        """No function has a worker yet."""
        self._functions: dict[str, Forks] = {}
        self._starting = threading.local()

    def __getattr__(self, name: str) -> Any:
        return getattr(subprocess, name)

    def Popen(self, command: Sequence[str], **options: Any) -> subprocess.Popen[str]:  # noqa: N802 - as it is called.
        """Start a process; within `fork`, the first worker of that function."""
        forks: Forks | None = getattr(self._starting, "forks", None)
        return forks.first(command, **options) if forks else subprocess.Popen(command, **options)

    def fork(self, function: str, environment: Mapping[str, str], start: Callable[[], object]) -> Fork | None:
        """Fork a worker of a function; where there is none to fork from, None, and `start` was called to start one."""
        forks = self._functions.setdefault(function, Forks())
        with forks.lock:
            if fork := forks.another(environment):
                return fork
            self._starting.forks = forks
            try:
                start()
            finally:
                del self._starting.forks
            return None
