"""NO, and what comes back after it: other deliveries, numbers that were bound anew, texts of before (T4, T7)."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from nod.domain.sessions import Session
from nod.domain.sign_in import Approver
from nod.domain.texts import stopped_text
from nod.errors import Denied
from nod.flows.granting import Grant
from tests.builders import ADA, ADAS_NUMBER, APP, GRACE, GRACES_NUMBER, HOME, LAPTOP
from tests.unit.bindings import to_send
from tests.unit.service import Service
from tests.unit.stopping import living, shown, who

DONE = stopped_text(APP, done=True)
DAYS = 3 * 24 * 3600


class Killed(BaseException):
    """The function dies on the spot."""


def die() -> None:
    """What the function does when it is killed."""
    raise Killed


def with_a_number(*, lately: bool, password: str | None = None, **parameters: Any) -> tuple[Service, Session]:
    """Ada's account with a PC that is signed in, to which her number was bound lately or long ago."""
    service = Service(**parameters)
    service.account("ada", password_hash=password)
    mine = service.session("PC", founding=True)
    service.connect(mine, "PC's socket")
    service.wait(60)
    bind_anew(service, mine)
    service.wait(60 if lately else DAYS)
    service.connect(mine, "PC's socket")
    return service, mine


def bind_anew(service: Service, mine: Session) -> None:
    """The number's own text binds it."""
    service.text(to_send(service.bind(mine, ADAS_NUMBER)).body)
    service.replies()


# Another NO.


def broken_off(service: Service) -> None:
    """A first NO dies before it has looked for anything; nobody hears anything, so a second is texted."""
    service.failing(0, "sessions.of_account")
    with pytest.raises(ConnectionError):
        service.text("NO", message_id="FIRST")
    service.wait(20)
    service.replies()
    service.text("NO", message_id="SECOND")
    assert service.replies() == [DONE]


@pytest.mark.parametrize("later", [60, 3 * 3600])
def test_t4_an_older_no_that_comes_again_undoes_nothing_that_followed_a_younger(later: int) -> None:
    """T4, T7: all that it was about is undone; what the owner has done since is left alone, and it is answered."""
    service, mine = with_a_number(lately=False)
    service.signed_in_by_text()
    broken_off(service)
    service.wait(60)
    service.passwords.change(mine, None, "the owner's own")
    service.bind(mine, "lovelace")
    owners = service.signed_in_by_text()
    service.wait(later)
    service.replies()
    service.text("NO", message_id="FIRST")
    assert service.replies() == [DONE]
    assert living(service) == {"PC", owners.session_id}
    assert service.rows.accounts[ADA].has_own_password
    assert "lovelace" in shown(service)


def test_t4_an_older_no_is_known_as_undone_once_the_number_is_bound_anew() -> None:
    """T4, T7: the younger one has taken the number away, and with it all that stood there."""
    service, mine = with_a_number(lately=True)
    service.signed_in_by_text()
    broken_off(service)
    service.wait(60)
    bind_anew(service, mine)
    owners = service.signed_in_by_text()
    service.bind(mine, "lovelace")
    service.wait(3600)
    service.replies()
    service.text("NO", message_id="FIRST")
    assert living(service) == {"PC", owners.session_id}
    assert {ADAS_NUMBER, "lovelace"} <= shown(service)


@pytest.mark.parametrize("where", ["a new account", "an account of old"])
def test_t4_an_older_no_is_about_the_account_that_its_number_had(where: str) -> None:
    """T4, T7: in whichever account the number is by the time that it comes again, nothing is undone."""
    service, _ = with_a_number(lately=True)
    service.signed_in_by_text()
    broken_off(service)
    service.wait(60)
    if where == "a new account":
        owner = service.control.alive(who(service.signed_in_by_text()))
    else:
        service.account("grace", account_id=GRACE)
        owner = service.session("GRACES", GRACE, founding=True)
        bind_anew(service, owner)
        service.signed_in_by_text()
    service.passwords.change(owner, None, "the owner's own")
    service.bind(owner, "lovelace")
    before, sessions = service.rows.accounts[owner.account_id], living(service, owner.account_id)
    service.wait(1800)
    service.replies()
    service.text("NO", message_id="FIRST")
    assert service.replies() == [DONE]
    assert (service.rows.accounts[owner.account_id], living(service, owner.account_id)) == (before, sessions)


