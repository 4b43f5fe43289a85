"""Text messages out: by SNS, or for development on the console. Both have the shape of `flows.ports.TextSender`."""

from typing import Any

from botocore.exceptions import ClientError

from nod.observability import logger

# No later try of the same text would fare better: a number that cannot be texted, or wants no texts.
_FINAL = frozenset({"InvalidParameter", "InvalidParameterException", "InvalidParameterValue", "OptedOut"})


class SnsTexts:
    """Texts sent by Amazon SNS."""

    def __init__(self, client: Any) -> None:
        """`client`: botocore's `sns`."""
        self._client = client

    def send(self, number: str, text: str) -> None:
        """Send `text` to a number (E.164). What SNS will never send is logged; its other errors go to the caller."""
        transactional = {"AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Transactional"}}
        try:
            self._client.publish(PhoneNumber=number, Message=text, MessageAttributes=transactional)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code not in _FINAL:
                raise
            logger.error("A text could not be sent", extra={"code": code})


class ConsoleTexts:
    """Texts that only stand in the function's log: for development, where everybody may read them."""

    def send(self, number: str, text: str) -> None:
        """Print `text`."""
        print(f"Text to {number}: {text}", flush=True)  # noqa: T201 - that is what it is for.
