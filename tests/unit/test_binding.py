"""Binding logins to an account, each proven first: by text, by mail, or at once (R1.2; attacks S2, S4, T4)."""

from datetime import timedelta
from typing import Any

import pytest

from nod.domain.logins import BoundLogin, KnownLogin, parse_login
from nod.domain.sessions import Session
from nod.domain.sign_in import Approver
from nod.domain.texts import SenderOfTexts, SmsToSend, binding_text, bound_text, identifier_in, refusal_text
from nod.errors import (
    Expired,
    Forbidden,
    InvalidRequest,
    InvalidToken,
    LastLogin,
    LoginTaken,
    NodError,
    SlowDown,
    UnknownLogin,
    WrongCode,
)
from nod.flows.binding import Unproven
from tests.builders import ADA, ADAS_NUMBER, APP, GRACE, GRACES_NUMBER, after
from tests.unit.service import Service

ADDRESS = "ada@example.com"
NUMBER_KEY, ADDRESS_KEY = f"tel:{ADAS_NUMBER}", f"mailto:{ADDRESS}"


def with_ada(**parameters: Any) -> tuple[Service, Session]:
    """A service where Ada has a username, and a session that wants more."""
    service = Service(**parameters)
    service.account("ada")
    service.account("grace", GRACES_NUMBER, account_id=GRACE)
    return service, service.session("PHONE")


def bound(service: Service, account_id: str = ADA) -> set[str]:
    """The logins of an account."""
    return {one.login.shown for one in service.rows.accounts[account_id].bound_logins()}


def to_send(asked: BoundLogin | Unproven) -> SmsToSend:
    """What a phone is to send so that its number is bound."""
    assert isinstance(asked, Unproven)
    assert asked.sms is not None
    return asked.sms


def mailed_code(service: Service) -> str:
    """The code in the last mail."""
    return service.mail.sent[-1][2].removeprefix("Your code is ")[:6]


def wrong(code: str) -> str:
    """Another code."""
    return "111111" if code != "111111" else "222222"


# A username.


def test_r1_2_a_username_is_bound_at_once() -> None:
    """R1.2: it leads to the account from then on, and the account knows since when."""
    service, mine = with_ada()
    service.wait(5)
    binding = service.binding.bind(mine, " Countess ")
    assert binding == BoundLogin(parse_login("countess"), service.now)
    assert service.stores.logins.find("user:countess") == KnownLogin(ADA)
    assert bound(service) == {"ada", "countess"}


@pytest.mark.parametrize("login", ["device:1", "no login", "", "07700 900123", "+442079460123"])
def test_r1_2_what_cannot_be_proven_is_not_bound(login: str) -> None:
    """R1.2: neither a device, nor what is no login, nor a number that cannot text."""
    service, mine = with_ada()
    with pytest.raises(InvalidRequest):
        service.binding.bind(mine, login)
    assert bound(service) == {"ada"}
    assert service.rows.bindings == {}


@pytest.mark.parametrize("login", ["grace", "ADA", GRACES_NUMBER])
def test_a_taken_login_is_not_bound(login: str) -> None:
    """A login of another account, or of this one, is taken."""
    service, mine = with_ada()
    with pytest.raises(LoginTaken):
        service.binding.bind(mine, login)
    assert bound(service) == {"ada"}
    assert bound(service, GRACE) == {"grace", GRACES_NUMBER}
    assert service.rows.bindings == {}


def test_a_taken_address_is_not_mailed() -> None:
    """The address of another account gets no mail by this."""
    service, mine = with_ada()
    service.stores.accounts.bind(service.session("GRACES", GRACE), ADDRESS_KEY, service.now)
    with pytest.raises(LoginTaken):
        service.binding.bind(mine, ADDRESS)
    assert service.mail.sent == []


def test_s2_an_ended_session_binds_nothing() -> None:
    """S2: where it is ended between the request's check and the write, nothing is bound."""
    service, mine = with_ada()
    service.meanwhile["accounts.bind"] = lambda: service.stores.sessions.delete(ADA, "PHONE")
    with pytest.raises(InvalidToken):
        service.binding.bind(mine, "countess")
    assert bound(service) == {"ada"}


# A phone number.


def test_r1_2_a_number_is_bound_by_its_text_message() -> None:
    """R1.2: not on anybody's word, but when the text that names the binding has come from that very number."""
    service, mine = with_ada()
    asked = service.binding.bind(mine, "+44 (0)7700 900123")
    assert isinstance(asked, Unproven)
    assert asked.expires_at == service.now + timedelta(minutes=10)
    sms = to_send(asked)
    assert sms == binding_text(APP, identifier_in(sms.body) or "")
    assert bound(service) == {"ada"}
    service.wait(5)
    service.text(sms.body, "0044 7700 900123")
    assert service.rows.accounts[ADA].logins[NUMBER_KEY] == after(5)
    assert service.stores.logins.find(NUMBER_KEY) == KnownLogin(ADA)
    assert service.replies() == [bound_text(APP, ADAS_NUMBER)]


