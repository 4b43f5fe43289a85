"""The budget of AWS calls: what a person waits for, step by step (docs/architecture.md has the table)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from msgspec.structs import replace

from nod.domain.deliveries import InboundText
from nod.domain.device import Device, Network
from nod.domain.identifiers import challenge_of, new_identifier
from nod.domain.sign_in import Approver, StillWaiting
from nod.domain.verification import Mode
from nod.flows.answering import Answer
from nod.flows.approval import Asked
from nod.flows.binding import Unproven
from nod.flows.granting import Grant
from nod.flows.phone import AskedByPhone
from nod.flows.starting import Started
from nod.settings import Settings
from tests.integration.in_process import Steps, counted_parts, in_process_aws

NETWORK = Network("192.0.2.1")
PC, PHONE = Device("desktop", "PC"), Device("phone", "Phone")
VERIFIER = "v" * 43
NUMBER = "+447700900123"


class World:
    """One account with a signed-in phone, and the parts whose calls are counted."""

    def __init__(self, settings: Settings) -> None:
        """Make the account."""
        self.steps = Steps()
        self.late = timedelta(0)
        self.random = Random(1)
        self.parts = counted_parts(settings, self.steps, lambda: datetime.now(UTC) + self.late)
        self.grant: Grant = self.parts.passwords.sign_up("alice", "correct horse", PHONE, NETWORK)
        self.me = Approver(self.grant.account_id, self.grant.session_id)

    def connect(self, *ids: str) -> None:
        """Open connections of the phone as approver."""
        for connection_id in ids:
            ticket = self.parts.ticketing.issue(self.parts.control.alive(self.me), "approve")
            self.parts.connecting.open(connection_id, self.parts.ticketing.use(ticket), "192.0.2.2")

    def start(self, mode: Mode = "choose", login: str = "alice") -> Started:
        """Start a sign-in."""
        return self.parts.approval.start(Asked(login, challenge_of(VERIFIER), PC, mode), NETWORK)

    def answer(self, started: Started, code: str | None = None) -> None:
        """Allow a sign-in."""
        answer = Answer(started.sign_in.sign_in_id, "allow", code or started.verification.code)
        self.parts.answering.answer(answer, by=self.me)

    def start_phone(self) -> Started:
        """A phone registers an identifier."""
        asked = AskedByPhone(new_identifier(self.random), challenge_of(VERIFIER), PHONE)
        return self.parts.phone.start(asked, NETWORK)

    def wait(self, started: Started) -> None:
        """The phone waits on a connection."""
        self.parts.connecting.open("waiter", self.parts.ticketing.use(started.waiter_ticket), "192.0.2.2")

    def text(self, body: str, number: str = NUMBER) -> None:
        """A text message arrives."""
        message = InboundText(message_id=new_identifier(self.random), sender=number, text=body)
        self.parts.texting.receive(message, gateway="generic", signs_time=True, replies=False)

    def bind_number(self) -> None:
        """The account gets a phone number."""
        self.text(self.ask_to_bind(NUMBER))

    def ask_to_bind(self, login: str) -> str:
        """A login is to be bound; what is to be texted."""
        asked = self.parts.login_binding.bind(self.parts.control.alive(self.me), login)
        return asked.sms.body if isinstance(asked, Unproven) and asked.sms else ""

    def counted(self, call: Any) -> list[list[str]]:
        """The calls that something takes, by step."""
        self.steps.start_over()
        call()
        return self.steps.by_step()


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """The settings of a function, with password sign-up."""
    with in_process_aws(monkeypatch) as made:
        yield replace(
            made,
            websocket_url="",
            minimum_verification="none",
            password_sign_up=True,
            phone_sign_in_approval="never",
        )


@pytest.fixture
def world(settings: Settings) -> World:
    """The account and the counted parts."""
    return World(settings)


POST = "apigatewaymanagementapi PostToConnection"


def test_starting_takes_three_steps(world: World) -> None:
    """R1.3: claim the login beside the counters; find the approvers beside keeping the sign-in; post, side by side."""
    world.connect("one", "two")
    assert world.counted(world.start) == [
        ["dynamodb UpdateItem Logins", "dynamodb UpdateItem Throttles", "dynamodb UpdateItem Throttles"],
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
        [POST, POST, "dynamodb UpdateItem Logins"],
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
            "dynamodb TransactWriteItems ConditionCheck Sessions, Put Sessions, Update SignIns,",
            "kms Sign",
        ],
        [POST, "dynamodb DeleteItem Throttles", "dynamodb UpdateItem Logins"],
    ]


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


def test_echo_prompts_in_three_steps(world: World) -> None:
    """R1.7: a confirmed `echo` code is read, kept beside finding the approvers, and posted."""
    world.connect("one")
    started = world.start("echo")
    sign_in_id, code = started.sign_in.sign_in_id, started.verification.code or ""
    assert world.counted(lambda: world.parts.approval.confirm(sign_in_id, code)) == [
        ["dynamodb GetItem SignIns"],
        ["dynamodb Query Connections", "dynamodb TransactWriteItems Put Prompts, Update SignIns,"],
        [POST],
    ]


def test_ending_a_session_takes_four_steps(world: World) -> None:
    """R2.2: list, end, find the sockets, tell and close them."""
    world.connect("one")
    other = world.parts.passwords.sign_in("alice", "correct horse", PC, NETWORK)
    assert world.counted(lambda: world.parts.control.end(other.session_id, by=world.me)) == [
        ["dynamodb Query Sessions"],
        ["dynamodb TransactWriteItems ConditionCheck Sessions, Delete Sessions,"],
        ["dynamodb Query Connections"],
        [POST],
    ]


def test_refreshing_takes_three_steps(world: World) -> None:
    """S3: read, sign, and only then use the token up, in one conditional write: a failed signature loses nothing."""
    refresh = world.parts.refreshing.refresh
    assert world.counted(lambda: refresh(world.grant.refresh_token)) == [
        ["dynamodb GetItem Sessions"],
        ["kms Sign"],
        ["dynamodb UpdateItem Sessions"],
    ]


def test_a4_concealed_starts_make_the_same_calls(settings: Settings) -> None:
    """A4: with accounts concealed an unknown login, nobody online and a real start make the same calls."""
    world = World(replace(settings, conceal_accounts=True))
    nobody_online = world.counted(world.start)
    unknown = world.counted(lambda: world.start(login="nobody"))
    world.connect("one")
    real = world.counted(world.start)
    assert nobody_online == unknown == real
    assert real[2] == [POST]


# Text messages. Each begins with the same reads, and ends with the text back to its sender.

READS = [
    "dynamodb GetItem Bindings",
    "dynamodb GetItem Logins",
    "dynamodb GetItem Messages",
    "dynamodb GetItem SignIns",
]
TEXT, TOLD = "sns Publish", "dynamodb UpdateItem Messages"


def body_of(started: Started) -> str:
    """What the phone of a sign-in sends."""
    return started.sms.body if started.sms else ""


def test_a_phone_starts_in_two_steps(world: World) -> None:
    """R3.1: the address is counted before anything is kept."""
    assert world.counted(world.start_phone) == [
        ["dynamodb UpdateItem Throttles"],
        ["dynamodb TransactWriteItems Put SignIns, Put Tickets,"],
    ]


def test_a_known_number_is_let_in_on_the_second_step(world: World) -> None:
    """R3.5: read; act beside finding the phone; tell the phone, then its sender; only then note that it was told."""
    world.bind_number()
    started = world.start_phone()
    world.wait(started)
    assert world.counted(lambda: world.text(body_of(started))) == [
        READS,
        [
            "dynamodb Query Connections",
            "dynamodb TransactWriteItems ConditionCheck Logins, Put Messages, Update SignIns,",
        ],
        [POST],
        [TEXT],
        [TOLD],
    ]


def test_a_new_number_takes_no_more_steps(world: World) -> None:
    """R3.4: the account is made in the same transaction."""
    started = world.start_phone()
    world.wait(started)
    assert world.counted(lambda: world.text(body_of(started))) == [
        READS,
        [
            "dynamodb Query Connections",
            "dynamodb TransactWriteItems Put Messages, Put Accounts, Put Logins, Update SignIns,",
        ],
        [POST],
        [TEXT],
        [TOLD],
    ]


def test_r3_6_an_initial_password_takes_one_step_more(settings: Settings) -> None:
    """R3.6: it is kept before it is texted, and after the phone was told."""
    world = World(replace(settings, send_account_sms=True))
    started = world.start_phone()
    world.wait(started)
    assert world.counted(lambda: world.text(body_of(started)))[2:] == [
        [POST],
        ["dynamodb UpdateItem Accounts"],
        [TEXT],
        [TOLD],
    ]


def test_t7_asking_approvers_takes_two_steps_more(settings: Settings) -> None:
    """T7: they are found, and the prompt counted, before the message acts."""
    world = World(replace(settings, phone_sign_in_approval="when_online"))
    world.bind_number()
    world.connect("one", "two")
    started = world.start_phone()
    assert world.counted(lambda: world.text(body_of(started))) == [
        READS,
        ["dynamodb Query Connections"],
        ["dynamodb UpdateItem Throttles"],
        [
            "dynamodb Query Connections",
            "dynamodb TransactWriteItems ConditionCheck Logins, Put Messages, Put Prompts, Update SignIns,",
        ],
        [POST, POST],
        [TEXT],
        [TOLD],
    ]


def test_t4_a_message_that_comes_again_is_only_read(world: World) -> None:
    """T4: nothing is written and nobody told."""
    message = InboundText(message_id="ONE", sender=NUMBER, text="Hello")

    def deliver() -> None:
        world.parts.texting.receive(message, gateway="generic", signs_time=True, replies=False)

    reads = [call for call in READS if "Messages" in call or "Logins" in call]
    assert world.counted(deliver) == [
        reads,
        ["dynamodb TransactWriteItems Put Messages,"],
        ["dynamodb UpdateItem Throttles"],
        [TEXT],
        [TOLD],
    ]
    assert world.counted(deliver) == [reads]


def test_t3_voiding_takes_one_transaction(world: World) -> None:
    """T3: beside finding whom to tell."""
    started = world.start_phone()
    world.text(body_of(started))
    world.wait(started)
    assert world.counted(lambda: world.text(body_of(started), "+447700900456")) == [
        READS,
        [
            "dynamodb Query Connections",
            "dynamodb Query Connections",
            "dynamodb TransactWriteItems Delete Prompts, Put Messages, Update SignIns,",
        ],
        [POST],
        ["dynamodb UpdateItem Throttles"],
        [TEXT],
        [TOLD],
    ]


def test_r1_2_binding_a_number_takes_one_transaction(world: World) -> None:
    """R1.2: asked for in two steps, besides finding the session; bound on the second step of its message."""
    assert world.counted(lambda: world.ask_to_bind(NUMBER)) == [
        ["dynamodb GetItem Sessions"],
        ["dynamodb GetItem Logins"],
        ["dynamodb PutItem Bindings"],
    ]
    body = world.ask_to_bind(NUMBER)
    assert world.counted(lambda: world.text(body)) == [
        READS,
        [
            (
                "dynamodb TransactWriteItems ConditionCheck Sessions, Delete Bindings, Put Messages, Put Logins,"
                " Update Accounts,"
            )
        ],
        [TEXT],
        [TOLD],
    ]


def test_r1_2_a_code_is_mailed_once_it_is_kept(world: World) -> None:
    """R1.2: the limits of mail are counted side by side; nothing is mailed that could not be confirmed."""
    assert world.counted(lambda: world.ask_to_bind("alice@example.com")) == [
        ["dynamodb GetItem Sessions"],
        ["dynamodb GetItem Logins"],
        ["dynamodb UpdateItem Throttles", "dynamodb UpdateItem Throttles"],
        ["dynamodb PutItem Bindings"],
        ["sesv2 SendEmail"],
    ]


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
    world.parts.login_binding.account(world.parts.control.alive(world.me))
    world.bind_number()
    phone = world.start_phone()
    world.text(body_of(phone))
    world.text(body_of(phone), "+447700900456")
    world.text("NO")
    world.ask_to_bind("alice@example.com")
    world.parts.login_binding.unbind(world.parts.control.alive(world.me), NUMBER)
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
    assert world.counted(lambda: world.start("enter"))[1] == ["dynamodb UpdateItem Logins"]
    assert len(world.counted(lambda: world.start("enter"))) == 3
