"""What the fuzzers share: how long they look, and always for the same; the description; somebody who is signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fuzz.insider import Insider
from tests.stacks import Stack

if TYPE_CHECKING:
    from tests.fuzz.api import Api
    from tests.fuzz.frames import Frames


@pytest.fixture(scope="session")
def api() -> Api:
    """The description of the HTTP API."""
    # It takes two seconds to import and read: only those who use it wait for it.
    from tests.fuzz.api import Api

    return Api()


@pytest.fixture(scope="session")
def frames() -> Frames:
    """The description of the WebSocket API."""
    from tests.fuzz.frames import Frames

    return Frames()


@pytest.fixture(scope="session")
def insider(stack: Stack) -> Insider:
    """Somebody with an account."""
    return Insider(stack)
