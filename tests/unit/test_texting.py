"""Flow 2, at the gateway: a text message lets its phone in, once (R3.2-R3.6; attacks T3-T6)."""

from collections.abc import Callable

import pytest

from nod.domain.limits import REFUSALS_PER_NUMBER
from nod.domain.pushes import SessionStarted, SignInResolved
from nod.domain.sign_in import Approver
from nod.domain.texts import Outcome
from nod.errors import (
    AlreadyRedeemed,
    Expired,
    InvalidCredentials,
    InvalidRequest,
    UnknownSignIn,
)
from nod.flows.starting import Started
from tests.builders import ADA, ADAS_NUMBER, APP, GRACES_NUMBER, HOME, LAPTOP, OTHER_VERIFIER, PHONE, after
from tests.unit.service import Service
from tests.unit.texts import LOGIN, password_in, refusal, status, with_ada, without_claims

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
    assert set(service.rows.logins) == {LOGIN, f"device:{PHONE.id}"}
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
    service.meanwhile["passwords.let_in"] = lambda: service.passwords.sign_in(ADAS_NUMBER, password, LAPTOP, HOME)
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
def test_r3_3_the_sender_is_told_why_not(what: Callable[[Service], Started | str], outcome: Outcome) -> None:
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


def test_a1_a_number_signs_in_sixty_times_an_hour() -> None:
    """A1: the sixty-first message lets nobody in and makes nothing; the identifier is not used up by it."""
    service = with_ada()
    for _ in range(60):
        assert status(service, used(service)) == "allowed"
    service.replies()
    held_back = service.start_phone()
    before = without_claims(service.rows)
    service.text(held_back)
    assert service.replies() == refusal("held_back")
    assert without_claims(service.rows) == before
    assert status(service, service_texted(service, GRACES_NUMBER)) == "allowed"
    service.wait(300)
    assert status(service, used(service)) == "started"
    service.wait(3300)
    assert status(service, used(service)) == "allowed"


def test_a1_a_message_is_counted_once() -> None:
    """A1, T4: deliveries again, beside each other and after a failure use up one of the sixty, not more."""
    service = with_ada()
    for number in range(30):
        started = service.start_phone()
        service.failing(0, "texts.send")
        with pytest.raises(ConnectionError):
            service.text(started, message_id=f"{number}")
        service.text(started, message_id=f"{number}")
    assert set(service.rows.counts.values()) == {30}


def test_a1_refusals_are_not_counted_as_sign_ins() -> None:
    """A1: whoever texts a used code again and again uses up replies only."""
    service = with_ada()
    started = used(service)
    before = dict(service.rows.counts)
    for _ in range(5):
        service.text(started)
    added = {key: count for key, count in service.rows.counts.items() if before.get(key) != count}
    assert [name for name, _, _ in added] == [REFUSALS_PER_NUMBER.name]


def service_texted(service: Service, number: str) -> Started:
    """A sign-in whose message came from that number."""
    started = service.start_phone()
    service.text(started, number)
    return started
