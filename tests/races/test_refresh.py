"""One grant from one refresh token (S3)."""

from collections import Counter

from tests.invariants import require_consistent
from tests.races.racing import ACTORS, ROUNDS, Actors, over_http
from tests.stacks import Stack, fresh_number


def test_of_fifty_refreshes_one_brings_a_grant(stack: Stack, actors: Actors) -> None:
    """S3: fifty trade one refresh token in: one gets a grant, the others 401; a copy has come, so the session ends."""
    number = fresh_number()
    for _ in ROUNDS:
        phone = stack.texted(number)
        refresh = over_http("POST", "/sessions/refresh", {"refresh_token": phone.grant["refresh_token"]})
        told = actors.race([refresh] * ACTORS)
        assert Counter(one.said for one in told) == {"200": 1, "401 invalid_token": ACTORS - 1}
        phone.grant = next(one.content for one in told if one.said == "200")
        assert phone.call("GET", "/sessions").status_code == 401
        assert phone.refresh().status_code == 401
    require_consistent(stack.rows)
