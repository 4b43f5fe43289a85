"""Lambda entry point: whose ticket is it that a WebSocket handshake brings?"""

from typing import Any

from nod import bootstrap, settings

AUTHORIZER = bootstrap.authorizer(settings.from_environment())


def handler(event: dict[str, Any], _: object) -> dict[str, Any]:
    """An IAM policy that allows or denies the handshake."""
    return AUTHORIZER.handle(event)
