"""What tests of the call budget stand on."""

from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from nod.settings import Settings
from tests.integration.in_process import in_process_aws
from tests.integration.world import World


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """The settings of a function, with password sign-up."""
    with in_process_aws(monkeypatch) as made:
        yield replace(
            made,
            websocket_url="",
            minimum_verification="none",
            password_sign_up=True,
            phone_sign_in_approval="never",
        )


@pytest.fixture
def world(settings: Settings) -> World:
    """The account and the counted parts."""
    return World(settings)
