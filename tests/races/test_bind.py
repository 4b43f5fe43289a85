"""One account for one login (R1.2)."""

from collections import Counter

from tests.invariants import require_consistent
from tests.races.racing import ACTORS, ROUNDS, Actors, over_http
from tests.stacks import Stack, fresh_number

ACCOUNTS = 10


def test_of_fifty_who_bind_a_username_one_gets_it(stack: Stack, actors: Actors) -> None:
    """R1.2: ten accounts bind one username, each of them five times: one has it, all the others are told 409."""
    numbers = [fresh_number() for _ in range(ACCOUNTS)]
    devices = actors.side_by_side(stack.texted, numbers) * (ACTORS // ACCOUNTS)
    for at in ROUNDS:
        login = f"wanted-{at}-{numbers[0][1:]}"
        told = actors.race(
            [over_http("POST", "/account/logins", {"login": login}, token=one.grant["access_token"]) for one in devices]
        )
        assert Counter(one.said for one in told) == {"201": 1, "409 login_taken": ACTORS - 1}
        [winner] = [device for device, one in zip(devices, told, strict=True) if one.said == "201"]
        [row] = stack.items("Logins", "login", f"user:{login}")
        assert row["account_id"]["S"] == winner.grant["account_id"]
    require_consistent(stack.rows)
