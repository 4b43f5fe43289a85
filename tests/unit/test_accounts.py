"""Accounts and their bound logins (R1.2)."""

import pytest

from nod.domain.accounts import Initial
from nod.domain.logins import BoundLogin, Login
from tests.builders import NOW, account, after


def test_r1_2_bound_logins_come_oldest_first() -> None:
    """R1.2: logins stand in the order in which they were bound, and by name where that is the same."""
    bound = account(
        logins={"user:zoe": after(5), "tel:+447700900123": after(9), "user:bea": NOW, "user:ada": NOW}
    ).bound_logins()
    assert bound == [
        BoundLogin(Login("username", "ada"), NOW),
        BoundLogin(Login("username", "bea"), NOW),
        BoundLogin(Login("username", "zoe"), after(5)),
        BoundLogin(Login("phone", "+447700900123"), after(9)),
    ]


def test_r4_1_known_devices_stand_among_the_logins() -> None:
    """R4.1: each with the time since which it is known, and behind a login that is as old."""
    kept = account(
        logins={"user:ada": NOW, "user:zoe": after(7)},
        devices={"device:new": after(9), "device:old": after(5), "device:first": NOW, "device:equal": NOW},
    )
    assert [one.login.shown for one in kept.bound_logins()] == [
        "ada", "device:equal", "device:first", "device:old", "zoe", "device:new"
    ]  # fmt: skip
    assert kept.bound_logins()[-1] == BoundLogin(Login("device", "new"), after(9))
    assert kept.oldest_device == "device:equal"
    assert kept.bound_at("device:old") == after(5)
    assert kept.bound_at("user:zoe") == after(7)
    assert kept.bound_at("zoe") is None


@pytest.mark.parametrize(
    ("password_hash", "initial", "own"),
    [(None, None, False), ("hash", "unused", False), ("hash", "spent", False), ("hash", None, True)],
)
def test_r3_6_a_password_is_its_owner_s_once_they_have_set_it(
    password_hash: str | None, initial: Initial | None, own: bool
) -> None:
    """R3.6: one that the service has made is not, used or not."""
    assert account(password_hash=password_hash, initial=initial).has_own_password is own
