"""A Lambda worker that others are forked from: runs MiniStack's script of a worker. `forks.py` starts it.

That script reads first what to import, then one invocation after another. Before the first invocation this worker
leaves a process behind that is as it is itself at that time: started, and without a past. For each request on the
control socket, which brings standard input, output and error, that one forks a worker.
"""

import json
import os
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from select import select
from typing import Any

CONTROL = "NOD_CONTROL"
_LONGEST_REQUEST = 4096


class Lines:
    """Standard input, as the worker's script reads it."""

    def __init__(self, control: socket.socket) -> None:
        """`control` is where forks are asked for."""
        self._control = control
        self._input = sys.stdin
        self._imports = 2

    def readline(self) -> str:
        """The next line; each worker there will ever be comes by here when it waits for its first invocation."""
        self._imports -= 1
        if not self._imports:
            _leave_template(self._control)
        return self._input.readline()


def _leave_template(control: socket.socket) -> None:
    """Returns in this worker at once, and in each that is forked. The process left behind ends when this one does."""
    ended, alive = os.pipe()
    if os.fork():
        os.close(ended)
        control.close()
        return
    os.close(alive)
    _take([os.open(os.devnull, os.O_RDWR) for _ in range(3)])
    # Who has ended is to be gone, so that those who ask after it are told.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    awaited: list[Any] = [control, ended]
    while ended not in select(awaited, [], [])[0]:
        request, files, _, _ = socket.recv_fds(control, _LONGEST_REQUEST, 3)
        if not request:
            break
        worker = os.fork()
        if not worker:
            os.close(ended)
            control.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.environ.update(json.loads(request))
            _take(files)
            return
        for file in files:
            os.close(file)
        control.sendall(str(worker).encode())
    os._exit(0)


def _take(files: Sequence[int]) -> None:
    """Make these standard input, output and error."""
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)


if __name__ == "__main__":
    script = Path(sys.argv[1])
    # Not the folder of this file: a worker must not see the checkout.
    sys.path[0] = str(script.parent)
    stdin: Any = Lines(socket.socket(fileno=int(os.environ.pop(CONTROL))))
    sys.stdin = stdin
    exec(compile(script.read_bytes(), script, "exec"), {"__name__": "__main__"})  # noqa: S102 - MiniStack's own.
