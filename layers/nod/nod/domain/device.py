"""A device as it describes itself, and where on the network it was seen."""

import ipaddress
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from nod.domain.text import require_readable

DeviceType = Literal["phone", "tablet", "desktop", "tv", "other"]


class Device(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a device says of itself. Shown to people as a claim, never trusted."""

    type: DeviceType
    name: Annotated[str, Meta(min_length=1, max_length=64, description="As its owner knows it, such as `Ann's phone`.")]
    id: (
        Annotated[
            str,
            Meta(
                min_length=1,
                max_length=128,
                pattern=r"^[\x21-\x7e]+$",
                description="One that the device keeps, so that it is known again. It is to be random: the first"
                " account that a device of this id signs in to keeps it.",
            ),
        ]
        | None
    ) = None
    app: Annotated[str, Meta(min_length=1, max_length=64, description="The application that signs in.")] | None = None

    def cleaned(self) -> "Device":
        """The same device with names fit to be shown (R1.3); `InvalidRequest` where one could mislead (A11)."""
        # The pattern of an id is not enough: its `$` lets a line feed at the end pass.
        device_id = require_readable(self.id, "device.id") if self.id is not None else None
        app = require_readable(self.app, "device.app") if self.app is not None else None
        return Device(self.type, require_readable(self.name, "device.name"), device_id, app)


class Network(msgspec.Struct, frozen=True):
    """Where a request came from, as the platform saw it (never as the client claims)."""

    ip: str
    place: str | None = None

    @property
    def counted_as(self) -> str:
        """What limits count it as: its address, or of IPv6 the /64 that one customer has all addresses of."""
        try:
            address = ipaddress.ip_address(self.ip)
        except ValueError:
            return self.ip
        if isinstance(address, ipaddress.IPv4Address):
            return self.ip
        return str(address.ipv4_mapped or ipaddress.ip_network((address, 64), strict=False))
