"""Accounts and their bound logins (R1.2)."""

from datetime import datetime

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


@pytest.mark.parametrize(
    ("password_hash", "initial", "set_at", "since"),
    [
        (None, None, None, None),
        ("hash", "unused", None, NOW),
        ("hash", "spent", None, None),
        ("hash", None, after(5), after(5)),
    ],
)
def test_s4_a_password_lets_somebody_in_since_it_was_set(
    password_hash: str | None, initial: Initial | None, set_at: datetime | None, since: datetime | None
) -> None:
    """S4, R3.6: the service's own has been there since the account was made; a spent one lets nobody in."""
    kept = account(password_hash=password_hash, initial=initial, password_set_at=set_at)
    assert kept.password_since == since


@pytest.mark.parametrize(
    ("logins", "has_number"),
    [(["user:ada", "tel:+447700900123"], True), (["user:ada", "mailto:ada@example.org"], False)],
)
def test_r1_2_a_number_lets_its_owner_in_by_itself(logins: list[str], has_number: bool) -> None:
    """R1.2: neither a username does, nor an email address."""
    assert account(logins=dict.fromkeys(logins, NOW)).has_number is has_number
