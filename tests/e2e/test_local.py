"""What a newcomer runs: the demo, and the local stack that starts, is stopped with Ctrl-C, and starts again."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from local.demo import play
from tests.stacks import Stack, built

ROOT = Path(__file__).resolve().parents[2]


def test_the_demo_plays_to_its_end(stack: Stack, demanding: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    """R1.1-R1.9, R3.1-R3.6: the demo goes through its scenes against the stack and finds everything as it should be."""
    assert play(stack.cloud, stack.endpoints, demanding.endpoints) == 0
    told = capsys.readouterr().out
    for scene in (
        "Nobody online",
        "An unknown login",
        "is allowed",
        "from afar",
        "is denied",
        "wrong number",
        "a new account",
        "Eve",
    ):
        assert scene in told


def test_the_demo_fails_where_something_is_wrong(shut: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    """A stack that does not behave as the demo tells makes it fail, and say what it expected."""
    assert play(shut.cloud, shut.endpoints, shut.endpoints) == 1
    assert "expected 201, got 403" in capsys.readouterr().err


def test_the_local_stack_starts_stops_and_starts_again(tmp_path_factory: pytest.TempPathFactory) -> None:
    """`make run`: it serves until Ctrl-C, leaves no process and no address behind, and a second start works."""
    tmp_path = built(tmp_path_factory, "run")
    for _ in range(2):
        command = [sys.executable, "-m", "local", "run", "--directory", str(tmp_path)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=os.environ) as running:
            assert running.stdout
            told = next(line for line in running.stdout if "Ctrl-C" in line)
            endpoints = json.loads((tmp_path / "endpoints.json").read_text())
            assert set(endpoints) == {"http", "websocket", "emulator", "web", "sms"}
            assert httpx.post(f"{endpoints['http']}/sign-ins", content=b"{}", timeout=30).status_code == 400
            assert httpx.get(f"{endpoints['web']}/config.json").json()["http"] == endpoints["http"]
            running.send_signal(signal.SIGINT)
            assert "Stopping" in running.stdout.read()
        assert told
        assert running.returncode == 0
        assert not (tmp_path / "endpoints.json").exists()
        with pytest.raises(httpx.ConnectError):
            httpx.get(endpoints["emulator"])
