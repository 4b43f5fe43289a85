"""The phone network, simulated: texts go through gateways to the service, and what is texted back is read."""

import re
import secrets
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import phonenumbers

from local import gateways
from local.cloud import Cloud
from local.endpoints import Endpoints

GATEWAYS = (*gateways.NAMES, "aws")
_WAIT_SECONDS = 10.0
_POLL_SECONDS = 0.05


class PhoneNetwork:
    """Delivers texts as real gateways do, and shows what arrives on phones."""

    def __init__(self, endpoints: Endpoints, cloud: Cloud) -> None:
        """`endpoints` of the stack that is texted; `cloud` is what it runs on."""
        self._sms = endpoints.sms
        self._cloud = cloud
        self._replies: list[tuple[str, str]] = []

    @property
    def number(self) -> str:
        """The service's own number."""
        number: str = self._sms["to"]
        return number

    def send(
        self, text: str, *, sender: str, gateway: str = "generic", message_id: str | None = None
    ) -> httpx.Response:
        """Text the service; what the gateway is answered (202 for a topic, which answers nobody)."""
        message_id = message_id or secrets.token_hex(16)
        if gateway == "aws":
            return self._publish(text, sender, message_id)
        call = gateways.call(
            gateway,
            self._sms[gateway],
            public_url=self._sms["public_url"],
            sender=sender,
            to=self.number,
            text=text,
            message_id=message_id,
            now=datetime.now(UTC),
        )
        return self.deliver(call, sender)

    def deliver(self, call: gateways.Call, sender: str) -> httpx.Response:
        """Make a gateway's call, which may be an altered one. A reply in the answer goes to the sender's phone."""
        answer = httpx.post(call.url, content=call.body, headers=call.headers, timeout=30, trust_env=False)
        if answer.is_success and "xml" in answer.headers.get("content-type", ""):
            replies = ET.fromstring(answer.text).findall("Message")  # noqa: S314 - our own service's answer.
            self._replies += [(sender, reply.text or "") for reply in replies]
        return answer

    def texts_to(self, number: str) -> list[str]:
        """All texts that the service has sent to a number."""
        sent = _get(f"{self._cloud.url}/_ministack/sns/sms-messages")["sms_messages"]
        texts = [message["Message"] for message in sent.get(number, [])]
        return texts + [text for to, text in self._replies if to == number]

    def handset(self, number: str) -> "Handset":
        """A phone with this number."""
        return Handset(self, number)

    def mails_to(self, address: str) -> list[str]:
        """The mails that the service has sent to an address."""
        accounts: Mapping[str, list[dict[str, Any]]] = _get(f"{self._cloud.url}/_ministack/ses/messages")["messages"]
        mails = [mail for sent in accounts.values() for mail in sent]
        return [mail["BodyText"] for mail in mails if address in mail["To"]]

    def _publish(self, text: str, sender: str, message_id: str) -> httpx.Response:
        message = gateways.sns_message(sender=sender, to=self.number, text=text, message_id=message_id)
        self._cloud.client("sns").publish(TopicArn=self._sms["aws"]["topic_arn"], Message=message)
        return httpx.Response(202)


def e164(number: str) -> str:
    """A number in E.164; what is none stays as it is."""
    try:
        parsed = phonenumbers.parse(re.sub("^00", "+", number).replace("(0)", ""))
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


class Handset:
    """A phone with a number: it sends texts, and reads those that come from now on, one by one."""

    def __init__(self, network: PhoneNetwork, number: str) -> None:
        """`number` in any spelling; it is read by its E.164."""
        self.number = e164(number)
        self._spelling = number
        self._network = network
        self._read = len(network.texts_to(self.number))

    def send(self, text: str, gateway: str = "generic") -> httpx.Response:
        """Text the service; what the gateway is answered. Only the generic gateway writes numbers as it likes."""
        sender = self._spelling if gateway == "generic" else self.number
        return self._network.send(text, sender=sender, gateway=gateway)

    def unread(self) -> list[str]:
        """The texts that came since the last one was read; they are read with that."""
        texts = self._network.texts_to(self.number)[self._read :]
        self._read += len(texts)
        return texts

    def next_text(self) -> str:
        """The next text; `TimeoutError` where none comes."""
        deadline = time.monotonic() + _WAIT_SECONDS
        while len(texts := self._network.texts_to(self.number)) <= self._read:
            if time.monotonic() > deadline:
                raise TimeoutError(f"no text came to {self.number}")
            time.sleep(_POLL_SECONDS)
        self._read += 1
        return texts[self._read - 1]


def _get(url: str) -> Any:
    return httpx.get(url, timeout=30, trust_env=False).raise_for_status().json()
