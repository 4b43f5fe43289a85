"""The gateways' secrets: one JSON object in Secrets Manager, by gateway name, kept in memory for a few minutes."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from nod.observability import logger

MAX_AGE = timedelta(minutes=5)


class GatewaySecrets:
    """Reads the secret when it is first needed, and again when it may have changed."""

    def __init__(self, client: Any, secret_id: str) -> None:
        """`client`: botocore's `secretsmanager`; `secret_id`: the ARN of the secret."""
        self._client = client
        self._secret_id = secret_id
        self._secrets: dict[str, msgspec.Raw] | None = None
        self._read_at: datetime | None = None

    def of(self, gateway: str, now: datetime) -> dict[str, Any] | None:
        """The secrets of one gateway, None where it is not set up.

        `msgspec.ValidationError` where they are no JSON object; those of other gateways do not matter.
        """
        if self._secrets is None or self._read_at is None or now - self._read_at >= MAX_AGE:
            self._secrets = self._read()
            self._read_at = now
        own = self._secrets.get(gateway)
        return msgspec.json.decode(own, type=dict[str, Any]) if own is not None else None

    def _read(self) -> dict[str, msgspec.Raw]:
        """What stands in Secrets Manager now; what stood there before, where it cannot be asked."""
        try:
            text = self._client.get_secret_value(SecretId=self._secret_id)["SecretString"]
        except (BotoCoreError, ClientError) as error:
            if self._secrets is None:
                raise
            logger.error("The gateways' secrets could not be read anew", extra={"kind": type(error).__name__})
            return self._secrets
        return msgspec.json.decode(text, type=dict[str, msgspec.Raw])
