"""The gateways' edge: calls and notifications, each text message of which is acted upon (R3.2; attacks T1, T4, T6)."""

import json
from datetime import datetime, timedelta

import pytest

from nod.api.webhooks import MAX_WEBHOOK_BYTES, Webhooks
from nod.channels.gateways.aws import Aws
from nod.domain.deliveries import Delivery, Gateway, InboundText, Proof, WebhookAnswer
from nod.domain.texts import refusal_text
from nod.errors import InvalidRequest, InvalidSignature, NotFound, TooLarge, TryAgain
from nod.flows.starting import Started
from tests.builders import ADAS_NUMBER, APP, GRACES_NUMBER, NOW, after
from tests.fakes.logs import Log
from tests.unit.service import Service

HELLO = InboundText(message_id="ONE", sender=ADAS_NUMBER, text="Hello")


class Post:
    """A gateway that delivers what a test gives it, and notes what it is given."""

    name = "post"
    proves = Proof(authenticated=True, body_bound=True, replay_protected=True)

    def __init__(
        self,
        *texts: InboundText,
        carries_reply: bool = False,
        hears_refusals: bool = False,
        fresh_for: timedelta | None = None,
        forged: bool = False,
    ) -> None:
        self.texts = list(texts)
        self.carries_reply = carries_reply
        self.hears_refusals = hears_refusals
        self.fresh_for = fresh_for
        self.forged = forged
        self.deliveries: list[tuple[Delivery, datetime]] = []

    def read(self, delivery: Delivery, now: datetime) -> list[InboundText]:
        self.deliveries.append((delivery, now))
        if self.forged:
            raise InvalidSignature()
        return self.texts

    def answer(self, reply: str | None) -> WebhookAnswer:
        return WebhookAnswer(f"reply: {reply}", "text/plain")


class Edge:
    """The edge before a service, with one gateway."""

    def __init__(self, gateway: Gateway | None = None) -> None:
        self.service = Service()
        self.asked: list[tuple[str, datetime]] = []
        self.gateway = gateway
        self.webhooks = Webhooks(self._gateway, Aws(), self.service.texting, "https://nod.example", self.service.clock)

    def _gateway(self, name: str, now: datetime) -> Gateway | None:
        self.asked.append((name, now))
        return self.gateway if name == "post" else None

    def call(self, name: str = "post", *, path_secret: str | None = None, query: str = "", body: bytes = b"") -> str:
        """A gateway calls; the body of the answer."""
        headers = {"x-signature": "right"}
        return self.webhooks.call(name, path_secret=path_secret, headers=headers, query=query, body=body).body

    def notify(self, *messages: str) -> None:
        """The topic delivers."""
        self.webhooks.notify({"Records": [{"Sns": {"Message": message}} for message in messages]})


def notification(text: Started | str, message_id: str = "ONE", sender: str = ADAS_NUMBER) -> str:
    """What AWS publishes about one text message."""
    body = text if isinstance(text, str) else text.sms.body if text.sms else ""
    return json.dumps({"originationNumber": sender, "messageBody": body, "inboundMessageId": message_id})


def inbound(started: Started, message_id: str = "ONE", sender: str = ADAS_NUMBER) -> InboundText:
    """The text message of a sign-in."""
    return InboundText(message_id=message_id, sender=sender, text=started.sms.body if started.sms else "")


# Calls.


def test_a_gateway_that_is_not_set_up_is_not_found() -> None:
    """R3.2: a name that the stack has no secrets of, or that no gateway has, is a 404; nothing is read or written."""
    edge = Edge(Post(HELLO))
    with pytest.raises(NotFound):
        edge.call("twilio")
    assert edge.asked == [("twilio", NOW)]
    assert edge.service.calls == []


def test_a_gateway_reads_the_call_as_it_came() -> None:
    """R3.2: the address is the one that the gateway was told, with the query it sent; the body is its very bytes."""
    gateway = Post()
    edge = Edge(gateway)
    edge.service.wait(5)
    edge.call(query="a=1&b=%20", body=b"\x00\xff")
    edge.call(path_secret="s3cret")
    ((first, now), (second, _)) = gateway.deliveries
    assert now == after(5)
    assert first.url == "https://nod.example/sms/post?a=1&b=%20"
    assert (first.body, first.headers, first.path_secret) == (b"\x00\xff", {"x-signature": "right"}, None)
    assert second.url == "https://nod.example/sms/post/s3cret"
    assert (second.path_secret, second.body) == ("s3cret", b"")


