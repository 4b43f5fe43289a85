"""The budget of AWS calls of text messages and bindings (docs/architecture.md has the table)."""

from msgspec.structs import replace

from nod.domain.deliveries import InboundText
from nod.settings import Settings
from tests.integration.world import NUMBER, POST, VERIFIER, World, body_of

# Text messages. Each begins with the same reads, and ends with the text back to its sender.

READS = [
    "dynamodb GetItem Bindings",
    "dynamodb GetItem Logins",
    "dynamodb GetItem Messages",
    "dynamodb GetItem SignIns",
]
TEXT, TOLD = "sns Publish", "dynamodb UpdateItem Messages"


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
            "dynamodb TransactWriteItems Put Messages, Update SignIns, Update Throttles, Update Logins,",
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
            "dynamodb TransactWriteItems Put Messages, Put Accounts, Put Logins, Update SignIns, Update Throttles,",
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


def test_t7_asking_approvers_takes_one_step_more(settings: Settings) -> None:
    """T7: they are found before the message acts; the prompt is counted in the same transaction."""
    world = World(replace(settings, phone_sign_in_approval="when_online"))
    world.bind_number()
    world.connect("one", "two")
    started = world.start_phone()
    assert world.counted(lambda: world.text(body_of(started))) == [
        READS,
        ["dynamodb Query Connections"],
        [
            "dynamodb Query Connections",
            ("dynamodb TransactWriteItems Put Messages, Put Prompts, Update SignIns, Update Throttles, Update Logins,"),
        ],
        [POST, POST],
        [TEXT],
        [TOLD],
    ]


def test_t7_redeeming_a_phone_takes_no_step_more(world: World) -> None:
    """T7: whether its number stands by it is a condition of the one transaction."""
    world.bind_number()
    started = world.start_phone()
    world.text(body_of(started))
    assert world.counted(lambda: world.parts.redeeming.redeem(started.sign_in.sign_in_id, VERIFIER))[:2] == [
        ["dynamodb GetItem SignIns"],
        [
            "dynamodb Query Connections",
            "dynamodb TransactWriteItems ConditionCheck Logins, Put Sessions, Update SignIns,",
            "kms Sign",
        ],
    ]


def test_t7_no_takes_a_step_for_each_thing_that_it_undoes(world: World) -> None:
    """T7: what nobody waits for comes one after another: sessions are ended together, and looked at again after it."""
    started = world.start_phone()
    world.text(body_of(started))
    world.parts.redeeming.redeem(started.sign_in.sign_in_id, VERIFIER)
    assert world.counted(lambda: world.text("NO"))[1:-3] == [
        ["dynamodb TransactWriteItems Put Messages,"],
        ["dynamodb UpdateItem Logins"],
        ["dynamodb GetItem Accounts"],
        ["dynamodb Query Sessions"],
        ["dynamodb Query Sessions"],
        ["dynamodb UpdateItem Sessions"],
        ["dynamodb GetItem Accounts"],
        ["dynamodb Query Sessions"],
        ["dynamodb GetItem Accounts"],
        ["dynamodb UpdateItem Accounts"],
        ["dynamodb UpdateItem Messages"],
        ["dynamodb Query Connections"],
    ]


def test_t4_a_message_that_comes_again_is_only_read(world: World) -> None:
    """T4: nothing is written and nobody told."""
    message = InboundText(message_id="ONE", sender=NUMBER, text="Hello")

    def deliver() -> None:
        world.messaging.texting.receive(message, gateway="generic", signs_time=True, replies=False)

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
    """T3: then whom to tell is found: the phone, and the approvers of the account."""
    started = world.start_phone()
    world.text(body_of(started))
    world.wait(started)
    assert world.counted(lambda: world.text(body_of(started), "+447700900456")) == [
        READS,
        ["dynamodb TransactWriteItems Delete Prompts, Put Messages, Update SignIns,"],
        ["dynamodb Query Connections"],
        ["dynamodb Query Connections"],
        [POST],
        ["dynamodb UpdateItem Throttles"],
        [TEXT],
        [TOLD],
    ]


def test_r1_2_binding_a_number_takes_one_transaction(world: World) -> None:
    """R1.2: asked for in four steps, besides finding the session; bound on the second step of its message."""
    assert world.counted(lambda: world.ask_to_bind(NUMBER)) == [
        ["dynamodb GetItem Sessions"],
        ["dynamodb GetItem Accounts"],
        ["dynamodb UpdateItem Throttles"],
        ["dynamodb GetItem Logins"],
        ["dynamodb PutItem Bindings"],
    ]
    body = world.ask_to_bind(NUMBER)
    assert world.counted(lambda: world.text(body)) == [
        READS,
        [
            (
                "dynamodb TransactWriteItems ConditionCheck Sessions, Put Messages, Put Logins, Update Throttles,"
                " Update Bindings, Update Accounts,"
            )
        ],
        [TEXT],
        [TOLD],
    ]


def test_r1_2_a_code_is_mailed_once_it_is_kept(world: World) -> None:
    """R1.2: asking is counted before it is told whose the address is; nothing is mailed that could not be confirmed."""
    assert world.counted(lambda: world.ask_to_bind("alice@example.com")) == [
        ["dynamodb GetItem Sessions"],
        ["dynamodb GetItem Accounts"],
        ["dynamodb UpdateItem Throttles"],
        ["dynamodb GetItem Logins"],
        ["dynamodb UpdateItem Throttles"],
        ["dynamodb UpdateItem Throttles"],
        ["dynamodb PutItem Bindings"],
        ["sesv2 SendEmail"],
    ]
