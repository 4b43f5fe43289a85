"""Many connections at once: each gets what is its own, once. `make bench ARGS=sockets` does it with a thousand."""

import asyncio

import pytest

from local.crowd import crowd
from local.seats import Tally
from tests.stacks import Stack

pytestmark = pytest.mark.e2e

ACCOUNTS, CONNECTIONS_EACH, SIGN_INS = 5, 20, 8


def test_r1_5_a_hundred_connections_and_eight_sign_ins(stack: Stack) -> None:
    """R1.5: every connection of an account is prompted once and told of each end; others get nothing; all get in."""

    async def play() -> None:
        async with crowd(stack.client, at_once=2) as everybody:
            await everybody.move_in(ACCOUNTS)
            await everybody.connect(CONNECTIONS_EACH)
            *busy, quiet = everybody.households
            asked = await everybody.let_in(busy[number % len(busy)] for number in range(SIGN_INS))
            await everybody.settle()
            assert len({one.sign_in.id for one in asked}) == SIGN_INS
            assert len(everybody.seats) == ACCOUNTS * CONNECTIONS_EACH
            assert [seat.came for seat in quiet.seats] == [{}] * CONNECTIONS_EACH
            for household in everybody.households:
                assert [seat.came for seat in household.seats] == household.expected
            of_all = SIGN_INS * CONNECTIONS_EACH
            assert everybody.tally("prompt") == everybody.tally("sessionStarted") == Tally(of_all, of_all)
            but_the_answering = of_all - SIGN_INS
            assert everybody.tally("promptClosed") == Tally(but_the_answering, but_the_answering)
            for household in everybody.households:
                sessions = await asyncio.to_thread(stack.sessions_of, household.phone)
                assert len(sessions) == 1 + (SIGN_INS // len(busy) if household in busy else 0)

    asyncio.run(play())
