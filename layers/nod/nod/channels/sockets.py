"""Posting to WebSocket connections through API Gateway's @connections."""

from datetime import datetime
from typing import Any

import msgspec
from botocore.exceptions import ClientError

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
        except ClientError as error:
            logger.error("A frame could not be posted", extra={"error_code": error.response["Error"]["Code"]})
        return True

    def last_active(self, connection_id: str) -> datetime | None:
        """When the connection last sent or got something; None where it is gone."""
        try:
            last_active: datetime = self._client.get_connection(ConnectionId=connection_id)["LastActiveAt"]
        except self._client.exceptions.GoneException:
            return None
        return last_active

    def close(self, connection_id: str) -> None:
        """Close a connection; one that is gone is closed."""
        try:
            self._client.delete_connection(ConnectionId=connection_id)
        except self._client.exceptions.GoneException:
            return
