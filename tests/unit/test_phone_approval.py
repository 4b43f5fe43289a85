"""Where a stack asks approvers about phones: a text message alone does not let in (T7; attacks A1-A3, A12)."""

from typing import Any

import pytest

from nod.domain.limits import PROMPTS_PER_LOGIN, TEXTED_PROMPTS
from nod.domain.pushes import PromptClosed, PromptPush, SignInResolved
from nod.domain.refusals import StillWaiting
from nod.domain.sign_in import Approver
from nod.domain.texts import asked_text, refusal_text
from nod.domain.verification import Mode
from nod.errors import AlreadyAnswered, CodeRequired, Denied, Expired, SlowDown, UnknownSignIn
from nod.flows.starting import Started
from tests.builders import ADA, ADAS_NUMBER, APP, GRACE, GRACES_NUMBER, HOME, NOW, PHONE, wrong_code_for
from tests.unit.service import Service

PC = Approver(ADA, "PC")
PCS_SOCKET = "socket of PC"


def with_ada(**parameters: Any) -> Service:
    """A service that asks approvers about phones, where Ada's number has an account, and she is at her PC."""
    service = Service(asks_about_phones=True, **parameters)
    service.account("ada", ADAS_NUMBER)
    service.account("grace", GRACES_NUMBER, account_id=GRACE)
    service.approver("PC")
    return service


def asked(service: Service) -> Started:
    """A phone's message has arrived."""
    started = service.start_phone()
    service.text(started)
    return started


def status(service: Service, started: Started) -> str:
    """How a sign-in stands."""
    return service.sign_in(started).standing(service.now)


# An approver is asked.


@pytest.mark.parametrize("mode", ["none", "compare", "choose", "enter"])
def test_t7_an_approver_online_is_asked(mode: Mode) -> None:
    """T7: the sign-in is pending, its prompt says who wants in, and never which answer is right."""
    service = with_ada(minimum=mode)
    started = service.start_phone()
    service.wait(5)
    service.text(started)
    assert status(service, started) == "pending"
    (prompt,) = service.pushed(PCS_SOCKET)
    assert isinstance(prompt, PromptPush)
    assert (prompt.sign_in_id, prompt.method, prompt.login) == (started.sign_in.sign_in_id, "phone", ADAS_NUMBER)
    assert (prompt.device, prompt.ip, prompt.created_at) == (PHONE, HOME.ip, NOW)
    assert prompt.expires_at == service.sign_in(started).expires_at
    assert prompt.verification == started.verification.shown
    with pytest.raises(StillWaiting) as waiting:
        service.redeem(started)
    assert waiting.value.standing == "pending"


def test_t7_the_sender_is_told_that_it_must_be_allowed() -> None:
    """T7: the text says that another device decides, and names the one that wants in."""
    service = with_ada()
    asked(service)
    assert service.replies() == [asked_text(APP, PHONE)]


def test_r1_8_an_approver_that_connects_later_sees_the_prompt() -> None:
    """R1.8: the prompt of a phone is among those that are open."""
    service = with_ada()
    started = asked(service)
    (prompt,) = service.connecting.open_prompts(PC)
    assert prompt.sign_in_id == started.sign_in.sign_in_id


@pytest.mark.parametrize("mode", ["none", "choose", "enter"])
def test_t7_the_right_code_lets_the_phone_in(mode: Mode) -> None:
    """T7: the phone shows the code from the start, the approver hands it over, and the phone is told."""
    service = with_ada(minimum=mode)
    started = service.start_phone()
    waiter = service.waiting(started)
    service.text(started)
    assert service.pushed(waiter) == []
    assert service.answer(started, "allow", by=PC, code=started.verification.code) == "allowed"
    assert service.pushed(waiter) == [SignInResolved(started.sign_in.sign_in_id, "allowed")]
    grant = service.redeem(started)
    session = service.control.alive(Approver(grant.account_id, grant.session_id))
    assert (session.account_id, session.method, session.let_in_by) == (ADA, "phone", "PC")
    assert grant.new_account is None


