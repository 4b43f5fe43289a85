"""Setting and changing the password of an account (R1.9, R3.6; attacks A1, S2)."""

import hashlib
from base64 import b64encode
from typing import Any

import pytest

from nod.domain.accounts import Initial
from nod.domain.passwords import password_matches
from nod.domain.sessions import Session
from nod.errors import Forbidden, InvalidCredentials, InvalidToken, LastLogin, SlowDown
from tests.builders import ADA, ADAS_NUMBER, GRACE, HOME, LAPTOP, account, after
from tests.unit.service import Service

OLD, NEW = "correct horse", "battery staple"
# The hash of the old password, with so little work that tests can afford many tries: its parameters stand in the text.
DIGEST = hashlib.scrypt(OLD.encode(), salt=bytes(16), n=16, r=8, p=1, dklen=32)
OLD_HASH = f"scrypt$16$8$1${b64encode(bytes(16)).decode()}${b64encode(DIGEST).decode()}"


def with_ada(password_hash: str | None = None, initial: Initial | None = None) -> tuple[Service, Session]:
    """A service where Ada has an account with a phone number, and the session that it began with."""
    service = Service()
    logins = {"user:ada": service.now, f"tel:{ADAS_NUMBER}": service.now}
    service.stores.accounts.create(account(ADA, logins, password_hash, initial))
    return service, service.session("PHONE", founding=True)


def is_now(service: Service, password: str) -> bool:
    """Whether it is the account's password, set by its owner."""
    kept = service.rows.accounts[ADA]
    return kept.has_own_password and password_matches(password, kept.password_hash)


def sign_in(service: Service, password: str, login: str = "ada") -> Any:
    """A computer signs in."""
    return service.passwords.sign_in(login, password, LAPTOP, HOME)


def test_r1_9_a_password_is_changed() -> None:
    """R1.9: with the current one; from then on the new one signs in, and the old one does not."""
    service, mine = with_ada(OLD_HASH)
    service.passwords.change(mine, OLD, NEW)
    assert sign_in(service, NEW).account_id == ADA
    with pytest.raises(InvalidCredentials):
        sign_in(service, OLD)


@pytest.mark.parametrize("current", [None, "wrong horse", NEW, ""])
def test_r1_9_without_the_current_password_it_stays(current: str | None) -> None:
    """R1.9: whoever only holds a session cannot take the account over by its password."""
    service, mine = with_ada(OLD_HASH)
    with pytest.raises(InvalidCredentials):
        service.passwords.change(mine, current, NEW)
    assert is_now(service, OLD)


@pytest.mark.parametrize("current", [None, "anything"])
def test_r1_9_an_account_without_a_password_gets_one(current: str | None) -> None:
    """R1.9: where there is none, none is asked for."""
    service, mine = with_ada()
    service.passwords.change(mine, current, NEW)
    assert is_now(service, NEW)


@pytest.mark.parametrize("initial", ["unused", "spent"])
@pytest.mark.parametrize("current", [None, OLD])
def test_r3_6_an_initial_password_is_replaced(initial: Initial, current: str | None) -> None:
    """R3.6: one that was texted needs not be given again, used or not; the owner's works more than once."""
    service, mine = with_ada(OLD_HASH, initial)
    service.passwords.change(mine, current, NEW)
    for _ in range(2):
        sign_in(service, NEW)
    with pytest.raises(InvalidCredentials):
        sign_in(service, OLD)


def test_r3_6_a_wrong_initial_password_is_refused_all_the_same() -> None:
    """R3.6: whoever gives one must give the right one."""
    service, mine = with_ada(OLD_HASH, "unused")
    with pytest.raises(InvalidCredentials):
        service.passwords.change(mine, "wrong horse", NEW)
    assert service.rows.accounts[ADA].password_hash == OLD_HASH


def test_r3_6_a_spent_password_does_not_sign_in_but_can_be_changed() -> None:
    """R3.6: the computer that used it sets another once it is old enough, and every further one uses that."""
    service = Service(texts_account=True)
    service.text(service.start_phone())
    texted = service.replies()[0].split("password ")[1].split(" ")[0]
    grant = sign_in(service, texted, ADAS_NUMBER)
    mine = service.rows.sessions[grant.account_id, grant.session_id]
    with pytest.raises(InvalidCredentials):
        sign_in(service, texted, ADAS_NUMBER)
    service.wait(24 * 3600)
    service.passwords.change(mine, texted, NEW)
    assert sign_in(service, NEW, ADAS_NUMBER).account_id == grant.account_id


@pytest.mark.parametrize("current", [None, OLD])
@pytest.mark.parametrize(("password_hash", "initial"), [(None, None), (OLD_HASH, "unused"), (OLD_HASH, "spent")])
def test_s4_a_fresh_session_sets_no_first_password(
    password_hash: str | None, initial: Initial | None, current: str | None
) -> None:
    """S4: the thief's would outlast the session, also where it knows the one that was texted; of age it may."""
    service, _ = with_ada(password_hash, initial)
    thief = service.session("THIEF")
    service.wait(24 * 3600 - 0.001)
    with pytest.raises(Forbidden):
        service.passwords.change(thief, current, NEW)
    assert service.rows.accounts[ADA].password_hash == password_hash
    service.wait(0.001)
    service.passwords.change(thief, current, NEW)
    assert is_now(service, NEW)


