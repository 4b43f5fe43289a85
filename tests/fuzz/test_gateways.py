"""All nine gateways bring whatever there is: it is acted upon or refused, and nothing else happens (I1, I2)."""

from datetime import UTC, datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from local import gateways as vendors
from local.gateways import Call
from nod.api.webhooks import Webhooks
from nod.channels.gateways.aws import Aws
from nod.domain.deliveries import Gateway
from nod.errors import NodError
from tests.fuzz.answers import require_plain, require_problem
from tests.fuzz.bodies import FORMS, bodies, messages
from tests.fuzz.looking import always_the_same, anew_each_time
from tests.logs import events
from tests.stacks import Stack, body_of
from tests.unit.gateways.calls import KEYS, NAMES, NOW, PUBLIC_URL, gateway
from tests.unit.service import Service

# Of what a gateway has proven: taken, no text message, too large, another delivery of it is at work.
OUTCOMES = {200, 400, 413, 503}


def edge(service: Service) -> Webhooks:
    """The gateways' edge before a service, with all gateways set up."""

    def made(name: str, _: datetime) -> Gateway | None:
        return gateway(name) if name in NAMES else None

    return Webhooks(made, Aws(), service.texting, PUBLIC_URL, lambda: NOW)


def delivered(service: Service, name: str, call: Call) -> int:
    """Bring a call to the edge; the status of its answer."""
    headers = {key.lower(): value for key, value in call.headers.items()}
    secret = call.url.removeprefix(PUBLIC_URL).split("/")[3:]
    path_secret = secret[0] if secret else None
    try:
        edge(service).call(name, path_secret=path_secret, headers=headers, query="", body=call.body)
    except NodError as refusal:
        return refusal.status
    return 200


@pytest.mark.parametrize("name", NAMES)
@anew_each_time(100)
@given(data=st.data())
def test_i1_a_proven_call_never_makes_the_service_fail(name: str, data: st.DataObject) -> None:
    """I1: whatever a gateway signs, twice, is acted upon once or refused; at most its sender is told."""
    service = Service()
    started = service.start_phone()
    body = data.draw(bodies(name, started.sign_in.sign_in_id))
    call = vendors.signed(name, KEYS[name], body, public_url=PUBLIC_URL, now=NOW)
    first, told = delivered(service, name, call), len(service.texts.sent)
    assert first in OUTCOMES
    assert (delivered(service, name, call), len(service.texts.sent)) == (first, told)
    assert told <= 1
    assert service.sign_in(started).status in ("started", "allowed")


@anew_each_time(150)
@given(data=st.data())
def test_i1_whatever_is_published_never_makes_the_service_fail(data: st.DataObject) -> None:
    """I1: what comes through the topic of AWS is acted upon once or left alone; SNS would deliver an error again."""
    service = Service()
    started = service.start_phone()
    published = data.draw(st.lists(messages(started.sign_in.sign_in_id), min_size=1, max_size=3))
    for _ in range(2):
        edge(service).notify({"Records": [{"Sns": {"Message": message}} for message in published]})
    assert len(service.texts.sent) <= len(published)
    assert service.sign_in(started).status in ("started", "allowed", "denied")


@pytest.mark.parametrize("name", NAMES)
def test_i1_i2_whatever_a_gateway_calls_with_has_an_answer(stack: Stack, name: str) -> None:
    """I1, I2: over the wire: proven or not, 200 or a clear 4xx; and the next text message acts."""
    sms = stack.endpoints.sms
    # MiniStack hands on JSON as text, and so changes bytes that are none.
    sent = bodies(name).filter(lambda body: name in FORMS or body.decode(errors="ignore").encode() == body)

    @always_the_same(6)
    @given(body=sent, proven=st.booleans())
    def bring(body: bytes, *, proven: bool) -> None:
        keys = sms[name] if proven else vendors.new_keys(name)
        call = vendors.signed(name, keys, body, public_url=sms["public_url"], now=datetime.now(UTC))
        answer = httpx.post(call.url, content=call.body, headers=call.headers, timeout=30)
        require_plain(answer.text)
        assert answer.status_code in ({200, 400, 413} if proven else {400, 401, 413})
        if answer.status_code >= 400:
            require_problem(answer.status_code, answer.headers["content-type"], answer.text)

    bring()
    assert stack.texted_in(stack.handset()).grant["new_account"] is True


def failures(stack: Stack) -> int:
    """How often the function has failed up to now."""
    return sum("Unexpected error" in text for _, text in events(stack.cloud, f"/nod/{stack.name}/sms"))


def test_i1_whatever_is_published_stops_nothing(stack: Stack) -> None:
    """I1: over the wire: whatever is in the topic, the function takes it, and the next text message acts."""
    before = failures(stack)
    # SNS takes text, and not none.
    published = messages("0" * 26).filter(lambda one: one.strip() and one.encode(errors="ignore").decode() == one)

    @always_the_same(6)
    @given(message=published)
    def publish(message: str) -> None:
        stack.cloud.client("sns").publish(TopicArn=stack.endpoints.sms["aws"]["topic_arn"], Message=message)

    publish()
    handset, phone = stack.handset(), stack.device("Bob's phone", "phone")
    sign_in = phone.start_by_text()
    handset.send(body_of(sign_in), "aws")
    assert "Bob's phone" in handset.next_text()
    assert phone.redeem(sign_in).status_code == 200
    assert failures(stack) == before