def test_a2_a_blind_or_wrong_allow_lets_nobody_in() -> None:
    """A2: without the code it stays pending; a wrong pick denies."""
    service = with_ada(minimum="choose")
    started = asked(service)
    with pytest.raises(CodeRequired):
        service.answer(started, "allow", by=PC)
    assert status(service, started) == "pending"
    assert service.answer(started, "allow", by=PC, code=wrong_code_for(started.verification)) == "denied"
    with pytest.raises(Denied):
        service.redeem(started)


def test_t7_an_approver_denies() -> None:
    """T7: the phone hears it at once; its message cannot be used again."""
    service = with_ada()
    started = asked(service)
    waiter = service.waiting(started)
    assert service.answer(started, "deny", by=PC) == "denied"
    assert service.pushed(waiter) == [SignInResolved(started.sign_in.sign_in_id, "denied")]
    service.replies()
    service.text(started)
    assert service.replies() == [refusal_text(APP, "used")]
    with pytest.raises(Denied):
        service.redeem(started)


def test_a10_only_the_number_s_account_answers() -> None:
    """A10: to another account's approver the sign-in does not exist."""
    service = with_ada()
    grace = service.approver("GRACES", GRACE)
    started = asked(service)
    assert service.pushed("socket of GRACES") == []
    with pytest.raises(UnknownSignIn):
        service.answer(started, "allow", by=grace)


def test_a8_a_pending_sign_in_runs_out() -> None:
    """A8: ten minutes after the phone began, whenever its message came, it is over."""
    service = with_ada()
    started = service.start_phone()
    service.wait(599)
    service.text(started)
    service.wait(1)
    with pytest.raises(Expired):
        service.redeem(started)


# Nobody to ask.


def test_t7_with_nobody_online_the_message_is_enough() -> None:
    """T7: who has no other device connected is not locked out; the account's number is its own proof."""
    service = with_ada()
    service.hang_up(PCS_SOCKET)
    service.connecting.close(PCS_SOCKET, ADA)
    started = asked(service)
    assert status(service, started) == "allowed"
    assert service.rows.prompts == {}


def test_t7_a_new_number_has_nobody_to_ask() -> None:
    """R3.4: a new number's message makes its account, on such a stack too."""
    service = Service(asks_about_phones=True, minimum="choose")
    grant = service.signed_in_by_text()
    assert grant.new_account is True


def test_t7_a_device_that_waits_or_hands_over_is_no_approver() -> None:
    """T7: only connections of approvers count as somebody online."""
    service = Service(asks_about_phones=True)
    service.account("ada", ADAS_NUMBER)
    service.connect(service.session("PC"), "page", "hand_over")
    assert status(service, asked(service)) == "allowed"
    assert service.pushed("page") == []
    assert not any(name in (PROMPTS_PER_LOGIN.name, TEXTED_PROMPTS.name) for name, _, _ in service.rows.counts)


def test_a12_with_nobody_online_a_hold_has_nothing_to_hold_back() -> None:
    """A12: what a report holds back is prompts; a number's own message needs none where nobody is there."""
    service = with_ada()
    service.answer(asked(service), "report", by=PC)
    assert status(service, asked(service)) == "started"
    service.connecting.close(PCS_SOCKET, ADA)
    service.connect(service.control.alive(PC), "page", "hand_over")
    assert status(service, asked(service)) == "allowed"


def test_t7_where_all_turn_out_to_be_gone_the_message_is_enough() -> None:
    """T7: connections that do not answer are as none; the prompt closes, the phone is told, and so is its sender."""
    service = with_ada()
    service.hang_up(PCS_SOCKET)
    started = service.start_phone()
    waiter = service.waiting(started)
    service.text(started)
    assert status(service, started) == "allowed"
    assert service.rows.prompts == {}
    assert service.pushed(waiter) == [SignInResolved(started.sign_in.sign_in_id, "allowed")]
    assert "is now signed in" in service.replies()[0]
    assert service.sign_in(started).let_in_by is None
    service.redeem(started)


