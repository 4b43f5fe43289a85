"""Text messages out: by SNS, or for development on the console. Both have the shape of `flows.ports.TextSender`."""

from typing import Any


class SnsTexts:
    """Texts sent by Amazon SNS."""

    def __init__(self, client: Any) -> None:
        """`client`: botocore's `sns`."""
        self._client = client

    def send(self, number: str, text: str) -> None:
        """Send `text` to a number (E.164); SNS's errors go to the caller."""
        transactional = {"AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Transactional"}}
        self._client.publish(PhoneNumber=number, Message=text, MessageAttributes=transactional)


class ConsoleTexts:
    """Texts that only stand in the function's log: for development, where everybody may read them."""

    def send(self, number: str, text: str) -> None:
        """Print `text`."""
        print(f"Text to {number}: {text}", flush=True)  # noqa: T201 - that is what it is for.
