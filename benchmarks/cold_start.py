"""Cold starts: a fresh process for each function, from its first import to its first answer, on the layer as built.

The network is a stub on loopback that answers at once, so what is measured is our own start: imports, clients, one
request through the function. A bare boto3 DynamoDB client, made and used once, is measured in the same run for
comparison. Times are of the process's own CPU, which other load on the machine disturbs least.
"""

import os
import statistics
import subprocess
import sys
import sysconfig
from pathlib import Path

from benchmarks import stub
from local import stack
from local.cloud import ROOT

# The first request of each function is one that succeeds: start with a prompt posted, refresh with a token signed, a
# ticket used, a welcome posted, a text answered. What the answer must hold is checked, so that no refusal is taken for
# a fast start.
FIRST_REQUESTS = {
    "sign_ins": ("sign_ins/start", '"statusCode": 201'),
    "account": ("account/refresh", '"statusCode": 200'),
    "authorizer": ("authorizer/connect", '"Allow"'),
    "websocket": ("websocket/hello", '"statusCode": 200'),
    "sms": ("sms/aws", "{}"),
}

FUNCTION = """
import time; began = time.process_time()
import json, runpy, sys
app = runpy.run_path(sys.argv[1], run_name="app")
class Context:
    function_name = invoked_function_arn = aws_request_id = "bench"
    memory_limit_in_mb = 512
answer = app["handler"](json.load(open(sys.argv[2])), Context())
print(time.process_time() - began)
if sys.argv[3] not in json.dumps(answer):
    sys.exit(f"not the answer that was to be measured: {answer}")
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
    with stub.running() as endpoint:
        for _ in range(rounds):
            # One after another within a round, so that a slow moment of the machine meets all of them alike.
            seconds["bare boto3 client"].append(_run([BARE_CLIENT], sysconfig.get_path("purelib"), endpoint))
            for function, (request, sign) in FIRST_REQUESTS.items():
                arguments = [f"{ROOT}/functions/{function}/app.py", f"{ROOT}/events/{request}.json", sign]
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
        "NOD_ALLOWED_ORIGINS": "https://app.example.com",
        "NOD_SMS_NUMBER": "+12025550142",
        "NOD_SIGNING_KEY": "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000",
    }
    command = [sys.executable, "-S", "-c", *code]
    ran = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return float(ran.stdout.splitlines()[-1])
