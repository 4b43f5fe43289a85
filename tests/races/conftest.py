"""Who races, and on which stack."""

from collections.abc import Iterator

import pytest

from tests.races.racing import Actors
from tests.stacks import Deploy, Stack


@pytest.fixture(scope="session")
def stack(deploy: Deploy) -> Stack:
    """A stack with the local parameters, whose every row comes from races."""
    return deploy("nod-races")


@pytest.fixture(scope="session")
def actors(stack: Stack) -> Iterator[Actors]:
    """Fifty actors there."""
    with Actors.assembled(stack.http) as assembled:
        yield assembled
