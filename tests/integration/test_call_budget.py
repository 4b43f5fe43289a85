"""The budget of AWS calls: what a person waits for, step by step (docs/architecture.md has the table)."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from msgspec.structs import replace

from nod.domain.identifiers import challenge_of
from nod.domain.refusals import StillWaiting
from nod.domain.sign_in import Approver
from nod.flows.approval import Asked
from tests.integration.world import NETWORK, PC, POST, VERIFIER, World, body_of


def test_starting_takes_three_steps(world: World) -> None:
    """R1.3: find the login beside slot and counters; the approvers beside keeping the sign-in; post, side by side."""
    world.connect("one", "two")
    assert world.counted(world.start) == [
        ["dynamodb GetItem Logins", *3 * ["dynamodb UpdateItem Throttles"]],
        ["dynamodb Query Connections", "dynamodb TransactWriteItems Put SignIns, Put Prompts, Put Tickets,"],
        [POST, POST],
    ]


def test_answering_takes_two_steps(world: World) -> None:
    """R1.4: one transaction beside finding whom to tell; then everybody is told, side by side."""
    world.connect("one", "two")
    started = world.start()
    assert world.counted(lambda: world.answer(started)) == [
        [
            "dynamodb GetItem SignIns",
            "dynamodb Query Connections",
            "dynamodb Query Connections",
            "dynamodb TransactWriteItems ConditionCheck Sessions, Delete Prompts, Update SignIns,",
        ],
        [POST, POST, "dynamodb UpdateItem Throttles"],
    ]


def test_redeeming_takes_three_steps(world: World) -> None:
    """R1.6: read; then the one transaction beside the signature; then the account's sessions are told."""
    world.connect("one")
    started = world.start()
    world.answer(started)
    assert world.counted(lambda: world.parts.redeeming.redeem(started.sign_in.sign_in_id, VERIFIER)) == [
        ["dynamodb GetItem SignIns"],
        [
            "dynamodb Query Connections",
            "dynamodb TransactWriteItems ConditionCheck Sessions, Put Sessions, Update SignIns, Update Throttles,",
            "kms Sign",
        ],
        [POST, "dynamodb DeleteItem Throttles", "dynamodb UpdateItem Logins"],
    ]


def test_r4_1_knowing_a_device_takes_no_step_more(world: World) -> None:
    """R4.1: it is kept beside the telling, whichever way it signed in; once more where it is known, to no effect."""
    world.connect("one")
    device = replace(PC, id="pc-1")
    know = "dynamodb TransactWriteItems ConditionCheck Sessions, Put Logins, Update Accounts,"
    for _ in range(2):
        started = world.parts.approval.start(Asked("alice", challenge_of(VERIFIER), device, "none"), NETWORK)
        world.answer(started)
        steps = world.counted(partial(world.parts.redeeming.redeem, started.sign_in.sign_in_id, VERIFIER))
        assert (len(steps), steps[2][1:]) == (3, ["dynamodb DeleteItem Throttles", know, "dynamodb UpdateItem Logins"])
    sign_in = world.parts.passwords.sign_in
    unnamed = world.counted(lambda: sign_in("alice", "correct horse", PC, NETWORK))
    named = world.counted(lambda: sign_in("alice", "correct horse", device, NETWORK))
    assert named == [*unnamed[:-1], sorted([*unnamed[-1], know])]
    account = world.messaging.login_binding.account(world.parts.control.alive(world.me))
    assert set(account.devices) == {"device:pc-1"}


def test_polling_takes_two_steps(world: World) -> None:
    """R1.6: a poll before the answer reads the sign-in and counts itself."""
    world.connect("one")
    started = world.start()

    def poll() -> None:
        with pytest.raises(StillWaiting):
            world.parts.redeeming.redeem(started.sign_in.sign_in_id, VERIFIER)

    assert world.counted(poll) == [["dynamodb GetItem SignIns"], ["dynamodb UpdateItem SignIns"]]


def test_connecting_takes_one_step_each(world: World) -> None:
    """R1.9: the authorizer consumes the ticket in one call, and the connection is kept with its session in another."""
    secret = world.parts.ticketing.issue(world.parts.control.alive(world.me), "approve")
    tickets = []
    assert world.counted(lambda: tickets.append(world.parts.ticketing.use(secret))) == [["dynamodb DeleteItem Tickets"]]
    assert world.counted(lambda: world.parts.connecting.open("one", tickets[0], "192.0.2.2")) == [
        ["dynamodb TransactWriteItems ConditionCheck Sessions, Put Connections,"]
    ]
    assert world.counted(lambda: world.parts.connecting.open_prompts(world.me)) == [
        ["dynamodb GetItem Sessions", "dynamodb Query Prompts"]
    ]


def test_echo_prompts_in_four_steps(world: World) -> None:
    """R1.7: a sign-in is read; whether reports hold it back, beside counting; it is kept beside finding approvers."""
    world.connect("one")
    started = world.start("echo")
    sign_in_id, code = started.sign_in.sign_in_id, started.verification.code or ""
    assert world.counted(lambda: world.parts.approval.confirm(sign_in_id, code)) == [
        ["dynamodb GetItem SignIns"],
        ["dynamodb GetItem Logins", "dynamodb UpdateItem Throttles"],
        ["dynamodb Query Connections", "dynamodb TransactWriteItems Put Prompts, Update SignIns,"],
        [POST],
    ]


