"""Tencent Cloud."""

from typing import Any

import pytest

from nod.errors import InvalidRequest
from tests.unit.gateways.calls import read, signed_json

REPLY = {"nationcode": "86", "mobile": "13800138000", "text": "NOD 7KQ2", "time": 1457336869, "extend": "", "sign": "X"}


def message_id(**changes: Any) -> str:
    [message] = read("tencent", signed_json("tencent", {**REPLY, **changes}))
    return message.message_id


def test_t1_what_tells_one_reply_from_another_is_its_id() -> None:
    """T1: the id is the same when the reply comes again, and another when anything but the brand differs."""
    assert message_id() == message_id() == message_id(sign="another brand")
    differences: list[dict[str, Any]] = [
        {"text": "NOD 9999"},
        {"time": 1457336870},
        {"extend": "1"},
        {"mobile": "13800138001"},
    ]
    shifted = {"nationcode": "8", "mobile": "613800138000"}
    ids = [message_id(), *(message_id(**one) for one in differences), message_id(**shifted), message_id(extend=None)]
    assert len(set(ids)) == len(ids)
    assert all(len(one) == 64 for one in ids)


@pytest.mark.parametrize(
    ("nationcode", "mobile", "sender"),
    [
        ("86", "13800138000", "+8613800138000"),
        ("+86", "13800138000", "+8613800138000"),
        ("44", "7700900123", "+447700900123"),
        ("", "13800138000", "13800138000"),
        ("86", "", ""),
        ("86", "+13800138000", "+13800138000"),
        ("٨٦", "13800138000", "13800138000"),
        ("86", "x", "x"),
    ],
)
def test_r3_2_the_country_and_the_number_make_the_sender(nationcode: str, mobile: str, sender: str) -> None:
    """R3.2, I2: digits become an international number, anything else stays what it is."""
    [message] = read("tencent", signed_json("tencent", {**REPLY, "nationcode": nationcode, "mobile": mobile}))
    assert message.sender == sender


def test_r3_2_sending_reports_hold_no_message() -> None:
    """R3.2: they come as arrays, and are acknowledged; so is a reply without a text."""
    report = {"nationcode": "86", "mobile": "13800138000", "report_status": "SUCCESS", "errmsg": "DELIVRD", "sid": "1"}
    assert read("tencent", signed_json("tencent", [report, report])) == []
    assert read("tencent", signed_json("tencent", {**REPLY, "text": ""})) == []
    assert len(read("tencent", signed_json("tencent", REPLY))) == 1


@pytest.mark.parametrize(
    "changes", [{"time": "1457336869"}, {"time": 10**400}, {"time": -1}, {"mobile": 13800138000}, {"text": None}]
)
def test_i2_what_is_not_as_documented_is_refused(changes: dict[str, Any]) -> None:
    """I2: another type or an impossible time is refused, and so is a field that is missing."""
    with pytest.raises(InvalidRequest):
        read("tencent", signed_json("tencent", {**REPLY, **changes}))
    for field in changes:
        with pytest.raises(InvalidRequest):
            read("tencent", signed_json("tencent", {name: value for name, value in REPLY.items() if name != field}))
