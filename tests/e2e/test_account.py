"""Accounts, passwords and bound logins, through the deployed stack (R1.2, R1.9)."""

import secrets
from itertools import takewhile

from tests.stacks import PASSWORD, Person, Stack


def test_r1_9_a_taken_login_is_refused(stack: Stack) -> None:
    """R1.9: a login belongs to one account, in whatever spelling it is asked for."""
    alice = stack.person()
    response = stack.device().sign_up(alice.login.upper(), PASSWORD)
    assert (response.status_code, response.json()["code"]) == (409, "login_taken")


def test_r1_9_signing_up_takes_a_username(stack: Stack) -> None:
    """R1.9: an email address or a phone number cannot be claimed with a mere password."""
    for login in ("alice@example.com", "+447700900123"):
        response = stack.device().sign_up(login, PASSWORD)
        assert (response.status_code, response.json()["code"]) == (400, "invalid_request")


def test_r1_9_signing_up_can_be_switched_off(shut: Stack) -> None:
    """R1.9: where the stack allows no password sign-up, it is forbidden and nothing is made."""
    login = f"alice-{secrets.token_hex(6)}"
    response = shut.device().sign_up(login, PASSWORD)
    assert (response.status_code, response.json()["code"]) == (403, "forbidden")
    assert shut.items("Logins", "login", f"user:{login}") == []


def test_r1_9_wrong_credentials_are_alike_and_limited(stack: Stack) -> None:
    """R1.9: a wrong password and an unknown login answer the same, and ten failures of a login close it for a while."""
    alice, device = stack.person(), stack.device()
    wrong = device.sign_in(alice.login, "not the password")
    unknown = device.sign_in(f"nobody-{secrets.token_hex(6)}", "not the password")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()
    assert wrong.json()["code"] == "invalid_credentials"
    # A window may end in the middle of this, and the count begin anew; not twice.
    failures = takewhile(
        lambda status: status == 401, (device.sign_in(alice.login, "not the password").status_code for _ in range(20))
    )
    assert 9 <= len(list(failures)) <= 19
    closed = device.sign_in(alice.login, PASSWORD)
    assert (closed.status_code, closed.json()["code"]) == (429, "slow_down")
    assert 0 < int(closed.headers["retry-after"]) <= 900


def test_r1_2_logins_are_bound_listed_and_taken_away(stack: Stack) -> None:
    """R1.2: a username is bound at once, listed with its time, and taken away again; the last one stays."""
    alice, bob = stack.person(), stack.person()
    nickname = f"Nick-{secrets.token_hex(6)}"
    bound = alice.phone.call("POST", "/account/logins", {"login": nickname})
    assert bound.status_code == 201
    assert bound.json()["login"] == nickname.lower()
    assert bound.json()["kind"] == "username"
    taken = bob.phone.call("POST", "/account/logins", {"login": nickname})
    assert (taken.status_code, taken.json()["code"]) == (409, "login_taken")
    account = alice.phone.call("GET", "/account").json()
    assert account["account_id"] == alice.account_id
    device = f"device:{alice.phone.facts['id']}"
    assert [one["login"] for one in account["logins"]] == [alice.login, device, nickname.lower()]
    foreign = bob.phone.call("DELETE", f"/account/logins/{nickname}")
    assert (foreign.status_code, foreign.json()["code"]) == (404, "unknown_login")
    assert alice.phone.call("DELETE", f"/account/logins/{nickname}").status_code == 204
    for other in (f"हिन्दी-{secrets.token_hex(4)}", f"ไทยที่-{secrets.token_hex(4)}"):
        assert alice.phone.call("POST", "/account/logins", {"login": other}).status_code == 201
        assert alice.phone.call("DELETE", f"/account/logins/{other}").status_code == 204
    last = alice.phone.call("DELETE", f"/account/logins/{alice.login}")
    assert (last.status_code, last.json()["code"]) == (409, "last_login")
    assert bob.phone.call("POST", "/account/logins", {"login": nickname}).status_code == 201


def test_r4_1_devices_that_signed_in_are_known_until_they_are_forgotten(stack: Stack) -> None:
    """R4.1: by password and by approval; the first account keeps one, and it replaces no login."""
    alice, bob = stack.person(), stack.person()
    own, shared = f"device:{alice.phone.facts['id']}", secrets.token_hex(8)
    pc, again, bobs = (stack.device(id=shared) for _ in range(3))
    with alice.phone.approving() as approver:
        sign_in = pc.start(alice.login, verification="none")
        approver.expect("prompt")
        approver.ask("answer", sign_in_id=sign_in.id, decision="allow")
        assert pc.redeem(sign_in).status_code == 200
    before = devices_of(alice)
    assert set(before) == {own, f"device:{shared}"}
    for device, person in ((again, alice), (bobs, bob)):
        assert device.sign_in(person.login, PASSWORD).status_code == 201
    assert devices_of(alice) == before
    assert set(devices_of(bob)) == {f"device:{bob.phone.facts['id']}"}
    refused = [
        pc.request_start(own, "v" * 43),
        stack.device().sign_in(own, PASSWORD),
        alice.phone.call("POST", "/account/logins", {"login": "device:new"}),
    ]
    assert [(one.status_code, one.json()["code"]) for one in refused] == [(400, "invalid_request")] * 3
    last = alice.phone.call("DELETE", f"/account/logins/{alice.login}")
    assert (last.status_code, last.json()["code"]) == (409, "last_login")
    foreign = bob.phone.call("DELETE", f"/account/logins/device:{shared}")
    assert (foreign.status_code, foreign.json()["code"]) == (404, "unknown_login")
    assert alice.phone.call("DELETE", f"/account/logins/device:{shared}").status_code == 204
    assert set(devices_of(alice)) == {own}
    assert stack.device(id=shared).sign_in(bob.login, PASSWORD).status_code == 201
    assert f"device:{shared}" in devices_of(bob)


def devices_of(person: Person) -> dict[str, str]:
    """The devices that a person's account knows, and since when."""
    logins = person.phone.call("GET", "/account").json()["logins"]
    return {one["login"]: one["bound_at"] for one in logins if one["kind"] == "device"}