def test_t7_a_thief_that_takes_the_number_away_does_not_stop_a_no_that_has_come() -> None:
    """T7: what its text has led to ends by the next delivery, though the number is nobody's by then."""
    service = Service(eviction_age=timedelta(0))
    service.account("ada", ADAS_NUMBER, password_hash="hers")
    service.session("PC")
    service.wait(DAYS)
    thief = service.control.alive(who(service.signed_in_by_text()))
    service.failing(0, "logins.stop")
    with pytest.raises(ConnectionError):
        service.text("NO", message_id="NO")
    service.binding.unbind(thief, ADAS_NUMBER)
    service.wait(40)
    service.text("NO", message_id="NO")
    assert service.replies()[-1] == DONE
    assert living(service) == {"PC"}


def test_t7_a_no_whose_first_delivery_was_lost_leaves_alone_what_came_between() -> None:
    """T7: it arrives hours after a second one; what was done from an older device meanwhile is no part of it."""
    service, mine = with_a_number(lately=False)
    service.signed_in_by_text()
    service.failing(0, "messages.claim")
    with pytest.raises(ConnectionError):
        service.text("NO", message_id="FIRST")
    service.wait(20)
    service.text("NO", message_id="SECOND")
    service.wait(60)
    service.passwords.change(mine, None, "the owner's own")
    service.bind(mine, "lovelace")
    service.wait(3600)
    service.text("NO", message_id="FIRST")
    assert service.rows.accounts[ADA].has_own_password
    assert "lovelace" in shown(service)


def test_t7_a_no_after_a_broken_one_undoes_all_of_it() -> None:
    """T7: the younger is about all that the older was about."""
    service, _ = with_a_number(lately=False)
    thief = service.signed_in_by_text()
    service.wait(60)
    broken_off(service)
    assert thief.session_id not in living(service)


# Numbers that were bound anew.


@pytest.mark.parametrize("asks", [False, True])
def test_t7_what_was_texted_before_no_is_not_redeemed_once_the_number_is_bound_anew(asks: bool) -> None:
    """T7: NO has taken the number from its account, and with it what stood there about NO."""
    service, mine = with_a_number(lately=True, asks_about_phones=asks)
    thief = service.start_phone()
    service.text(thief)
    service.wait(10)
    service.text("NO")
    service.wait(10)
    bind_anew(service, mine)
    if asks:
        code = service.rows.prompts[ADA, thief.sign_in.sign_in_id].verification.code
        service.answer(thief, "allow", by=Approver(ADA, "PC"), code=code)
    with pytest.raises(Denied):
        service.redeem(thief)
    assert living(service) == {"PC"}


def test_t7_what_was_texted_before_the_number_was_taken_away_is_not_redeemed_after_it_was_bound_anew() -> None:
    """T7: whoever takes the number from the account means what it has just asked for, too."""
    service, mine = with_a_number(lately=False, password="hers")
    thief = service.start_phone()
    service.text(thief)
    service.wait(10)
    service.binding.unbind(mine, ADAS_NUMBER)
    bind_anew(service, mine)
    with pytest.raises(Denied):
        service.redeem(thief)
    assert living(service) == {"PC"}


def test_t7_no_undoes_what_a_number_let_in_before_it_was_bound_anew() -> None:
    """T7: an owner who takes the number away, binds it anew, and then says NO is told the truth."""
    service, mine = with_a_number(lately=False, password="hers")
    thief = service.signed_in_by_text()
    service.wait(60)
    service.binding.unbind(mine, ADAS_NUMBER)
    bind_anew(service, mine)
    service.wait(60)
    service.text("NO")
    assert service.replies() == [DONE]
    assert thief.session_id not in living(service)
    assert living(service) == {"PC"}


# Where NO breaks off late.


@pytest.mark.parametrize("lately", [True, False])
@pytest.mark.parametrize("step", ["connections.of", "sockets.close"])
def test_t7_sockets_that_no_did_not_come_to_close_are_closed_by_its_next_delivery(step: str, lately: bool) -> None:
    """T7: though its number has left the account meanwhile; and it is told as done."""
    service, _ = with_a_number(lately=lately)
    thief = service.control.alive(who(service.signed_in_by_text()))
    for number in range(2):
        service.connect(thief, f"thief's socket {number}")
    service.replies()
    service.meanwhile[step] = die
    with pytest.raises(Killed):
        service.text("NO", message_id="NO")
    assert service.replies() == []
    service.wait(40)
    service.text("NO", message_id="NO")
    assert service.replies() == [DONE]
    assert service.sockets.open == {"PC's socket"}
    assert living(service) == {"PC"}


