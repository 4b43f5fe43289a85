"""Alibaba Cloud."""

from typing import Any

import pytest

from local import gateways as vendors
from nod.errors import InvalidRequest
from tests.unit.gateways.calls import (
    KEYS,
    NOW,
    OTHER_SENDER,
    PUBLIC_URL,
    SENDER,
    TEXT,
    TO,
    changed,
    read,
    received,
    refuses,
    signed_json,
)

ITEM = {"phone_number": "13800138000", "content": "NOD 7KQ2", "sequence_id": 1}


def test_r3_2_one_call_brings_several_messages() -> None:
    """R3.2: each of them is read, in order; the call is one, and without the secret address so is the refusal."""
    texts = [vendors.Text(SENDER, TO, TEXT, "1"), vendors.Text(OTHER_SENDER, TO, "another", "abc")]
    batch = received(vendors.aliyun_batch(KEYS["aliyun"], public_url=PUBLIC_URL, texts=texts, now=NOW))
    messages = [(message.sender, message.text, message.message_id) for message in read("aliyun", batch)]
    assert messages == [(SENDER, TEXT, "1"), (OTHER_SENDER, "another", "abc")]
    assert refuses("aliyun", changed(batch, path_secret="not the secret"))


def test_r3_2_the_documented_example_is_read() -> None:
    """R3.2: the call as Alibaba Cloud's documentation shows it."""
    example = {
        "phone_number": "13811112222",
        "send_time": "2017-09-01 00:00:00",
        "content": "内容",
        "sign_name": "签名",
        "dest_code": "1234",
        "sequence_id": 1234567890,
    }
    [message] = read("aliyun", signed_json("aliyun", [example]))
    assert (message.sender, message.text, message.message_id) == ("+8613811112222", "内容", "1234567890")


@pytest.mark.parametrize(
    ("number", "sender"),
    [
        ("13800138000", "+8613800138000"),
        ("8613800138000", "+8613800138000"),
        ("+8613800138000", "+8613800138000"),
        ("008613800138000", "+8613800138000"),
        ("447700900123", "447700900123"),
        ("85261234567", "85261234567"),
        ("138001380001", "138001380001"),
        ("1380013800", "1380013800"),
        ("10086", "10086"),
        ("13800138000\n", "13800138000\n"),
        ("١٣٨٠٠١٣٨٠٠٠", "١٣٨٠٠١٣٨٠٠٠"),
        ("1٣٣٣٣٣٣٣٣٣٣", "1٣٣٣٣٣٣٣٣٣٣"),
    ],
)
def test_r3_2_only_mainland_numbers_become_international(number: str, sender: str) -> None:
    """R3.2, I2: a mainland number gets its country; another one, whose country is not known, stays as it is."""
    [message] = read("aliyun", signed_json("aliyun", [{**ITEM, "phone_number": number}]))
    assert message.sender == sender


def test_t1_a_number_that_becomes_a_string_names_the_same_message() -> None:
    """T1: the id does not depend on how its JSON is written."""
    first, again = (read("aliyun", signed_json("aliyun", [{**ITEM, "sequence_id": one}])) for one in (7, "7"))
    assert first == again


def test_i2_at_most_a_hundred_messages_come_at_once() -> None:
    """I2: one call cannot make an unbounded number of writes."""
    assert len(read("aliyun", signed_json("aliyun", [ITEM] * 100))) == 100
    with pytest.raises(InvalidRequest):
        read("aliyun", signed_json("aliyun", [ITEM] * 101))


@pytest.mark.parametrize(
    "item",
    [
        {"phone_number": "13800138000", "success": True, "err_code": "DELIVERED", "biz_id": "1", "out_id": "2"},
        {**ITEM, "content": ""},
        {**ITEM, "content": None},
        {**ITEM, "sequence_id": None},
    ],
)
def test_r3_2_reports_hold_no_message(item: dict[str, Any]) -> None:
    """R3.2: what is not a message is passed over, and the message beside it is read."""
    assert len(read("aliyun", signed_json("aliyun", [item, ITEM]))) == 1


@pytest.mark.parametrize(
    "body",
    [ITEM, None, "x", [1], [{**ITEM, "content": 1}], [{**ITEM, "sequence_id": 1.5}], [{**ITEM, "sequence_id": -1}]],
)
def test_i2_what_is_not_as_documented_is_refused(body: Any) -> None:
    """I2: an object where an array should be, or another type, is refused."""
    with pytest.raises(InvalidRequest):
        read("aliyun", signed_json("aliyun", body))


@pytest.mark.parametrize("sequence_id", [2**63, 10**400, "", "x" * 257])
def test_i2_an_id_is_of_a_size_that_can_be_kept(sequence_id: int | str) -> None:
    """I1, I2: an id without end is refused; the largest number that fits is not."""
    assert len(read("aliyun", signed_json("aliyun", [{**ITEM, "sequence_id": 2**63 - 1}]))) == 1
    with pytest.raises(InvalidRequest):
        read("aliyun", signed_json("aliyun", [{**ITEM, "sequence_id": sequence_id}]))
