"""Binding phone numbers, each proven by the text message that comes from it (R1.2; attacks S2, T4, T5)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from nod.domain.logins import KnownLogin
from nod.domain.texts import SenderOfTexts, binding_text, bound_text, identifier_in, refusal_text
from nod.errors import Forbidden, UnknownLogin
from nod.flows.binding import Unproven
from tests.builders import ADA, ADAS_NUMBER, APP, GRACES_NUMBER, after
from tests.unit.bindings import bound, to_send, with_ada
from tests.unit.service import Service

NUMBER_KEY = f"tel:{ADAS_NUMBER}"


def test_r1_2_a_number_is_bound_by_its_text_message() -> None:
    """R1.2: not on anybody's word, but when the text that names the binding has come from that very number."""
    service, mine = with_ada()
    asked = service.bind(mine, "+44 (0)7700 900123")
    assert isinstance(asked, Unproven)
    assert asked.expires_at == service.now + timedelta(minutes=10)
    sms = to_send(asked)
    assert sms == binding_text(APP, identifier_in(sms.body) or "")
    assert bound(service) == {"ada"}
    service.wait(5)
    service.text(sms.body, "0044 7700 900123")
    assert service.rows.accounts[ADA].logins[NUMBER_KEY] == after(5)
    assert service.stores.logins.find(NUMBER_KEY) == KnownLogin(ADA, service.now)
    assert service.replies() == [bound_text(APP, ADAS_NUMBER)]


def test_r1_2_a_bound_number_signs_in_to_the_account() -> None:
    """R1.2: from then on a text from that number leads there, and asks the same approvers."""
    service, mine = with_ada()
    service.text(to_send(service.bind(mine, ADAS_NUMBER)).body)
    assert service.signed_in_by_text().account_id == ADA
    service.approver("PC")
    assert service.start(ADAS_NUMBER).sign_in.account_id == ADA


def test_r1_2_another_number_binds_nothing() -> None:
    """R1.2: the text from any other number binds neither, and the right one still can."""
    service, mine = with_ada()
    text = to_send(service.bind(mine, ADAS_NUMBER)).body
    for number in ("+447700900789", GRACES_NUMBER):
        service.text(text, number)
        assert service.replies(number) == [refusal_text(APP, "other_number")]
    assert bound(service) == {"ada"}
    assert "tel:+447700900789" not in service.rows.logins
    service.text(text)
    assert bound(service) == {"ada", ADAS_NUMBER}


def test_t5_a_binding_s_identifier_is_no_sign_in_s() -> None:
    """T5: an onlooker who starts a sign-in with it gets nothing of the text, which binds the number."""
    service, mine = with_ada()
    text = to_send(service.bind(mine, ADAS_NUMBER)).body
    onlooker = service.start_phone(identifier_in(text))
    before = service.sign_in(onlooker)
    service.text(text)
    assert service.replies() == [bound_text(APP, ADAS_NUMBER)]
    assert bound(service) == {"ada", ADAS_NUMBER}
    assert service.sign_in(onlooker) == before


def fill(service: Service) -> None:
    """Ada's account gets as many logins as it may have."""
    for number in range(19):
        service.stores.accounts.bind(service.rows.sessions[ADA, "PHONE"], f"user:ada{number}", service.now)


@pytest.mark.parametrize(
    ("spoil", "outcome"),
    [
        (lambda service: service.wait(600), "expired"),
        (lambda service: service.stores.sessions.expire(ADA, "PHONE", service.now), "expired"),
        (lambda service: service.signed_in_by_text(), "login_taken"),
        (fill, "account_full"),
    ],
    ids=["expired", "session ended", "taken", "full"],
)
def test_t5_a_binding_that_comes_to_nothing_is_no_sign_in(spoil: Callable[[Service], object], outcome: Any) -> None:
    """T5: late, taken meanwhile, or of a session that was ended: the onlooker's sign-in gets nothing of it either."""
    service, mine = with_ada()
    text = to_send(service.bind(mine, ADAS_NUMBER)).body
    spoil(service)
    onlooker = service.start_phone(identifier_in(text))
    service.replies()
    service.text(text)
    assert service.replies() == [refusal_text(APP, outcome)]
    assert service.sign_in(onlooker).status == "started"


def test_t5_a_text_that_is_sent_twice_lets_no_onlooker_in() -> None:
    """T5: whoever sends the text of a binding once more, to be sure, does not let an onlooker in by that."""
    service, mine = with_ada()
    text = to_send(service.bind(mine, ADAS_NUMBER)).body
    onlooker = service.start_phone(identifier_in(text))
    service.text(text)
    service.replies()
    service.binding.unbind(mine, ADAS_NUMBER)
    service.text(text)
    assert service.replies() == [refusal_text(APP, "used")]
    assert service.sign_in(onlooker).status == "started"
    assert bound(service) == {"ada"}


