"""Flow 2, at the gateway: deliveries that come again, beside each other, or break off (R3.3, R3.6; attacks T1, T4)."""

from collections.abc import Callable
from contextlib import nullcontext

import pytest

from nod.domain.deliveries import InboundText
from nod.domain.pushes import PromptPush, SignInResolved
from nod.domain.sign_in import Approver
from nod.domain.status import Decision
from nod.domain.texts import asked_text
from nod.errors import InvalidCredentials, TryAgain
from nod.flows.starting import Started
from tests.builders import ADA, ADAS_NUMBER, APP, GRACES_NUMBER, HOME, LAPTOP, PHONE, after
from tests.unit.service import Service
from tests.unit.texts import LOGIN, WORK_TIME, password_in, refusal, status, with_ada, without_claims


def test_t4_a_message_delivered_again_does_nothing() -> None:
    """T4: neither soon nor late, and it tells nobody anything; nor does a sign-in that was started meanwhile profit."""
    service = with_ada()
    started = service.start_phone()
    service.text(started, message_id="ONE")
    service.redeem(started)
    before = without_claims(service.rows)
    for seconds in (0, 1, WORK_TIME, 24 * 3600):
        service.wait(seconds)
        assert service.text(started, message_id="ONE", replies=seconds == 1) is None
    assert without_claims(service.rows) == before
    assert len(service.texts.sent) == 1


def test_t4_a_refusal_is_told_once() -> None:
    """T4: so is the text that says why not, although its limit would allow more."""
    service = with_ada()
    for _ in range(3):
        service.text("Hello", message_id="ONE")
    assert service.replies() == refusal("no_identifier")


@pytest.mark.parametrize("step", ["messages.let_in", "connections.of", "texts.send", "messages.finish"])
def test_t4_a_delivery_beside_another_acts_once(step: str) -> None:
    """T4: wherever in the first delivery the second one falls, there is one account, one claim and one reply."""
    service = Service()
    started = service.start_phone()

    def deliver() -> None:
        # Once the first has acted, the second can only wait for it in vain, since here it is inside of it.
        with pytest.raises(TryAgain) if step in ("texts.send", "messages.finish") else nullcontext():
            service.text(started, message_id="ONE")

    service.meanwhile[step] = deliver
    service.text(started, message_id="ONE")
    assert status(service, started) == "allowed"
    assert len(service.rows.accounts) == 1
    assert len(service.texts.sent) == 1
    assert service.redeem(started).new_account is True


def test_t4_reordered_messages_are_each_their_own() -> None:
    """T4: two sign-ins of one phone whose messages arrive in the other order are both let in, to one account."""
    service = Service()
    one, two = service.start_phone(), service.start_phone()
    service.text(two, message_id="TWO")
    service.text(one, message_id="ONE")
    service.text(two, message_id="TWO")
    assert service.redeem(one).account_id == service.redeem(two).account_id
    assert len(service.texts.sent) == 2


def test_t4_message_ids_are_a_gateway_s_own() -> None:
    """T4: the same id from two gateways is two messages."""
    service = with_ada()
    one, two = service.start_phone(), service.start_phone()
    service.text(one, message_id="ONE", gateway="twilio")
    service.text(two, message_id="ONE", gateway="generic")
    assert (status(service, one), status(service, two)) == ("allowed", "allowed")


def test_t1_a_call_that_could_come_again_is_never_forgotten() -> None:
    """T1: a claim is kept for good where the gateway signs no time, and long enough where it does."""
    service = with_ada()
    for signs_time in (True, False):
        text = InboundText(message_id=f"{signs_time}", sender=ADAS_NUMBER, text="Hello")
        service.texting.receive(text, gateway="generic", signs_time=signs_time, replies=False)
    assert list(service.rows.messages_end.values()) == [after(30 * 24 * 3600), None]


# A text that cannot be sent.


