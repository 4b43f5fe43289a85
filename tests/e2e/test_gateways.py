"""Each gateway's real format and signature against the deployed stack (R3.2, T1, T4)."""

import json
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from secrets import token_hex

import httpx
import pytest

from local import gateways
from local.device import SignIn
from local.gateways import Call
from local.phone import GATEWAYS
from tests.stacks import Stack, body_of, fresh_number

SIGNED = ("twilio", "telnyx", "vonage", "sinch", "generic")
SECRET_PATH = ("plivo", "aliyun", "tencent")
SIGN_TIME = ("telnyx", "vonage", "sinch", "generic")


def number_for(gateway: str) -> str:
    """A number as this gateway's users have it."""
    chinese = gateway in ("aliyun", "tencent")
    return f"+86138001{int(token_hex(3), 16) % 100000:05d}" if chinese else fresh_number()


def call_for(
    stack: Stack, gateway: str, sign_in: SignIn, sender: str, *, ago: float = 0, keys: dict[str, str] | None = None
) -> Call:
    """The call that brings a phone's text; `keys` in place of the gateway's own, `ago` in seconds."""
    return gateways.call(
        gateway,
        stack.endpoints.sms[gateway] | (keys or {}),
        public_url=stack.endpoints.sms["public_url"],
        sender=sender,
        to=stack.network.number,
        text=body_of(sign_in),
        message_id=token_hex(16),
        now=datetime.now(UTC) - timedelta(seconds=ago),
    )


@contextmanager
def nothing_written(stack: Stack, sender: str) -> Iterator[None]:
    """What is called meanwhile leaves all as it was: nobody let in, no message seen or counted, nothing texted back."""
    before = written(stack)
    yield
    assert written(stack) == before
    assert stack.network.texts_to(sender) == []


def written(stack: Stack) -> dict[str, list[str]]:
    """All that a text message could change, in any order."""
    tables = ("SignIns", "Prompts", "Accounts", "Logins", "Sessions", "Messages", "Throttles", "Bindings")
    return {table: sorted(map(str, stack.rows(table))) for table in tables}


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_r3_2_a_text_through_each_gateway_ends_in_a_session(stack: Stack, gateway: str) -> None:
    """R3.2, R3.4, R3.5: in the vendor's own format and signature, a text from a new number makes a working session."""
    handset, phone = stack.handset(number_for(gateway)), stack.device("Bob's phone", "phone")
    sign_in = phone.start_by_text()
    with sign_in.waiting() as waiting:
        assert waiting.ask("hello")["status"] == "started"
        assert handset.send(body_of(sign_in), gateway).is_success
        assert waiting.expect("signInResolved")["status"] == "allowed"
    assert phone.redeem(sign_in).status_code == 200
    assert phone.grant["new_account"] is True
    logins = phone.call("GET", "/account").json()["logins"]
    assert [(one["login"], one["kind"]) for one in logins] == [(handset.number, "phone")]
    text = handset.next_text()
    assert "Bob's phone" in text
    assert stack.network.number in text


@pytest.mark.parametrize("gateway", SIGNED)
def test_t1_a_forged_call_is_refused(stack: Stack, gateway: str) -> None:
    """T1: another key, an altered body, and a call without its signature are 401, and nothing is written."""
    sender, sign_in = number_for(gateway), stack.device().start_by_text()
    wrong = {name: value for name, value in gateways.new_keys(gateway).items() if name != "public_key"}
    genuine = call_for(stack, gateway, sign_in, "+12025550100")
    plain = {"Content-Type": genuine.headers["Content-Type"]}
    altered = genuine.body.replace(b"12025550100", sender.removeprefix("+").encode())
    forged = [
        call_for(stack, gateway, sign_in, sender, keys=wrong),
        replace(genuine, body=altered),
        replace(call_for(stack, gateway, sign_in, sender), headers=plain),
    ]
    assert altered != genuine.body
    with nothing_written(stack, sender):
        for call in forged:
            answer = stack.network.deliver(call, sender)
            assert (answer.status_code, answer.json()["code"]) == (401, "invalid_signature")


@pytest.mark.parametrize("gateway", SIGN_TIME)
def test_t1_a_stale_call_is_refused(stack: Stack, gateway: str) -> None:
    """T1: a call that was rightly signed more than five minutes ago is 401, and nothing is written."""
    sender, sign_in = number_for(gateway), stack.device().start_by_text()
    with nothing_written(stack, sender):
        answer = stack.network.deliver(call_for(stack, gateway, sign_in, sender, ago=310), sender)
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_signature")


@pytest.mark.parametrize("gateway", SECRET_PATH)
def test_t1_who_proves_less_needs_the_secret_path(stack: Stack, gateway: str) -> None:
    """T1: a gateway whose calls prove too little is heard at its secret address only."""
    sender, sign_in = number_for(gateway), stack.device().start_by_text()
    call = call_for(stack, gateway, sign_in, sender)
    with nothing_written(stack, sender):
        for url in (call.url.rpartition("/")[0], call.url[:-1] + ("A" if call.url[-1] != "A" else "B")):
            answer = stack.network.deliver(replace(call, url=url), sender)
            assert (answer.status_code, answer.json()["code"]) == (401, "invalid_signature")


