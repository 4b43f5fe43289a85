"""Flow 2, at the gateway: a text message lets its phone in, once (R3.2-R3.6; attacks T3-T6)."""

from collections.abc import Callable
from typing import Any

import pytest

from nod.domain.deliveries import InboundText
from nod.domain.pushes import SessionStarted, SignInResolved
from nod.domain.sign_in import Approver, StillWaiting
from nod.domain.texts import refusal_text
from nod.errors import (
    AlreadyRedeemed,
    Denied,
    Expired,
    InvalidCredentials,
    InvalidRequest,
    UnknownSignIn,
)
from nod.flows.starting import Started
from tests.builders import ADA, ADAS_NUMBER, APP, GRACE, GRACES_NUMBER, HOME, LAPTOP, OTHER_VERIFIER, PHONE, after
from tests.fakes import Rows
from tests.unit.service import Service

LOGIN, GRACES_LOGIN = f"tel:{ADAS_NUMBER}", f"tel:{GRACES_NUMBER}"
WORK_TIME = 15


def with_ada(**parameters: Any) -> Service:
    """A service where Ada's number has an account, as has Grace's."""
    service = Service(**parameters)
    service.account("ada", ADAS_NUMBER)
    service.account("grace", GRACES_NUMBER, account_id=GRACE)
    return service


def status(service: Service, started: Started) -> str:
    """How a sign-in stands."""
    return service.sign_in(started).standing(service.now)


def refusal(outcome: Any) -> list[str]:
    """The one text that tells why nothing came of a message."""
    return [refusal_text(APP, outcome)]


def without_claims(rows: Rows) -> dict[str, Any]:
    """All rows but the claims of messages, and the counts of refusals."""
    return {
        name: dict(value) for name, value in vars(rows).items() if name not in ("messages", "messages_end", "counts")
    }


# A message lets in.


def test_r3_4_a_new_number_gets_an_account() -> None:
    """R3.3, R3.4: the first message from a number makes its account, and the phone collects its first session."""
    service = Service()
    started = service.start_phone()
    service.wait(5)
    service.text(started)
    assert status(service, started) == "allowed"
    grant = service.redeem(started)
    assert grant.new_account is True
    account = service.rows.accounts[grant.account_id]
    assert dict(account.logins) == {LOGIN: after(5)}
    made = service.control.alive(Approver(grant.account_id, grant.session_id))
    assert (made.login, made.method, made.let_in_by) == (ADAS_NUMBER, "phone", None)
    assert (made.device, made.network) == (PHONE, HOME)


def test_r3_5_a_known_number_gets_into_its_account() -> None:
    """R3.5: the next message from the number, and one from a number that was bound, lead to that account."""
    service = with_ada()
    grant = service.signed_in_by_text()
    assert (grant.account_id, grant.new_account) == (ADA, None)
    assert len(service.rows.accounts) == 2
    service = Service()
    first, again = service.signed_in_by_text(), service.signed_in_by_text()
    assert (first.account_id, again.new_account) == (again.account_id, None)
    assert len(service.rows.accounts) == 1


@pytest.mark.parametrize("number", ["+44 (0)7700 900123", "0044 7700 900123", "+44-7700-900-123"])
def test_t6_another_spelling_is_the_same_account(number: str) -> None:
    """T6: a gateway that writes the number otherwise leads to the same account, and the reply goes to the number."""
    service = Service()
    first = service.signed_in_by_text()
    service.replies()
    assert service.signed_in_by_text(number).account_id == first.account_id
    assert list(service.rows.logins) == [LOGIN]
    assert len(service.replies()) == 1


@pytest.mark.parametrize("sender", ["Nod", "60700", "07700 900123", "+442079460123", ""])
def test_t6_a_sender_that_is_no_phone_does_nothing(sender: str) -> None:
    """T6: neither names nor short codes nor landlines let in; nothing is looked up, written or answered."""
    service = Service()
    started = service.start_phone()
    service.calls.clear()
    with pytest.raises(InvalidRequest):
        service.text(started, sender)
    assert service.calls == []


def test_r3_3_the_waiting_phone_is_told() -> None:
    """R1.6: as soon as its message has arrived it hears so over its connection, and its window to redeem begins."""
    service = with_ada()
    started = service.start_phone()
    waiter = service.waiting(started)
    service.wait(30)
    service.text(started)
    assert service.pushed(waiter) == [SignInResolved(started.sign_in.sign_in_id, "allowed")]
    assert service.sign_in(started).expires_at == after(90)
    service.wait(60)
    with pytest.raises(Expired):
        service.redeem(started)


