"""Repairs of MiniStack where it does otherwise than AWS in what Nod relies on; applied before it starts.

Each says what AWS does. When MiniStack is updated, take them out one by one and see whether the tests still pass.
"""

import hashlib
import json
import os
import queue
import tempfile
import threading
import time
import uuid
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ministack.core import iam_actions, lambda_runtime
from ministack.services import apigateway, lambda_svc, ses_v2, sns

from local import forks
from local.connection_limits import ConnectionLimits, Limited

Answer = tuple[int, dict[str, str], Any]


def apply() -> None:
    """Apply all repairs to the MiniStack of this process."""
    _read_cors_as_cloudformation_writes_it()
    _tell_connections_as_documented()
    _authorise_mail_by_its_sender()
    _keep_messages_out_of_the_log()
    _log_what_frames_make_functions_say()
    _log_errors_of_handlers()
    _unpack_layers_once()
    _end_connections_in_time(ConnectionLimits.of(os.environ))
    _fork_workers()


def _read_cors_as_cloudformation_writes_it() -> None:
    """CloudFormation's `AllowOrigins` is the API's `allowOrigins`; MiniStack keeps the former and reads the latter."""
    response_headers, preflight = apigateway._cors_response_headers, apigateway._cors_preflight_response
    apigateway._cors_response_headers = lambda cors, origin: response_headers(_as_in_the_api(cors), origin)
    apigateway._cors_preflight_response = lambda cors, origin: preflight(_as_in_the_api(cors), origin)


def _tell_connections_as_documented() -> None:
    """GetConnection answers in camel case with times in ISO 8601; MiniStack in Pascal case with seconds."""
    original = apigateway.handle_connections_api

    async def repaired(method: str, *arguments: Any) -> Answer:
        status, headers, body = await original(method, *arguments)
        if method != "GET" or status != 200:
            return status, headers, body
        told = json.loads(body)
        answer = {
            "connectedAt": _iso(told["ConnectedAt"]),
            "identity": _as_in_the_api(told["Identity"]),
            "lastActiveAt": _iso(told["LastActiveAt"]),
        }
        return status, headers, json.dumps(answer).encode()

    apigateway.handle_connections_api = repaired


def _authorise_mail_by_its_sender() -> None:
    """AWS authorises `SendEmail` on the identity of the sender; MiniStack on everything there is."""
    original = iam_actions._ses_v2_resource_arn

    def repaired(method: str, path: str, body: bytes, region: str, account_id: str) -> str:
        if method == "POST" and path.rstrip("/").endswith("/outbound-emails"):
            return f"arn:aws:ses:{region}:{account_id}:identity/{json.loads(body)['FromEmailAddress']}"
        resource: str = original(method, path, body, region, account_id)
        return resource

    iam_actions._ses_v2_resource_arn = repaired


def _keep_messages_out_of_the_log() -> None:
    """AWS logs no text messages and no mail; MiniStack logs them, where the tests look for what must not be there."""
    for service, said in ((sns, "SNS SMS to"), (sns, "SNS%s publish to"), (ses_v2, "SESv2 SendEmail")):
        service.logger.addFilter(lambda record, said=said: not str(record.msg).startswith(said))


def _log_what_frames_make_functions_say() -> None:
    """AWS logs what a function says of a frame, as of anything else; MiniStack drops it."""
    original = lambda_runtime.get_or_create_worker

    class Logged:
        def __init__(self, worker: Any, config: dict[str, Any]) -> None:
            self._worker, self._config = worker, config

        def invoke(self, event: dict[str, Any], _message_id: str) -> dict[str, Any]:
            request_id, began = str(uuid.uuid4()), time.monotonic()
            result: dict[str, Any] = self._worker.invoke(event, request_id)
            failed, took = result["status"] == "error", int((time.monotonic() - began) * 1000)
            lambda_svc._emit_lambda_logs(self._config, request_id, result.get("log", ""), failed, took)
            return result

    def repaired(name: str, config: dict[str, Any], *arguments: Any, **options: Any) -> Logged:
        return Logged(original(name, config, *arguments, **options), config)

    lambda_runtime.get_or_create_worker = repaired


def _log_errors_of_handlers() -> None:
    """AWS logs an error that a handler raises, with its trace; MiniStack tells it to the caller only."""
    original = lambda_runtime.Worker.invoke

    def repaired(worker: Any, *arguments: Any, **options: Any) -> dict[str, Any]:
        result: dict[str, Any] = original(worker, *arguments, **options)
        if trace := result.get("trace"):
            result["log"] = f"{result.get('log', '')}\n[ERROR] {trace}".strip()
        return result

    lambda_runtime.Worker.invoke = repaired


def _unpack_layers_once() -> None:
    """AWS lays the same unpacked layer under each worker; MiniStack unpacks it for each anew, in a second of CPU."""

    class Zip(zipfile.ZipFile):
        def namelist(self) -> list[str]:
            names = super().namelist()
            return names if not self._is_layer else sorted({name.partition("/")[0] for name in names})

        def extractall(self, path: Any = None, *arguments: Any, **options: Any) -> None:
            if not self._is_layer:
                super().extractall(path, *arguments, **options)
                return
            for part in self._unpacked().iterdir():
                (Path(path) / part.name).symlink_to(part)

        @property
        def _is_layer(self) -> bool:
            return Path(str(self.filename)).name.startswith("layer_")

        def _unpacked(self) -> Path:
            with unpacking, Path(str(self.filename)).open("rb") as packed:
                shared = Path(tempfile.gettempdir()) / hashlib.file_digest(packed, "sha256").hexdigest()
                if not shared.exists():
                    super().extractall(shared, super().namelist())
            return shared

    class Zipfile:
        ZipFile, BadZipFile = Zip, zipfile.BadZipFile
        # As MiniStack calls it; the real name is another, which no layer has been large enough to show.
        LargeFileError = zipfile.LargeZipFile

    unpacking = threading.Lock()
    lambda_runtime.zipfile = Zipfile


def _end_connections_in_time(limits: ConnectionLimits) -> None:
    """API Gateway closes a connection that is idle for ten minutes or two hours old (1001); MiniStack never does."""
    original = apigateway.handle_websocket

    async def repaired(scope: Any, receive: Any, send: Any, api_id: str, **options: Any) -> None:
        limited = Limited(receive, send, limits)
        try:
            await original(scope, limited.receive, limited.send, api_id, **options)
        finally:
            limited.forget()

    apigateway.handle_websocket = repaired


def _fork_workers() -> None:
    """AWS has a machine for each worker; what starting fifty costs MiniStack, `forks.py` says."""
    processes = forks.Subprocess()
    spawn = lambda_runtime.Worker._spawn

    def start(worker: Any) -> None:
        function = json.dumps(worker.config, sort_keys=True, default=str)
        stream = {"AWS_LAMBDA_LOG_STREAM_NAME": str(uuid.uuid4())}
        if fork := processes.fork(function, stream, lambda: spawn(worker)):
            worker._proc = fork
            worker._stderr_queue = queue.Queue()
            worker._stderr_thread = threading.Thread(target=worker._read_stderr, daemon=True)
            worker._stderr_thread.start()
            worker._start_time = time.time()

    lambda_runtime.subprocess = processes
    lambda_runtime.Worker._spawn = start


def _as_in_the_api(names: dict[str, Any]) -> dict[str, Any]:
    return {name[:1].lower() + name[1:]: value for name, value in names.items()}


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()
