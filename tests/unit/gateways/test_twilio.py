"""Twilio."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local import gateways as vendors
from nod.channels.gateways import make
from nod.channels.gateways.twilio import Keys, Twilio
from nod.domain.deliveries import Delivery
from nod.errors import InvalidRequest, InvalidSignature
from tests.unit.gateways.calls import (
    KEYS,
    NOW,
    OTHER_SENDER,
    SENDER,
    changed,
    delivery,
    gateway,
    read,
    refuses,
    signed,
    signed_form,
    vendor_library,
    with_headers,
)

TOKEN = KEYS["twilio"]["auth_token"]
URL = delivery("twilio").url
SHARED_KEY = "the secret of a SharedKey"
ID = "SM0123456789abcdef0123456789abcdef"
OTHER_ID = "SMfedcba9876543210fedcba9876543210"
MESSAGE = (("MessageSid", ID), ("From", SENDER), ("Body", "NOD 7KQ2"))

# Published with the tests of Twilio's library.
PUBLISHED_URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
PUBLISHED_BODY = urlencode(
    {
        "CallSid": "CA1234567890ABCDE",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
        "Caller": "+14158675309",
    }
).encode()
PUBLISHED_SIGNATURE = "RSOYDt4T1cUTdK1PDd93/VVr8B8="


class Fields:
    """A form as web frameworks hand it to Twilio's library."""

    def __init__(self, body: bytes) -> None:
        self.pairs = parse_qsl(body.decode(), keep_blank_values=True)

    def __iter__(self) -> Iterator[str]:
        return iter([name for name, _ in self.pairs])

    def getlist(self, name: str) -> list[str]:
        return [value for key, value in self.pairs if key == name]


def library(token: str = TOKEN) -> Any:
    return vendor_library("twilio.request_validator").RequestValidator(token)


def test_r3_2_the_published_call_is_genuine() -> None:
    """R3.2, T1: Twilio's own example is signed as it says, holds no text message, and is refused with another token."""
    headers = {"x-twilio-signature": PUBLISHED_SIGNATURE}
    published = Delivery(url=PUBLISHED_URL, headers=headers, body=PUBLISHED_BODY)
    assert vendors.twilio_signature("12345", PUBLISHED_URL, PUBLISHED_BODY) == PUBLISHED_SIGNATURE
    assert Twilio(Keys("12345")).read(published, NOW) == []
    with pytest.raises(InvalidSignature):
        Twilio(Keys("12346")).read(published, NOW)
    with pytest.raises(InvalidSignature):
        Twilio(Keys("12345")).read(changed(published, url=PUBLISHED_URL + "&more=1"), NOW)


@given(fields=st.lists(st.tuples(st.sampled_from(["From", "Body", "A", "é"]), st.text(max_size=8)), max_size=8))
def test_r3_2_twilios_library_agrees_about_any_form(fields: list[tuple[str, str]]) -> None:
    """R3.2: names that are given twice, empty values and other alphabets are signed as Twilio's library signs them."""
    genuine = signed("twilio", urlencode(fields).encode())
    assert library().validate(URL, Fields(genuine.body), genuine.headers["x-twilio-signature"])
    assert not refuses("twilio", signed("twilio", urlencode([*fields, ("MessageSid", "")]).encode()))


@pytest.mark.parametrize(
    ("signed_url", "called_url", "genuine"),
    [
        ("https://example.com/sms/twilio", "https://example.com:443/sms/twilio", True),
        ("https://example.com:443/sms/twilio", "https://example.com/sms/twilio", True),
        ("https://example.com/sms/twilio?a=1", "https://example.com:8443/sms/twilio?a=1", True),
        ("http://example.com:80/sms/twilio", "http://example.com/sms/twilio", True),
        ("https://example.com/sms/twilio", "https://example.com/sms/twilio/", False),
        ("https://example.com/sms/twilio", "http://example.com/sms/twilio", False),
        ("https://example.com/sms/twilio", "https://example.org/sms/twilio", False),
        ("https://example.com:1/sms/twilio", "https://example.com:2/sms/twilio", False),
    ],
)
def test_r3_2_the_port_may_be_signed_or_not(signed_url: str, called_url: str, genuine: bool) -> None:
    """R3.2, T1: as in Twilio's library, the address counts with and without its port, and in no other spelling."""
    body = delivery("twilio").body
    signature = vendors.twilio_signature(TOKEN, signed_url, body)
    call = Delivery(url=called_url, headers={"x-twilio-signature": signature}, body=body)
    assert library().validate(called_url, Fields(body), signature) is genuine
    assert refuses("twilio", call) is not genuine


@pytest.mark.parametrize("algorithm", ["HMAC_SHA256", "HMAC_SHA1"])
def test_r3_2_a_shared_key_signs_as_twilios_library_says(algorithm: str) -> None:
    """R3.2, T1: with the header that names the algorithm, the shared key is what counts, and the token does not."""
    adapter = make("twilio", {"auth_token": TOKEN, "shared_key": SHARED_KEY})
    genuine = delivery("twilio")
    settings = f"key=webhooks_sharedkey_1,algorithm={algorithm}"
    for secret, right in ((SHARED_KEY, True), (TOKEN, False)):
        signature = vendors.twilio_signature(secret, URL, genuine.body, algorithm.removeprefix("HMAC_").lower())
        call = with_headers(genuine, x_twilio_signature=signature, x_twilio_webhooks_signature_settings=settings)
        assert library(SHARED_KEY).validate(URL, Fields(genuine.body), signature, algorithm) is right
        if right:
            assert len(adapter.read(call, NOW)) == 1
        else:
            with pytest.raises(InvalidSignature):
                adapter.read(call, NOW)
    assert len(adapter.read(genuine, NOW)) == 1  # Signed with the token, without the header.