def test_a5_an_answer_that_comes_while_nobody_is_reached_stands() -> None:
    """A5: an approver that denies over HTTP while its socket turns out to be gone has denied."""
    service = with_ada()
    service.hang_up(PCS_SOCKET)
    started = service.start_phone()
    service.meanwhile["sign_ins.close"] = lambda: service.answer(started, "deny", by=PC)
    service.text(started)
    assert status(service, started) == "denied"
    assert service.replies() == []


@pytest.mark.parametrize("redeemed", [False, True])
def test_t7_a_late_reply_tells_how_it_stands(redeemed: bool) -> None:
    """T7: where the text could not be sent and the phone is in by now, the next delivery says so, with NO."""
    service = with_ada()
    service.hang_up(PCS_SOCKET)
    started = service.start_phone()
    service.texts.out_of_order = True
    with pytest.raises(ConnectionError):
        service.text(started, message_id="ONE")
    if redeemed:
        service.redeem(started)
    service.texts.out_of_order = False
    service.text(started, message_id="ONE")
    (reply,) = service.replies()
    assert "is now signed in" in reply
    assert "Text NO" in reply


# Limits.


def test_a12_a_report_holds_further_phones_back() -> None:
    """A12: to the phone a report looks like no answer; the number's next messages prompt nobody and let nobody in."""
    service = with_ada()
    started = asked(service)
    waiter = service.waiting(started)
    service.answer(started, "report", by=PC)
    assert service.pushed(waiter) == []
    with pytest.raises(StillWaiting):
        service.redeem(started)
    service.pushed(PCS_SOCKET)
    service.replies()
    again = asked(service)
    assert status(service, again) == "started"
    assert service.pushed(PCS_SOCKET) == []
    assert service.replies() == [refusal_text(APP, "held_back")]
    service.wait(900)
    asked(service)
    assert len(service.pushed(PCS_SOCKET)) == 1


def test_a12_a_report_of_the_login_holds_its_phone_back() -> None:
    """A12: whichever way in was reported, the same login is held back for both."""
    service = with_ada()
    begun = service.start(ADAS_NUMBER)
    service.answer(begun, "report", by=PC)
    assert status(service, asked(service)) == "started"


def test_a1_ten_prompts_and_no_more() -> None:
    """A1: the eleventh message in ten minutes prompts nobody and lets nobody in, also after a success."""
    service = with_ada()
    begun = [asked(service) for _ in range(10)]
    assert len(service.pushed(PCS_SOCKET)) == 10
    service.replies()
    eleventh = asked(service)
    assert status(service, eleventh) == "started"
    assert service.pushed(PCS_SOCKET) == []
    assert service.replies() == [refusal_text(APP, "held_back")]
    service.answer(begun[0], "allow", by=PC)
    service.redeem(begun[0])
    service.pushed(PCS_SOCKET)
    assert status(service, asked(service)) == "started"
    service.wait(600)
    asked(service)
    assert len(service.pushed(PCS_SOCKET)) == 1


def test_a1_a_stranger_s_prompts_do_not_keep_the_number_out() -> None:
    """A1: prompts of the other flow, which whoever knows the number can ask for, are counted apart from its texts."""
    service = with_ada()
    for _ in range(10):
        service.cancel(service.start(ADAS_NUMBER))
    with pytest.raises(SlowDown):
        service.start(ADAS_NUMBER)
    assert status(service, asked(service)) == "pending"
    for _ in range(9):
        service.cancel(asked(service))
    assert status(service, asked(service)) == "started"


