"""What is logged of an error that nobody foresaw."""

import logging
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from nod.observability import log_unexpected
from tests.fakes.logs import Log


@pytest.fixture
def log() -> Iterator[Log]:
    """What is logged from here on."""
    made, heard = Log(), logging.getLogger("nod")
    heard.addHandler(made)
    yield made
    heard.removeHandler(made)


def test_a_timeout_is_logged_as_one(log: Log) -> None:
    """A timeout of botocore's bears a response that is None: it is logged all the same, and hides nothing."""
    log_unexpected(ReadTimeoutError(endpoint_url="https://dynamodb.example"))
    assert "'kind': 'ReadTimeoutError', 'code': None" in log.lines[0]


def test_an_error_of_aws_is_logged_with_its_code(log: Log) -> None:
    """What AWS answered is told."""
    log_unexpected(ClientError({"Error": {"Code": "InternalServerError", "Message": ""}}, "UpdateItem"))
    assert "'kind': 'ClientError', 'code': 'InternalServerError'" in log.lines[0]