def test_r1_2_a_bound_number_signs_in_to_the_account() -> None:
    """R1.2: from then on a text from that number leads there, and asks the same approvers."""
    service, mine = with_ada()
    service.text(to_send(service.binding.bind(mine, ADAS_NUMBER)).body)
    assert service.signed_in_by_text().account_id == ADA
    service.approver("PC")
    assert service.start(ADAS_NUMBER).sign_in.account_id == ADA


def test_r1_2_another_number_binds_nothing() -> None:
    """R1.2: the text from any other number binds neither, and the right one still can."""
    service, mine = with_ada()
    text = to_send(service.binding.bind(mine, ADAS_NUMBER)).body
    for number in ("+447700900789", GRACES_NUMBER):
        service.text(text, number)
        assert service.replies(number) == [refusal_text(APP, "two_numbers")]
    assert bound(service) == {"ada"}
    assert "tel:+447700900789" not in service.rows.logins
    service.text(text)
    assert bound(service) == {"ada", ADAS_NUMBER}


def test_r1_2_a_text_that_binds_comes_in_time() -> None:
    """R1.2: ten minutes after it was asked for it binds nothing."""
    service, mine = with_ada()
    text = to_send(service.binding.bind(mine, ADAS_NUMBER)).body
    service.wait(600)
    service.text(text)
    assert service.replies() == [refusal_text(APP, "expired")]
    assert bound(service) == {"ada"}


def test_s2_a_binding_ends_with_the_session_that_asked() -> None:
    """S2: what a thief has asked for binds nothing once the thief is out."""
    service, mine = with_ada()
    text = to_send(service.binding.bind(mine, ADAS_NUMBER)).body
    service.stores.sessions.delete(ADA, "PHONE")
    service.text(text)
    assert service.replies() == [refusal_text(APP, "expired")]
    assert bound(service) == {"ada"}


def test_r1_2_a_text_binds_once() -> None:
    """R1.2: the same text again, or delivered again after the number was unbound, binds nothing (T4)."""
    service, mine = with_ada()
    text = to_send(service.binding.bind(mine, ADAS_NUMBER)).body
    service.text(text, message_id="ONE")
    service.replies()
    service.binding.unbind(mine, ADAS_NUMBER)
    service.text(text, message_id="ONE")
    assert service.replies() == []
    service.text(text, message_id="TWO")
    assert service.replies() == [refusal_text(APP, "unknown")]
    assert bound(service) == {"ada"}


def test_r1_2_a_number_that_was_taken_meanwhile_is_not_bound() -> None:
    """R1.2: where it gets an account of its own before, or between reading and writing, that keeps it."""
    for meanwhile in (False, True):
        service, mine = with_ada()
        text = to_send(service.binding.bind(mine, ADAS_NUMBER)).body
        if meanwhile:
            service.meanwhile["messages.bind"] = service.signed_in_by_text
        else:
            service.signed_in_by_text()
            service.replies()
        service.text(text)
        assert refusal_text(APP, "login_taken") in service.replies()
        assert bound(service) == {"ada"}


def test_t4_a_binding_delivered_beside_itself_is_bound_and_told_once() -> None:
    """T4: whichever of two deliveries is faster, there is one reply."""
    service, mine = with_ada()
    text = to_send(service.binding.bind(mine, ADAS_NUMBER)).body
    service.meanwhile["messages.bind"] = lambda: service.text(text, message_id="ONE")
    service.text(text, message_id="ONE")
    assert service.replies() == [bound_text(APP, ADAS_NUMBER)]
    assert bound(service) == {"ada", ADAS_NUMBER}


def test_r1_2_a_reply_about_a_binding_is_made_up_for() -> None:
    """R3.3: where it cannot be sent, the next delivery sends it, and binds nothing again."""
    service, mine = with_ada()
    text = to_send(service.binding.bind(mine, ADAS_NUMBER)).body
    service.texts.out_of_order = True
    with pytest.raises(ConnectionError):
        service.text(text, message_id="ONE")
    service.texts.out_of_order = False
    service.text(text, message_id="ONE")
    assert service.replies() == [bound_text(APP, ADAS_NUMBER)]


def test_each_binding_has_an_identifier_of_its_own() -> None:
    """R1.2: two that are asked for at once are told apart, and what is a binding is no sign-in."""
    service, mine = with_ada()
    texts = [to_send(service.binding.bind(mine, ADAS_NUMBER)).body for _ in range(3)]
    assert len({identifier_in(text) for text in texts}) == 3
    assert service.rows.sign_ins == {}


