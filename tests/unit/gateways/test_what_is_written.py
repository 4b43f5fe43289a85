"""What the documentation and the sample events say of the gateways."""

import json
from base64 import b64decode
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from nod.channels.gateways import make
from nod.channels.gateways.aws import Aws
from nod.domain.deliveries import Delivery
from nod.errors import InvalidSignature
from tests.unit.gateways.calls import CLASSES, KEYS, NAMES, gateway

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/sms-gateways.md").read_text()
PROOFS = {name: kind.proves for name, kind in CLASSES.items()} | {"aws": Aws.proves}
YES = {"yes": True, "no": False}


def rows(first_cell: str) -> dict[str, list[str]]:
    """The rows of the table whose heading begins with these cells, by the name in their first cell."""
    table = PAGE.split(first_cell, 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    return {first.strip("`"): rest for first, *rest in cells}


def test_t1_the_page_says_what_each_gateway_proves() -> None:
    """T1: the table of proofs is that of the code, with every gateway in it."""
    written = {name: [YES[cell] for cell in row[:3]] for name, row in rows("| gateway | authenticated").items()}
    declared = {name: [one.authenticated, one.body_bound, one.replay_protected] for name, one in PROOFS.items()}
    assert written == declared


def test_t1_the_page_marks_those_that_need_a_secret_address() -> None:
    """T1: whoever proves too little is marked, and nobody else."""
    marked = {name for name, row in rows("| gateway | authenticated").items() if row[3] == "secret"}
    assert marked == {name for name, proof in PROOFS.items() if proof.needs_secret_path}


def test_r3_2_the_page_shows_the_keys_of_each_gateway() -> None:
    """R3.2: the example of the secret has the fields that the gateways need, and each takes what is like it."""
    example: dict[str, dict[str, str]] = json.loads(PAGE.split("```json", 1)[1].split("```", 1)[0])
    assert sorted(example) == NAMES
    for name, keys in example.items():
        assert make(name, {field: KEYS[name][field] for field in keys}).name == name


def test_r3_2_the_page_tells_of_retries_of_each_gateway() -> None:
    """R3.2: the table of retries leaves no gateway out."""
    assert sorted(rows("| gateway | delivered again")) == NAMES


def sample(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((ROOT / f"events/sms/{name}.json").read_text())
    return event


@pytest.mark.parametrize("name", NAMES)
def test_t1_a_sample_of_a_call_is_not_taken_for_a_genuine_one(name: str) -> None:
    """T1: the samples are well formed, and refused: no stack has the keys that they are signed with."""
    event = sample(name)
    body = b64decode(event["body"]) if event["isBase64Encoded"] else event["body"].encode()
    call = Delivery(
        url="https://" + event["headers"]["host"] + event["rawPath"],
        headers=event["headers"],
        body=body,
        path_secret=event["pathParameters"].get("path_secret"),
    )
    assert (call.path_secret is not None) is gateway(name).proves.needs_secret_path
    assert event["pathParameters"]["gateway"] == name
    with pytest.raises(InvalidSignature):
        gateway(name).read(call, datetime.fromtimestamp(event["requestContext"]["timeEpoch"] / 1000, UTC))


def test_r3_2_the_sample_of_the_topic_holds_a_message() -> None:
    """R3.2: the record is as SNS hands it to Lambda, with a message as AWS publishes it."""
    [record] = sample("aws")["Records"]
    assert record["EventSource"] == "aws:sns"
    assert Aws().read(record["Sns"]["Message"]).sender == "+447700900123"
