"""How property tests run: no database of examples (no I/O), no demands on speed, and a way to repeat a failure."""

import logging
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.fakes.logs import Log

settings.register_profile(
    "nod",
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
    max_examples=100,
)
settings.load_profile("nod")


@pytest.fixture
def log() -> Iterator[Log]:
    """What the service logs."""
    handler = Log()
    logger = logging.getLogger("nod")
    logger.addHandler(handler)
    yield handler
    logger.removeHandler(handler)
