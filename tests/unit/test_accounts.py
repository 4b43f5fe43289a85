"""Accounts and their bound logins (R1.2)."""

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