@pytest.mark.parametrize("gateway", SIGNED)
def test_t1_the_secret_path_is_no_way_round_a_signature(stack: Stack, gateway: str) -> None:
    """T1: what follows the name of a gateway that signs makes no call valid."""
    sender, sign_in = number_for(gateway), stack.device().start_by_text()
    call = call_for(stack, gateway, sign_in, sender)
    with nothing_written(stack, sender):
        assert stack.network.deliver(replace(call, url=f"{call.url}/anything"), sender).status_code == 401


@pytest.mark.parametrize("gateway", [name for name in GATEWAYS if name != "aws"])
def test_t4_a_delivery_that_comes_again_acts_once(stack: Stack, gateway: str) -> None:
    """T1, T4: the very same call, ten at once and once more after the redeem, acts once and is texted of once."""
    handset, phone = stack.handset(number_for(gateway)), stack.device("Bob's phone", "phone")
    sign_in = phone.start_by_text()
    call = call_for(stack, gateway, sign_in, handset.number)
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: stack.network.deliver(call, handset.number), range(10)))
    # One that meets another at work is asked to come again, and a gateway does.
    assert {answer.status_code for answer in answers} <= {200, 503}
    while answers[-1].status_code == 503:
        answers.append(stack.network.deliver(call, handset.number))
    assert answers[-1].status_code == 200
    assert phone.redeem(sign_in).status_code == 200
    assert stack.network.deliver(call, handset.number).status_code == 200
    sessions = stack.items("Sessions", "account_id", phone.grant["account_id"])
    assert len(sessions) == 1
    # With Twilio the reply goes out with one answer of the ten, and its network counts each.
    replies = sum("<Message>" in answer.text for answer in answers)
    assert (replies if gateway == "twilio" else len(handset.unread())) == 1


def test_t4_deliveries_out_of_order_act_as_they_come(stack: Stack) -> None:
    """T4: the later of two texts may arrive first; each lets its own device in, into one account."""
    handset = stack.handset()
    first, second = stack.device("First", "phone"), stack.device("Second", "phone")
    sign_ins = first.start_by_text(), second.start_by_text()
    for device, sign_in in ((second, sign_ins[1]), (first, sign_ins[0])):
        assert handset.send(body_of(sign_in)).status_code == 200
        assert device.redeem(sign_in).status_code == 200
    assert first.grant["account_id"] == second.grant["account_id"]


def test_r3_2_several_messages_come_in_one_call(stack: Stack) -> None:
    """R3.2: Alibaba Cloud delivers messages together; each acts, and one that cannot does not stop the others."""
    senders = [number_for("aliyun") for _ in range(3)]
    phones = [stack.device(f"Phone {index}", "phone") for index in range(3)]
    sign_ins = [phone.start_by_text() for phone in phones]
    texts = [
        gateways.Text(sender, "+8610690000", body_of(sign_in), token_hex(8))
        for sender, sign_in in zip(senders, sign_ins, strict=True)
    ]
    texts.insert(1, gateways.Text("+8610086", "+8610690000", "a short code", token_hex(8)))
    sms = stack.endpoints.sms
    call = gateways.aliyun_batch(sms["aliyun"], public_url=sms["public_url"], texts=texts, now=datetime.now(UTC))
    answer = stack.network.deliver(call, senders[0])
    assert (answer.status_code, answer.json()["code"]) == (200, 0)
    for phone, sign_in in zip(phones, sign_ins, strict=True):
        assert phone.redeem(sign_in).status_code == 200


def test_i2_what_is_no_call_of_a_gateway_is_refused(stack: Stack) -> None:
    """I1, I2: unknown gateways, bodies that are no texts, and too large ones get a clear 4xx."""
    assert httpx.post(f"{stack.http}/sms/nobody", content=b"{}", timeout=30).status_code == 404
    assert httpx.post(f"{stack.http}/sms/aws", content=b"{}", timeout=30).status_code == 404
    sms = stack.endpoints.sms
    for body, status in ((b"[]", 400), (b'{"id":"1"}', 400), (b'"' + b"a" * 70_000 + b'"', 413)):
        call = gateways.signed("generic", sms["generic"], body, public_url=sms["public_url"], now=datetime.now(UTC))
        answer = httpx.post(call.url, content=call.body, headers=call.headers, timeout=30)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


def test_r3_2_the_topic_takes_what_it_cannot_read(stack: Stack) -> None:
    """I1: notifications that are no text messages are left alone, and the next one acts."""
    topic = stack.endpoints.sms["aws"]["topic_arn"]
    for message in ("not JSON", json.dumps({"originationNumber": "+1"}), b64encode(b"\x00").decode()):
        stack.cloud.client("sns").publish(TopicArn=topic, Message=message)
    handset, phone = stack.handset(), stack.device("Bob's phone", "phone")
    sign_in = phone.start_by_text()
    handset.send(body_of(sign_in), "aws")
    assert "Bob's phone" in handset.next_text()
    assert phone.redeem(sign_in).status_code == 200
