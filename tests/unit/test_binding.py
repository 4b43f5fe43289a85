"""Binding logins to an account, each proven first, and taking them away (R1.2; attacks A1, S2, S4, T4, T5)."""

from contextlib import nullcontext
from datetime import timedelta

import pytest

from nod.domain.accounts import Initial
from nod.domain.logins import BoundLogin, KnownLogin, parse_login
from nod.domain.sign_in import Approver
from nod.errors import (
    AccountFull,
    Forbidden,
    InvalidRequest,
    InvalidToken,
    LastLogin,
    LoginTaken,
    NodError,
    SlowDown,
    UnknownLogin,
)
from tests.builders import ADA, ADAS_NUMBER, GRACE, GRACES_NUMBER, HOME, PHONE
from tests.unit.bindings import bound, with_ada
from tests.unit.service import Service

ANOTHER_NUMBER = "+447700900999"

# A username.


def test_r1_2_a_username_is_bound_at_once() -> None:
    """R1.2: it leads to the account from then on, and the account knows since when."""
    service, mine = with_ada()
    service.wait(5)
    binding = service.bind(mine, " Countess ")
    assert binding == BoundLogin(parse_login("countess"), service.now)
    assert service.stores.logins.find("user:countess") == KnownLogin(ADA, service.now)
    assert bound(service) == {"ada", "countess"}


@pytest.mark.parametrize("login", ["device:1", "no login", "", "07700 900123", "+442079460123"])
def test_r1_2_what_cannot_be_proven_is_not_bound(login: str) -> None:
    """R1.2: neither a device, nor what is no login, nor a number that cannot text."""
    service, mine = with_ada()
    with pytest.raises(InvalidRequest):
        service.bind(mine, login)
    assert bound(service) == {"ada"}
    assert service.rows.bindings == {}


@pytest.mark.parametrize("login", ["grace", "ADA", GRACES_NUMBER])
def test_a_taken_login_is_not_bound(login: str) -> None:
    """A login of another account, or of this one, is taken."""
    service, mine = with_ada()
    with pytest.raises(LoginTaken):
        service.bind(mine, login)
    assert bound(service) == {"ada"}
    assert bound(service, GRACE) == {"grace", GRACES_NUMBER}
    assert service.rows.bindings == {}


def test_s2_an_ended_session_binds_nothing() -> None:
    """S2: where it is ended between the request's check and the write, nothing is bound."""
    service, mine = with_ada()
    service.meanwhile["accounts.bind"] = lambda: service.stores.sessions.expire(ADA, "PHONE", service.now)
    with pytest.raises(InvalidToken):
        service.bind(mine, "countess")
    assert bound(service) == {"ada"}


# Who may, and how often.


@pytest.mark.parametrize("login", ["countess", "grace", ADAS_NUMBER, GRACES_NUMBER, "ada@example.com"])
def test_s4_a_fresh_session_binds_nothing(login: str) -> None:
    """S4: a login would outlast the thief's session; of age it may, and is not told before which logins are taken."""
    service, _ = with_ada()
    thief = service.session("THIEF")
    service.wait(24 * 3600 - 0.001)
    with pytest.raises(Forbidden):
        service.bind(thief, login)
    assert bound(service) == {"ada"}
    assert (service.rows.bindings, service.rows.counts, service.mail.sent) == ({}, {}, [])
    service.wait(0.001)
    taken = login in ("grace", GRACES_NUMBER)
    with pytest.raises(LoginTaken) if taken else nullcontext():
        service.bind(thief, login)


def test_s4_whom_a_founding_session_lets_in_is_not_founding() -> None:
    """S4: only the session with which an account was made may bind at once, by password or by text, and no other."""
    service = Service()
    first, second = service.signed_in_by_text(), service.signed_in_by_text()
    for grant, may in ((first, True), (second, False)):
        session = service.control.alive(Approver(grant.account_id, grant.session_id))
        with nullcontext() if may else pytest.raises(Forbidden):
            service.bind(session, "ada")


def test_s4_signing_up_begins_an_account() -> None:
    """S4: the session that a password has signed up may bind at once; one that signs in with it then may not."""
    service = Service()
    first = service.passwords.sign_up("ada", "correct horse", PHONE, HOME)
    second = service.passwords.sign_in("ada", "correct horse", PHONE, HOME)
    for grant, may in ((first, True), (second, False)):
        session = service.control.alive(Approver(grant.account_id, grant.session_id))
        with nullcontext() if may else pytest.raises(Forbidden):
            service.bind(session, "countess")


def test_a1_an_account_asks_so_often_in_an_hour() -> None:
    """A1, A4: for logins of every kind, taken or not, from all of its sessions: asking tells which there are."""
    service, mine = with_ada(starts_per_minute=10)
    another = service.session("ANOTHER", founding=True)
    for number in range(5):
        service.bind(mine, f"someone{number}@example.com" if number % 2 else ADAS_NUMBER)
        with pytest.raises(LoginTaken):
            service.bind(another, GRACES_NUMBER)
    for login in (GRACES_NUMBER, ADAS_NUMBER, "another@example.com", "countess", "grace"):
        with pytest.raises(SlowDown) as refusal:
            service.bind(mine, login)
        assert 0 < (refusal.value.retry_after or 0) <= 3600
    assert len(service.mail.sent) == 2
    service.bind(service.session("GRACES", GRACE, founding=True), "another@example.com")
    service.wait(3600)
    service.bind(mine, "countess")
    service.bind(mine, ADAS_NUMBER)