def test_s4_a_fresh_session_learns_nothing_of_a_password_that_was_texted() -> None:
    """S4, A1: a right guess and a wrong one are refused alike, and neither is counted."""
    service, _ = with_ada(OLD_HASH, "unused")
    thief = service.session("THIEF")
    for guess in (OLD, "wrong horse") * 6:
        with pytest.raises(Forbidden):
            service.passwords.change(thief, guess, NEW)
    assert sum(service.rows.counts.values()) == 0


def test_r1_9_who_knows_the_password_may_change_it_at_once() -> None:
    """R1.9: a fresh session that brings the owner's current one is no thief's."""
    service, _ = with_ada(OLD_HASH)
    service.passwords.change(service.session("FRESH"), OLD, NEW)
    assert is_now(service, NEW)


def test_t7_a_password_knows_since_when() -> None:
    """T7: the time is kept with it, for NO to undo it; so is that of the one that an account begins with."""
    service, mine = with_ada(OLD_HASH)
    service.wait(5)
    service.passwords.change(mine, OLD, NEW)
    assert service.rows.accounts[ADA].password_set_at == after(5)
    grant = service.passwords.sign_up("grace", NEW, LAPTOP, HOME)
    assert service.rows.accounts[grant.account_id].password_set_at == after(5)


def test_a1_guesses_at_the_current_password_are_limited() -> None:
    """A1: ten in 15 minutes for one account, from all of its sessions; then even the right one must wait."""
    service, mine = with_ada(OLD_HASH)
    for session in (mine, service.session("OTHER")) * 5:
        with pytest.raises(InvalidCredentials):
            service.passwords.change(session, "wrong horse", NEW)
    with pytest.raises(SlowDown):
        service.passwords.change(mine, "wrong horse", NEW)
    service.wait(15 * 60)
    with pytest.raises(InvalidCredentials):
        service.passwords.change(mine, "wrong horse", NEW)


def test_a1_leaving_the_current_password_out_is_a_guess_too() -> None:
    """A1: it is counted, so that it tells nothing for free."""
    service, mine = with_ada(OLD_HASH)
    for _ in range(10):
        with pytest.raises(InvalidCredentials):
            service.passwords.change(mine, None, NEW)
    with pytest.raises(SlowDown):
        service.passwords.change(mine, None, NEW)


def test_a1_a_success_is_not_counted() -> None:
    """A1: and forgets no failures, as when signing in."""
    service, mine = with_ada(OLD_HASH)
    with pytest.raises(InvalidCredentials):
        service.passwords.change(mine, "wrong horse", NEW)
    service.passwords.change(mine, OLD, NEW)
    assert sum(service.rows.counts.values()) == 1


def test_s2_an_ended_session_sets_no_password() -> None:
    """S2: where it is ended while the password is checked, nothing changes."""
    service, mine = with_ada(OLD_HASH)
    service.meanwhile["passwords.set"] = lambda: service.stores.sessions.expire(ADA, "PHONE", service.now)
    with pytest.raises(InvalidToken):
        service.passwords.change(mine, OLD, NEW)
    assert is_now(service, OLD)


def test_of_two_changes_at_once_one_counts() -> None:
    """R1.9: the second, which knew the password as it was before, is told that it knows it no longer."""
    service, mine = with_ada(OLD_HASH)
    service.meanwhile["passwords.set"] = lambda: service.passwords.change(mine, OLD, NEW)
    with pytest.raises(InvalidCredentials):
        service.passwords.change(mine, OLD, "a third one")
    assert is_now(service, NEW)


def test_r3_6_an_initial_password_used_meanwhile_can_be_changed_by_asking_again() -> None:
    """R3.6: where a computer spends it while it is changed, that change is refused, and the next one goes through."""
    service, mine = with_ada(OLD_HASH, "unused")
    service.meanwhile["passwords.set"] = lambda: sign_in(service, OLD)
    with pytest.raises(InvalidCredentials):
        service.passwords.change(mine, None, NEW)
    service.passwords.change(mine, None, NEW)
    assert is_now(service, NEW)


@pytest.mark.parametrize("dropped", [False, True])
def test_t7_a_password_that_changes_meanwhile_lets_nobody_in(dropped: bool) -> None:
    """R1.9, T7: whoever knew the old one, and signs in while it is replaced or dropped, gets no session."""
    service, mine = with_ada(OLD_HASH)
    seen = service.rows.accounts[ADA]
    service.meanwhile["passwords.let_in"] = lambda: (
        service.stores.passwords.drop(seen) if dropped else service.passwords.change(mine, OLD, NEW)
    )
    with pytest.raises(InvalidCredentials):
        sign_in(service, OLD)
    assert list(service.rows.sessions) == [(ADA, "PHONE")]


