"""The gateways' edge: a call is proven to be a gateway's, then each text message in it is acted upon."""

from collections.abc import Callable, Iterable, Mapping
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
        replies = self._receive_all(gateway, gateway.read(delivery, now))
        return gateway.answer(next(iter(replies), None))

    def notify(self, event: Mapping[str, Any]) -> None:
        """Act on the notifications of an SNS event. One that is no text message is left alone: it never will be."""
        texts = []
        for record in event["Records"]:
            try:
                texts.append(self.topic.read(record["Sns"]["Message"]))
            except InvalidRequest as refusal:
                logger.warning("A notification was refused", extra={"code": refusal.code})
        self._receive_all(self.topic, texts)

    def _receive_all(self, source: Source, texts: Iterable[InboundText]) -> list[str]:
        """Act on each message, also where another one fails; then the failure makes the source deliver all again."""
        replies, failure = [], None
        for text in texts:
            try:
                reply = self._receive(source, text)
            except Exception as error:  # noqa: BLE001 - raised below, once the others have had their turn.
                failure = failure or error
            else:
                replies += [reply] if reply else []
        if failure:
            raise failure
        return replies

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
