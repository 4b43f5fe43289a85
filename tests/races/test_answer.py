"""One answer to one prompt (A5)."""

from contextlib import ExitStack

from local.device import Device, SignIn, Socket
from tests.invariants import require_consistent
from tests.races.racing import ACTORS, ROUNDS, Actors, Deed, Told, over_http, over_socket
from tests.stacks import Stack, fresh_number

SESSIONS, CONNECTED = 5, 10
LATE = {"409 already_answered", "error already_answered"}


def test_of_fifty_answers_one_decides(stack: Stack, actors: Actors) -> None:
    """A5, R1.5: five sessions allow, deny and pick a wrong number, by frames and over HTTP: one decides, for good."""
    number = fresh_number()
    nickname = f"nick-{number[1:]}"
    devices = [stack.texted(number) for _ in range(SESSIONS)]
    assert devices[0].call("POST", "/account/logins", {"login": nickname}).status_code == 201
    approvers = [devices[at % SESSIONS] for at in range(ACTORS)]
    with ExitStack() as opened:
        sockets = [opened.enter_context(one.approving()) for one in approvers[:CONNECTED]]
        for at in ROUNDS:
            # Two logins, since one is asked for ten times without success.
            sign_in = stack.device(f"PC {at}").start((number, nickname)[at % 2], verification="choose")
            told = actors.race(answers(sign_in, approvers, sockets))
            require_decided(stack, sign_in, approvers, told)
    require_consistent(stack.rows)


def answers(sign_in: SignIn, approvers: list[Device], sockets: list[Socket]) -> list[Deed]:
    """What the approvers say, those that are connected by frames: in turn the right number, no, a wrong number."""
    wrong = "00" if sign_in.code != "00" else "01"
    said = [{"decision": "allow", "code": sign_in.code}, {"decision": "deny"}, {"decision": "allow", "code": wrong}]
    path = f"/sign-ins/{sign_in.id}/answer"
    return [
        over_socket(sockets[place], "answer", sign_in_id=sign_in.id, **said[place % 3])
        if place < len(sockets)
        else over_http("POST", path, said[place % 3], token=by.grant["access_token"])
        for place, by in enumerate(approvers)
    ]


def require_decided(stack: Stack, sign_in: SignIn, approvers: list[Device], told: list[Told]) -> None:
    """One answer was taken, and all others came late; what it said is in the tables, and what the device gets."""
    [(winner, taken)] = [(by, one) for by, one in zip(approvers, told, strict=True) if one.said not in LATE]
    assert taken.said in ("200", "answered")
    status = taken.content["status"]
    [row] = stack.items("SignIns", "sign_in_id", sign_in.id)
    assert (row["status"]["S"], row["version"]["N"]) == (status, "1")
    assert row.get("let_in_by") == ({"S": winner.session_id} if status == "allowed" else None)
    assert stack.items("Prompts", "account_id", winner.grant["account_id"]) == []
    assert sign_in.redeem().status_code == {"allowed": 200, "denied": 403}[status]