def test_ending_a_session_takes_four_steps(world: World) -> None:
    """R2.2: read the two sessions, however many there are, end, find the sockets, tell and close them."""
    world.connect("one")
    other = world.parts.passwords.sign_in("alice", "correct horse", PC, NETWORK)
    assert world.counted(lambda: world.parts.control.end(other.session_id, by=world.me)) == [
        ["dynamodb GetItem Sessions", "dynamodb GetItem Sessions"],
        ["dynamodb TransactWriteItems ConditionCheck Sessions, Update Sessions,"],
        ["dynamodb Query Connections"],
        [POST],
    ]


def test_r2_2_ending_what_it_let_in_takes_a_step_for_each(world: World) -> None:
    """R2.2: all are ended one after another, since each asks for the caller to be alive; then it is looked again."""
    world.connect("one")
    sessions = world.parts.tables.sessions
    host = world.parts.passwords.sign_in("alice", "correct horse", PC, NETWORK).session_id
    top = world.parts.control.alive(Approver(world.me.account_id, host))
    for guest in ("A", "B"):
        sessions.put(replace(top, session_id=guest, let_in_by=host))
    end = "dynamodb TransactWriteItems ConditionCheck Sessions, Update Sessions,"
    assert world.counted(lambda: world.parts.control.end(host, by=world.me, and_let_in=True)) == [
        ["dynamodb Query Sessions"],
        [end],
        [end],
        [end],
        ["dynamodb Query Sessions"],
        ["dynamodb Query Connections"],
        [POST, POST, POST],
    ]


def test_refreshing_takes_three_steps(world: World) -> None:
    """S3: read, sign, and only then use the token up, in one conditional write: a failed signature loses nothing."""
    refresh = world.parts.refreshing.refresh
    assert world.counted(lambda: refresh(world.grant.refresh_token)) == [
        ["dynamodb GetItem Sessions"],
        ["kms Sign"],
        ["dynamodb UpdateItem Sessions"],
    ]


def test_s4_looking_at_a_password_and_removing_it_takes_two_steps_each(world: World) -> None:
    """S4: what is shown is read; what is removed as well, and then goes if it is that still."""
    world.bind_number()
    alive, remove = world.parts.control.alive, world.parts.passwords.remove
    assert world.counted(lambda: world.messaging.login_binding.account(alive(world.me))) == [
        ["dynamodb GetItem Sessions"],
        ["dynamodb GetItem Accounts"],
    ]
    mine = alive(world.me)
    assert world.counted(lambda: remove(mine)) == [
        ["dynamodb GetItem Accounts"],
        ["dynamodb TransactWriteItems ConditionCheck Sessions, Update Accounts,"],
    ]
    assert world.counted(lambda: remove(mine)) == [["dynamodb GetItem Accounts"]]


def test_every_access_is_by_key(world: World) -> None:
    """No path scans a table or reads an index: every request is by full key or of one partition."""
    requests: list[tuple[str, dict[str, Any]]] = []
    world.parts.tables.client.client.meta.events.register(
        "before-parameter-build", lambda params, model, **_: requests.append((model.name, params))
    )
    world.connect("one")
    started = world.start()
    world.answer(started)
    world.parts.redeeming.redeem(started.sign_in.sign_in_id, VERIFIER)
    world.parts.approval.start(Asked("alice", challenge_of(VERIFIER), PC, "echo"), NETWORK)
    world.parts.redeeming.cancel(world.start().sign_in.sign_in_id, VERIFIER)
    world.parts.connecting.open_prompts(world.me)
    world.parts.control.listed(world.me)
    other = world.parts.passwords.sign_in("alice", "correct horse", PC, NETWORK)
    world.parts.control.end(other.session_id, by=world.me)
    world.parts.refreshing.refresh(world.grant.refresh_token)
    world.messaging.login_binding.account(world.parts.control.alive(world.me))
    world.bind_number()
    phone = world.start_phone()
    world.text(body_of(phone))
    world.text(body_of(phone), "+447700900456")
    world.text("NO")
    world.ask_to_bind("alice@example.com")
    world.ask_to_bind("wonderland")
    world.messaging.login_binding.unbind(world.parts.control.alive(world.me), "wonderland")
    world.parts.passwords.change(world.parts.control.alive(world.me), "correct horse", "battery staple")
    assert {action for action, _ in requests} == {
        "GetItem", "UpdateItem", "DeleteItem", "PutItem", "Query", "TransactWriteItems",
    }  # fmt: skip
    for action, params in requests:
        assert "IndexName" not in params
        if action == "Query":
            assert "AND" not in params["KeyConditionExpression"]
            assert "=" in params["KeyConditionExpression"]
            assert "FilterExpression" not in params


def test_the_past_is_not_scanned_for(world: World) -> None:
    """A login with stale slots costs one write more, once, and is then as cheap as before."""
    world.connect("one")
    for _ in range(3):
        world.start("enter")
    world.late = timedelta(hours=1)
    # In `enter` two codes are the same once in a million times, which would cost a further draw.
    assert world.counted(lambda: world.start("enter"))[1] == ["dynamodb UpdateItem Throttles"]
    assert len(world.counted(lambda: world.start("enter"))) == 3
