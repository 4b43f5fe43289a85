"""The emulator of AWS as a child process: started on loopback, waited for, and ended with all its Lambda workers."""

import contextlib
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import botocore.session
import httpx

from local.connection_limits import ConnectionLimits
from local.steps import StepFailed, end_group, timed

ROOT = Path(__file__).resolve().parent.parent
INTERPRETER = ROOT / ".tools/cloud/bin/python"
USUAL_PORT = 4566
USUAL_WEB_PORT = 8000

# MiniStack takes these keys for the administrator of its only account; with any others every call would be refused.
# The files of the user's own AWS settings are out of bounds: nothing local may reach a real account.
AWS_SETTINGS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}

_STARTUP_SECONDS = 60.0
_POLL_SECONDS = 0.05


class PortTaken(Exception):
    """Nothing can listen on this port."""


class DirectoryInUse(Exception):
    """Another local cloud keeps its files in this directory, and is running."""


@dataclass
class Cloud:
    """A running emulator. Its state ends with the block that started it.

    `url` is the endpoint of every AWS service; `directory` holds its files; `process` is None for one that another
    process started; `limits` are those of WebSocket connections.
    """

    url: str
    directory: Path
    process: subprocess.Popen[bytes] | None = None
    limits: ConnectionLimits = field(default_factory=ConnectionLimits)
    _clients: dict[str, Any] = field(default_factory=dict)

    @property
    def host(self) -> str:
        """The address and port of `url`."""
        return self.url.removeprefix("http://")

    @property
    def log(self) -> Path:
        """What the emulator says; what functions print is in its CloudWatch Logs."""
        return self.directory / "ministack.log"

    def answers(self) -> bool:
        """Whether the emulator is up."""
        try:
            return httpx.get(f"{self.url}/_ministack/health", timeout=5, trust_env=False).is_success
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        """Kill the emulator and its workers in the middle of whatever they do; every connection breaks off.

        What was written until then is kept for `restart`, as DynamoDB keeps it when machines die.
        """
        if self.process is None:
            raise ValueError("there is no emulator that this process started")
        # It writes its state down and stands still: nobody is answered between that and the end.
        self.process.send_signal(signal.SIGUSR1)
        os.waitpid(self.process.pid, os.WUNTRACED)
        end_group(self.process)
        self.process = None

    def restart(self, limits: ConnectionLimits | None = None) -> None:
        """Start a killed emulator again, at the same address and with what was kept; `limits` are those from now on.

        Raises:
            StepFailed: the emulator did not come up.
        """
        self.limits = limits or self.limits
        self.spawn()

    def spawn(self) -> None:
        """Start the emulator and wait until it answers; `StepFailed` where it does not."""
        self.process = _spawn(self)
        _wait_until_up(self, self.process)

    def wait(self) -> int | None:
        """Wait until the emulator ends by itself; return its status."""
        return self.process.wait() if self.process else None

    def client(self, service: str) -> Any:
        """Return the botocore client of `service` ("dynamodb", "logs", ...), which has every permission."""
        if service not in self._clients:
            self._clients[service] = _session().create_client(
                service,
                region_name=AWS_SETTINGS["AWS_DEFAULT_REGION"],
                endpoint_url=self.url,
                aws_access_key_id=AWS_SETTINGS["AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=AWS_SETTINGS["AWS_SECRET_ACCESS_KEY"],
            )
        return self._clients[service]

    def close(self) -> None:
        """Close the clients."""
        for client in self._clients.values():
            client.close()


@contextlib.contextmanager
def start(directory: Path, port: int | None = None, limits: ConnectionLimits | None = None) -> Iterator[Cloud]:
    """Start a local cloud, and end it, workers and all, when the block does.

    Args:
        directory: for its log and temporary files; made where missing, and its own while it runs.
        port: on the loopback interface; None for any free one.
        limits: of WebSocket connections; None for those of AWS.

    Raises:
        DirectoryInUse: another local cloud runs in `directory`.
        PortTaken: something else listens on `port`.
        StepFailed: the emulator did not come up.
    """
    directory = directory.resolve()
    with _claim(directory):
        # Whoever left files here is gone, else the claim had failed.
        scratch = directory / "tmp"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir()
        (directory / "ministack.log").unlink(missing_ok=True)
        port = _unused(port) if port else free_port()
        cloud = Cloud(f"http://127.0.0.1:{port}", directory, limits=limits or ConnectionLimits())
        try:
            with timed(f"start the local cloud on {cloud.url}"):
                cloud.spawn()
            yield cloud
        finally:
            cloud.close()
            if cloud.process:
                end_group(cloud.process)
            shutil.rmtree(scratch, ignore_errors=True)


def free_port() -> int:
    """Return a TCP port that was free on loopback a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _unused(port: int) -> int:
    # Asked before the start: another emulator on the port would answer in place of ours, and lose its stacks to us.
    try:
        with socket.create_server(("127.0.0.1", port)):
            return port
    except (OSError, OverflowError) as error:
        raise PortTaken(f"Port {port} cannot be had on 127.0.0.1: {error}") from None


def usual_port(usual: int) -> int:
    """Return the port that something usually has, or a free one where that is taken."""
    try:
        with socket.create_server(("127.0.0.1", usual)):
            return usual
    except OSError:
        return free_port()


@contextlib.contextmanager
def _claim(directory: Path) -> Iterator[None]:
    """Keep `directory` to this process. The kernel lifts the claim of a process that dies, so none goes stale."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DirectoryInUse(
                f"A local cloud is already running with its files in {directory}; its addresses are in endpoints.json."
                "\nStop it with Ctrl-C where it was started, or start another one with --directory."
            ) from None
        yield


def _spawn(cloud: Cloud) -> subprocess.Popen[bytes]:
    """Start MiniStack with an environment of its own making, since its Lambda workers inherit it."""
    scratch = cloud.directory / "tmp"
    settings = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(cloud.directory),
        "TMPDIR": str(scratch),
        "PYTHONNOUSERSITE": "1",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": cloud.host.rpartition(":")[2],
        "AWS_ENDPOINT_URL": cloud.url,
        "AUTH": "true",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "PERSIST_STATE": "1",
        "STATE_DIR": str(scratch / "state"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(scratch / "s3"),
    }
    with cloud.log.open("ab") as log:
        return subprocess.Popen(
            [INTERPRETER, Path(__file__).with_name("emulator.py")],
            cwd=cloud.directory,
            env=AWS_SETTINGS | settings | cloud.limits.environment,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _wait_until_up(cloud: Cloud, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _STARTUP_SECONDS
    while not cloud.answers():
        if process.poll() is not None:
            raise StepFailed("The local cloud did not start", f"it ended with status {process.returncode}", cloud.log)
        if time.monotonic() > deadline:
            raise StepFailed("The local cloud did not start", f"no answer in {_STARTUP_SECONDS:.0f} s", cloud.log)
        time.sleep(_POLL_SECONDS)


def _session() -> botocore.session.Session:
    """Return a session that reads neither the user's profile nor their configuration files."""
    nowhere = (None, None, os.devnull, None)
    unset = (None, None, None, None)
    return botocore.session.Session(
        session_vars={"profile": unset, "config_file": nowhere, "credentials_file": nowhere}
    )
