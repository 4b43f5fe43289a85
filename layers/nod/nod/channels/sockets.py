"""Posting to WebSocket connections through API Gateway's @connections."""

from datetime import datetime
from typing import Any

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from nod.observability import logger


class Sockets:
    """The open connections of the WebSocket API, by connection id."""

    def __init__(self, client: Any) -> None:
        """`client`: botocore's `apigatewaymanagementapi`, pointed at the stage's @connections address."""
        self._client = client

    def post(self, connection_id: str, frame: msgspec.Struct) -> bool:
        """Send a frame; False where the connection is gone (410).

        Any other failure is logged and counts as sent: the connection stands, and its next `hello` brings what is open.
        """
        try:
            self._client.post_to_connection(ConnectionId=connection_id, Data=msgspec.json.encode(frame))
        except self._client.exceptions.GoneException:
            return False
        except (BotoCoreError, ClientError) as error:
            logger.error("A frame could not be posted", extra={"kind": type(error).__name__})
        return True

    def last_active(self, connection_id: str) -> datetime | None:
        """When the connection last sent or got something; None where it is gone or cannot be asked."""
        try:
            last_active: datetime = self._client.get_connection(ConnectionId=connection_id)["LastActiveAt"]
        except (BotoCoreError, ClientError):
            return None
        return last_active

    def close(self, connection_id: str) -> None:
        """Close a connection; one that is gone is closed, and one that cannot be closed can do nothing any more."""
        try:
            self._client.delete_connection(ConnectionId=connection_id)
        except self._client.exceptions.GoneException:
            return
        except (BotoCoreError, ClientError) as error:
            logger.error("A connection could not be closed", extra={"kind": type(error).__name__})
