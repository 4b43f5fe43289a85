"""Devices become known to the account that they sign in to, and lead to it by their id (R4.1; attacks S2, S4, T7)."""

from collections.abc import Callable
from datetime import timedelta
from random import Random

import pytest

from nod.domain.device import Device
from nod.domain.limits import DEVICES_PER_ACCOUNT
from nod.domain.logins import BoundLogin, KnownLogin, Login
from nod.domain.passwords import hash_password
from nod.domain.sign_in import Approver
from nod.errors import AlreadyRedeemed, Forbidden, InvalidRequest, LastLogin, UnknownLogin
from nod.flows.granting import Grant
from tests.builders import ADA, ADAS_NUMBER, GRACE, HOME, LAPTOP, PHONE
from tests.unit.service import Service
from tests.unit.stopping import living, who

PASSWORD = "correct horse"
HERS = Approver(ADA, "HERS")
NAMELESS = Device("desktop", "A library's PC")


@pytest.fixture(scope="module")
def password_hash() -> str:
    """The hash of the password, made once."""
    return hash_password(PASSWORD, Random(1))


def with_ada(password_hash: str | None = None) -> Service:
    """Ada has a username and a number, and a session of hers is online."""
    service = Service()
    service.account("ada", ADAS_NUMBER, password_hash=password_hash)
    service.account("grace", account_id=GRACE)
    service.approver(HERS.session_id)
    service.wait(5)
    return service


def let_in(service: Service, device: Device = LAPTOP) -> Grant:
    """A device asks to be let in, Ada allows it, and it has its session."""
    started = service.start(device=device)
    service.answer(started, "allow", by=HERS)
    return service.redeem(started)


def known(service: Service, account_id: str = ADA) -> set[str]:
    """The devices that an account knows, as it shows them."""
    bound = service.rows.accounts[account_id].bound_logins()
    return {one.login.shown for one in bound if one.login.kind == "device"}


# Becoming known.


def by_approval(service: Service) -> Grant:
    """An approver lets it in."""
    return let_in(service, PHONE)


def by_text(service: Service) -> Grant:
    """A text message lets it in."""
    return service.signed_in_by_text(device=PHONE)


def by_password(service: Service) -> Grant:
    """A password lets it in."""
    return service.passwords.sign_in("ada", PASSWORD, PHONE, HOME)


@pytest.mark.parametrize("sign_in", [by_approval, by_text, by_password])
def test_r4_1_a_device_that_signs_in_is_known(password_hash: str, sign_in: Callable[[Service], Grant]) -> None:
    """R4.1: whichever way it came in, its id leads to the account, which shows it with the time of the sign-in."""
    service = with_ada(password_hash)
    session = service.control.alive(who(sign_in(service)))
    assert service.stores.logins.find("device:phone-1") == KnownLogin(ADA, service.now)
    shown = service.binding.account(session).bound_logins()
    assert shown[-1] == BoundLogin(Login("device", "phone-1"), service.now)
    assert shown[-1].login.shown == "device:phone-1"
    assert len(shown) == 3


def test_r4_1_the_device_of_a_new_account_is_known() -> None:
    """R4.1: the one on which somebody signs up, with a password or by text."""
    service = Service()
    grant = service.passwords.sign_up("ada", PASSWORD, LAPTOP, HOME)
    assert known(service, grant.account_id) == {"device:laptop-7"}
    grant = service.signed_in_by_text(device=PHONE)
    assert grant.new_account is True
    assert known(service, grant.account_id) == {"device:phone-1"}


def test_r4_1_a_device_without_an_id_is_not_known(password_hash: str) -> None:
    """R4.1: where it does not say which it is, nothing is written."""
    service = with_ada(password_hash)
    let_in(service, NAMELESS)
    service.passwords.sign_in("ada", PASSWORD, NAMELESS, HOME)
    assert known(service) == set()
    assert "accounts.know_device" not in service.calls


