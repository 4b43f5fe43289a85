"""The password of an account, through the deployed stack: who may set one, and who takes it away (R3.6, S4)."""

from datetime import UTC, datetime

from local.device import Device
from local.phone import Handset
from tests.e2e.test_phone import code_of, password_in
from tests.stacks import PASSWORD, Stack

NOBODYS = {"by": None, "set_at": None}


def shown(device: Device) -> dict[str, str | None]:
    """What a device is told of the password of its account."""
    response = device.call("GET", "/account/password")
    assert response.status_code == 200, response.text
    content: dict[str, str | None] = response.json()
    return content


def remove(device: Device) -> int:
    """Take it away; the status."""
    return device.call("DELETE", "/account/password").status_code


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


def test_s4_the_owner_removes_a_password_that_a_thief_has_set(stack: Stack) -> None:
    """S4: it is seen, and goes without being known; from then on it lets nobody in, while the number does."""
    handset, phone, _ = texted_in(stack)
    thief = stack.texted_in(handset, "Thief's phone")
    assert set_to(thief, "the thief's own") == 204
    assert set_to(phone, PASSWORD) == 401
    assert phone.call("DELETE", f"/sessions/{thief.session_id}").status_code == 200
    assert stack.device().sign_in(handset.number, "the thief's own").status_code == 201
    assert shown(phone)["by"] == "owner"
    assert remove(phone) == 204
    assert shown(phone) == NOBODYS
    assert code_of(stack.device().sign_in(handset.number, "the thief's own")) == (401, "invalid_credentials")
    assert stack.texted_in(handset).grant["account_id"] == phone.grant["account_id"]
    assert set_to(phone, PASSWORD) == 204


def test_s4_a_fresh_session_removes_no_older_password(strict: Stack) -> None:
    """S4: neither the owner's nor the one that was texted; one that was set since it began it may."""
    handset, phone, initial = texted_in(strict)
    thief = strict.texted_in(handset)
    assert code_of(thief.call("DELETE", "/account/password")) == (403, "forbidden")
    assert strict.device().sign_in(handset.number, initial).status_code == 201
    assert set_to(phone, PASSWORD) == 204
    fresh = strict.device()
    assert fresh.sign_in(handset.number, PASSWORD).status_code == 201
    assert code_of(fresh.call("DELETE", "/account/password")) == (403, "forbidden")
    assert remove(thief) == 204
    assert shown(phone) == NOBODYS


def test_r3_6_an_initial_password_is_shown_while_it_is_unused(stack: Stack) -> None:
    """R3.6: as the service's; once it is spent there is none, and nothing to be removed."""
    handset, phone, initial = texted_in(stack)
    told = shown(phone)
    assert told["by"] == "service"
    assert abs((datetime.now(UTC) - datetime.fromisoformat(told["set_at"] or "")).total_seconds()) < 600
    assert stack.device().sign_in(handset.number, initial).status_code == 201
    assert shown(phone) == NOBODYS
    assert [remove(phone), remove(phone)] == [204, 204]


def test_s4_an_initial_password_is_removed_unused(stack: Stack) -> None:
    """S4, R3.6: it then opens no session."""
    handset, phone, initial = texted_in(stack)
    assert remove(phone) == 204
    assert code_of(stack.device().sign_in(handset.number, initial)) == (401, "invalid_credentials")


def test_r1_2_the_last_way_in_is_not_removed(stack: Stack) -> None:
    """R1.2: an account with nothing but usernames keeps its password; a session that was ended removes none."""
    alice, other = stack.person(), stack.device()
    assert code_of(alice.phone.call("DELETE", "/account/password")) == (409, "last_login")
    assert other.sign_in(alice.login, PASSWORD).status_code == 201
    assert alice.phone.call("DELETE", f"/sessions/{other.session_id}").status_code == 200
    for method in ("GET", "DELETE"):
        assert code_of(other.call(method, "/account/password")) == (401, "invalid_token")
    assert stack.device().sign_in(alice.login, PASSWORD).status_code == 201
