"""What a cold start imports: each function its own needs and no more."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NEVER = {"boto3", "pydantic", "aws_xray_sdk", "moto", "requests", "phonenumbers", "segno"}
HTTP = {"aws_lambda_powertools.event_handler"}
TOKENS = {"joserfc", "cryptography"}

# What a function does not use it does not import: an HTTP resolver, JWT checks, stores of others.
UNUSED: dict[str, set[str]] = {
    "sign_ins": NEVER | TOKENS | {"nod.flows.account", "nod.domain.passwords"},
    "account": NEVER | {"nod.flows.approval"},
    "authorizer": NEVER | HTTP | TOKENS | {"nod.stores.sessions", "nod.stores.sign_ins", "nod.channels.tokens"},
    "sms": NEVER | TOKENS | {"nod.flows.approval", "nod.channels.tokens", "nod.channels.gateways.twilio"},
    "websocket": NEVER | HTTP | TOKENS | {"nod.stores.accounts", "nod.channels.tokens"},
}

PROBE = """
import json, runpy, sys
runpy.run_path(sys.argv[1], run_name="app")
print(json.dumps(sorted(sys.modules)))
"""


@pytest.mark.parametrize("function", UNUSED)
def test_a_function_imports_what_it_uses(function: str) -> None:
    """In a fresh process an entry point imports no client and no library that the function does not use."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT / "layers/nod"),
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "NOD_SIGNING_KEY": "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000",
    }
    command = [sys.executable, "-c", PROBE, str(ROOT / "functions" / function / "app.py")]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    imported = set(json.loads(ran.stdout))
    assert "nod.bootstrap" in imported
    assert imported & UNUSED[function] == set()
