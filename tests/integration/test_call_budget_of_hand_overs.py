"""The budget of AWS calls of QR hand-overs (docs/architecture.md has the table)."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from nod.bootstrap.hand_over import HandOverParts
from nod.domain.identifiers import challenge_of
from nod.domain.scanning import CODES_PER_SIGN_IN, draw_code
from nod.errors import Denied, NotAnswerable, SlowDown, WrongScan
from nod.flows.qr import AskedByScan, Scan, Scanned
from nod.flows.starting import Started
from nod.settings import Settings
from tests.integration.world import NETWORK, NUMBER, PHONE, POST, VERIFIER, World

STRANGER = "s" * 43
COUNTED = ["dynamodb GetItem Logins", "dynamodb UpdateItem Throttles"]


class Desk:
    """The account's number is known, and the pages of its signed-in computer are open."""

    def __init__(self, settings: Settings, *pages: str) -> None:
        """`pages` are the names of connections."""
        self.world = World(replace(settings, phone_page="https://app.example.com/phone"))
        self.world.bind_number()
        self.parts = HandOverParts(self.world.parts)
        for page in pages:
            ticketing = self.world.parts.ticketing
            ticket = ticketing.issue(self.world.parts.control.alive(self.world.me), "hand_over")
            self.world.parts.connecting.open(page, ticketing.use(ticket), "192.0.2.2")

    def start(self) -> Started:
        """The phone asks."""
        return self.parts.hand_over.start(AskedByScan(NUMBER, challenge_of(VERIFIER), PHONE), NETWORK)

    def show(self, started: Started) -> str:
        """The token in a code that the page shows."""
        token, code = draw_code(
            started.sign_in.sign_in_id, self.world.me.session_id, self.world.parts.clock(), self.world.random
        )
        self.world.parts.tables.sign_ins.add_code(
            started.sign_in.sign_in_id, code, by=self.world.me, now=self.world.parts.clock()
        )
        return token.text

    def scan(self, started: Started, token: str, verifier: str = VERIFIER) -> Scanned:
        """A device scans."""
        return self.parts.hand_over.scan(started.sign_in.sign_in_id, Scan(token, NUMBER, verifier))


@pytest.fixture
def desk(settings: Settings) -> Desk:
    """The computer, with two pages."""
    return Desk(settings, "one", "two")


def test_r4_3_starting_takes_four_steps(desk: Desk) -> None:
    """R4.3: find the login beside counting the address; find the pages; one transaction; post, side by side."""
    assert desk.world.counted(desk.start) == [
        COUNTED,
        ["dynamodb Query Connections"],
        ["dynamodb TransactWriteItems Put SignIns, Put Prompts, Put Tickets, Update Throttles,"],
        [POST, POST],
    ]


def test_r4_4_scanning_takes_five_steps(desk: Desk) -> None:
    """R4.4: read it, then whose page it is on; one transaction beside finding whom to tell; the prompt; the rest."""
    started = desk.start()
    token = desk.show(started)
    assert desk.world.counted(lambda: desk.scan(started, token)) == [
        ["dynamodb GetItem SignIns"],
        ["dynamodb GetItem Sessions", "dynamodb Query Prompts"],
        [
            "dynamodb Query Connections",
            "dynamodb TransactWriteItems ConditionCheck Sessions, Put Prompts, Update SignIns,",
        ],
        [POST, POST],
        [POST, POST],
    ]


def test_r4_5_a_scan_that_lets_in_takes_as_many_steps(settings: Settings) -> None:
    """R4.5: the phone is told before the pages."""
    desk = Desk(replace(settings, hand_over_confirmation="none"), "one", "two")
    started = desk.start()
    desk.world.wait(started)
    token = desk.show(started)
    assert desk.world.counted(lambda: desk.scan(started, token)) == [
        ["dynamodb GetItem SignIns"],
        ["dynamodb GetItem Sessions", "dynamodb Query Prompts"],
        [
            "dynamodb Query Connections",
            "dynamodb Query Connections",
            "dynamodb TransactWriteItems ConditionCheck Sessions, Delete Prompts, Update SignIns,",
        ],
        [POST],
        [POST, POST],
    ]