def test_a1_a_held_back_message_can_be_sent_again_later() -> None:
    """A1: what was held back is not used up: the same identifier lets in when its time has come."""
    service = with_ada()
    for _ in range(10):
        asked(service)
    started = asked(service)
    service.wait(300)
    service.connecting.close(PCS_SOCKET, ADA)
    service.text(started)
    assert status(service, started) == "allowed"


def test_t4_a_message_that_comes_again_is_counted_once() -> None:
    """A1, T4: neither repetitions nor deliveries whose reply failed use up what the number has."""
    service = with_ada()
    for number in range(9):
        started = service.start_phone()
        service.failing(0, "texts.send")
        with pytest.raises(ConnectionError):
            service.text(started, message_id=f"{number}")
        for _ in range(3):
            service.text(started, message_id=f"{number}")
    assert [status(service, asked(service)) for _ in range(2)] == ["pending", "started"]


# A second number, and a second delivery.


def test_t3_a_second_number_voids_what_is_pending() -> None:
    """T3: the prompt closes, the approver and the phone are told, and nobody can allow it any more."""
    service = with_ada()
    started = asked(service)
    waiter = service.waiting(started)
    service.connect(service.control.alive(PC), "page", "hand_over")
    service.pushed(PCS_SOCKET)
    service.text(started, GRACES_NUMBER)
    assert service.pushed("page") == []
    sign_in_id = started.sign_in.sign_in_id
    assert service.pushed(PCS_SOCKET) == [PromptClosed(sign_in_id, "denied")]
    assert service.pushed(waiter) == [SignInResolved(sign_in_id, "denied")]
    assert service.connecting.open_prompts(PC) == []
    assert service.replies(GRACES_NUMBER) == [refusal_text(APP, "two_numbers")]
    with pytest.raises(AlreadyAnswered):
        service.answer(started, "allow", by=PC)


def test_t3_a_reported_sign_in_stays_reported() -> None:
    """T3, A12: a second number does not turn a report into a denial, which the phone would notice."""
    service = with_ada()
    started = asked(service)
    service.answer(started, "report", by=PC)
    service.text(started, GRACES_NUMBER)
    assert service.sign_in(started).status == "reported"
    assert service.replies(GRACES_NUMBER) == [refusal_text(APP, "used")]


def test_t3_an_answer_and_a_second_number_at_once() -> None:
    """T3: where the approver allows while a second number's message is looked at, it is void all the same."""
    service = with_ada()
    started = asked(service)
    service.meanwhile["messages.void"] = lambda: service.answer(started, "allow", by=PC)
    service.text(started, GRACES_NUMBER)
    assert status(service, started) == "denied"


def test_t4_a_message_delivered_again_prompts_once() -> None:
    """T4: one prompt, one reply, however often it comes."""
    service = with_ada()
    started = service.start_phone()
    for _ in range(3):
        service.text(started, message_id="ONE")
    assert len(service.pushed(PCS_SOCKET)) == 1
    assert len(service.replies()) == 1


def test_r1_6_a_pending_phone_gives_up() -> None:
    """R1.6: its prompt closes at the approver's."""
    service = with_ada()
    started = asked(service)
    service.pushed(PCS_SOCKET)
    service.cancel(started)
    assert service.pushed(PCS_SOCKET) == [PromptClosed(started.sign_in.sign_in_id, "cancelled")]
    assert service.connecting.open_prompts(PC) == []


def test_r1_5_the_policy_picks_who_is_asked_about_a_phone() -> None:
    """R1.5: with a policy that asks one, one is asked, and only that session sees the prompt."""
    service = with_ada(policy="latest")
    service.wait(1)
    service.approver("TABLET")
    started = asked(service)
    assert service.pushed(PCS_SOCKET) == []
    assert len(service.pushed("socket of TABLET")) == 1
    assert service.connecting.open_prompts(PC) == []
    assert service.rows.prompts[ADA, started.sign_in.sign_in_id].addressed_to == "TABLET"
