"""What is attacked: a stack of this run's local cloud, or any other that is named by its address."""

import os
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.target import Target

URL, SMS_SECRET = "NOD_ATTACK_URL", "NOD_ATTACK_SMS_SECRET"
# A stack lets one address start 30 sign-ins and try 30 passwords in a minute; the kit keeps below, and disturbs nobody.
PAUSE_SECONDS = 2.5
COUNTED = ("/sign-ins", "/accounts", "/sessions")


class Polite(httpx.HTTPTransport):
    """Sends requests, leaving a pause between two that are counted under their address."""

    _next = 0.0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one."""
        if request.method == "POST" and request.url.path.endswith(COUNTED):
            time.sleep(max(0.0, self._next - time.monotonic()))
            self._next = time.monotonic() + PAUSE_SECONDS
        return super().handle_request(request)


def _remote(url: str) -> Iterator[Target]:
    with httpx.Client(base_url=url, timeout=60, transport=Polite()) as client:
        secret = os.environ.get(SMS_SECRET)
        yield Target(client, {"secret": secret} if secret else {})


@pytest.fixture(scope="session")
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    """The stack with the local parameters, or the one at the address that was given."""
    if url := os.environ.get(URL):
        yield from _remote(url)
    else:
        yield request.getfixturevalue("stack")


@pytest.fixture(scope="session")
def guarded(request: pytest.FixtureRequest, target: Target) -> Target:
    """A stack as careful as in production: accounts concealed, fresh sessions end no older ones."""
    if os.environ.get(URL):
        return target
    strict: Target = request.getfixturevalue("strict")
    return strict
