"""Accounts: the logins that are bound to each other, the devices they know, and perhaps a password."""

from collections.abc import Mapping
from datetime import datetime
from random import Random
from typing import Literal

import msgspec

from nod.domain.logins import BoundLogin, is_number, login_from_key

# A password that the service has made works once: it is unused, then spent, until its owner sets another.
Initial = Literal["unused", "spent"]
# Letters and digits that no two people read differently.
_EASY = "abcdefghjkmnpqrstvwxyz23456789"


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """One account. `logins` maps the key of each bound login to the time it was bound.

    `devices` does so for the devices that were signed in to it, whose ids alone let nobody in. `initial` is None where
    the password, if there is one, was set by its owner. `undone` maps the key of each number that has said NO lately to
    the time up to which that has undone everything; the number itself may have left since.
    """

    account_id: str
    created_at: datetime
    logins: Mapping[str, datetime]
    devices: Mapping[str, datetime] = msgspec.field(default_factory=dict)
    password_hash: str | None = None
    initial: Initial | None = None
    password_set_at: datetime | None = None
    undone: Mapping[str, datetime] = msgspec.field(default_factory=dict)

    @property
    def has_own_password(self) -> bool:
        """Whether its owner has set a password, which then takes itself to be changed."""
        return self.password_hash is not None and self.initial is None

    @property
    def password_since(self) -> datetime | None:
        """Since when a password lets somebody in; None where there is none, or where it is spent.

        The service makes one with the account, and never later.
        """
        if self.password_hash is None or self.initial == "spent":
            return None
        return self.password_set_at or self.created_at

    @property
    def has_number(self) -> bool:
        """Whether it has a phone number, whose text lets its owner in where there is no password and no session."""
        return any(map(is_number, self.logins))

    def bound_at(self, login: str) -> datetime | None:
        """Since when a login or device is the account's; None where it is not."""
        return self.logins.get(login) or self.devices.get(login)

    def bound_logins(self) -> list[BoundLogin]:
        """The logins and devices, oldest binding first, and logins first where that is the same."""
        both = [*self.logins.items(), *self.devices.items()]
        bound = [BoundLogin(login_from_key(key), bound_at) for key, bound_at in both]
        return sorted(bound, key=lambda one: (one.bound_at, one.login.kind == "device", one.login.key))


def draw_password(rng: Random) -> str:
    """A random initial password, three groups of five (73 bits), to be read from a text message."""
    return "-".join("".join(rng.choices(_EASY, k=5)) for _ in range(3))