def test_r3_3_a_reply_that_cannot_be_sent_is_sent_by_the_next_delivery() -> None:
    """R3.3: the gateway gets an error, so that it delivers again, at once if it likes; the act is not repeated."""
    service = with_ada()
    started = service.start_phone()
    service.texts.out_of_order = True
    for _ in range(2):
        with pytest.raises(ConnectionError):
            service.text(started, message_id="ONE")
    assert status(service, started) == "allowed"
    service.texts.out_of_order = False
    service.text(started, message_id="ONE")
    (reply,) = service.replies()
    assert "is now signed in" in reply
    service.text(started, message_id="ONE")
    assert service.replies() == []


def test_r3_6_the_next_delivery_brings_a_fresh_password() -> None:
    """R3.6: only hashes are kept, so the new account's phone is texted another password, which then works, once."""
    service = Service(texts_account=True)
    started = service.start_phone()
    service.texts.out_of_order = True
    with pytest.raises(ConnectionError):
        service.text(started, message_id="ONE")
    lost = next(iter(service.rows.accounts.values())).password_hash
    service.redeem(started)
    service.texts.out_of_order = False
    service.text(started, message_id="ONE")
    (reply,) = service.replies()
    assert next(iter(service.rows.accounts.values())).password_hash != lost
    service.passwords.sign_in(ADAS_NUMBER, password_in(reply), LAPTOP, HOME)
    with pytest.raises(InvalidCredentials):
        service.passwords.sign_in(ADAS_NUMBER, password_in(reply), LAPTOP, HOME)


def test_r3_6_an_owner_s_password_is_not_replaced_by_a_late_delivery() -> None:
    """R3.6: where the owner has set one meanwhile, the text says only who is in."""
    service = Service(texts_account=True)
    started = service.start_phone()
    service.texts.out_of_order = True
    with pytest.raises(ConnectionError):
        service.text(started, message_id="ONE")
    grant = service.redeem(started)
    session = service.control.alive(Approver(grant.account_id, grant.session_id))
    service.passwords.change(session, None, "correct horse")
    service.texts.out_of_order = False
    service.text(started, message_id="ONE")
    assert "password" not in service.replies()[0]
    service.passwords.sign_in(ADAS_NUMBER, "correct horse", LAPTOP, HOME)


# Deliveries that meet.


def dying(service: Service, started: Started | str, step: str = "texts.send") -> None:
    """A delivery ends at a step without a word, as where its function is stopped."""

    def die() -> None:
        raise KeyboardInterrupt

    service.meanwhile[step] = die
    with pytest.raises(KeyboardInterrupt):
        service.text(started, message_id="ONE")


def test_t4_whoever_died_after_the_act_is_stood_in_for_after_its_time() -> None:
    """T4: a delivery within its time waits a second and is told to come again; the next one after it tells."""
    service = with_ada()
    started = service.start_phone()
    dying(service, started)
    service.wait(WORK_TIME - 2)
    with pytest.raises(TryAgain) as refusal:
        service.text(started, message_id="ONE")
    assert (refusal.value.status, refusal.value.retry_after) == (503, 30)
    assert (service.calls.count("pause"), service.now) == (10, after(WORK_TIME - 1))
    assert service.replies() == []
    service.wait(1)
    service.text(started, message_id="ONE")
    assert len(service.replies()) == 1
    assert status(service, started) == "allowed"
    service.text(started, message_id="ONE")
    assert service.replies() == []


def test_t4_who_waits_takes_over_as_soon_as_the_other_s_time_is_up() -> None:
    """T4: within the second that it waits, so that nothing is left to a delivery that may never come."""
    service = with_ada()
    started = service.start_phone()
    dying(service, started)
    service.wait(WORK_TIME - 0.45)
    service.text(started, message_id="ONE")
    assert len(service.replies()) == 1
    assert service.calls.count("pause") == 5


@pytest.mark.parametrize("pauses", [1, 2, 9])
def test_t4_who_waits_leaves_it_where_the_other_comes_to_its_end(pauses: int) -> None:
    """T4: then this delivery is answered as one that came later: all is done, and nobody is told anything."""
    service = with_ada()
    started = service.start_phone()
    dying(service, started)
    service.calls.clear()
    in_pause(service, pauses, service.stores.messages.finish)
    assert service.text(started, message_id="ONE", replies=True) is None
    assert service.calls.count("pause") == pauses
    assert service.replies() == []


