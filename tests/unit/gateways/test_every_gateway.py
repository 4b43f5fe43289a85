"""What holds for every gateway that calls over HTTP."""

from datetime import timedelta
from itertools import permutations
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from local import gateways as vendors
from nod.channels import gateways
from nod.domain.deliveries import Delivery
from nod.errors import InvalidRequest, InvalidSignature, NodError
from tests.unit.gateways.calls import (
    CLASSES,
    ID,
    KEYS,
    NAMES,
    NOW,
    OTHER_SENDER,
    PUBLIC_URL,
    SENDER,
    TEXT,
    changed,
    delivery,
    gateway,
    read,
    refuses,
    signed,
    with_headers,
)

SIGNING = [name for name in NAMES if CLASSES[name].proves.authenticated]
BOUND = [name for name in NAMES if CLASSES[name].proves.body_bound]
TIMED = [name for name in NAMES if CLASSES[name].fresh_for is not None]
SECRET_PATH = [name for name in NAMES if CLASSES[name].proves.needs_secret_path]
PLAIN_PATH = [name for name in NAMES if not CLASSES[name].proves.needs_secret_path]
FORMS = ["plivo", "twilio"]
WITH_JSON = [name for name in NAMES if name not in FORMS]
SIGNATURE_HEADERS = [
    (name, header)
    for name in SIGNING
    for header in delivery(name).headers
    if header not in {"content-type", "x-sinch-webhook-signature-algorithm"}
]


@pytest.mark.parametrize("name", NAMES)
def test_r3_2_the_message_of_a_genuine_call_is_read(name: str) -> None:
    """R3.2: what the vendor delivers is understood, whatever is in the text."""
    [message] = read(name, delivery(name))
    assert (message.sender, message.text) == (SENDER, TEXT)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in {"tencent", "twilio"}])
def test_r3_2_a_message_keeps_the_id_that_its_gateway_gave_it(name: str) -> None:
    """R3.2: the id is the gateway's own; Tencent Cloud has none, and Twilio's has its own form."""
    assert read(name, delivery(name))[0].message_id == ID


@pytest.mark.parametrize("name", NAMES)
def test_t1_a_message_that_is_delivered_again_has_the_same_id(name: str) -> None:
    """T1: a retry, signed anew, can be told from another message."""
    first, again = (read(name, delivery(name))[0] for _ in range(2))
    other = read(name, delivery(name, message_id="9876543210", text="NOD 9999"))[0]
    assert first.message_id == again.message_id
    assert first.message_id != other.message_id


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("difference", [{"text": "NOD 9999"}, {"sender": OTHER_SENDER}, {"message_id": "999"}])
def test_t1_a_body_that_is_not_the_signed_one_is_refused_where_bodies_are_bound(
    name: str, difference: dict[str, Any]
) -> None:
    """T1: another text, sender or id under the headers of a genuine call gets through only where that is declared."""
    genuine = delivery(name)
    forged = changed(genuine, body=delivery(name, **difference).body)
    assert refuses(name, forged) is (name in BOUND)


@pytest.mark.parametrize("name", BOUND)
def test_t1_not_even_a_space_may_change(name: str) -> None:
    """T1: the bytes are what is signed, not their meaning."""
    genuine = delivery(name)
    assert refuses(name, changed(genuine, body=genuine.body + b"+"))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("direction", [1, -1])
def test_t1_a_signed_time_is_good_for_five_minutes(name: str, direction: int) -> None:
    """T1: a call is stale, or from the future, beyond 300 seconds where a time is signed, and never elsewhere."""
    genuine = delivery(name)
    assert not refuses(name, genuine, now=NOW + direction * timedelta(seconds=300))
    assert refuses(name, genuine, now=NOW + direction * timedelta(seconds=301)) is (name in TIMED)


@pytest.mark.parametrize("name", TIMED)
def test_t1_five_minutes_are_what_is_declared(name: str) -> None:
    """T1: whoever keeps message ids against replays learns for how long a signature lasts."""
    assert gateway(name).fresh_for == timedelta(seconds=300)


@pytest.mark.parametrize("name", NAMES)
def test_t1_a_call_that_is_signed_with_another_key_is_refused_where_calls_are_signed(name: str) -> None:
    """T1: only the gateway's key makes the gateway's signature."""
    others = vendors.new_keys(name)
    if "path_secret" in others:
        others["path_secret"] = KEYS[name]["path_secret"]
    assert refuses(name, delivery(name, keys=others)) is (name in SIGNING)


