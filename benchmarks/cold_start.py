"""Cold starts: a fresh process for each function, from its first import to its first answer, on the layer as built.

The network is a stub on loopback that answers at once, so what is measured is our own start: imports, clients, one
request through the function. A bare boto3 DynamoDB client, made and used once, is measured in the same run for
comparison. Times are of the process's own CPU, which other load on the machine disturbs least.
"""

import json
import os
import statistics
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from local import stack
from local.cloud import ROOT

# The first request of each function: one that a stranger sends, and that needs the function's usual collaborators.
FIRST_REQUESTS = {
    "sign_ins": "sign_ins/start",
    "account": "account/refresh",
    "authorizer": "authorizer/connect",
    "websocket": "websocket/hello",
}

FUNCTION = """
import time; began = time.process_time()
import json, runpy, sys
app = runpy.run_path(sys.argv[1], run_name="app")
class Context:
    function_name = invoked_function_arn = aws_request_id = "bench"
    memory_limit_in_mb = 512
app["handler"](json.load(open(sys.argv[2])), Context())
print(time.process_time() - began)
"""

BARE_CLIENT = """
import time; began = time.process_time()
import boto3
boto3.client("dynamodb").get_item(TableName="Table", Key={"key": {"S": "value"}})
print(time.process_time() - began)
"""


def measure(directory: Path, rounds: int) -> None:
    """Print a table: milliseconds of CPU (median, least), and the median in proportion to the bare client."""
    layer = stack.build(directory).parent / "NodLayer/python"
    seconds: dict[str, list[float]] = {name: [] for name in ("bare boto3 client", *FIRST_REQUESTS)}
    with _stub() as endpoint:
        for _ in range(rounds):
            # One after another within a round, so that a slow moment of the machine meets all of them alike.
            seconds["bare boto3 client"].append(_run([BARE_CLIENT], sysconfig.get_path("purelib"), endpoint))
            for function, request in FIRST_REQUESTS.items():
                arguments = [f"{ROOT}/functions/{function}/app.py", f"{ROOT}/events/{request}.json"]
                seconds[function].append(_run([FUNCTION, *arguments], str(layer), endpoint))
    bare = statistics.median(seconds["bare boto3 client"])
    print(f"\nCold start, import to first answer ({rounds} fresh processes each, CPU time)\n")
    print(f"  {'':<20}{'median':>10}{'least':>10}{'to bare':>10}")
    for name, times in seconds.items():
        median = statistics.median(times)
        print(f"  {name:<20}{median * 1000:>7.0f} ms{min(times) * 1000:>7.0f} ms{median / bare:>9.2f}x")


def _run(code: list[str], path: str, endpoint: str) -> float:
    """CPU seconds of one fresh process; without `site`, so that only `path` is there to import from."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": path,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "NOD_SIGNING_KEY": "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000",
    }
    command = [sys.executable, "-S", "-c", *code]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return float(ran.stdout.splitlines()[-1])


class _Stub(BaseHTTPRequestHandler):
    """Answers as DynamoDB does for empty tables, and as API Gateway does for an open connection."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """One call."""
        self.rfile.read(int(self.headers.get("content-length", 0)))
        target = self.headers.get("x-amz-target", "").rpartition(".")[2]
        refused = target in ("UpdateItem", "DeleteItem")
        answer = {"__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"} if refused else {}
        body = json.dumps(answer | ({"Items": [], "Count": 0} if target == "Query" else {})).encode()
        self.send_response(400 if refused else 200)
        self.send_header("content-type", "application/x-amz-json-1.0")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's.
        """Say nothing."""


@contextmanager
def _stub() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Stub) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
