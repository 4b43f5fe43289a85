"""The limits of API Gateway as clients see them, on a cloud where they come soon: idle connections, and old ones."""

import time
from contextlib import ExitStack, suppress

import pytest
from websockets.exceptions import ConnectionClosed

from local.connection_limits import GOING_AWAY, REASON, ConnectionLimits
from local.device import Socket
from tests.sockets.conftest import SHORT
from tests.sockets.library import Library, library
from tests.sockets.scenes import allow
from tests.stacks import Person, Stack

pytestmark = pytest.mark.e2e

# As much faster as the limit is shorter: the library, which pings every five minutes, then does so every 1.5 seconds.
HASTE = ConnectionLimits().idle / SHORT.idle


def stays(idle: Socket, busy: Socket) -> bool:
    """Whether the idle connection is still there; the busy one sends something meanwhile."""
    busy.ask("ping")
    with suppress(TimeoutError, ConnectionClosed):
        idle.receive(timeout=SHORT.idle / 10)
        pytest.fail("nobody has sent it anything")
    return idle.connection.close_code is None


def breaks(away: Library) -> None:
    """What the library tells of a connection that is ended, up to asking for the next address."""
    assert away.expect("closed", timeout=2 * SHORT.life) == GOING_AWAY
    assert [away.expect("state"), away.expect("state")] == ["waiting", "connecting"]
    assert away.expect("asks") == "address"


def misses_nothing(stack: Stack, person: Person, away: Library) -> None:
    """Somebody asks while the library is away; it comes back, finds that, and allows."""
    pc = stack.device()
    with person.phone.approving() as other:
        sign_in = pc.start(person.login)
        assert other.expect("prompt")["sign_in_id"] == sign_in.id
        welcome = away.connects(person.phone.ticket_url())
        assert [one["sign_in_id"] for one in welcome["prompts"]] == [sign_in.id]
        answer = {"sign_in_id": sign_in.id, "decision": "allow", "code": sign_in.code}
        assert away.ask("answer", **answer)["status"] == "allowed"
        assert other.expect("promptClosed")["status"] == "allowed"
    assert pc.redeem(sign_in).status_code == 200
    assert away.expect("frame")["type"] == "sessionStarted"


def test_r1_9_an_idle_connection_is_ended_and_one_that_pings_is_not(short_lived: Stack) -> None:
    """R1.9: who is silent for too long is sent away (1001), and is asked on coming back; who pings stays."""
    alice, pc = short_lived.person(), short_lived.device()
    with alice.phone.approving() as busy, ExitStack() as before:
        opening = time.monotonic()
        idle = before.enter_context(alice.phone.approving())
        while stays(idle, busy):
            continue
        assert (idle.connection.close_code, idle.connection.close_reason) == (GOING_AWAY, REASON)
        assert SHORT.idle <= time.monotonic() - opening < SHORT.life
    with alice.phone.approving():
        sign_in = pc.start(alice.login)
        with alice.phone.approving() as back:
            assert [one["sign_in_id"] for one in back.ask("hello")["prompts"]] == [sign_in.id]
            allow(back, sign_in)
    assert pc.redeem(sign_in).status_code == 200


def test_r1_9_the_client_library_is_ended_for_its_age_and_comes_back(short_lived: Stack) -> None:
    """R1.9: its pings carry it past the idle limit up to the other one (1001); a computer that slept is ended before.

    Either comes back by itself, and has missed nothing.
    """
    alice, bob = short_lived.person(), short_lived.person()
    with library(HASTE) as awake, library(haste=1) as asleep:
        for client in (awake, asleep):
            assert (client.expect("state"), client.expect("asks")) == ("connecting", "address")
        addresses = alice.phone.ticket_url(), bob.phone.ticket_url()
        opening = time.monotonic()
        awake.connects(addresses[0])
        asleep.connects(addresses[1])
        breaks(asleep)
        assert SHORT.idle <= time.monotonic() - opening < SHORT.life
        misses_nothing(short_lived, bob, asleep)
        breaks(awake)
        assert time.monotonic() - opening >= SHORT.life
        misses_nothing(short_lived, alice, awake)
