"""AWS End User Messaging: two-way text messages, which come through an SNS topic.

https://docs.aws.amazon.com/sms-voice/latest/userguide/two-way-sms-payload.html
"""

from datetime import timedelta

import msgspec

from nod.channels.gateways.payloads import MessageId, decode
from nod.domain.deliveries import InboundText, Proof
from nod.errors import InvalidRequest


class _Message(msgspec.Struct, rename="camel"):
    origination_number: str
    message_body: str
    inbound_message_id: MessageId


class Aws:
    """Nobody is answered here, and there are no keys: only who may publish to the topic can make it call."""

    name = "aws"
    # The subscription proves it: AWS lets only the topic invoke the function, and its policy says who publishes.
    proves = Proof(authenticated=True, body_bound=True, replay_protected=True)
    # For so long SNS tries to deliver to a function.
    fresh_for: timedelta | None = timedelta(days=23)
    carries_reply = False
    hears_refusals = False

    def read(self, message: str) -> InboundText:
        """The text message in the `Message` of one SNS record; `InvalidRequest` for anything else."""
        inbound = decode(message.encode("utf-8", "replace"), _Message)
        if not inbound.message_body:
            raise InvalidRequest("the message is empty")
        return InboundText(
            message_id=inbound.inbound_message_id, sender=inbound.origination_number, text=inbound.message_body
        )