def test_r3_3_the_sender_is_told_who_is_in() -> None:
    """R3.3, T7: one text to the number it came from names the device, and how to stop it; a known one no password."""
    service = with_ada()
    service.text(service.start_phone())
    assert service.texts.sent == [
        (
            ADAS_NUMBER,
            f'Nod: the phone "Ada\'s phone" is now signed in as {ADAS_NUMBER}. Not you? Text NO to {APP.number}.',
        )
    ]


def test_r3_2_a_reply_that_the_gateway_carries_is_not_sent() -> None:
    """R3.2: where the answer to the gateway's call brings the text, no other is sent; elsewhere none is returned."""
    service = with_ada()
    reply = service.text(service.start_phone(), replies=True)
    assert reply is not None
    assert "is now signed in" in reply
    assert service.text("Hello", replies=True) == refusal("no_identifier")[0]
    assert service.texts.sent == []
    assert service.text("Hello") is None
    assert len(service.texts.sent) == 1


def test_t5_who_only_saw_the_text_cannot_redeem() -> None:
    """T5: the identifier is no secret; without the verifier it collects nothing, before and after the message."""
    service = with_ada()
    started = service.start_phone()
    for _ in range(2):
        with pytest.raises(UnknownSignIn):
            service.redeem(started, OTHER_VERIFIER)
        if status(service, started) == "started":
            service.text(started)
    assert status(service, started) == "allowed"
    service.redeem(started)
    with pytest.raises(AlreadyRedeemed):
        service.redeem(started)


def test_t7_the_account_s_other_sessions_are_told() -> None:
    """T7: each connected session of the account hears of the new one, when it is collected."""
    service = with_ada()
    service.approver("PC")
    started = service.start_phone()
    service.text(started)
    assert service.pushed("socket of PC") == []
    grant = service.redeem(started)
    (told,) = service.pushed("socket of PC")
    assert isinstance(told, SessionStarted)
    assert (told.session_id, told.method, told.login) == (grant.session_id, "phone", ADAS_NUMBER)


def test_a1_prompting_is_not_asked_where_the_stack_asks_nobody() -> None:
    """R3.3: with an approver online, and the switch off, the message alone lets in, and nobody is prompted."""
    service = with_ada()
    service.approver("PC")
    started = service.start_phone()
    service.text(started)
    assert status(service, started) == "allowed"
    assert service.rows.prompts == {}


# The initial password.


def password_in(text: str) -> str:
    """The password that a reply tells."""
    return text.split("password ")[1].split(" ", maxsplit=1)[0]


def test_r3_6_a_new_account_s_phone_is_texted_login_and_password() -> None:
    """R3.6: with them a computer signs in, once; then the password is spent, until its owner sets another."""
    service = Service(texts_account=True)
    service.text(service.start_phone())
    (reply,) = service.replies()
    assert f"Login {ADAS_NUMBER}, " in reply
    grant = service.passwords.sign_in(ADAS_NUMBER, password_in(reply), LAPTOP, HOME)
    assert grant.account_id in service.rows.accounts
    with pytest.raises(InvalidCredentials):
        service.passwords.sign_in(ADAS_NUMBER, password_in(reply), LAPTOP, HOME)
    assert len(service.rows.sessions) == 1


def test_r3_6_the_password_of_a_new_account_is_texted_once() -> None:
    """R3.6: the next sign-in of the number brings none, and the first one's stays good."""
    service = Service(texts_account=True)
    service.signed_in_by_text()
    (first,) = service.replies()
    service.signed_in_by_text()
    (second,) = service.replies()
    assert "password" not in second
    service.passwords.sign_in(ADAS_NUMBER, password_in(first), LAPTOP, HOME)


def test_r3_6_a_stack_may_text_no_passwords() -> None:
    """R3.6: with the switch off the account has none, and its phone is told only who is in."""
    service = Service()
    grant = service.signed_in_by_text()
    (reply,) = service.replies()
    assert "password" not in reply
    assert service.rows.accounts[grant.account_id].password_hash is None


def test_r3_6_an_initial_password_is_used_once_in_a_race() -> None:
    """R3.6: of two computers that use it at the same moment one gets in."""
    service = Service(texts_account=True)
    service.text(service.start_phone())
    password = password_in(service.replies()[0])
    service.meanwhile["accounts.spend_password"] = lambda: service.passwords.sign_in(
        ADAS_NUMBER, password, LAPTOP, HOME
    )
    with pytest.raises(InvalidCredentials):
        service.passwords.sign_in(ADAS_NUMBER, password, LAPTOP, HOME)
    assert len(service.rows.sessions) == 1


# A message lets nobody in.


def used(service: Service) -> Started:
    """A sign-in whose message came already."""
    started = service.start_phone()
    service.text(started)
    return started