def test_a_stack_without_a_number_binds_none() -> None:
    """R1.2: where nothing could be texted to, it says so."""
    service, mine = with_ada(app=SenderOfTexts("Nod", ""))
    with pytest.raises(Forbidden):
        service.binding.bind(mine, ADAS_NUMBER)
    assert service.rows.bindings == {}


# An email address.


def test_r1_2_an_address_is_bound_by_the_code_that_was_mailed() -> None:
    """R1.2: the mail names the application and warns; with its code the address leads to the account."""
    service, mine = with_ada()
    asked = service.binding.bind(mine, "Ada@Example.com")
    assert asked == Unproven(service.now + timedelta(minutes=10))
    ((address, subject, text),) = service.mail.sent
    assert (address, subject) == (ADDRESS, "Your code for Nod")
    assert "never tell anybody the code" in text
    code = mailed_code(service)
    assert code.isdigit()
    assert bound(service) == {"ada"}
    service.wait(5)
    assert service.binding.confirm(mine, ADDRESS, code) == BoundLogin(parse_login(ADDRESS), after(5))
    assert bound(service) == {"ada", ADDRESS}
    assert service.rows.bindings == {}


def test_a_mailed_code_is_kept_as_a_hash_and_never_answered() -> None:
    """I3: neither the answer nor the tables hold it."""
    service, mine = with_ada()
    asked = service.binding.bind(mine, ADDRESS)
    assert mailed_code(service) not in repr(asked)
    assert mailed_code(service) not in repr([binding.code_hash for binding in service.rows.bindings.values()])


def test_mailed_codes_have_three_tries() -> None:
    """R1.2: two wrong ones leave a third; after three wrong ones the right code is worth nothing."""
    service, mine = with_ada()
    service.binding.bind(mine, ADDRESS)
    code = mailed_code(service)
    for left in ("2 more", "1 more"):
        with pytest.raises(WrongCode) as refusal:
            service.binding.confirm(mine, ADDRESS, wrong(code))
        assert left in refusal.value.detail
    service.binding.confirm(mine, ADDRESS, code)
    service, mine = with_ada()
    service.binding.bind(mine, ADDRESS)
    for _ in range(3):
        with pytest.raises(WrongCode):
            service.binding.confirm(mine, ADDRESS, wrong(mailed_code(service)))
    with pytest.raises(UnknownLogin):
        service.binding.confirm(mine, ADDRESS, mailed_code(service))
    assert bound(service) == {"ada"}


def test_mailed_codes_have_three_tries_at_once() -> None:
    """R1.2: tries that are made at the same moment are counted before they are looked at."""
    service, mine = with_ada()
    service.binding.bind(mine, ADDRESS)
    code = mailed_code(service)
    errors: list[type[NodError]] = []

    def guess(others: int) -> None:
        if others:
            service.meanwhile["bindings.take_try"] = lambda: guess(others - 1)
        with pytest.raises(NodError) as refusal:
            service.binding.confirm(mine, ADDRESS, wrong(code))
        errors.append(type(refusal.value))

    guess(4)
    assert errors == [WrongCode] * 3 + [UnknownLogin] * 2


def test_a_code_that_was_asked_for_anew_replaces_the_old() -> None:
    """R1.2: the code of the first mail is wrong once a second was sent."""
    service, mine = with_ada()
    service.binding.bind(mine, ADDRESS)
    first = mailed_code(service)
    service.binding.bind(mine, ADDRESS)
    assert first != mailed_code(service)
    with pytest.raises(WrongCode):
        service.binding.confirm(mine, ADDRESS, first)
    service.binding.confirm(mine, ADDRESS, mailed_code(service))


def test_another_account_s_code_confirms_nothing() -> None:
    """R1.2: each account has a binding of its own; the code that was mailed for one is nothing to the other."""
    service, mine = with_ada()
    graces = service.session("GRACES", GRACE)
    service.binding.bind(mine, ADDRESS)
    code = mailed_code(service)
    with pytest.raises(UnknownLogin):
        service.binding.confirm(graces, ADDRESS, code)
    service.binding.bind(graces, ADDRESS)
    with pytest.raises(WrongCode):
        service.binding.confirm(graces, ADDRESS, code)
    assert bound(service, GRACE) == {"grace", GRACES_NUMBER}


def test_a_code_is_good_for_one_address() -> None:
    """R1.2: it does not confirm another address that the same account has under way."""
    service, mine = with_ada()
    service.binding.bind(mine, ADDRESS)
    code = mailed_code(service)
    service.binding.bind(mine, "mallory@example.com")
    with pytest.raises(WrongCode):
        service.binding.confirm(mine, "mallory@example.com", code)
    with pytest.raises(UnknownLogin):
        service.binding.confirm(mine, "other@example.com", code)


