"""Running the tools that do the looking."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

TIMEOUT_SECONDS = 120


class Ran(NamedTuple):
    """How a command ended, and what it said."""

    status: int
    out: str
    err: str


class Unasked(Exception):
    """A list of known vulnerabilities gave no answer that means anything; says why."""


Run = Callable[..., Ran]


def run(*command: str, cwd: Path) -> Ran:
    """Run a command in a folder; one that takes more than two minutes has not been answered."""
    try:
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        raise Unasked(f"no answer within {TIMEOUT_SECONDS} seconds") from None
    return Ran(done.returncode, done.stdout, done.stderr)