def redeemed(service: Service) -> Started:
    """A sign-in whose session was collected."""
    started = used(service)
    service.redeem(started)
    return started


def cancelled(service: Service) -> Started:
    """A sign-in that its phone gave up."""
    started = service.start_phone()
    service.cancel(started)
    return started


def expired(service: Service) -> Started:
    """A sign-in whose ten minutes are over."""
    started = service.start_phone()
    service.wait(600)
    return started


def not_redeemed(service: Service) -> Started:
    """A sign-in that was allowed and not collected in time."""
    started = used(service)
    service.wait(60)
    return started


def approval(service: Service) -> str:
    """The id of a sign-in of another kind."""
    service.approver("PC")
    return service.start("ada", "choose").sign_in.sign_in_id


@pytest.mark.parametrize(
    ("what", "outcome"),
    [
        (lambda _: "Hello, is this Nod?", "no_identifier"),
        (lambda _: "Code: 0123456789ABCDEFGHJKMNPQRS", "unknown"),
        (approval, "unknown"),
        (expired, "expired"),
        (not_redeemed, "expired"),
        (cancelled, "cancelled"),
        (used, "used"),
        (redeemed, "used"),
    ],
    ids=["no identifier", "unknown", "approval", "expired", "not redeemed", "cancelled", "used", "redeemed"],
)
def test_r3_3_the_sender_is_told_why_not(what: Callable[[Service], Started | str], outcome: str) -> None:
    """R3.3: one text says why, and nothing else is written (T2: an unknown code teaches nothing)."""
    service = with_ada()
    text = what(service)
    service.replies()
    before = without_claims(service.rows)
    service.text(text)
    assert service.replies() == refusal(outcome)
    assert without_claims(service.rows) == before


def test_a1_a_number_gets_three_refusals_an_hour() -> None:
    """A1: whoever has somebody's number texted nonsense with costs the service three replies an hour, not more."""
    service = with_ada()
    for _ in range(6):
        service.text("Hello")
    assert len(service.replies()) == 3
    service.text("Hello", GRACES_NUMBER)
    assert len(service.replies(GRACES_NUMBER)) == 1
    started = service.start_phone()
    service.text(started)
    assert "is now signed in" in service.replies()[0]
    service.wait(3600)
    service.text("Hello")
    assert len(service.replies()) == 1


# T3: one identifier, two numbers.


@pytest.mark.parametrize("numbers", [(ADAS_NUMBER, GRACES_NUMBER), (GRACES_NUMBER, ADAS_NUMBER)])
def test_t3_an_identifier_from_two_numbers_is_void(numbers: tuple[str, str]) -> None:
    """T3: the second number denies what the first was allowed; the phone is told, and the second sender too."""
    service = with_ada()
    started = service.start_phone()
    waiter = service.waiting(started)
    service.text(started, numbers[0])
    service.pushed(waiter)
    service.text(started, numbers[1])
    assert service.pushed(waiter) == [SignInResolved(started.sign_in.sign_in_id, "denied")]
    assert service.replies(numbers[1]) == refusal("two_numbers")
    with pytest.raises(Denied):
        service.redeem(started)
    assert service.rows.sessions == {}


def test_t3_a_void_identifier_stays_void() -> None:
    """T3: neither number can use it again, nor a third."""
    service = with_ada()
    started = service.start_phone()
    for number in (ADAS_NUMBER, GRACES_NUMBER, ADAS_NUMBER, GRACES_NUMBER, "+447700900789"):
        service.text(started, number)
    assert status(service, started) == "denied"
    assert service.replies()[1:] == refusal("used")
    assert "tel:+447700900789" not in service.rows.logins


def test_t3_a_second_number_is_too_late_after_the_redeem() -> None:
    """T3: what was collected is not undone by it; the second sender is refused, and nothing else happens."""
    service = with_ada()
    started = redeemed(service)
    before = without_claims(service.rows)
    service.text(started, GRACES_NUMBER)
    assert service.replies(GRACES_NUMBER) == refusal("used")
    assert without_claims(service.rows) == before


def test_t3_a_new_number_that_comes_second_gets_no_account() -> None:
    """T3, R3.4: a message that only voids a sign-in makes nothing for its sender."""
    service = Service()
    started = service.start_phone()
    service.text(started, ADAS_NUMBER)
    service.text(started, GRACES_NUMBER)
    assert list(service.rows.logins) == [LOGIN]
    assert status(service, started) == "denied"


def test_t3_two_numbers_at_once_are_both_void() -> None:
    """T3: a message that comes between the reading and the writing of another is the first, and both are void."""
    service = with_ada()
    started = service.start_phone()
    service.meanwhile["messages.let_in"] = lambda: service.text(started, GRACES_NUMBER)
    service.text(started, ADAS_NUMBER)
    assert status(service, started) == "denied"
    assert service.replies() == refusal("two_numbers")