def test_t4_who_waits_takes_over_where_the_other_gives_up() -> None:
    """T4: where the other's text could not be sent, this one sends it."""
    service = with_ada()
    started = service.start_phone()
    dying(service, started)
    in_pause(service, 3, lambda key: service.stores.messages.give_up(key, service.now))
    service.text(started, message_id="ONE")
    assert len(service.replies()) == 1


def in_pause(service: Service, number: int, then: Callable[[str], object]) -> None:
    """Something happens to the one message in the so-many-th pause."""
    (key,) = service.rows.messages
    service.meanwhile["pause"] = lambda: then(key) if number == 1 else in_pause(service, number - 1, then)


def test_t4_who_lost_the_race_to_act_waits_as_well() -> None:
    """T4: where the other has claimed the message between reading and writing, and not told of it yet."""
    service = with_ada()
    started = service.start_phone()
    service.meanwhile["messages.let_in"] = lambda: dying(service, started)
    with pytest.raises(TryAgain):
        service.text(started, message_id="ONE")
    assert service.calls.count("pause") == 10
    assert service.replies() == []


def test_t4_of_two_deliveries_that_stand_in_one_tells() -> None:
    """T4: both find the message abandoned; one takes it over."""
    service = with_ada()
    service.texts.out_of_order = True
    with pytest.raises(ConnectionError):
        service.text("Hello", message_id="ONE")
    service.texts.out_of_order = False
    service.meanwhile["messages.resume"] = lambda: service.text("Hello", message_id="ONE")
    service.text("Hello", message_id="ONE")
    assert len(service.replies()) == 1


# What is told once more.


def failed(service: Service, started: Started, step: str, number: str = ADAS_NUMBER) -> None:
    """A delivery acts, and fails at that step of telling so."""
    service.failing(0, step)
    with pytest.raises(ConnectionError):
        service.text(started, number, message_id="ONE")


def test_r1_6_the_waiting_phone_is_told_by_the_next_delivery() -> None:
    """R1.6: where the first delivery did not come to it, and it connected since."""
    service = with_ada()
    started = service.start_phone()
    waiter = service.waiting(started)
    failed(service, started, "sockets.post")
    assert service.pushed(waiter) == []
    service.text(started, message_id="ONE")
    assert service.pushed(waiter) == [SignInResolved(started.sign_in.sign_in_id, "allowed")]
    assert len(service.replies()) == 1


def test_r1_6_a_phone_that_has_its_session_is_not_told_again() -> None:
    """R1.6: the next delivery tells the sender only."""
    service = with_ada()
    started = service.start_phone()
    failed(service, started, "texts.send")
    waiter = service.waiting(started)
    service.redeem(started)
    service.text(started, message_id="ONE")
    assert service.pushed(waiter) == []
    assert "is now signed in" in service.replies()[0]


def test_t3_a_void_is_told_by_the_next_delivery() -> None:
    """T3: the phone and the second sender hear of it, though the first delivery has failed."""
    service = with_ada()
    started = service.start_phone()
    waiter = service.waiting(started)
    service.text(started)
    service.pushed(waiter)
    failed(service, started, "sockets.post", GRACES_NUMBER)
    service.text(started, GRACES_NUMBER, message_id="ONE")
    assert service.pushed(waiter) == [SignInResolved(started.sign_in.sign_in_id, "denied")]
    assert service.replies(GRACES_NUMBER) == refusal("two_numbers")


def test_t7_who_was_made_void_meanwhile_is_not_told_to_be_in() -> None:
    """T3, T7: a text that is told late says how the sign-in stands, and nothing where it was denied."""
    service = with_ada()
    started = service.start_phone()
    failed(service, started, "texts.send")
    service.text(started, GRACES_NUMBER)
    service.text(started, message_id="ONE")
    assert service.replies() == []


