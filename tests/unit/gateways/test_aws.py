"""AWS End User Messaging."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local import gateways as vendors
from nod.channels.gateways import NAMES
from nod.channels.gateways.aws import Aws
from nod.domain.deliveries import InboundText
from nod.errors import InvalidRequest
from tests.unit.gateways.calls import ID, SENDER, TEXT, TO

MESSAGE = {"originationNumber": SENDER, "messageBody": TEXT, "inboundMessageId": ID}


def test_r3_2_the_message_in_a_record_is_read() -> None:
    """R3.2: what comes through the topic is understood."""
    published = vendors.sns_message(sender=SENDER, to=TO, text=TEXT, message_id=ID)
    assert Aws().read(published) == InboundText(message_id=ID, sender=SENDER, text=TEXT)


def test_t1_aws_does_not_call_over_http() -> None:
    """T1: its messages are not signed, so that no address takes them."""
    assert "aws" not in NAMES


@pytest.mark.parametrize("field", list(MESSAGE))
@pytest.mark.parametrize("value", [None, 1, ["x"]])
def test_i2_a_message_that_is_not_as_documented_is_refused(field: str, value: Any) -> None:
    """I2: a message needs its sender, its text and its id."""
    for given_message in ({**MESSAGE, field: value}, {name: MESSAGE[name] for name in MESSAGE if name != field}):
        with pytest.raises(InvalidRequest):
            Aws().read(json.dumps(given_message))


@pytest.mark.parametrize("field", ["messageBody", "inboundMessageId"])
def test_i2_a_message_has_a_text_and_an_id(field: str) -> None:
    """I2: neither may be empty."""
    with pytest.raises(InvalidRequest):
        Aws().read(json.dumps({**MESSAGE, field: ""}))


@given(message=st.one_of(st.text(st.characters(), max_size=50), st.just("[" * 100_000), st.just("\udc80")))
def test_i1_anything_else_in_the_topic_is_refused(message: str) -> None:
    """I1: whatever somebody publishes by hand, it is refused as no message."""
    with pytest.raises(InvalidRequest):
        Aws().read(message)
