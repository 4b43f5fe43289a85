"""Lambda entry point: the life of a WebSocket connection, and the frames that come over it."""

from typing import Any

from nod import bootstrap, settings
from nod.observability import without_words

FRAMES = bootstrap.websocket(settings.from_environment())


def handler(event: dict[str, Any], _: object) -> dict[str, int]:
    """Answer one event of the WebSocket API."""
    with without_words("the event could not be answered"):
        return FRAMES.handle(event)