@pytest.mark.parametrize("step", ["sockets.post", "texts.send"])
def test_t7_approvers_are_asked_by_the_next_delivery(step: str) -> None:
    """T7: while nobody has answered they are asked, once more where the first delivery may not have come to it."""
    service = with_ada(asks_about_phones=True)
    service.approver("PC")
    started = service.start_phone()
    failed(service, started, step)
    assert status(service, started) == "pending"
    service.pushed("socket of PC")
    service.text(started, message_id="ONE")
    (prompt,) = service.pushed("socket of PC")
    assert isinstance(prompt, PromptPush)
    assert prompt.verification == started.verification.shown
    assert service.replies() == [asked_text(APP, PHONE)]
    assert service.answer(started, "allow", by=Approver(ADA, "PC"), code=started.verification.code) == "allowed"


@pytest.mark.parametrize(("decision", "told"), [("allow", "is now signed in"), ("deny", None), ("report", "wants to")])
def test_t7_what_was_answered_is_not_asked_again(decision: Decision, told: str | None) -> None:
    """T7: the next delivery asks nobody, and its text says how it stands by then; a report stays invisible (A12)."""
    service = with_ada(asks_about_phones=True)
    service.approver("PC")
    started = service.start_phone()
    failed(service, started, "texts.send")
    service.answer(started, decision, by=Approver(ADA, "PC"))
    service.pushed("socket of PC")
    service.text(started, message_id="ONE")
    assert service.pushed("socket of PC") == []
    replies = service.replies()
    assert len(replies) == (1 if told else 0)
    assert all(told and told in reply for reply in replies)


def test_t7_where_all_are_gone_by_the_next_delivery_one_must_allow_all_the_same() -> None:
    """T7: the first delivery may have prompted somebody, and who comes back is asked."""
    service = with_ada(asks_about_phones=True)
    service.approver("PC")
    started = service.start_phone()
    waiter = service.waiting(started)
    failed(service, started, "sockets.post")
    service.connecting.close("socket of PC", ADA)
    service.text(started, message_id="ONE")
    assert status(service, started) == "pending"
    assert "Allow or deny it" in service.replies()[0]
    [prompt] = service.connecting.open_prompts(Approver(ADA, "PC"))
    assert prompt.sign_in_id == started.sign_in.sign_in_id
    service.answer(started, "allow", by=Approver(ADA, "PC"))
    assert service.pushed(waiter) == [SignInResolved(started.sign_in.sign_in_id, "allowed")]


def test_a8_nobody_is_asked_about_what_has_run_out() -> None:
    """A8: a delivery that comes when the sign-in's time is over prompts nobody, and lets nobody in."""
    service = with_ada(asks_about_phones=True)
    service.approver("PC")
    started = service.start_phone()
    waiter = service.waiting(started)
    failed(service, started, "texts.send")
    service.pushed("socket of PC")
    service.wait(600)
    service.text(started, message_id="ONE")
    assert service.pushed("socket of PC") == service.pushed(waiter) == []
    assert service.sign_in(started).status == "pending"
    assert status(service, started) == "expired"


def test_a8_a_phone_whose_time_is_over_is_not_told_to_collect() -> None:
    """A8: nor is it told late that it was let in, when it can no longer collect its session."""
    service = with_ada()
    started = service.start_phone()
    waiter = service.waiting(started)
    failed(service, started, "sockets.post")
    service.wait(60)
    service.text(started, message_id="ONE")
    assert service.pushed(waiter) == []


def test_t4_a_message_is_as_old_as_its_first_delivery() -> None:
    """T4: what is kept of it, and the account that it made, bear the time at which it first arrived."""
    service = Service()
    started = service.start_phone()
    service.wait(5)
    failed(service, started, "texts.send")
    service.wait(5)
    service.text(started, message_id="ONE")
    (seen,) = service.rows.messages.values()
    assert (seen.received_at, seen.outcome, seen.work_until) == (after(5), "signed_in", None)
    assert service.rows.logins[LOGIN].texted_at == after(5)
