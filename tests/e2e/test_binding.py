"""Binding logins through the deployed stack: each is proven to be the account's before it is bound (R1.2)."""

import re
import secrets
from concurrent.futures import ThreadPoolExecutor

from local.device import Device
from tests.e2e.test_phone import binding_text, code_of
from tests.stacks import Person, Stack


def address() -> str:
    """An email address that no other test has."""
    return f"alice-{secrets.token_hex(6)}@example.org"


def mailed_code(stack: Stack, login: str) -> str:
    """The code in the last mail to an address."""
    found = re.search(r"code is (\d{6})", stack.network.mails_to(login)[-1])
    assert found
    return found[1]


def confirm(device: Device, login: str, code: str) -> tuple[int, str]:
    """Send a mailed code: status, and the code of the refusal or the login bound."""
    response = device.call("POST", "/account/logins/confirm", {"login": login, "code": code})
    return response.status_code, response.json().get("code") or response.json()["login"]


def logins_of(person: Person) -> set[str]:
    """The logins of a person's account, without its devices."""
    logins = person.phone.call("GET", "/account").json()["logins"]
    return {one["login"] for one in logins if one["kind"] != "device"}


def test_r1_2_a_number_is_bound_by_a_text_from_it(stack: Stack) -> None:
    """R1.2: the text binds its sender's number; then both logins ask for the same approvers."""
    alice, handset = stack.person(), stack.handset()
    body = binding_text(alice.phone, handset)
    assert logins_of(alice) == {alice.login}
    assert handset.send(body).status_code == 200
    assert logins_of(alice) == {alice.login, handset.number}
    assert handset.number in handset.next_text()
    with alice.phone.approving() as approver:
        sign_in = stack.device().start(handset.number)
        assert approver.expect("prompt")["sign_in_id"] == sign_in.id
    # And a text from it signs in to her account.
    assert stack.texted_in(handset).grant["account_id"] == alice.account_id


def test_r1_2_only_the_number_itself_binds(stack: Stack) -> None:
    """R1.2: the text from another number binds nothing, neither that number nor the one asked for."""
    alice, asked, other = stack.person(), stack.handset(), stack.handset()
    other.send(binding_text(alice.phone, asked))
    assert "another number" in other.next_text()
    assert logins_of(alice) == {alice.login}


def test_r1_2_a_binding_dies_with_the_session_that_asked(stack: Stack) -> None:
    """R1.2, S2: a session that was ended binds nothing any more."""
    alice, handset, thief = stack.person(), stack.handset(), stack.device()
    assert thief.sign_in(alice.login, "correct horse battery staple").status_code == 201
    body = binding_text(thief, handset)
    assert alice.phone.call("DELETE", f"/sessions/{thief.session_id}").status_code == 200
    handset.send(body)
    assert "expired" in handset.next_text()
    assert logins_of(alice) == {alice.login}


def test_r1_2_an_address_is_bound_by_the_code_mailed_to_it(stack: Stack) -> None:
    """R1.2: the code comes by mail, binds once, and the address then asks for the same approvers."""
    alice, login = stack.person(), address()
    response = alice.phone.call("POST", "/account/logins", {"login": login.upper()})
    assert (response.status_code, set(response.json())) == (202, {"expires_at"})
    code = mailed_code(stack, login)
    assert confirm(alice.phone, login, code) == (201, login)
    assert confirm(alice.phone, login, code) == (404, "unknown_login")
    assert logins_of(alice) == {alice.login, login}
    with alice.phone.approving() as approver:
        sign_in = stack.device().start(login)
        assert approver.expect("prompt")["sign_in_id"] == sign_in.id


def test_r1_2_a_mailed_code_is_tried_three_times(stack: Stack) -> None:
    """R1.2: twenty guesses at once get three tries; then the right code is no use either."""
    alice, login = stack.person(), address()
    alice.phone.call("POST", "/account/logins", {"login": login})
    code = mailed_code(stack, login)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    with ThreadPoolExecutor(10) as pool:
        outcomes = list(pool.map(lambda _: confirm(alice.phone, login, wrong), range(20)))
    assert sorted(outcomes) == [(403, "wrong_code")] * 3 + [(404, "unknown_login")] * 17
    assert confirm(alice.phone, login, code) == (404, "unknown_login")