def test_t7_who_stays_in_leaves_just_when_the_number_goes() -> None:
    """T7: then somebody else must get in by it: the account is the number's, and not nobody's."""
    service, mine = with_a_number(lately=True)
    service.signed_in_by_text()

    def leave() -> None:
        service.control.end("PC", by=who_is(mine))

    service.meanwhile["messages.undone_with"] = leave
    service.text("NO")
    assert living(service) == set()
    assert service.rows.accounts[ADA].has_number
    service.wait(1)
    assert service.signed_in_by_text().account_id == ADA


def who_is(session: Session) -> Approver:
    """Whom a session speaks for."""
    return Approver(session.account_id, session.session_id)


def test_r3_3_an_answer_that_could_not_be_sent_is_counted_once() -> None:
    """R3.3, T7: however often sending fails, NO is answered in the end."""
    service, _ = with_a_number(lately=False)
    service.signed_in_by_text()
    service.replies()
    service.texts.out_of_order = True
    for _ in range(5):
        with pytest.raises(ConnectionError):
            service.text("NO", message_id="NO")
    service.texts.out_of_order = False
    service.text("NO", message_id="NO")
    assert service.replies() == [DONE]


# Texts of before.


def texted_and_redeemed(service: Service) -> Grant:
    """A text whose answer could not be sent; its phone is signed in all the same."""
    started = service.start_phone()
    service.failing(0, "texts.send")
    with suppress(ConnectionError):
        service.text(started, message_id="TEXT")
    return service.redeem(started)


def say_no(service: Service, _: Grant) -> None:
    """NO is said."""
    service.text("NO")


def unbind(service: Service, grant: Grant) -> None:
    """The number leaves the account."""
    session = service.control.alive(who(grant))
    service.bind(session, "countess")
    service.passwords.change(session, None, "the owner's own")
    service.binding.unbind(session, ADAS_NUMBER)


@pytest.mark.parametrize("take_back", [say_no, unbind])
def test_t7_what_was_taken_back_is_told_of_no_more(take_back: Callable[[Service, Grant], None]) -> None:
    """T7, R3.6: a text that comes again after NO tells nobody that its device is in, and sets no password."""
    service = Service(texts_account=True, eviction_age=timedelta(0))
    grant = texted_and_redeemed(service)
    service.wait(30)
    take_back(service, grant)
    service.replies()
    before = service.rows.accounts[grant.account_id]
    for _ in range(2):
        service.text(f"Code: {service_sign_in(service)}.", message_id="TEXT")
    assert service.replies() == []
    assert service.rows.accounts[grant.account_id] == before


def test_t7_a_binding_that_was_taken_back_is_told_of_no_more() -> None:
    """T7: nobody hears that a number signs in to an account which it has left."""
    service, mine = with_a_number(lately=False, password="hers")
    service.binding.unbind(mine, ADAS_NUMBER)
    body = to_send(service.bind(mine, ADAS_NUMBER)).body
    service.failing(0, "texts.send")
    with pytest.raises(ConnectionError):
        service.text(body, message_id="BINDING")
    service.binding.unbind(mine, ADAS_NUMBER)
    service.text(body, message_id="BINDING")
    assert service.replies() == []


def service_sign_in(service: Service) -> str:
    """The identifier of the only sign-in."""
    (sign_in_id,) = service.rows.sign_ins
    return sign_in_id


# Clocks that differ.


def test_t7_what_follows_from_a_session_is_no_older_than_it() -> None:
    """T7: a function whose clock is a second behind dates no password, login or session to before the thief's text."""
    service = Service()
    thief = service.control.alive(who(service.signed_in_by_text()))
    service.wait(-1)
    service.passwords.change(thief, None, "the thief's own")
    service.bind(thief, "mallory")
    service.text(to_send(service.bind(thief, GRACES_NUMBER)).body, GRACES_NUMBER)
    service.passwords.sign_in(ADAS_NUMBER, "the thief's own", LAPTOP, HOME)
    service.wait(60)
    service.text("NO")
    assert living(service, thief.account_id) == set()
    assert shown(service, thief.account_id) == {ADAS_NUMBER}
    assert service.rows.accounts[thief.account_id].password_hash is None