def test_r4_1_a_device_is_known_once(password_hash: str) -> None:
    """R4.1: signing in again, by the same way or another, leaves it as it is, and works."""
    service = with_ada(password_hash)
    let_in(service)
    before = dict(service.rows.accounts[ADA].devices)
    for _ in range(2):
        service.wait(60)
        let_in(service)
        service.passwords.sign_in("ada", PASSWORD, LAPTOP, HOME)
    assert service.rows.accounts[ADA].devices == before
    assert len(living(service)) == 6


def test_r4_1_another_account_s_device_stays_its_own(password_hash: str) -> None:
    """R4.1: approvers see ids, so whoever claims one must not draw the device away; signing in works all the same."""
    service = with_ada(password_hash)
    graces, before = service.passwords.sign_up("hopper", PASSWORD, LAPTOP, HOME), service.now
    let_in(service)
    service.passwords.sign_in("ada", PASSWORD, LAPTOP, HOME)
    assert known(service) == set()
    assert known(service, graces.account_id) == {"device:laptop-7"}
    assert service.stores.logins.find("device:laptop-7") == KnownLogin(graces.account_id, before)


def test_r4_1_a_device_stays_known_when_its_session_ends() -> None:
    """R4.1: it was once signed in, which is all that is asked."""
    service = with_ada()
    grant = let_in(service)
    service.control.end(grant.session_id, by=who(grant))
    assert known(service) == {"device:laptop-7"}


def test_s4_however_many_sign_in_no_known_device_is_pushed_out() -> None:
    """R4.1, S4: an account knows fifty devices; one more signs in as well, and stays unknown."""
    service = with_ada()
    for number in range(DEVICES_PER_ACCOUNT + 1):
        service.wait(60)
        let_in(service, Device("desktop", "PC", id=f"{number}"))
    assert DEVICES_PER_ACCOUNT == 50
    assert known(service) == {f"device:{number}" for number in range(50)}
    assert service.stores.logins.find("device:50") is None


# Only a session makes its device known.


def test_a7_what_is_not_redeemed_makes_nothing_known() -> None:
    """A7: neither a sign-in that waits, nor one whose token could not be signed; a second redeem changes nothing."""
    service = with_ada()
    started = service.start()
    service.answer(started, "allow", by=HERS)
    service.failing(0, "signer.sign")
    with pytest.raises(ConnectionError):
        service.redeem(started)
    assert known(service) == set()
    service.redeem(started)
    assert known(service) == {"device:laptop-7"}
    with pytest.raises(AlreadyRedeemed):
        service.redeem(started)
    assert service.calls.count("accounts.know_device") == 1


def test_s2_a_session_that_is_ended_at_once_makes_nothing_known(password_hash: str) -> None:
    """S2: where it is ended before its device is kept, as NO by text does, nothing of it is left."""
    for sign_in in (let_in, by_password):
        service = with_ada(password_hash)

        def end_all(service: Service = service) -> None:
            for session_id in living(service):
                service.stores.sessions.expire(ADA, session_id, service.now)

        service.meanwhile["accounts.know_device"] = end_all
        sign_in(service)
        assert known(service) == set()


# A device id lets nobody in.


def test_r4_1_nobody_signs_in_with_a_device_id() -> None:
    """R4.1: neither by approval nor with a password, nor as a new account; nothing is looked up."""
    service = with_ada()
    let_in(service)
    service.calls.clear()
    with pytest.raises(InvalidRequest):
        service.start("device:laptop-7")
    with pytest.raises(InvalidRequest):
        service.passwords.sign_in("device:laptop-7", PASSWORD, LAPTOP, HOME)
    with pytest.raises(InvalidRequest):
        service.passwords.sign_up("device:laptop-8", PASSWORD, LAPTOP, HOME)
    assert service.calls == []