def test_a_session_without_an_account_sets_nothing() -> None:
    """A session whose account is gone is as good as none."""
    service, _ = with_ada()
    with pytest.raises(InvalidToken):
        service.passwords.change(service.session("GRACES", GRACE), None, NEW)
    assert GRACE not in service.rows.accounts


def test_other_accounts_keep_theirs() -> None:
    """R1.9: a session changes the password of its own account only."""
    service, mine = with_ada(OLD_HASH)
    service.stores.accounts.create(account(GRACE, {"user:grace": service.now}, OLD_HASH))
    service.passwords.change(mine, OLD, NEW)
    assert service.rows.accounts[GRACE].password_hash == OLD_HASH


@pytest.mark.parametrize("initial", [None, "unused"])
def test_s4_a_password_is_removed_without_being_known(initial: Initial | None) -> None:
    """S4: from then on it lets nobody in, whoever has set it; the number still does, and so may a new password."""
    service, mine = with_ada(OLD_HASH, initial)
    service.passwords.remove(mine)
    assert service.rows.accounts[ADA].password_since is None
    with pytest.raises(InvalidCredentials):
        sign_in(service, OLD)
    service.passwords.change(mine, None, NEW)
    assert is_now(service, NEW)


@pytest.mark.parametrize(("password_hash", "initial"), [(None, None), (OLD_HASH, "spent")])
def test_s4_where_none_lets_in_nothing_is_removed(password_hash: str | None, initial: Initial | None) -> None:
    """S4: which is not an error, so that a request whose answer was lost may be repeated; even a fresh session's."""
    service, _ = with_ada(password_hash, initial)
    before = service.rows.accounts[ADA]
    service.wait(5)
    service.passwords.remove(service.session("FRESH"))
    assert service.rows.accounts[ADA] == before


@pytest.mark.parametrize("initial", [None, "unused"])
def test_s4_a_fresh_session_removes_no_older_password(initial: Initial | None) -> None:
    """S4: it is the owner's; one of the service's is as old as the account. Of age a session may."""
    service, _ = with_ada(OLD_HASH, initial)
    service.wait(5)
    thief = service.session("THIEF")
    service.wait(24 * 3600 - 0.001)
    with pytest.raises(Forbidden):
        service.passwords.remove(thief)
    assert service.rows.accounts[ADA].password_hash == OLD_HASH
    service.wait(0.001)
    service.passwords.remove(thief)
    assert service.rows.accounts[ADA].password_hash is None


def test_s4_a_fresh_session_removes_what_was_set_since_it_began() -> None:
    """S4: the owner gets rid at once of what a thief of age has set, without knowing it."""
    service, _ = with_ada()
    thief = service.session("THIEF")
    service.wait(24 * 3600)
    mine = service.session("MINE")
    service.passwords.change(thief, None, NEW)
    with pytest.raises(InvalidCredentials):
        service.passwords.change(mine, None, OLD)
    service.passwords.remove(mine)
    with pytest.raises(InvalidCredentials):
        sign_in(service, NEW)


def test_s4_what_nobody_could_get_in_without_stays() -> None:
    """S4, R1.2: an account without a phone number has its password for its last way in."""
    service = Service()
    logins = {"user:ada": service.now, "mailto:ada@example.org": service.now}
    service.stores.accounts.create(account(ADA, logins, OLD_HASH))
    with pytest.raises(LastLogin):
        service.passwords.remove(service.session("PHONE", founding=True))
    assert is_now(service, OLD)


def test_s2_an_ended_session_removes_no_password() -> None:
    """S2: where it is ended while the account is read, nothing changes."""
    service, mine = with_ada(OLD_HASH)
    service.meanwhile["passwords.remove"] = lambda: service.stores.sessions.expire(ADA, "PHONE", service.now)
    with pytest.raises(InvalidToken):
        service.passwords.remove(mine)
    assert is_now(service, OLD)


def test_s4_a_password_that_is_replaced_meanwhile_is_removed_all_the_same() -> None:
    """S4: a thief who sets another at that moment does not keep it."""
    service, mine = with_ada(OLD_HASH)
    service.meanwhile["passwords.remove"] = lambda: service.passwords.change(mine, OLD, NEW)
    service.passwords.remove(mine)
    assert service.rows.accounts[ADA].password_hash is None


def test_s4_an_initial_password_that_is_used_meanwhile_is_gone_as_well() -> None:
    """S4: it was spent just then, so that there is none any more."""
    service, mine = with_ada(OLD_HASH, "unused")
    service.meanwhile["passwords.remove"] = lambda: sign_in(service, OLD)
    service.passwords.remove(mine)
    with pytest.raises(InvalidCredentials):
        sign_in(service, OLD)


def test_a_session_without_an_account_removes_nothing() -> None:
    """A session whose account is gone is as good as none."""
    service, _ = with_ada(OLD_HASH)
    with pytest.raises(InvalidToken):
        service.passwords.remove(service.session("GRACES", GRACE))
    assert is_now(service, OLD)
