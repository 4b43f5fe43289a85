"""The cloud that these tests kill and start again, and the stack on it."""

from collections.abc import Iterator

import httpx
import pytest

from local.connection_limits import ConnectionLimits
from local.stack import STACK_NAME, LocalStack
from tests.stacks import Stack, built, described

# Long enough that a busy machine does not stretch one into the other, and a test can wait for both.
SHORT = ConnectionLimits(idle=4.0, life=9.0)


@pytest.fixture(scope="package")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """A local cloud that nobody else uses."""
    with LocalStack.start(built(tmp_path_factory, "sockets")) as running:
        yield running


@pytest.fixture(scope="package")
def stack(local: LocalStack) -> Iterator[Stack]:
    """The stack on that cloud, with the local parameters."""
    with httpx.Client(base_url=local.endpoints.http, timeout=60) as client:
        yield described(local, STACK_NAME, local.endpoints, client)


@pytest.fixture(scope="module")
def short_lived(stack: Stack) -> Iterator[Stack]:
    """The stack, whose connections end soon while the tests of a module run."""
    usual = stack.cloud.limits
    stack.cloud.kill()
    stack.cloud.restart(SHORT)
    # Functions that start cold take some of the little time that a connection has.
    alice = stack.person()
    with alice.phone.approving():
        stack.device().start(alice.login)
    yield stack
    stack.cloud.kill()
    stack.cloud.restart(usual)
