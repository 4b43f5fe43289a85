"""Plivo."""

import pytest

from local import gateways as vendors
from nod.channels.gateways.plivo import Keys, Plivo
from nod.domain.deliveries import Delivery
from nod.errors import InvalidRequest, InvalidSignature
from tests.unit.gateways.calls import (
    KEYS,
    NOW,
    OTHER_SENDER,
    SENDER,
    changed,
    delivery,
    read,
    refuses,
    signed_form,
    vendor_library,
    with_headers,
)

MESSAGE = (("MessageUUID", "1"), ("From", "447700900123"), ("Text", "NOD 7KQ2"))
# Published with the tests of Plivo's library.
PUBLISHED = ("https://answer.url", "12345", "ehV3IKhLysWBxC1sy8INm0qGoQYdYsHwuoKjsX7FsXc=", "my_auth_token")


def library_accepts(url: str, nonce: str, signature: str, token: str) -> bool:
    return bool(vendor_library("plivo.utils").validate_signature(url, nonce, signature, token))


def test_r3_2_the_published_call_is_genuine() -> None:
    """R3.2, T1: Plivo's own example is signed as it says, and is refused with another nonce, token or address."""
    url, nonce, signature, token = PUBLISHED
    headers = {"x-plivo-signature-v2": signature, "x-plivo-signature-v2-nonce": nonce}
    published = Delivery(url=url, headers=headers, body=b"", path_secret="s" * 16)
    assert vendors.plivo_signature(token, url, nonce) == signature
    assert library_accepts(*PUBLISHED)
    assert Plivo(Keys(token, "s" * 16)).read(published, NOW) == []
    for forged in (with_headers(published, x_plivo_signature_v2_nonce="12346"), changed(published, url=url + "/")):
        with pytest.raises(InvalidSignature):
            Plivo(Keys(token, "s" * 16)).read(forged, NOW)
    with pytest.raises(InvalidSignature):
        Plivo(Keys(token + "x", "s" * 16)).read(published, NOW)


def test_r3_2_plivos_library_agrees() -> None:
    """R3.2: Plivo's library accepts what is accepted here, and what is asked after the address is not signed."""
    genuine = delivery("plivo")
    nonce, signature = (genuine.headers[f"x-plivo-signature-v2{part}"] for part in ("-nonce", ""))
    token = KEYS["plivo"]["auth_token"]
    for url in (genuine.url, genuine.url + "?a=1"):
        assert library_accepts(url, nonce, signature, token)
        assert len(read("plivo", changed(genuine, url=url))) == 1
    assert not library_accepts(genuine.url + "x", nonce, signature, token)
    assert refuses("plivo", changed(genuine, url=genuine.url + "x"))


def test_r3_2_a_main_accounts_signature_counts_as_well() -> None:
    """R3.2: a number of a subaccount is signed for with both tokens, in two headers."""
    genuine = delivery("plivo")
    headers = dict(genuine.headers)
    headers["x-plivo-signature-ma-v2"] = headers.pop("x-plivo-signature-v2")
    assert len(read("plivo", changed(genuine, headers=headers))) == 1
    assert len(read("plivo", changed(genuine, headers={**headers, "x-plivo-signature-v2": "of a subaccount"}))) == 1
    assert refuses("plivo", with_headers(changed(genuine, headers=headers), x_plivo_signature_ma_v2="wrong"))


def test_t1_a_nonce_is_something() -> None:
    """T1: a signature over the bare address would be good for ever; Plivo makes none."""
    genuine = delivery("plivo")
    bare = vendors.plivo_signature(KEYS["plivo"]["auth_token"], genuine.url, "")
    assert refuses("plivo", with_headers(genuine, x_plivo_signature_v2=bare, x_plivo_signature_v2_nonce=""))


def test_t1_the_signature_alone_would_take_any_body() -> None:
    """T1: why the secret address is needed: Plivo's signature says nothing about the sender."""
    genuine = delivery("plivo")
    forged = changed(genuine, body=delivery("plivo", sender=OTHER_SENDER).body)
    assert [message.sender for message in read("plivo", genuine) + read("plivo", forged)] == [SENDER, OTHER_SENDER]
    assert refuses("plivo", changed(forged, path_secret="not the secret"))


@pytest.mark.parametrize(
    "fields",
    [
        [("MessageUUID", "1"), ("From", "447700900123"), ("Status", "delivered")],
        [("MessageUUID", "1"), ("From", "447700900123"), ("Type", "mms"), ("Body", "NOD 7KQ2")],
        [("MessageUUID", "1"), ("From", "447700900123"), ("Text", "")],
        [],
    ],
)
def test_r3_2_calls_about_other_things_hold_no_message(fields: list[tuple[str, str]]) -> None:
    """R3.2: reports and picture messages are acknowledged and not read."""
    assert read("plivo", signed_form("plivo", *fields)) == []


@pytest.mark.parametrize("name", ["MessageUUID", "From", "Text"])
def test_i2_a_field_that_counts_is_given_once(name: str) -> None:
    """I2: of two senders, neither is taken."""
    assert len(read("plivo", signed_form("plivo", *MESSAGE))) == 1
    with pytest.raises(InvalidRequest):
        read("plivo", signed_form("plivo", *MESSAGE, (name, "another")))


@pytest.mark.parametrize(
    ("number", "sender"),
    [
        ("447700900123", "+447700900123"),
        ("+447700900123", "+447700900123"),
        ("1234567", "+1234567"),
        ("123456", "123456"),
        ("EXAMPLE", "EXAMPLE"),
        ("٤٤٧٧٠٠٩٠٠١٢٣", "٤٤٧٧٠٠٩٠٠١٢٣"),
        ("44 7700 900123", "44 7700 900123"),
    ],
)
def test_r3_2_numbers_come_without_their_plus(number: str, sender: str) -> None:
    """R3.2, I2: a number gets its `+`; short codes, names and digits of other alphabets stay as they are."""
    [message] = read("plivo", signed_form("plivo", *MESSAGE[::2], ("From", number)))
    assert message.sender == sender
