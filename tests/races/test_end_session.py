"""One end of one session (R2.2)."""

from contextlib import ExitStack

from local.device import Device
from tests.invariants import require_consistent
from tests.races.racing import ACTORS, ROUNDS, Actors, Deed, over_http, over_socket
from tests.stacks import Stack, fresh_number

SESSIONS, CONNECTED, ITSELF = 5, 10, 10
# What who comes late is told; a session that ends itself may be told that it has ended instead.
LATE = {"404 unknown_session", "error unknown_session"}
ENDED = "401 invalid_token"


def test_of_fifty_who_end_a_session_one_does(stack: Stack, actors: Actors) -> None:
    """R2.2: five sessions, by frames and over HTTP, and the session itself end it: one does, the others are late."""
    number = fresh_number()
    devices = [stack.texted(number) for _ in range(SESSIONS)]
    with ExitStack() as opened:
        sockets = [opened.enter_context(devices[at % SESSIONS].approving()) for at in range(CONNECTED)]
        for _ in ROUNDS:
            target = stack.texted(number)
            frames = [over_socket(one, "endSession", session_id=target.session_id) for one in sockets]
            told = actors.race([*frames, *requests(devices, target)])
            [winner] = [one for one in told if one.said not in {*LATE, ENDED}]
            assert winner.said in ("200", "sessionEnded")
            assert winner.content["ended"] == [target.session_id]
            assert ENDED not in {one.said for one in told[: ACTORS - ITSELF]}
            assert target.call("GET", "/sessions").status_code == 401
            assert {one["session_id"] for one in stack.sessions_of(devices[0])} == {one.session_id for one in devices}
    require_consistent(stack.rows)


def requests(devices: list[Device], target: Device) -> list[Deed]:
    """Thirty requests by other sessions to end one, half of them with what it has let in; and ten by that itself."""
    path = f"/sessions/{target.session_id}"
    others = [
        over_http(
            "DELETE",
            path + ("?and_let_in=true" if at % 2 else ""),
            token=devices[at % SESSIONS].grant["access_token"],
        )
        for at in range(ACTORS - CONNECTED - ITSELF)
    ]
    return [*others, *[over_http("DELETE", "/sessions/current", token=target.grant["access_token"])] * ITSELF]
