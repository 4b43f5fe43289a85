"""Lambda entry point: the life of a WebSocket connection, and the frames that come over it."""

from typing import Any

from nod import bootstrap, settings

FRAMES = bootstrap.websocket(settings.from_environment())


def handler(event: dict[str, Any], _: object) -> dict[str, int]:
    """Answer one event of the WebSocket API."""
    return FRAMES.handle(event)