def test_a_code_expires() -> None:
    """R1.2: ten minutes after the mail it is worth nothing."""
    service, mine = with_ada()
    service.binding.bind(mine, ADDRESS)
    service.wait(600)
    with pytest.raises(Expired):
        service.binding.confirm(mine, ADDRESS, mailed_code(service))
    assert bound(service) == {"ada"}


def test_an_address_that_was_taken_meanwhile_is_not_bound() -> None:
    """R1.2: whoever proves it first has it."""
    service, mine = with_ada()
    service.binding.bind(mine, ADDRESS)
    code = mailed_code(service)
    graces = service.session("GRACES", GRACE)
    service.binding.bind(graces, ADDRESS)
    service.binding.confirm(graces, ADDRESS, mailed_code(service))
    with pytest.raises(LoginTaken):
        service.binding.confirm(mine, ADDRESS, code)
    assert service.stores.logins.find(ADDRESS_KEY) == KnownLogin(GRACE)


def test_s2_a_code_is_worth_nothing_once_the_session_that_asked_is_ended() -> None:
    """S2: also where another session of the account brings it."""
    service, mine = with_ada()
    service.binding.bind(mine, ADDRESS)
    service.stores.sessions.delete(ADA, "PHONE")
    with pytest.raises(InvalidToken):
        service.binding.confirm(service.session("OTHER"), ADDRESS, mailed_code(service))
    assert bound(service) == {"ada"}


def test_a_phone_s_binding_is_not_confirmed_by_a_code() -> None:
    """R1.2: a number is proven by its text message only."""
    service, mine = with_ada()
    sms = to_send(service.binding.bind(mine, ADAS_NUMBER))
    for code in ("123456", "", identifier_in(sms.body) or ""):
        with pytest.raises(UnknownLogin):
            service.binding.confirm(mine, ADAS_NUMBER, code)


def test_a1_an_address_gets_three_mails_an_hour() -> None:
    """A1: from all accounts together, so that nobody's mailbox is filled; the next hour there may be more."""
    service, mine = with_ada()
    graces = service.session("GRACES", GRACE)
    for session in (mine, graces, mine):
        service.binding.bind(session, ADDRESS)
    for session in (mine, graces):
        with pytest.raises(SlowDown):
            service.binding.bind(session, "ADA@example.com")
    assert len(service.mail.sent) == 3
    service.binding.bind(mine, "other@example.com")
    service.wait(3600)
    service.binding.bind(mine, ADDRESS)
    assert len(service.mail.sent) == 5


def test_a1_an_account_sends_ten_mails_an_hour() -> None:
    """A1: however many addresses it names; another account is not held up by that."""
    service, mine = with_ada()
    for number in range(10):
        service.binding.bind(mine, f"someone{number}@example.com")
    with pytest.raises(SlowDown):
        service.binding.bind(mine, "another@example.com")
    assert len(service.mail.sent) == 10
    service.binding.bind(service.session("GRACES", GRACE), "another@example.com")


def test_a_stack_that_sends_no_mail_binds_no_address() -> None:
    """R1.2: it says so, and counts nothing."""
    service, mine = with_ada(sends_mail=False)
    with pytest.raises(Forbidden):
        service.binding.bind(mine, ADDRESS)
    assert service.rows.counts == {}
    assert service.rows.bindings == {}


# Taking one away.


@pytest.mark.parametrize(
    ("login", "error"), [("grace", UnknownLogin), ("nobody", UnknownLogin), ("no login", InvalidRequest)]
)
def test_only_a_login_of_the_account_is_unbound(login: str, error: type[NodError]) -> None:
    """Another account's login, and one that nobody has, are unknown here."""
    service, mine = with_ada()
    service.binding.bind(mine, "countess")
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
    service.binding.bind(service.session("THIEF"), "mallory")
    service.binding.unbind(mine, "mallory")
    assert bound(service) == {"ada"}


def test_s2_an_ended_session_unbinds_nothing() -> None:
    """S2: where it is ended between the request's check and the write, the login stays."""
    service, mine = with_ada()
    service.binding.bind(mine, "countess")
    service.meanwhile["accounts.unbind"] = lambda: service.stores.sessions.delete(ADA, "PHONE")
    with pytest.raises(InvalidToken):
        service.binding.unbind(mine, "countess")
    assert bound(service) == {"ada", "countess"}


def test_two_removals_at_once_leave_one_login() -> None:
    """Each sees two logins; the second is refused."""
    service, mine = with_ada()
    service.binding.bind(mine, "countess")
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