@pytest.mark.parametrize("login", ["one-more", ADAS_NUMBER, "ada@example.com"])
def test_a1_an_account_has_twenty_logins_at_most(login: str) -> None:
    """A1: the twenty-first is refused before anything is asked for; with one taken away, there is room again."""
    service, mine = with_ada()
    for number in range(19):
        service.wait(360)
        service.bind(mine, f"ada{number}")
    service.wait(3600)
    counted = dict(service.rows.counts)
    with pytest.raises(AccountFull):
        service.bind(mine, login)
    assert (service.rows.bindings, service.mail.sent, service.rows.counts) == ({}, [], counted)
    service.binding.unbind(mine, "ada7")
    service.bind(mine, login)


# Taking one away.


@pytest.mark.parametrize(
    ("login", "error"), [("grace", UnknownLogin), ("nobody", UnknownLogin), ("no login", InvalidRequest)]
)
def test_only_a_login_of_the_account_is_unbound(login: str, error: type[NodError]) -> None:
    """Another account's login, and one that nobody has, are unknown here."""
    service, mine = with_ada()
    service.bind(mine, "countess")
    with pytest.raises(error):
        service.binding.unbind(mine, login)
    assert bound(service, GRACE) == {"grace", GRACES_NUMBER}
    assert bound(service) == {"ada", "countess"}


def test_r1_2_an_unbound_login_asks_nobody() -> None:
    """R1.2: it leads nowhere, while the account's sessions go on."""
    service = Service()
    service.account("ada", "countess")
    phone = service.approver("PHONE")
    service.binding.unbind(service.control.alive(phone), "ADA")
    with pytest.raises(UnknownLogin):
        service.start("ada")
    assert service.start("countess").sign_in.account_id == ADA


def test_the_last_login_cannot_be_removed() -> None:
    """An account without a login could never be reached again."""
    service, mine = with_ada()
    with pytest.raises(LastLogin):
        service.binding.unbind(mine, "ada")
    assert bound(service) == {"ada"}


@pytest.mark.parametrize("initial", ["spent", "unused", None])
def test_the_only_way_in_cannot_be_removed(initial: Initial | None) -> None:
    """A username without a password lets nobody in: the number stays, unless there is another, or a password."""
    service = Service()
    service.account("ada", ADAS_NUMBER, password_hash="hers" if initial else None, initial=initial)
    mine = service.session("PHONE")
    if initial == "unused":
        service.binding.unbind(mine, ADAS_NUMBER)
        return
    with pytest.raises(LastLogin):
        service.binding.unbind(mine, ADAS_NUMBER)
    service.stores.accounts.bind(mine, f"tel:{ANOTHER_NUMBER}", service.now)
    service.binding.unbind(mine, ADAS_NUMBER)
    with pytest.raises(LastLogin):
        service.binding.unbind(mine, ANOTHER_NUMBER)
    assert bound(service) == {"ada", ANOTHER_NUMBER}


def test_s4_a_fresh_session_cannot_take_an_older_login_away() -> None:
    """S4: whoever has just got in by the number cannot take the owner's other logins; of age, the session may."""
    service = Service(eviction_age=timedelta(hours=24))
    service.account("ada", ADAS_NUMBER)
    service.wait(1)
    thief = service.session("THIEF")
    service.wait(24 * 3600 - 1)
    with pytest.raises(Forbidden):
        service.binding.unbind(thief, "ada")
    assert bound(service) == {ADAS_NUMBER, "ada"}
    service.wait(1)
    service.binding.unbind(thief, "ada")
    assert bound(service) == {ADAS_NUMBER}


def test_s4_the_owner_takes_a_younger_login_away_at_once() -> None:
    """S4: what was bound since the session began, by a thief say, it may remove at any age."""
    service, mine = with_ada()
    service.wait(5)
    service.bind(service.session("THIEF", founding=True), "mallory")
    service.binding.unbind(mine, "mallory")
    assert bound(service) == {"ada"}


def test_s2_an_ended_session_unbinds_nothing() -> None:
    """S2: where it is ended between the request's check and the write, the login stays."""
    service, mine = with_ada()
    service.bind(mine, "countess")
    service.meanwhile["accounts.unbind"] = lambda: service.stores.sessions.expire(ADA, "PHONE", service.now)
    with pytest.raises(InvalidToken):
        service.binding.unbind(mine, "countess")
    assert bound(service) == {"ada", "countess"}


def test_two_removals_at_once_leave_one_login() -> None:
    """Each sees two logins; the second is refused."""
    service, mine = with_ada()
    service.bind(mine, "countess")
    service.meanwhile["accounts.unbind"] = lambda: service.binding.unbind(mine, "countess")
    with pytest.raises(LastLogin):
        service.binding.unbind(mine, "ada")
    assert bound(service) == {"ada"}


def test_the_account_of_a_session_that_has_none_is_an_invalid_token() -> None:
    """A session whose account is gone is as good as none."""
    service = Service()
    with pytest.raises(InvalidToken):
        service.binding.account(service.session("PHONE"))


def test_the_account_shows_its_logins() -> None:
    """R1.2: a session sees all logins of its account."""
    service, _ = with_ada()
    approver = Approver(GRACE, service.session("GRACES", GRACE).session_id)
    account = service.binding.account(service.control.alive(approver))
    assert [one.login.shown for one in account.bound_logins()] == [GRACES_NUMBER, "grace"]