def test_i2_a_call_over_the_limit_is_too_large() -> None:
    """I2: one byte over the limit is refused before any gateway looks at it."""
    gateway = Post()
    edge = Edge(gateway)
    assert MAX_WEBHOOK_BYTES == 65_536
    edge.call(body=b"x" * MAX_WEBHOOK_BYTES)
    with pytest.raises(TooLarge):
        edge.call(body=b"x" * (MAX_WEBHOOK_BYTES + 1))
    assert len(gateway.deliveries) == 1
    assert len(edge.asked) == 1


def test_t1_a_forged_call_writes_nothing() -> None:
    """T1: where the gateway's signature does not hold, no message is looked at."""
    edge = Edge(Post(HELLO, forged=True))
    with pytest.raises(InvalidSignature):
        edge.call()
    assert edge.service.calls == []


def test_r3_3_a_call_acts() -> None:
    """R3.3: the text message in it signs its phone in."""
    gateway = Post()
    edge = Edge(gateway)
    started = edge.service.start_phone()
    gateway.texts = [inbound(started)]
    assert edge.call() == "reply: None"
    assert edge.service.sign_in(started).status == "allowed"
    assert len(edge.service.replies()) == 1


def test_t4_a_call_that_comes_again_acts_once() -> None:
    """T4: the gateway is answered as before, so that it stops; the message does nothing again."""
    edge = Edge(Post(HELLO))
    assert edge.call() == edge.call()
    assert len(edge.service.replies()) == 1


def test_r3_2_the_answer_carries_the_reply_where_it_can() -> None:
    """R3.2: then nothing is sent besides; a repetition carries none."""
    edge = Edge(Post(HELLO, carries_reply=True))
    assert edge.call() == f"reply: {refusal_text(APP, 'no_identifier')}"
    assert edge.call() == "reply: None"
    assert edge.service.texts.sent == []


@pytest.mark.parametrize("fresh_for", [None, timedelta(minutes=5)])
def test_t1_messages_are_remembered_as_long_as_they_could_come_again(fresh_for: timedelta | None) -> None:
    """T1: for good where the gateway signs no time; where it does, a call is too old some day."""
    edge = Edge(Post(HELLO, fresh_for=fresh_for))
    edge.call()
    (end,) = edge.service.rows.messages_end.values()
    assert (end is None) == (fresh_for is None)


def test_r3_2_a_call_may_bring_several_messages() -> None:
    """R3.2: each is acted upon, also behind one that can never count."""
    gateway = Post()
    edge = Edge(gateway)
    one, two = edge.service.start_phone(), edge.service.start_phone()
    no_phone = InboundText(message_id="TWO", sender="MYBANK", text="Hello")
    gateway.texts = [inbound(one), no_phone, inbound(two, "THREE", GRACES_NUMBER)]
    edge.call()
    assert [edge.service.sign_in(started).status for started in (one, two)] == ["allowed", "allowed"]
    assert {number for number, _ in edge.service.texts.sent} == {ADAS_NUMBER, GRACES_NUMBER}


@pytest.mark.parametrize("failing", [0, 1])
def test_r3_2_a_message_that_fails_holds_up_no_other(failing: int) -> None:
    """R3.2: those beside it are acted upon; then the gateway gets the error, and its next call makes up for the one."""
    gateway = Post()
    edge = Edge(gateway)
    begun = [edge.service.start_phone() for _ in range(2)]
    gateway.texts = [inbound(one, f"{number}") for number, one in enumerate(begun)]
    edge.service.failing(failing, "texts.send")
    with pytest.raises(ConnectionError):
        edge.call()
    assert [edge.service.sign_in(one).status for one in begun] == ["allowed", "allowed"]
    assert len(edge.service.texts.sent) == 1
    edge.call()
    assert len(edge.service.texts.sent) == 2


def test_r3_2_of_several_failures_the_first_is_told() -> None:
    """R3.2: also where a refusal that the gateway wants to hear of came behind it."""
    no_phone = InboundText(message_id="TWO", sender="MYBANK", text="Hello")
    edge = Edge(Post(HELLO, no_phone, hears_refusals=True))
    edge.service.texts.out_of_order = True
    with pytest.raises(ConnectionError):
        edge.call()


