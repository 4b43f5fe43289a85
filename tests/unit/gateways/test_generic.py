"""The gateway for vendors that can be taught."""

import hmac
from datetime import UTC, datetime
from typing import Any

import pytest

from nod.channels.gateways import make
from nod.domain.deliveries import Delivery, InboundText
from nod.errors import InvalidRequest, InvalidSignature
from tests.unit.gateways.calls import KEYS, NOW, delivery, read, refuses, signed_json, with_headers

# Made with: printf '%s' '1700000000.{...}' | openssl dgst -sha256 -hmac 'sixteen-letters!'
SECRET = "sixteen-letters!"
BODY = b'{"id":"1","from":"+447700900123","to":"+447700900000","text":"NOD 7KQ2"}'
SIGNATURE = "e4688a917aac743de74191644a1d5d163551fc09dac66bc13a5d937da9fc2690"
MESSAGE = {"id": "1", "from": "+447700900123", "to": "+447700900000", "text": "NOD 7KQ2"}


def test_r3_2_the_documented_signature_is_what_openssl_makes() -> None:
    """R3.2, T1: anybody with HMAC can make a call; with another secret it is refused."""
    headers = {"x-nod-timestamp": "1700000000", "x-nod-signature": SIGNATURE}
    call = Delivery(url="https://example.com/sms/generic", headers=headers, body=BODY)
    then = datetime.fromtimestamp(1_700_000_000, UTC)
    expected = [InboundText(message_id="1", sender="+447700900123", text="NOD 7KQ2")]
    assert make("generic", {"secret": SECRET}).read(call, then) == expected
    with pytest.raises(InvalidSignature):
        make("generic", {"secret": SECRET + "!"}).read(call, then)


def at(timestamp: str) -> Delivery:
    """A call whose time is written like this, and signed."""
    genuine = delivery("generic")
    content = timestamp.encode() + b"." + genuine.body
    signature = hmac.digest(KEYS["generic"]["secret"].encode(), content, "sha256").hex()
    return with_headers(genuine, x_nod_timestamp=timestamp, x_nod_signature=signature)


@pytest.mark.parametrize("spelling", ["+{}", " {}", "{} ", "{}.0", "{}e0", "000{}", "1_{}", "{}\n"])
def test_t1_a_time_is_written_in_one_way(spelling: str) -> None:
    """T1, I1: anything but ASCII digits is refused, whatever else Python takes for a number."""
    now = str(int(NOW.timestamp()))
    assert not refuses("generic", at(now))
    assert refuses("generic", at(spelling.format(now)))
    assert refuses("generic", at(now.translate({48 + digit: 0x660 + digit for digit in range(10)})))


@pytest.mark.parametrize("changes", [{"id": ""}, {"id": 1}, {"text": ""}, {"text": None}, {"from": None}])
def test_i2_what_is_no_message_is_refused(changes: dict[str, Any]) -> None:
    """I2: this gateway's operator hears what is wrong, also of an empty text; unknown fields are passed over."""
    assert len(read("generic", signed_json("generic", {**MESSAGE, "more": 1}))) == 1
    with pytest.raises(InvalidRequest):
        read("generic", signed_json("generic", {**MESSAGE, **changes}))
    for field in changes:
        with pytest.raises(InvalidRequest):
            read("generic", signed_json("generic", {name: value for name, value in MESSAGE.items() if name != field}))


@pytest.mark.parametrize("secret", ["", "fifteen-letters"])
def test_t1_a_secret_is_long(secret: str) -> None:
    """T1: a secret that could be guessed cannot be set up."""
    with pytest.raises(ValueError, match="secret"):
        make("generic", {"secret": secret})