def test_t5_another_number_s_text_is_no_sign_in_either() -> None:
    """T5: whoever sends the text of a binding for another number lets no onlooker into an account of their own."""
    service, mine = with_ada()
    text = to_send(service.bind(mine, ADAS_NUMBER)).body
    onlooker = service.start_phone(identifier_in(text))
    service.text(text, GRACES_NUMBER)
    assert service.replies(GRACES_NUMBER) == [refusal_text(APP, "other_number")]
    assert service.sign_in(onlooker).status == "started"


def test_r1_2_a_text_that_binds_comes_in_time() -> None:
    """R1.2: ten minutes after it was asked for it binds nothing."""
    service, mine = with_ada()
    text = to_send(service.bind(mine, ADAS_NUMBER)).body
    service.wait(600)
    service.text(text)
    assert service.replies() == [refusal_text(APP, "expired")]
    assert bound(service) == {"ada"}


def test_s2_a_binding_ends_with_the_session_that_asked() -> None:
    """S2: what a thief has asked for binds nothing once the thief is out."""
    service, mine = with_ada()
    text = to_send(service.bind(mine, ADAS_NUMBER)).body
    service.stores.sessions.expire(ADA, "PHONE", service.now)
    service.text(text)
    assert service.replies() == [refusal_text(APP, "expired")]
    assert bound(service) == {"ada"}


def test_r1_2_a_text_binds_once() -> None:
    """R1.2: the same text again, or delivered again after the number was unbound, binds nothing (T4)."""
    service, mine = with_ada()
    text = to_send(service.bind(mine, ADAS_NUMBER)).body
    service.text(text, message_id="ONE")
    service.replies()
    service.binding.unbind(mine, ADAS_NUMBER)
    service.text(text, message_id="ONE")
    assert service.replies() == []
    service.text(text, message_id="TWO")
    assert service.replies() == [refusal_text(APP, "used")]
    assert bound(service) == {"ada"}


def test_r1_2_a_number_that_was_taken_meanwhile_is_not_bound() -> None:
    """R1.2: where it gets an account of its own before, or between reading and writing, that keeps it."""
    for meanwhile in (False, True):
        service, mine = with_ada()
        text = to_send(service.bind(mine, ADAS_NUMBER)).body
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
    text = to_send(service.bind(mine, ADAS_NUMBER)).body
    service.meanwhile["messages.bind"] = lambda: service.text(text, message_id="ONE")
    service.text(text, message_id="ONE")
    assert service.replies() == [bound_text(APP, ADAS_NUMBER)]
    assert bound(service) == {"ada", ADAS_NUMBER}


def test_r1_2_a_reply_about_a_binding_is_made_up_for() -> None:
    """R3.3: where it cannot be sent, the next delivery sends it, and binds nothing again."""
    service, mine = with_ada()
    text = to_send(service.bind(mine, ADAS_NUMBER)).body
    service.texts.out_of_order = True
    with pytest.raises(ConnectionError):
        service.text(text, message_id="ONE")
    service.texts.out_of_order = False
    service.text(text, message_id="ONE")
    assert service.replies() == [bound_text(APP, ADAS_NUMBER)]


def test_each_binding_has_an_identifier_of_its_own() -> None:
    """R1.2: two that are asked for at once are told apart, and what is a binding is no sign-in."""
    service, mine = with_ada()
    texts = [to_send(service.bind(mine, ADAS_NUMBER)).body for _ in range(3)]
    assert len({identifier_in(text) for text in texts}) == 3
    assert service.rows.sign_ins == {}


def test_a_stack_without_a_number_binds_none() -> None:
    """R1.2: where nothing could be texted to, it says so."""
    service, mine = with_ada(app=SenderOfTexts("Nod", ""))
    with pytest.raises(Forbidden):
        service.bind(mine, ADAS_NUMBER)
    assert service.rows.bindings == {}


def test_a_phone_s_binding_is_not_confirmed_by_a_code() -> None:
    """R1.2: a number is proven by its text message only."""
    service, mine = with_ada()
    sms = to_send(service.bind(mine, ADAS_NUMBER))
    for code in ("123456", "", identifier_in(sms.body) or ""):
        with pytest.raises(UnknownLogin):
            service.binding.confirm(mine, ADAS_NUMBER, code)
