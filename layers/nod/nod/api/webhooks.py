"""The gateways' edge: a call is proven to be a gateway's, then each text message in it is acted upon."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nod.domain.deliveries import Delivery, Gateway, InboundText, Source, Topic, WebhookAnswer
from nod.errors import InvalidRequest, NotFound, TooLarge
from nod.flows.texting import Texting
from nod.observability import logger

MAX_WEBHOOK_BYTES = 64 * 1024


@dataclass(frozen=True)
class Webhooks:
    """Receives text messages. `gateways` gives the gateway of a name, None where the stack has none of it.

    `topic` publishes to SNS instead of calling. `public_url` is the address that gateways were told: signatures are
    made over it, so it is not rebuilt from what comes in.
    """

    gateways: Callable[[str, datetime], Gateway | None]
    topic: Topic
    texting: Texting
    public_url: str
    clock: Callable[[], datetime]

    def call(
        self, name: str, *, path_secret: str | None, headers: Mapping[str, str], query: str, body: bytes
    ) -> WebhookAnswer:
        """Answer a call of the gateway `name`, in its own format.

        Raises `NotFound` for a gateway that is not set up, `InvalidSignature` for a call that is not the gateway's or
        too old (T1), and `InvalidRequest` for one that makes no sense.
        """
        if len(body) > MAX_WEBHOOK_BYTES:
            raise TooLarge(f"at most {MAX_WEBHOOK_BYTES} bytes are taken")
        now = self.clock()
        gateway = self.gateways(name, now)
        if gateway is None:
            raise NotFound("no such gateway is set up")
        path = f"/sms/{name}" if path_secret is None else f"/sms/{name}/{path_secret}"
        delivery = Delivery(
            url=f"{self.public_url}{path}{f'?{query}' if query else ''}",
            headers=headers,
            body=body,
            path_secret=path_secret,
        )
        reply: str | None = None
        for text in gateway.read(delivery, now):
            reply = self._receive(gateway, text)
        return gateway.answer(reply if gateway.carries_reply else None)

    def notify(self, event: Mapping[str, Any]) -> None:
        """Act on the notifications of an SNS event. One that is no text message is left alone: it never will be."""
        for record in event["Records"]:
            try:
                text = self.topic.read(record["Sns"]["Message"])
            except InvalidRequest as refusal:
                logger.warning("A notification was refused", extra={"code": refusal.code})
                continue
            self._receive(self.topic, text)

    def _receive(self, gateway: Source, text: InboundText) -> str | None:
        try:
            return self.texting.receive(
                text,
                gateway=gateway.name,
                signs_time=gateway.fresh_for is not None,
                replies=gateway.carries_reply,
            )
        except InvalidRequest:
            if gateway.hears_refusals:
                raise
            logger.warning("A text message was refused", extra={"gateway": gateway.name})
            return None
