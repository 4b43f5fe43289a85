"""Accounts: the logins that are bound to each other, and perhaps a password."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from nod.domain.logins import BoundLogin, login_from_key


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """One account. `logins` maps the key of each bound login to the time it was bound."""

    account_id: str
    created_at: datetime
    logins: Mapping[str, datetime]
    password_hash: str | None = None

    def bound_logins(self) -> list[BoundLogin]:
        """The logins, oldest binding first."""
        bound = [BoundLogin(login_from_key(key), bound_at) for key, bound_at in self.logins.items()]
        return sorted(bound, key=lambda one: (one.bound_at, one.login.key))
