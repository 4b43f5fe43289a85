"""One act of one text message (T3, T4)."""

from collections import Counter

from tests.invariants import require_consistent
from tests.races.racing import ACTORS, ROUNDS, Actors, posting
from tests.stacks import Stack, body_of, fresh_number

# A delivery that meets another at work for too long is to come again.
TAKEN = {"200", "503 try_again"}


def test_of_fifty_deliveries_of_a_text_one_acts(stack: Stack, actors: Actors) -> None:
    """T4, R3.4: a gateway delivers one text of a new number fifty times: one account, allowed once, told once."""
    for _ in ROUNDS:
        handset, phone = stack.handset(), stack.device("Bob's phone", "phone")
        sign_in = phone.start_by_text()
        call = stack.sender(handset.number).call(body_of(sign_in))
        told = Counter(one.said for one in actors.race([posting(call.url, call.body, call.headers)] * ACTORS))
        assert "200" in told
        assert set(told) <= TAKEN
        [row] = stack.items("SignIns", "sign_in_id", sign_in.id)
        assert (row["status"]["S"], row["version"]["N"]) == ("allowed", "1")
        assert len(handset.unread()) == 1
        assert phone.redeem(sign_in).status_code == 200
        assert len(stack.sessions_of(phone)) == 1
    require_consistent(stack.rows)


def test_of_fifty_deliveries_from_two_numbers_none_lets_in(stack: Stack, actors: Actors) -> None:
    """T3: one identifier comes from two numbers, each text delivered many times: one allows, one voids it, for both."""
    numbers = fresh_number(), fresh_number()
    for number in numbers:
        stack.texted(number)
    for _ in ROUNDS:
        sign_in = stack.device("Bob's phone", "phone").start_by_text()
        calls = [stack.sender(number).call(body_of(sign_in)) for number in numbers]
        deeds = [posting(call.url, call.body, call.headers) for call in calls] * (ACTORS // 2)
        told = Counter(one.said for one in actors.race(deeds))
        assert "200" in told
        assert set(told) <= TAKEN
        [row] = stack.items("SignIns", "sign_in_id", sign_in.id)
        assert (row["status"]["S"], row["version"]["N"]) == ("denied", "2")
        assert sign_in.redeem().status_code == 403
    require_consistent(stack.rows)
