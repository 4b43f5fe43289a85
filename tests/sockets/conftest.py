"""The cloud that these tests kill and start again, and the stack on it."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from local.connection_limits import ConnectionLimits
from local.stack import STACK_NAME, LocalStack
from tests.confidential import HEARD
from tests.listening import listening
from tests.logs import require_discretion
from tests.stacks import Stack, built, described

# Long enough that a busy machine does not stretch one into the other, and a test can wait for both.
SHORT = ConnectionLimits(idle=4.0, life=9.0)


@pytest.fixture(scope="package")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """A local cloud that nobody else uses; its logs must hold nothing confidential either."""
    with listening(), LocalStack.start(built(tmp_path_factory, "sockets")) as running:
        yield running
        require_discretion(running.cloud, HEARD)


@pytest.fixture(scope="module")
def stack(local: LocalStack) -> Iterator[Stack]:
    """The stack on that cloud, with the local parameters and the limits of AWS."""
    with _limited(local, ConnectionLimits()) as limited:
        yield limited


@pytest.fixture(scope="module")
def short_lived(local: LocalStack) -> Iterator[Stack]:
    """The same stack, whose connections end soon."""
    with _limited(local, SHORT) as limited:
        # Functions that start cold take some of the little time that a connection has.
        alice = limited.person()
        with alice.phone.approving():
            limited.device().start(alice.login)
        yield limited


@contextmanager
def _limited(local: LocalStack, limits: ConnectionLimits) -> Iterator[Stack]:
    if local.cloud.limits != limits:
        local.cloud.kill()
        local.cloud.restart(limits)
    with httpx.Client(base_url=local.endpoints.http, timeout=60) as client:
        yield described(local, STACK_NAME, local.endpoints, client)
