"""The password of an account, through the deployed stack: who may set one (R3.6, S4)."""

from local.device import Device
from local.phone import Handset
from tests.e2e.test_phone import code_of, password_in
from tests.stacks import PASSWORD, Stack


def set_to(device: Device, new: str, **current: str) -> int:
    """Set it; the status."""
    return device.call("PUT", "/account/password", {"new": new, **current}).status_code


def texted_in(stack: Stack) -> tuple[Handset, Device, str]:
    """A new account: its number, its phone, and the initial password that was texted."""
    handset = stack.handset()
    phone = stack.texted_in(handset)
    return handset, phone, password_in(handset.next_text())


def test_s4_a_texted_password_gives_no_password_of_its_own(strict: Stack) -> None:
    """S4, R3.6: who has seen it gets one session, and nothing that outlasts it; the account's own session may."""
    handset, phone, initial = texted_in(strict)
    thief = strict.device()
    assert thief.sign_in(handset.number, initial).status_code == 201
    for current in ({}, {"current": initial}, {"current": "not this one"}):
        refused = thief.call("PUT", "/account/password", {"new": "the thief's own", **current})
        assert code_of(refused) == (403, "forbidden")
    assert code_of(strict.device().sign_in(handset.number, "the thief's own")) == (401, "invalid_credentials")
    assert set_to(phone, PASSWORD, current=initial) == 204
    assert strict.device().sign_in(handset.number, PASSWORD).status_code == 201
