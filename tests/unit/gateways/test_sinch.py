"""Sinch SMS."""

import hmac
from base64 import b64encode
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nod.errors import InvalidRequest
from tests.unit.gateways.calls import (
    KEYS,
    changed,
    delivery,
    read,
    refuses,
    signed,
    signed_json,
    vendor_library,
    with_headers,
)

NONCE = "x-sinch-webhook-signature-nonce"
TIMESTAMP = "x-sinch-webhook-signature-timestamp"


def library_accepts(headers: Any, body: bytes, secret: str = KEYS["sinch"]["secret"]) -> bool:
    library = vendor_library("sinch.domains.authentication.sinch_events.v1.authentication_validation")
    return bool(library.validate_sinch_event_signature_with_nonce(secret, headers, body.decode()))


@given(text=st.text(max_size=40))
def test_r3_2_sinchs_library_agrees(text: str) -> None:
    """R3.2, T1: Sinch's library accepts what is accepted here, whatever the text, and refuses another body and key."""
    genuine = signed("sinch", msgspec.json.encode({"type": "mo_text", "id": "1", "from": "447700900123", "body": text}))
    assert library_accepts(genuine.headers, genuine.body)
    assert [message.text for message in read("sinch", genuine)] == [text][: len(text)]
    assert not library_accepts(genuine.headers, genuine.body + b" ")
    assert not library_accepts(genuine.headers, genuine.body, "another secret")
    assert refuses("sinch", changed(genuine, body=genuine.body + b" "))


def test_t1_the_parts_that_are_signed_cannot_be_divided_anew() -> None:
    """T1: what moves from one part to another leaves no JSON, or no time, behind."""
    genuine = delivery("sinch")
    nonce, timestamp = genuine.headers[NONCE], genuine.headers[TIMESTAMP]
    longer = changed(genuine, body=genuine.body + f".{nonce[:8]}".encode())
    head, dot, tail = delivery("sinch", text="a.b").body.partition(b".")
    shorter = changed(delivery("sinch", text="a.b"), body=head)
    assert refuses("sinch", with_headers(longer, **{NONCE: nonce[8:]}))
    assert refuses("sinch", with_headers(shorter, **{NONCE: (tail + dot).decode() + nonce}))
    assert refuses("sinch", with_headers(genuine, **{TIMESTAMP: f"{nonce}.{timestamp}", NONCE: ""}))


def test_t1_a_nonce_is_something() -> None:
    """T1: Sinch always adds one; a call that is signed without is not its."""
    genuine = delivery("sinch")
    content = genuine.body + b".." + genuine.headers[TIMESTAMP].encode()
    signature = b64encode(hmac.digest(KEYS["sinch"]["secret"].encode(), content, "sha256")).decode()
    assert refuses("sinch", with_headers(genuine, **{NONCE: "", "x-sinch-webhook-signature": signature}))


@pytest.mark.parametrize(
    "body",
    [
        {"type": "mo_binary", "id": "1", "from": "447700900123", "body": "Tk9E", "udh": "00"},
        {"type": "mo_media", "id": "1", "from": "447700900123", "body": {"message": "NOD 7KQ2"}},
        {"type": "delivery_report_sms", "batch_id": "1", "statuses": []},
        {"type": "mo_text", "id": "1", "from": "447700900123", "body": ""},
    ],
)
def test_r3_2_other_events_hold_no_message(body: dict[str, Any]) -> None:
    """R3.2: reports, binary and media messages are acknowledged and not read."""
    assert read("sinch", signed_json("sinch", body)) == []


@pytest.mark.parametrize("changes", [{"from": 447700900123}, {"id": None}, {"body": {"message": "NOD 7KQ2"}}])
def test_i2_a_message_that_is_not_as_documented_is_refused(changes: dict[str, Any]) -> None:
    """I2: a text message needs its sender, its id and its text."""
    body = {"type": "mo_text", "id": "1", "from": "447700900123", "body": "NOD 7KQ2"}
    assert len(read("sinch", signed_json("sinch", body))) == 1
    with pytest.raises(InvalidRequest):
        read("sinch", signed_json("sinch", {**body, **changes}))