@pytest.mark.parametrize(("name", "header"), SIGNATURE_HEADERS)
def test_t1_no_header_of_a_signature_may_be_missing_or_another(name: str, header: str) -> None:
    """T1: without one of them, or with anything else in it, nothing is proven."""
    genuine = delivery(name)
    others = {key: value for key, value in genuine.headers.items() if key != header}
    value = genuine.headers[header]
    assert refuses(name, changed(genuine, headers=others))
    for wrong in (
        "",
        " ",
        value[:-1],
        value + "0",
        f"{value},{value}",
        value.swapcase() + "A",
        "é",
        "\udc80",
        "٣" * 10,
    ):
        assert refuses(name, changed(genuine, headers={**others, header: wrong})), wrong


@pytest.mark.parametrize(("name", "other"), list(permutations(SIGNING, 2)))
def test_t1_the_headers_of_another_gateway_prove_nothing(name: str, other: str) -> None:
    """T1: a signature counts only at the gateway that made it."""
    assert refuses(name, changed(delivery(name), headers=delivery(other).headers))


@pytest.mark.parametrize("name", SECRET_PATH)
def test_t1_who_does_not_know_the_secret_address_is_refused(name: str) -> None:
    """T1: where a call proves too little, it must come to the secret address."""
    genuine = delivery(name)
    secret = KEYS[name]["path_secret"]
    assert not refuses(name, genuine)
    for wrong in (None, "", secret[:-1], secret + "A", secret.upper() + "a", "é" * 20, "\udc80", "\x00"):
        assert refuses(name, changed(genuine, path_secret=wrong)), wrong


@pytest.mark.parametrize("name", PLAIN_PATH)
@pytest.mark.parametrize("path_secret", ["", "anything", "é"])
def test_t1_an_address_has_no_secret_part_where_none_is_needed(name: str, path_secret: str) -> None:
    """T1: a call to an address that was never given out is not the gateway's."""
    assert refuses(name, changed(delivery(name), path_secret=path_secret))


@pytest.mark.parametrize("name", NAMES)
def test_t1_a_gateway_that_proves_too_little_has_a_path_secret_among_its_keys(name: str) -> None:
    """T1: there is no way to set one up without."""
    assert ("path_secret" in vendors.service_keys(name, KEYS[name])) is gateway(name).proves.needs_secret_path


@pytest.mark.parametrize("name", FORMS)
def test_i2_a_form_that_is_not_utf8_is_refused(name: str) -> None:
    """I2: bytes that are no text are no message."""
    for body in (b"From=%2B4477&Text=%ff", b"\xff=1", b"&".join(b"a=1" for _ in range(1000))):
        with pytest.raises(NodError):
            read(name, signed(name, body))


@pytest.mark.parametrize("name", WITH_JSON)
@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"nul", b"[" * 100_000, b'{"id":"\\ud800"}', b'"x"', b"NaN"])
def test_i2_what_is_not_json_is_refused_even_when_signed(name: str, body: bytes) -> None:
    """I2: a proven call with no message in it gets a clear refusal."""
    with pytest.raises(InvalidRequest):
        read(name, signed(name, body))


@pytest.mark.parametrize("name", NAMES)
@given(
    headers=st.lists(st.text(st.characters(), max_size=20), min_size=6, max_size=6),
    body=st.binary(max_size=50),
    url=st.one_of(st.text(st.characters(), max_size=30), st.sampled_from(["https://[", "http://x:99999", "//x:y"])),
    path_secret=st.one_of(st.none(), st.text(st.characters(), max_size=20)),
)
def test_i1_a_strangers_call_is_never_more_than_refused(
    name: str, headers: list[str], body: bytes, url: str, path_secret: str | None
) -> None:
    """I1, T1: whatever comes from a stranger, it is refused, and nothing else happens."""
    names = [header for header in delivery(name).headers if header != "content-type"]
    given_delivery = Delivery(
        url=url, headers=dict(zip(names, headers, strict=False)), body=body, path_secret=path_secret
    )
    with pytest.raises(NodError):
        read(name, given_delivery)