def test_r3_2_the_answer_carries_the_first_reply() -> None:
    """R3.2: a call that is answered with one text, whose messages came to several, gets one of them, and no other."""
    edge = Edge(Post(HELLO, InboundText(message_id="TWO", sender=ADAS_NUMBER, text="NO"), carries_reply=True))
    assert edge.call() == f"reply: {refusal_text(APP, 'no_identifier')}"
    assert edge.service.texts.sent == []


def test_t4_a_call_beside_another_is_told_to_come_again() -> None:
    """T4: a 200 would make the gateway forget a message whose first call may never come to its end."""
    edge = Edge(Post(HELLO))
    told: list[TryAgain] = []

    def call() -> None:
        with pytest.raises(TryAgain) as refusal:
            edge.call()
        told.append(refusal.value)

    edge.service.meanwhile["texts.send"] = call
    edge.call()
    assert [(error.status, error.code, error.retry_after) for error in told] == [(503, "try_again", 30)]
    assert len(edge.service.replies()) == 1


def test_t6_a_gateway_hears_of_a_sender_that_is_no_phone_only_where_it_wants_to() -> None:
    """T6: a vendor that got an error would deliver again and again; one that tells its user gets it."""
    no_phone = InboundText(message_id="ONE", sender="MYBANK", text="Hello")
    edge = Edge(Post(no_phone))
    assert edge.call() == "reply: None"
    assert edge.service.calls == []
    edge = Edge(Post(no_phone, hears_refusals=True))
    with pytest.raises(InvalidRequest):
        edge.call()
    assert edge.service.calls == []


def test_r3_3_a_reply_that_cannot_be_sent_is_an_error_to_the_gateway() -> None:
    """R3.3: so that it delivers again, which then sends it."""
    edge = Edge(Post(HELLO))
    edge.service.texts.out_of_order = True
    with pytest.raises(ConnectionError):
        edge.call()
    edge.service.texts.out_of_order = False
    edge.call()
    assert len(edge.service.replies()) == 1


# Notifications.


def test_r3_2_a_notification_acts() -> None:
    """R3.2: what AWS publishes signs a phone in, and the reply is sent; delivered twice it acts once (T4)."""
    edge = Edge()
    started = edge.service.start_phone()
    for _ in range(2):
        edge.notify(notification(started))
    assert edge.service.sign_in(started).status == "allowed"
    assert len(edge.service.replies()) == 1
    assert list(edge.service.rows.messages_end.values()) == [after(30 * 24 * 3600)]


@pytest.mark.parametrize("malformed", ["", "Hello", "[]", "{}", notification("", "TWO"), notification("Hello", "")])
def test_i1_a_notification_that_is_none_holds_up_no_other(malformed: str) -> None:
    """I1: it is left alone, for it will never be one; those beside it are acted upon."""
    edge = Edge()
    one, two = edge.service.start_phone(), edge.service.start_phone()
    edge.notify(notification(one, "ONE"), malformed, notification(two, "THREE"))
    assert [edge.service.sign_in(started).status for started in (one, two)] == ["allowed", "allowed"]
    assert len(edge.service.rows.messages) == 2


def test_t6_a_notification_from_no_phone_holds_up_no_other() -> None:
    """T6: neither does a sender that is a name or a short code; SNS would only deliver it again."""
    edge = Edge()
    started = edge.service.start_phone()
    edge.notify(notification("Hello", "ONE", "MYBANK"), notification(started, "TWO"))
    assert edge.service.sign_in(started).status == "allowed"


def test_a_notification_whose_reply_fails_is_delivered_again() -> None:
    """R3.3: the error goes to SNS, once the others of the same event were acted upon."""
    edge = Edge()
    started = edge.service.start_phone()
    edge.service.failing(0, "texts.send")
    with pytest.raises(ConnectionError):
        edge.notify(notification("Hello"), notification(started, "TWO"))
    assert edge.service.sign_in(started).status == "allowed"
    assert len(edge.service.replies()) == 1


def test_i3_a_refused_message_is_logged_without_its_sender(log: Log) -> None:
    """I3: what is written to the log names the gateway, and neither number nor text."""
    edge = Edge(Post(InboundText(message_id="ONE", sender="+442079460123", text="Private words")))
    edge.call()
    edge.notify("Private words")
    by_call, by_topic = log.lines
    assert "'post'" in by_call
    for line in (by_call, by_topic):
        assert "442079460123" not in line
        assert "Private words" not in line