@pytest.mark.parametrize("settings", ["algorithm=HMAC_SHA256", "algorithm=HMAC_MD5", "algorithm=none", "", "é,=,"])
def test_t1_without_a_shared_key_its_header_proves_nothing(settings: str) -> None:
    """T1: a header from outside does not choose another algorithm for the token."""
    genuine = delivery("twilio")
    for algorithm in ("sha1", "sha256"):
        signature = vendors.twilio_signature(TOKEN, URL, genuine.body, algorithm)
        headers = {"x_twilio_signature": signature, "x_twilio_webhooks_signature_settings": settings}
        assert refuses("twilio", with_headers(genuine, **headers))


def test_t1_a_signed_call_cannot_be_cut_up_anew() -> None:
    """T1: a body that holds names of fields cannot become another sender's message under the same signature."""
    trap = f"NOD 7KQ2From{OTHER_SENDER}MessageSid{OTHER_ID}Z"
    genuine = signed_form("twilio", ("Body", trap), ("From", SENDER), ("MessageSid", ID))
    fields = {"Body": "NOD 7KQ2", "From": OTHER_SENDER, "MessageSid": OTHER_ID, "Z": f"From{SENDER}MessageSid{ID}"}
    forged = changed(genuine, body=urlencode(fields).encode())
    assert library().validate(URL, Fields(forged.body), genuine.headers["x-twilio-signature"])
    assert refuses("twilio", forged)


def test_t1_what_is_cut_up_anew_under_its_own_id_is_the_same_message_again() -> None:
    """T1: with another sender under the true id, a call is a repetition, which the id gives away."""
    trap = f"NOD 7KQ2From{OTHER_SENDER}G"
    genuine = signed_form("twilio", ("Body", trap), ("From", SENDER), ("MessageSid", ID))
    forged = changed(
        genuine,
        body=urlencode({"Body": "NOD 7KQ2", "From": OTHER_SENDER, "GFrom": SENDER, "MessageSid": ID}).encode(),
    )
    assert read("twilio", genuine)[0].message_id == read("twilio", forged)[0].message_id == ID


def test_t1_a_signed_id_cannot_be_cut_shorter_or_longer() -> None:
    """T1: of a call with Twilio's own id no other id can be made; one that never had any is known by what it has."""
    genuine = signed_form("twilio", *MESSAGE)
    assert [message.message_id for message in read("twilio", genuine)] == [ID]
    fields = dict(MESSAGE)
    shorter = changed(genuine, body=urlencode({**fields, "MessageSid": ID[:-1], ID[-1]: ""}).encode())
    assert refuses("twilio", shorter)
    assert refuses("twilio", signed_form("twilio", *MESSAGE[1:], ("MessageSid", ID + "0")))
    other = signed_form("twilio", *MESSAGE[1:], ("MessageSid", "of-a-simulator"))
    assert [message.message_id for message in read("twilio", other)] == ["of-a-simulator"]


@pytest.mark.parametrize("name", ["MessageSid", "From", "Body"])
def test_i2_a_field_that_counts_is_given_once(name: str) -> None:
    """I2: of two senders, neither is taken; the same one twice is one."""
    assert len(read("twilio", signed_form("twilio", *MESSAGE, *MESSAGE))) == 1
    with pytest.raises(InvalidRequest):
        read("twilio", signed_form("twilio", *MESSAGE, (name, OTHER_ID)))


@pytest.mark.parametrize(
    "fields",
    [
        [("MessageSid", ID), ("From", SENDER), ("MessageStatus", "delivered")],
        [("MessageSid", ID), ("From", SENDER), ("Body", ""), ("NumMedia", "1")],
        [("CallSid", "CA1"), ("From", SENDER), ("CallStatus", "ringing")],
        [],
    ],
)
def test_r3_2_calls_about_other_things_hold_no_message(fields: list[tuple[str, str]]) -> None:
    """R3.2: reports, pictures without text and phone calls are acknowledged and not read."""
    assert read("twilio", signed_form("twilio", *fields)) == []


def test_i2_json_is_never_a_message() -> None:
    """I2: messages are forms; JSON that is signed by its hash, as Twilio signs other things, is not taken for one."""
    assert refuses("twilio", changed(signed("twilio", b""), body=b'{"Body":"NOD 7KQ2"}'))
    assert read("twilio", signed("twilio", b'{"Body":"NOD 7KQ2"}')) == []


def test_r3_2_nothing_to_say_is_an_empty_answer() -> None:
    """R3.2: without a reply the TwiML asks for nothing."""
    answer = gateway("twilio").answer(None)
    assert (answer.body, answer.content_type) == ("<Response/>", "text/xml")


@given(reply=st.text(st.characters(), max_size=60))
def test_i1_any_reply_arrives_as_it_was_written(reply: str) -> None:
    """I1, I2: what XML can hold is in the message, what it cannot is left out, and no markup gets in."""
    body = gateway("twilio").answer(reply).body
    [message] = ET.fromstring(body)  # noqa: S314 - it is our own.
    holds = [c for c in reply if c in "\t\n\r" or " " <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c > "\uffff"]
    assert body.isascii()
    assert (message.tag, list(message)) == ("Message", [])
    # A parser turns every line break into a line feed.
    assert (message.text or "") == "".join(holds).replace("\r\n", "\n").replace("\r", "\n")