def test_r4_5_answering_and_redeeming_take_as_many_steps_as_ever(desk: Desk) -> None:
    """R4.5: two and three; the session whose page was read is looked at in the same transaction."""
    started = desk.start()
    code = desk.scan(started, desk.show(started)).verification.code
    answered = desk.world.counted(lambda: desk.world.answer(started, code))
    assert answered[0] == [
        "dynamodb GetItem SignIns",
        "dynamodb Query Connections",
        "dynamodb Query Connections",
        "dynamodb TransactWriteItems ConditionCheck Sessions, Delete Prompts, Update SignIns,",
    ]
    assert answered[1:] == [[POST, POST]]
    redeemed = desk.world.counted(lambda: desk.world.parts.redeeming.redeem(started.sign_in.sign_in_id, VERIFIER))
    assert redeemed == [
        ["dynamodb GetItem SignIns"],
        [
            "dynamodb Query Connections",
            (
                "dynamodb TransactWriteItems ConditionCheck Sessions, ConditionCheck Logins, Put Sessions,"
                " Update SignIns, Update Throttles,"
            ),
            "kms Sign",
        ],
        [POST, POST, "dynamodb DeleteItem Throttles", "dynamodb UpdateItem Logins"],
    ]


def test_r4_3_renewing_takes_one_step(desk: Desk) -> None:
    """R4.3: the code is kept beside reading which device asks."""
    sign_in_id = desk.start().sign_in.sign_in_id
    assert desk.world.counted(lambda: desk.parts.showing.renew(sign_in_id, desk.world.me)) == [
        ["dynamodb GetItem SignIns", "dynamodb TransactWriteItems ConditionCheck Sessions, Update SignIns,"],
    ]


def test_r1_8_a_page_that_opens_takes_two_steps(desk: Desk) -> None:
    """R1.8: what is open, and then a code for each phone, side by side."""
    desk.start()
    desk.start()

    def greet() -> None:
        _, to_scan = desk.world.parts.connecting.open_page(desk.world.me, "one")
        assert len(desk.parts.showing.show_again(to_scan, desk.world.me)) == 2

    code = "dynamodb TransactWriteItems ConditionCheck Sessions, Update SignIns,"
    assert desk.world.counted(greet) == [
        [
            "dynamodb GetItem Sessions",
            "dynamodb Query Prompts",
            "dynamodb Query Prompts",
            "dynamodb UpdateItem Connections",
        ],
        [code, code],
    ]


def test_q3_voiding_takes_five_steps(desk: Desk) -> None:
    """Q3: of a stranger it is noted in three; then the scan of the phone itself reads, voids and tells everybody."""
    started = desk.start()
    token = desk.show(started)
    desk.world.wait(started)

    def scan_as_a_stranger() -> None:
        with pytest.raises(WrongScan):
            desk.scan(started, token, STRANGER)

    def scan() -> None:
        with pytest.raises(Denied):
            desk.scan(started, token)

    read, asked = ["dynamodb GetItem SignIns"], ["dynamodb GetItem Sessions", "dynamodb Query Prompts"]
    assert desk.world.counted(scan_as_a_stranger) == [read, asked, ["dynamodb TransactWriteItems Update SignIns,"]]
    assert desk.world.counted(scan) == [
        read,
        asked,
        [
            "dynamodb Query Connections",
            "dynamodb Query Connections",
            "dynamodb TransactWriteItems Delete Prompts, Update SignIns,",
        ],
        [POST, POST, POST],
    ]


def test_a1_the_eleventh_is_refused_by_the_transaction(desk: Desk) -> None:
    """A1: nothing is posted, and nothing taken back."""
    for _ in range(10):
        desk.start()

    def start() -> None:
        with pytest.raises(SlowDown):
            desk.start()

    assert len(desk.world.counted(start)) == 3


def test_q1_the_largest_sign_in_is_kept_and_read(desk: Desk) -> None:
    """R4.3: as many codes as there may be fit, and the last one is found."""
    started = desk.start()
    for _ in range(CODES_PER_SIGN_IN - len(started.sign_in.codes) - 1):
        desk.show(started)
    last = desk.show(started)
    with pytest.raises(NotAnswerable):
        desk.parts.showing.renew(started.sign_in.sign_in_id, desk.world.me)
    desk.world.late = timedelta(seconds=5)
    assert desk.scan(started, last).sign_in.status == "pending"
