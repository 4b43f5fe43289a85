"""Email out, by SES."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

from nod.errors import InvalidRequest


class SesMail:
    """Mail sent by Amazon SES from one address, which SES must have verified."""

    def __init__(self, client: Callable[[], Any], sender: str) -> None:
        """`client` makes botocore's `sesv2` when it is first needed: few requests send mail, and all would wait."""
        self._make_client = client
        self._sender = sender

    @cached_property
    def _client(self) -> Any:
        return self._make_client()

    def send(self, address: str, subject: str, text: str) -> None:
        """Send a plain text. `InvalidRequest` where SES refuses the address; its other errors go to the caller."""
        content = {
            "Subject": {"Data": subject, "Charset": "UTF-8"},
            "Body": {"Text": {"Data": text, "Charset": "UTF-8"}},
        }
        try:
            self._client.send_email(
                FromEmailAddress=self._sender,
                Destination={"ToAddresses": [address]},
                Content={"Simple": content},
            )
        except (self._client.exceptions.BadRequestException, self._client.exceptions.MessageRejected):
            raise InvalidRequest("no mail can be sent to this address") from None