def test_r4_1_a_device_is_not_bound_by_hand() -> None:
    """R4.1: only by signing in on it: neither asked for nor confirmed, and nothing is looked up."""
    service = with_ada()
    session = service.session("FOUNDER", founding=True)
    service.calls.clear()
    with pytest.raises(InvalidRequest):
        service.bind(session, "device:tablet-3")
    with pytest.raises(InvalidRequest):
        service.binding.confirm(session, "device:tablet-3", "123456")
    assert service.calls == []


def test_r4_1_devices_are_no_logins_to_be_left_with() -> None:
    """R4.1: the last login stays, since no device brings its owner back; nor do devices count among twenty logins."""
    service = Service()
    service.account("ada")
    founder = service.approver(HERS.session_id)
    for number in range(20):
        let_in(service, Device("desktop", "PC", id=f"{number}"))
    service.wait(24 * 3600)
    session = service.control.alive(founder)
    with pytest.raises(LastLogin):
        service.binding.unbind(session, "ada")
    service.bind(session, "countess")
    service.binding.unbind(session, "ada")
    assert set(service.rows.accounts[ADA].logins) == {"user:countess"}
    assert len(known(service)) == 20


# Forgetting.


def test_r4_1_a_session_forgets_a_device_of_its_account() -> None:
    """R4.1: its id leads nowhere then; it is known again, here or elsewhere, once it signs in again."""
    service = with_ada()
    grant = let_in(service)
    with pytest.raises(UnknownLogin):
        service.binding.unbind(service.session("GRACES", GRACE), "device:laptop-7")
    service.binding.unbind(service.control.alive(who(grant)), "device:laptop-7")
    assert known(service) == set()
    assert "device:laptop-7" not in service.rows.logins
    with pytest.raises(UnknownLogin):
        service.binding.unbind(service.control.alive(who(grant)), "device:laptop-7")
    let_in(service)
    assert known(service) == {"device:laptop-7"}


def test_s4_a_fresh_session_forgets_no_older_device() -> None:
    """S4: whoever has just got in leaves the owner's devices alone; of age it may, and an older session at once."""
    service = with_ada()
    let_in(service, PHONE)
    service.wait(1)
    thief = service.control.alive(who(let_in(service)))
    with pytest.raises(Forbidden):
        service.binding.unbind(thief, "device:phone-1")
    assert known(service) == {"device:phone-1", "device:laptop-7"}
    service.binding.unbind(service.control.alive(HERS), "device:laptop-7")
    service.wait(timedelta(hours=24).total_seconds())
    service.binding.unbind(thief, "device:phone-1")
    assert known(service) == set()


def test_t7_no_forgets_devices_that_became_known() -> None:
    """T7: those of the sessions that it ends, however they came in; what was known before stays."""
    service = with_ada()
    let_in(service)
    service.wait(60)
    service.signed_in_by_text(device=PHONE)
    let_in(service, Device("desktop", "Thief's PC", id="thief-1"))
    assert known(service) == {"device:laptop-7", "device:phone-1", "device:thief-1"}
    service.wait(60)
    service.text("NO")
    assert known(service) == {"device:laptop-7"}
    assert {key for key in service.rows.logins if key.startswith("device:")} == {"device:laptop-7"}


def test_t7_no_forgets_the_device_of_an_account_that_a_text_made() -> None:
    """T7: the number keeps its account, and the phone that somebody else held nothing of it."""
    service = Service()
    grant = service.signed_in_by_text(device=PHONE)
    service.text("NO")
    assert known(service, grant.account_id) == set()
    assert set(service.rows.logins) == {f"tel:{ADAS_NUMBER}"}


def test_r4_1_a_device_whose_id_cannot_stand_in_a_url_stays_unknown() -> None:
    """R4.1: what the account could not name to forget it, it does not get to know; the device signs in all the same."""
    service = with_ada()
    for device_id in ("a/b", "a%2Fb", "a?b", "../..", "a#b"):
        started = service.start(device=Device("desktop", "PC", device_id))
        service.answer(started, "allow", by=HERS)
        service.redeem(started)
        assert f"device:{device_id}" not in service.rows.logins
