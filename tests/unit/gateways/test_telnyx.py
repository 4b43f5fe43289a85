"""Telnyx."""

import base64
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local import gateways as vendors
from nod.channels.gateways import make
from nod.domain.deliveries import Delivery
from nod.errors import InvalidRequest
from tests.unit.gateways.calls import KEYS, NOW, changed, delivery, read, refuses, signed_json, vendor_library


def event() -> dict[str, Any]:
    decoded: dict[str, Any] = msgspec.json.decode(delivery("telnyx").body)
    return decoded


def library_accepts(given_delivery: Delivery, key: str = KEYS["telnyx"]["public_key"]) -> bool:
    client = vendor_library("telnyx").Telnyx(api_key="none")
    try:
        client.webhooks.unwrap(given_delivery.body.decode(), headers=given_delivery.headers, key=key)
    except ValueError:
        return False
    return True


def test_r3_2_telnyxs_library_agrees() -> None:
    """R3.2, T1: Telnyx's library accepts what is accepted here, and refuses another body, time and key."""
    now = datetime.now(UTC)  # Its library looks at the clock.
    genuine = delivery("telnyx", now=now)
    assert library_accepts(genuine)
    assert len(read("telnyx", genuine, now=now)) == 1
    forged = changed(genuine, body=genuine.body + b" ")
    stale = delivery("telnyx", now=NOW.replace(year=2020))
    others = vendors.new_keys("telnyx")
    assert not library_accepts(forged)
    assert not library_accepts(stale)
    assert not library_accepts(genuine, others["public_key"])
    assert refuses("telnyx", forged, now=now)
    assert refuses("telnyx", stale, now=now)
    assert refuses("telnyx", delivery("telnyx", keys=others, now=now), now=now)


def test_r3_2_a_message_has_one_id_whatever_event_brings_it() -> None:
    """R3.2, T1: the id is that of the message; an event has its own, which a second delivery need not share."""
    first, second = delivery("telnyx"), delivery("telnyx")
    assert first.body != second.body
    assert read("telnyx", first) == read("telnyx", second)


@pytest.mark.parametrize("event_type", ["message.sent", "message.finalized", "call.initiated", "", "MESSAGE.RECEIVED"])
def test_r3_2_other_events_hold_no_message(event_type: str) -> None:
    """R3.2: only `message.received` brings one; the payload of others is not even looked at."""
    for payload in (event()["data"]["payload"], {"id": 7}, None):
        assert read("telnyx", signed_json("telnyx", {"data": {"event_type": event_type, "payload": payload}})) == []


@pytest.mark.parametrize("text", [None, ""])
def test_r3_2_a_picture_without_text_is_no_message(text: str | None) -> None:
    """R3.2: an MMS need not have a text."""
    mms = event()
    mms["data"]["payload"] |= {"type": "MMS", "text": text}
    assert read("telnyx", signed_json("telnyx", mms)) == []


@pytest.mark.parametrize(
    "payload", [{}, {"id": "1"}, {"id": 1}, {"from": "+447700900123"}, {"from": {"phone_number": 1}}, {"id": ""}]
)
def test_i2_an_event_that_is_not_as_documented_is_refused(payload: dict[str, Any]) -> None:
    """I2: a message without its sender or id, or with others than texts, is refused."""
    given_event = {"data": {"event_type": "message.received", "payload": {"text": "NOD 7KQ2", **payload}}}
    with pytest.raises(InvalidRequest):
        read("telnyx", signed_json("telnyx", given_event))


@settings(max_examples=30)
@given(signature=st.binary(min_size=64, max_size=64))
def test_t1_no_other_bytes_are_the_signature(signature: bytes) -> None:
    """T1: a signature of the right length is refused unless the key made it."""
    genuine = delivery("telnyx")
    encoded = base64.b64encode(signature).decode()
    assert refuses("telnyx", changed(genuine, headers={**genuine.headers, "telnyx-signature-ed25519": encoded}))


@pytest.mark.parametrize("public_key", ["not base64", "AAAA", base64.b64encode(bytes(33)).decode(), "é"])
def test_i2_a_public_key_is_32_bytes_in_base64(public_key: str) -> None:
    """I2: a key that can prove nothing is an error where the gateway is set up."""
    with pytest.raises(ValueError, match=r"."):
        make("telnyx", {"public_key": public_key})
