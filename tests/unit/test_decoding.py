"""Reading what strangers send (attacks I1, I2)."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nod.api import frames, requests
from nod.api.decoding import MAX_BODY_BYTES, MAX_FRAME_BYTES, decode, frame_id
from nod.errors import InvalidRequest, TooLarge

DEVICE = {"type": "desktop", "name": "Ada's laptop"}
START = {"method": "approval", "login": "ada", "challenge": "c" * 43, "device": DEVICE}
# A union is no `type` to the type checker, though the decoder takes it as one.
CLIENT_FRAME: Any = frames.ClientFrame
START_SIGN_IN: Any = requests.StartSignIn


def start(data: bytes) -> Any:
    """A start request as it is read."""
    return decode(data, START_SIGN_IN, limit=MAX_BODY_BYTES)


def encoded(**changes: Any) -> bytes:
    """A start request, changed."""
    return json.dumps({**START, **changes}).encode()


def test_what_is_right_is_read() -> None:
    """A request as the contract has it becomes its struct."""
    request = start(encoded(message="Film night"))
    assert (request.login, request.device.name, request.message) == ("ada", "Ada's laptop", "Film night")
    assert request.verification is None


def test_i2_a_body_over_the_limit_is_too_large() -> None:
    """I2: one byte over the limit is refused as 413, before it is even read."""
    assert (MAX_BODY_BYTES, MAX_FRAME_BYTES) == (16_384, 8_192)
    body = encoded()
    padded = body + b" " * (MAX_BODY_BYTES - len(body))
    assert start(padded).login == "ada"
    with pytest.raises(TooLarge) as refusal:
        start(padded + b" ")
    assert (refusal.value.status, refusal.value.code) == (413, "invalid_request")


@pytest.mark.parametrize("opening", [b"[", b'{"device":', b'{"method":"approval","device":{"name":['])
def test_i2_deep_nesting_is_refused(opening: bytes) -> None:
    """I2: JSON nested thousands of levels deep is refused, not recursed into."""
    with pytest.raises(InvalidRequest):
        start(opening * (MAX_BODY_BYTES // len(opening)))


@pytest.mark.parametrize("opening", [b"[", b'{"id":'])
def test_i2_deep_nesting_in_a_frame_is_survived(opening: bytes) -> None:
    """I2: looking for the id of an unreadable frame survives nesting too."""
    assert frame_id(opening * (MAX_FRAME_BYTES // len(opening))) is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"null",
        b"[]",
        b"7",
        b'"text"',
        b"{}",
        b"{",
        b'{"method":"approval"}',
        b'{"method":"approval",}',
        b"{'method':'approval'}",
        b"NaN",
        b"\xef\xbb\xbf{}",
        b"\xff\xfe{\x00}\x00",
        b"<xml/>",
    ],
)
def test_i2_what_is_no_request_is_refused(body: bytes) -> None:
    """I2: anything but a JSON object with the fields of the request is refused."""
    with pytest.raises(InvalidRequest):
        start(body)


@pytest.mark.parametrize(
    "change",
    [
        {"login": 7},
        {"login": None},
        {"login": ["ada"]},
        {"login": ""},
        {"login": "a" * 255},
        {"challenge": "c" * 42},
        {"challenge": "c" * 44},
        {"challenge": "c" * 42 + "="},
        {"challenge": "c" * 42 + "+"},
        {"device": "laptop"},
        {"device": {**DEVICE, "type": "toaster"}},
        {"device": {**DEVICE, "ip": "10.0.0.1"}},
        {"verification": "strong"},
        {"verification": True},
        {"message": ""},
        {"message": "m" * 141},
        {"message": 1},
        {"method": "telepathy"},
        {"method": None},
        {"password": "hunter22"},
        {"status": "allowed"},
        {"account_id": "ACCOUNT-OF-ADA"},
    ],
)
def test_i2_wrong_types_lengths_and_unknown_fields_are_refused(change: dict[str, Any]) -> None:
    """I2: each field is checked, and fields that the contract does not know are refused."""
    with pytest.raises(InvalidRequest) as refusal:
        start(encoded(**change))
    assert refusal.value.status == 400


@pytest.mark.parametrize(
    "text",
    [rb"\ud800", rb"a\udfffb", rb"\udc00\ud800", b"\xed\xa0\x80", b"\xff", b"\xc0\xaf", b"\xf5\x80\x80\x80", b"a\x00b"],
)
def test_i2_what_is_no_unicode_is_refused(text: bytes) -> None:
    """I2: lone surrogates, invalid UTF-8 and raw control characters do not decode."""
    with pytest.raises(InvalidRequest):
        start(encoded(login="LOGIN").replace(b"LOGIN", text))


@pytest.mark.parametrize(
    ("struct", "fits", "name"),
    [
        (requests.Confirm, {"code": "42"}, "code"),
        (requests.ConfirmLogin, {"login": "ada", "code": "424242"}, "code"),
        (requests.Redeem, {"verifier": "v" * 43}, "verifier"),
        (requests.Answer, {"decision": "allow", "code": "42"}, "code"),
        (START_SIGN_IN, START, "challenge"),
        (
            START_SIGN_IN,
            {"method": "phone", "challenge": "c" * 43, "device": DEVICE, "identifier": "0" * 26},
            "identifier",
        ),
        (CLIENT_FRAME, {"action": "answer", "sign_in_id": "S", "decision": "allow", "code": "42"}, "code"),
    ],
)
def test_i2_a_pattern_ends_where_it_ends(struct: Any, fits: dict[str, Any], name: str) -> None:
    """I2: a line feed behind what fits makes it unfit, as the description says; a code with one counts as no try."""
    decode(json.dumps(fits).encode(), struct, limit=MAX_BODY_BYTES)
    with pytest.raises(InvalidRequest, match=name):
        decode(json.dumps({**fits, name: f"{fits[name]}\n"}).encode(), struct, limit=MAX_BODY_BYTES)


def test_i2_an_escaped_nul_is_left_to_the_fields() -> None:
    r"""I2: `\u0000` is valid JSON; the fields that keep free text are what refuses it."""
    request = start(encoded(device={**DEVICE, "name": "a\x00b"}))
    with pytest.raises(InvalidRequest):
        request.device.cleaned()


def test_i2_of_duplicate_keys_the_last_counts() -> None:
    """I2: a key that comes twice has one meaning everywhere, since a request is parsed once, in one place."""
    twice = encoded().replace(b'"login": "ada"', b'"login": "grace", "login": "ada"')
    assert twice.count(b'"login"') == 2
    assert start(twice).login == "ada"


def test_i1_a_refusal_does_not_reflect_what_was_sent() -> None:
    """I1: the reason names the field and what is expected, not the value, which might be a secret."""
    secret = "hunter22' - at `hunter22`\n"
    changes: dict[str, Any] = {
        "challenge": secret,
        "device": {**DEVICE, "type": [secret]},
        "message": {"x": secret},
        "verification": secret,
        "method": secret,
    }
    for field, value in changes.items():
        with pytest.raises(InvalidRequest, match=field) as refusal:
            start(encoded(**{field: value}))
        assert "hunter22" not in refusal.value.detail
    with pytest.raises(InvalidRequest) as refusal:
        start(encoded(device={**DEVICE, "type": secret}))
    assert refusal.value.detail == "Invalid enum value - at `$.device.type`"
    with pytest.raises(InvalidRequest) as refusal:
        decode(json.dumps({"action": secret}).encode(), CLIENT_FRAME, limit=MAX_FRAME_BYTES)
    assert refusal.value.detail == "Invalid value - at `$.action`"


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda values: st.lists(values) | st.dictionaries(st.text() | st.sampled_from(sorted(START)), values),
    max_leaves=8,
)


@given(st.binary() | JSON_VALUES.map(lambda value: json.dumps(value).encode()))
def test_i1_anything_at_all_is_read_or_refused(data: bytes) -> None:
    """I1: no input whatever raises anything but an error of ours."""
    for struct in (START_SIGN_IN, requests.Credentials, CLIENT_FRAME):
        with suppress(InvalidRequest):
            decode(data, struct, limit=MAX_BODY_BYTES)
    assert frame_id(data) is None or isinstance(frame_id(data), (str, int))


# Frames.


@pytest.mark.parametrize(
    ("data", "frame"),
    [
        (b'{"action":"ping"}', frames.Ping()),
        (b'{"action":"hello","id":7}', frames.Hello(id=7)),
        (b'{"action":"listSessions","id":"a"}', frames.ListSessions(id="a")),
        (b'{"action":"endSession","session_id":"S"}', frames.EndSession(session_id="S")),
        (b'{"action":"answer","sign_in_id":"S","decision":"deny"}', frames.Answer(sign_in_id="S", decision="deny")),
    ],
)
def test_frames_are_told_apart_by_their_action(data: bytes, frame: frames.ClientFrame) -> None:
    """Each frame of the contract becomes its struct."""
    assert decode(data, CLIENT_FRAME, limit=MAX_FRAME_BYTES) == frame


@pytest.mark.parametrize(
    "data",
    [
        b"{}",
        b'{"action":"dance"}',
        b'{"action":"ping","extra":1}',
        b'{"action":"answer","sign_in_id":"S"}',
        b'{"action":"answer","sign_in_id":"S","decision":"maybe"}',
        b'{"action":"answer","sign_in_id":"S","decision":"allow","code":42}',
        b'{"action":"answer","sign_in_id":"S","decision":"allow","code":"4"}',
        b'{"action":"answer","sign_in_id":"S","decision":"allow","code":"1234567"}',
        b'{"action":"answer","sign_in_id":"S","decision":"allow","code":"12a"}',
        b'{"action":"answer","sign_in_id":"","decision":"deny"}',
        b'{"action":"endSession"}',
        b'{"action":"ping","id":1.5}',
        b'{"action":"ping","id":[1]}',
    ],
)
def test_i2_a_bad_frame_is_refused(data: bytes) -> None:
    """I2: unknown actions, fields and values are refused."""
    with pytest.raises(InvalidRequest):
        decode(data, CLIENT_FRAME, limit=MAX_FRAME_BYTES)


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b'{"id":7}', 7),
        (b'{"id":-9007199254740992,"action":"dance"}', -(2**53)),
        (b'{"id":"a","action":1}', "a"),
        (b'{"id":""}', ""),
        (b'{"id":"' + b"x" * 64 + b'"}', "x" * 64),
        (b'{"id":"' + b"x" * 65 + b'"}', None),
        (b'{"id":9007199254740993}', None),
        (b'{"id":true}', None),
        (b'{"id":1.5}', None),
        (b'{"id":null}', None),
        (b'{"id":{"a":1}}', None),
        (b'{"action":"ping"}', None),
        (b"[7]", None),
        (b"7", None),
        (b"", None),
        (b'{"id":7', None),
        (b'{"id":"\\ud800"}', None),
        (b'{"id":"\xff"}', None),
    ],
)
def test_the_id_of_a_bad_frame_is_found(data: bytes, found: str | int | None) -> None:
    """An error reply bears the id of its frame where that can be read and is acceptable as one, and none otherwise."""
    assert frame_id(data) == found
    assert type(frame_id(data)) is type(found)