@pytest.mark.parametrize("name", SIGNING)
@given(value=st.text(st.characters(), max_size=60))
def test_t1_a_guessed_signature_is_refused(name: str, value: str) -> None:
    """T1, I1: any text in the place of one header is an invalid signature, never another error."""
    genuine = delivery(name)
    for header in genuine.headers:
        if (name, header) in SIGNATURE_HEADERS:
            with pytest.raises(InvalidSignature):
                read(name, with_headers(genuine, **{header: value}))


@pytest.mark.parametrize("name", NAMES)
def test_only_twilios_answer_carries_a_reply(name: str) -> None:
    """R3.2: elsewhere the answer is the same whatever there would be to say."""
    adapter = gateway(name)
    assert adapter.carries_reply is (name == "twilio")
    assert (adapter.answer("a reply") != adapter.answer(None)) is adapter.carries_reply


@pytest.mark.parametrize("name", WITH_JSON)
def test_r3_2_vendors_with_json_are_answered_in_json(name: str) -> None:
    """R3.2: the acknowledgement is an object that the vendor can read, with its code for success where it has one."""
    answer = gateway(name).answer(None)
    expected = {"aliyun": ("code", 0), "tencent": ("result", 0), "generic": ("status", "accepted")}
    assert answer.content_type == "application/json"
    assert set(expected.get(name, ())) <= {item for pair in msgspec.json.decode(answer.body).items() for item in pair}


@pytest.mark.parametrize("name", NAMES)
def test_i2_only_the_generic_gateway_hears_refusals(name: str) -> None:
    """I2: a vendor would only deliver again what was refused."""
    assert gateway(name).hears_refusals is (name == "generic")


@pytest.mark.parametrize("name", NAMES)
def test_a_gateway_is_made_by_its_name(name: str) -> None:
    """R3.2: each name has its class, and the class says the same name."""
    assert (type(gateway(name)), gateway(name).name) == (CLASSES[name], name)


def test_the_simulated_vendors_are_the_gateways() -> None:
    """R3.2: there is a simulated vendor for each gateway."""
    assert set(vendors.NAMES) == set(gateways.NAMES) == set(CLASSES)


@pytest.mark.parametrize("name", NAMES)
def test_i2_keys_that_are_not_what_the_gateway_needs_are_refused(name: str) -> None:
    """I2: a secret that is missing, empty, of the wrong type or unknown is an error at once, which does not tell it."""
    keys = vendors.service_keys(name, KEYS[name])
    wrong: list[dict[str, Any]] = [{**keys, "unknown": "x"}]
    for field in keys:
        wrong.append({key: value for key, value in keys.items() if key != field})
        wrong.extend({**keys, field: value} for value in ("", 7, None))
    for given_keys in wrong:
        with pytest.raises(ValueError, match=r".") as refusal:
            gateways.make(name, given_keys)
        assert not any(secret in str(refusal.value) for secret in keys.values())


@pytest.mark.parametrize("name", SECRET_PATH)
@pytest.mark.parametrize("path_secret", ["short", "a" * 15, "with/a/slash/in/it", "with spaces in it", "ä" * 20])
def test_t1_a_path_secret_is_long_and_fits_an_address(name: str, path_secret: str) -> None:
    """T1: an address that could be guessed, or would be written differently in a URL, cannot be set up."""
    with pytest.raises(ValueError, match="path_secret"):
        gateways.make(name, {**vendors.service_keys(name, KEYS[name]), "path_secret": path_secret})


@pytest.mark.parametrize("name", NAMES)
def test_keys_do_not_show_in_logs(name: str) -> None:
    """I2: the representation of keys, which tracebacks print, holds none of them."""
    keys = vendors.service_keys(name, KEYS[name])
    module = __import__(f"nod.channels.gateways.{name}", fromlist=["Keys"])
    shown = repr(msgspec.convert(keys, module.Keys))
    assert shown == f"nod.channels.gateways.{name}.Keys(...)"


def test_the_address_of_each_gateway_is_as_documented() -> None:
    """R3.2: a gateway calls `/sms/<name>`, with the secret after it where there is one."""
    addresses = {name: vendors.webhook_url(name, KEYS[name], PUBLIC_URL) for name in ("twilio", "plivo")}
    assert addresses == {
        "twilio": f"{PUBLIC_URL}/sms/twilio",
        "plivo": f"{PUBLIC_URL}/sms/plivo/{KEYS['plivo']['path_secret']}",
    }
