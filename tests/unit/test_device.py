"""A device as it describes itself (R1.3, R1.8, attack A11)."""

from typing import Any

import msgspec
import pytest

from nod.domain.device import Device, Network
from nod.errors import InvalidRequest

FORGED = "Ada\u202egnitseT"


def test_r1_8_a_device_tells_type_name_id_and_app() -> None:
    """R1.8: the facts of a device are read as it sent them."""
    sent = b'{"type":"tv","name":"Kitchen","id":"tv-1","app":"Telly"}'
    assert msgspec.json.decode(sent, type=Device) == Device("tv", "Kitchen", "tv-1", "Telly")


def test_r1_8_id_and_app_may_be_missing() -> None:
    """R1.8: only type and name are needed, and what is missing is not shown as null."""
    device = msgspec.json.decode(b'{"type":"other","name":"Toaster"}', type=Device)
    assert device.cleaned() == device
    assert msgspec.json.encode(device) == b'{"type":"other","name":"Toaster"}'


@pytest.mark.parametrize("length", [1, 64])
def test_r1_8_names_have_up_to_64_characters(length: int) -> None:
    """R1.8: the shortest and the longest name, app and id are read."""
    device = Device("phone", "n" * length, "i" * 2 * length, "a" * length)
    assert msgspec.json.decode(msgspec.json.encode(device), type=Device) == device
    assert msgspec.json.decode(b'{"type":"phone","name":"n","id":"i"}', type=Device).id == "i"


@pytest.mark.parametrize(
    "change",
    [
        {"type": "fridge"},
        {"type": None},
        {"name": ""},
        {"name": "x" * 65},
        {"name": 7},
        {"app": ""},
        {"app": "x" * 65},
        {"id": ""},
        {"id": "x" * 129},
        {"id": "with space"},
        {"id": "ünique"},
        {"id": "a\x00b"},
        {"ip": "10.0.0.1"},
    ],
)
def test_i2_what_is_no_device_is_refused(change: dict[str, Any]) -> None:
    """I2: wrong types, lengths, characters and unknown fields do not pass."""
    sent = msgspec.json.encode({"type": "phone", "name": "Phone", **change})
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(sent, type=Device)


@pytest.mark.parametrize(
    ("device", "field"),
    [
        (Device("phone", FORGED), "device.name"),
        (Device("phone", "a\x00b"), "device.name"),
        (Device("phone", "a\u200bb"), "device.name"),
        (Device("phone", "   "), "device.name"),
        (Device("phone", "Phone", app=FORGED), "device.app"),
        (Device("phone", "Phone", app="\u200d"), "device.app"),
        (Device("phone", "Phone", id="phone-1\n"), "device.id"),
    ],
)
def test_a11_a_device_that_could_mislead_is_refused(device: Device, field: str) -> None:
    """A11: control, direction-changing and zero-width characters are refused, with the name of the field."""
    with pytest.raises(InvalidRequest, match=field):
        device.cleaned()


def test_a_device_is_cleaned_for_showing() -> None:
    """White space around names goes, accents are composed, the rest stays."""
    assert Device("phone", " Zoe\u0308's ", "id-1", " Wallet ").cleaned() == Device("phone", "Zoë's", "id-1", "Wallet")


@pytest.mark.parametrize(
    ("ip", "counted_as"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("nowhere", "nowhere"),
    ],
)
def test_a1_who_has_a_network_of_ipv6_is_one_address(ip: str, counted_as: str) -> None:
    """A1: one customer has 2^64 addresses of IPv6, and is counted once; prompts show the address itself."""
    assert Network(ip).counted_as == counted_as
    assert Network(ip).ip == ip
