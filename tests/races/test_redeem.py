"""One session from one sign-in (A7)."""

from collections import Counter

from tests.invariants import require_consistent
from tests.races.racing import ACTORS, ROUNDS, Actors, over_http
from tests.stacks import Stack, fresh_number


def test_of_fifty_redeems_one_brings_the_session(stack: Stack, actors: Actors) -> None:
    """A7: fifty redeem an allowed sign-in with its verifier: one gets the session, the others 409."""
    number = fresh_number()
    phone = stack.texted(number)
    winners = {phone.session_id}
    with phone.approving() as approver:
        for _ in ROUNDS:
            sign_in = stack.device().start(number, verification="none")
            assert approver.ask("answer", sign_in_id=sign_in.id, decision="allow")["status"] == "allowed"
            redeem = over_http("POST", f"/sign-ins/{sign_in.id}/redeem", {"verifier": sign_in.verifier})
            told = actors.race([redeem] * ACTORS)
            assert Counter(one.said for one in told) == {"200": 1, "409 already_redeemed": ACTORS - 1}
            winners |= {one.content["session_id"] for one in told if one.said == "200"}
    assert {session["session_id"] for session in stack.sessions_of(phone)} == winners
    assert len(winners) == len(ROUNDS) + 1
    require_consistent(stack.rows)
