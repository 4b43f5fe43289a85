"""Lambda entry point: whose ticket is it that a WebSocket handshake brings?"""

from typing import Any

from nod import bootstrap, settings
from nod.observability import without_words

AUTHORIZER = bootstrap.authorizer(settings.from_environment())


def handler(event: dict[str, Any], _: object) -> dict[str, Any]:
    """An IAM policy that allows or denies the handshake."""
    with without_words("the handshake could not be answered"):
        return AUTHORIZER.handle(event)