def test_r1_2_a_code_is_good_for_its_own_account(stack: Stack) -> None:
    """R1.2: another account's code for one address binds nothing; who confirms first has it, the other is told."""
    alice, bob, login = stack.person(), stack.person(), address()
    codes = []
    for person in (alice, bob):
        assert person.phone.call("POST", "/account/logins", {"login": login}).status_code == 202
        codes.append(mailed_code(stack, login))
    if codes[0] != codes[1]:
        assert confirm(bob.phone, login, codes[0]) == (403, "wrong_code")
    assert confirm(bob.phone, login, codes[1]) == (201, login)
    assert confirm(alice.phone, login, codes[0]) == (409, "login_taken")


def test_r1_2_mail_to_one_address_is_limited(stack: Stack) -> None:
    """R1.2: of five requests within the hour three are mailed, whoever asks."""
    alice, bob, login = stack.person(), stack.person(), address()
    asked = [alice, alice, bob, bob, alice]
    statuses = [one.phone.call("POST", "/account/logins", {"login": login}).status_code for one in asked]
    assert statuses == [202, 202, 202, 429, 429]
    assert len(stack.network.mails_to(login)) == 3


def test_r1_2_taken_foreign_and_last_logins_are_refused(stack: Stack) -> None:
    """R1.2: a login that is somebody's cannot be bound, one of another account not taken away, and the last stays."""
    handset = stack.handset()
    owner = stack.texted_in(handset)
    alice = stack.person()
    assert code_of(alice.phone.call("POST", "/account/logins", {"login": handset.number})) == (409, "login_taken")
    assert code_of(alice.phone.call("POST", "/account/logins", {"login": alice.login})) == (409, "login_taken")
    assert code_of(alice.phone.call("DELETE", f"/account/logins/{handset.number}")) == (404, "unknown_login")
    assert code_of(owner.call("DELETE", f"/account/logins/{handset.number}")) == (409, "last_login")
    for login in ("device:abc", "+442079460123", "not@an address"):
        assert code_of(alice.phone.call("POST", "/account/logins", {"login": login})) == (400, "invalid_request")


def test_r1_2_of_two_accounts_that_bind_one_number_one_wins(stack: Stack) -> None:
    """R1.2: both texts arrive at once; the number belongs to exactly one account, and its row and account agree."""
    for _ in range(2):
        people, handset = [stack.person(), stack.person()], stack.handset()
        bodies = [binding_text(person.phone, handset) for person in people]
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(handset.send, bodies))
        winners = [person for person in people if handset.number in logins_of(person)]
        assert len(winners) == 1
        (row,) = stack.items("Logins", "login", f"tel:{handset.number}")
        assert row["account_id"]["S"] == winners[0].account_id


def test_s4_a_fresh_session_neither_adds_nor_takes_logins(strict: Stack) -> None:
    """S4: where sessions must be a day old to evict, a thief's can neither bind a login of its own nor unbind ours."""
    alice, thief = strict.person(), strict.device()
    nickname = f"nick-{secrets.token_hex(6)}"
    # The account began with this one: it may.
    assert alice.phone.call("POST", "/account/logins", {"login": nickname}).status_code == 201
    assert thief.sign_in(alice.login, "correct horse battery staple").status_code == 201
    assert code_of(thief.call("POST", "/account/logins", {"login": f"{nickname}-2"})) == (403, "forbidden")
    assert code_of(thief.call("DELETE", f"/account/logins/{nickname}")) == (403, "forbidden")
    assert alice.phone.call("DELETE", f"/account/logins/{nickname}").status_code == 204


def test_r1_2_asking_for_logins_is_limited(sparing: Stack) -> None:
    """R1.2, A4: whether a login has an account can be asked so many times an hour, taken or not, of every kind."""
    alice = sparing.person()
    logins = [sparing.handset().number if odd else alice.login for odd in [True, False] * 4]
    statuses = [alice.phone.call("POST", "/account/logins", {"login": login}).status_code for login in logins]
    assert statuses == [202, 409, 202, 409, 202, 429, 429, 429]


def test_i2_bad_bodies_bind_nothing(stack: Stack) -> None:
    """I2: unknown fields, wrong types and short passwords get a clear 400."""
    alice = stack.person()
    for method, path, body in (
        ("POST", "/account/logins/confirm", {"login": "a@example.org", "code": "12"}),
        ("POST", "/account/logins/confirm", {"login": "a@example.org", "code": 123456}),
        ("POST", "/account/logins/confirm", {"login": "a@example.org"}),
        ("PUT", "/account/password", {"new": "short"}),
        ("PUT", "/account/password", {"current": "", "new": "long enough now"}),
        ("PUT", "/account/password", {"new": "long enough now", "old": "x"}),
    ):
        response = alice.phone.call(method, path, body)
        assert code_of(response) == (400, "invalid_request"), (path, body)
