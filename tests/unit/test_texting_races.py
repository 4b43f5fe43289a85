"""Flow 2, at the gateway: two numbers with one identifier, and what happens meanwhile (R3.3-R3.5; attack T3)."""

import pytest

from nod.domain.pushes import SignInResolved
from nod.domain.refusals import StillWaiting
from nod.errors import Denied
from nod.flows.starting import Started
from tests.builders import ADA, ADAS_NUMBER, GRACE, GRACES_NUMBER
from tests.unit.service import Service
from tests.unit.texts import GRACES_LOGIN, LOGIN, refusal, status, with_ada, without_claims

# T3: one identifier, two numbers.


def used(service: Service) -> Started:
    """A sign-in whose message came already."""
    started = service.start_phone()
    service.text(started)
    return started


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
    started = used(service)
    service.redeem(started)
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


def test_r3_4_a_text_that_arrived_before_the_account_was_made_is_let_in_to_it() -> None:
    """R3.4, T7: of two at once the slower finds the number bound after it has arrived, and counts from then."""
    service = Service()
    first, second = service.start_phone(), service.start_phone()

    def slip_in() -> None:
        service.wait(1)
        service.text(first)

    service.meanwhile["messages.let_in"] = slip_in
    service.text(second)
    service.wait(1)
    grants = [service.redeem(one) for one in (first, second)]
    assert len({grant.account_id for grant in grants}) == 1