def test_t3_a_void_that_comes_too_late_is_none() -> None:
    """T3: where the phone collects its session while a second number is looked at, the sign-in stays redeemed."""
    service = with_ada()
    started = used(service)
    service.meanwhile["messages.void"] = lambda: service.redeem(started)
    service.text(started, GRACES_NUMBER)
    assert status(service, started) == "redeemed"
    assert service.replies(GRACES_NUMBER) == refusal("used")


# T4: deliveries.


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
    service.meanwhile[step] = lambda: service.text(started, message_id="ONE")
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


def test_t4_whoever_died_after_the_act_is_stood_in_for_after_its_time() -> None:
    """T4: without a word from the first delivery, the next one tells the sender once that can no longer be at it."""
    service = with_ada()
    started = service.start_phone()

    def die() -> None:
        raise KeyboardInterrupt

    service.meanwhile["texts.send"] = die
    with pytest.raises(KeyboardInterrupt):
        service.text(started, message_id="ONE")
    service.wait(WORK_TIME - 0.001)
    service.text(started, message_id="ONE")
    assert service.replies() == []
    service.wait(0.001)
    service.text(started, message_id="ONE")
    assert len(service.replies()) == 1
    assert status(service, started) == "allowed"


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


# Races.


def test_r3_4_two_messages_from_a_new_number_make_one_account() -> None:
    """R3.4: two sign-ins of one new number, whose messages arrive at once, come to one account."""
    service = Service(texts_account=True)
    one, two = service.start_phone(), service.start_phone()
    service.meanwhile["messages.let_in"] = lambda: service.text(two)
    service.text(one)
    first, second = service.redeem(two), service.redeem(one)
    assert (first.new_account, second.new_account) == (True, None)
    assert first.account_id == second.account_id
    assert len(service.rows.accounts) == 1
    texts = service.replies()
    assert sum("password" in text for text in texts) == 1


def test_a_number_that_moves_to_another_account_is_looked_up_again() -> None:
    """R1.2: where it is unbound and bound elsewhere between reading and writing, its new account is entered."""
    service = with_ada()
    started = service.start_phone()

    def move() -> None:
        service.binding.unbind(service.session("ADAS"), ADAS_NUMBER)
        service.stores.accounts.bind(service.session("GRACES", GRACE), LOGIN, service.now)

    service.meanwhile["messages.let_in"] = move
    service.text(started)
    assert service.redeem(started).account_id == GRACE


def test_a_number_that_is_unbound_meanwhile_gets_an_account_of_its_own() -> None:
    """R3.4: it is a new number then; the account that it has left is not entered."""
    service = with_ada()
    started = service.start_phone()
    service.meanwhile["messages.let_in"] = lambda: service.binding.unbind(service.session("ADAS"), ADAS_NUMBER)
    service.text(started)
    grant = service.redeem(started)
    assert grant.new_account is True
    assert grant.account_id not in (ADA, GRACE)


def test_a_phone_that_gives_up_meanwhile_is_not_let_in() -> None:
    """R3.3: where it cancels between reading and writing the sender is told so."""
    service = with_ada()
    started = service.start_phone()
    service.meanwhile["messages.let_in"] = lambda: service.cancel(started)
    service.text(started)
    assert status(service, started) == "cancelled"
    assert service.replies() == refusal("cancelled")


def test_a_phone_whose_message_comes_meanwhile_can_still_give_up() -> None:
    """R1.6: where its message arrives while it cancels, it is cancelled, as an allowed sign-in may be."""
    service = with_ada()
    started = service.start_phone()
    service.meanwhile["sign_ins.close"] = lambda: service.text(started)
    service.cancel(started)
    assert status(service, started) == "cancelled"


def test_a_poll_meanwhile_does_no_harm() -> None:
    """R1.6: a phone that polls while its message is acted upon is let in all the same."""
    service = with_ada()
    started = service.start_phone()

    def poll() -> None:
        with pytest.raises(StillWaiting):
            service.redeem(started)

    service.meanwhile["messages.let_in"] = poll
    service.text(started)
    assert service.redeem(started).account_id == ADA


def test_r3_4_the_text_names_the_number_that_sent_it() -> None:
    """T7: the reply goes to whoever sent the message, not to whoever started the sign-in."""
    service = with_ada()
    service.text(service.start_phone(), GRACES_NUMBER)
    assert [number for number, _ in service.texts.sent] == [GRACES_NUMBER]
    assert service.rows.logins[GRACES_LOGIN].account_id == GRACE
