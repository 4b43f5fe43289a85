"""Where accounts are concealed, what a stranger does makes the same AWS calls whoever the login belongs to (A4)."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from msgspec.structs import replace

from nod.bootstrap.hand_over import HandOverParts
from nod.domain import passwords
from nod.domain.accounts import Account
from nod.domain.device import Network
from nod.domain.identifiers import challenge_of
from nod.domain.logins import parse_login
from nod.domain.verification import Mode
from nod.errors import InvalidCredentials, NodError, NoPageOpen, SlowDown
from nod.flows.approval import Asked
from nod.flows.qr import AskedByScan
from nod.flows.starting import Started
from nod.settings import Settings
from tests.integration.world import PC, PHONE, POST, VERIFIER, World

PASSWORD = "correct horse"
POLICIES = ("all", "latest", "active", "random")
# Whose login it is: somebody's who is connected, who is not, who has reported a stranger, and nobody's.
LOGINS = ("alice", "offline", "held", "nobody")
NUMBERS = {"offline": "+447700900001", "held": "+447700900002", "nobody": "+447700900003"}
# Seconds between starts: slots fill up, run out, fill up again, and the prompts of ten minutes are used up.
PAUSES = (0, 0, 0, 0, 121, 0, 0, 0, 121, 0, 0, 0, 0)


class Street:
    """People with an account, one of them connected, and a stranger whose every call is on record."""

    def __init__(self, settings: Settings) -> None:
        """Make the accounts."""
        settings = replace(settings, conceal_accounts=True, phone_page="https://app.example.com/scan")
        self.world = World(settings)
        # No window of a limit ends while one login is tried after another.
        self.world.stopped_at = self.world.clock().replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        self.world.connect("one")
        for login, address in (("offline", "192.0.2.8"), ("held", "192.0.2.9")):
            self.world.parts.passwords.sign_up(login, PASSWORD, PHONE, Network(address))
        self.hand_over = HandOverParts(self.world.parts).hand_over
        self._report("held")

    def _report(self, login: str) -> None:
        self.world.parts.tables.logins.hold(parse_login(login).key, self.world.clock())

    def give_numbers(self) -> None:
        """The accounts get phone numbers, the reported one's being held back as well."""
        tables = self.world.parts.tables
        for login in ("offline", "held"):
            session = tables.sessions.of_account(self.account_of(login).account_id)[0]
            tables.accounts.bind(session, parse_login(NUMBERS[login]).key, self.world.clock())
        self._report(NUMBERS["held"])

    def account_of(self, login: str) -> Account:
        """The account of a login that has one."""
        known = self.world.parts.tables.logins.find(parse_login(login).key)
        account = self.world.parts.tables.accounts.get(known.account_id) if known else None
        assert account is not None
        return account

    def start(self, login: str, mode: Mode = "enter") -> Started:
        """A stranger asks, from an address of its own; in `enter`, two codes are the same once in a million times."""
        address = Network(f"198.51.100.{LOGINS.index(login)}")
        return self.world.parts.approval.start(Asked(login, challenge_of(VERIFIER), PC, mode), address)

    def refused(self, call: Callable[[], object]) -> str:
        """What a call is told."""
        with pytest.raises(NodError) as refusal:
            call()
        return f"{refusal.value.code} {refusal.value.detail}"


@pytest.fixture(autouse=True)
def _passwords_are_hashed_fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "COST", 2**4)


@pytest.fixture
def street(settings: Settings, request: pytest.FixtureRequest) -> Street:
    """All of them, with the policy that a test wants."""
    return Street(replace(settings, approver_policy=getattr(request, "param", "all")))


@pytest.mark.parametrize("street", POLICIES, indirect=True)
def test_a4_a_start_makes_the_same_calls_whatever_went_before(street: Street) -> None:
    """A4: the first start, with all slots taken, with slots that ran out, and past the limit of prompts."""
    made: dict[str, list[Any]] = {}
    for login in LOGINS:
        street.world.late = timedelta(0)
        made[login] = []
        for pause in PAUSES:
            street.world.late += timedelta(seconds=pause)
            made[login].append(street.world.counted(partial(street.start, login)))
    assert made["alice"] == made["offline"] == made["held"] == made["nobody"]
    assert POST in made["nobody"][0][-1]
    assert len({str(steps) for steps in made["nobody"]}) > 1, "nothing went before that would matter"


def test_a4_past_the_limit_of_an_address_so_does_the_refusal(settings: Settings) -> None:
    """A4: the first refusal counts the same, takes back the same, and all later ones make no call."""
    street = Street(replace(settings, starts_per_minute_per_address=1))
    made = {}
    for login in LOGINS:
        street.start(login)
        made[login] = [street.world.counted(partial(street.refused, partial(street.start, login))) for _ in range(2)]
    assert made["alice"] == made["offline"] == made["held"] == made["nobody"]
    assert made["nobody"][1] == []


def followed(street: Street, login: str) -> tuple[list[Any], list[str]]:
    """What a stranger does after a start: the calls of each thing, and what was told."""
    flows, told = street.world.parts, []
    first, echo = street.start(login), street.start(login, "echo")
    first_id, echo_id = first.sign_in.sign_in_id, echo.sign_in.sign_in_id

    def poll(verifier: str = VERIFIER) -> None:
        told.append(street.refused(lambda: flows.redeeming.redeem(first_id, verifier)))

    acts: list[Callable[[], object]] = [
        lambda: street.world.wait(first),
        lambda: flows.connecting.standing(first_id),
        poll,
        poll,
        lambda: poll("w" * 43),
        lambda: flows.approval.confirm(echo_id, echo.verification.code or ""),
        lambda: flows.redeeming.cancel(first_id, VERIFIER),
    ]
    steps = [street.world.counted(act) for act in acts]
    # That the prompt of a real one closes is told to its approvers: the only call that differs.
    steps[-1] = [[call for call in step if call != POST] for step in steps[-1]]
    return steps, told


def test_a4_what_follows_a_start_makes_the_same_calls(street: Street) -> None:
    """A4: waiting, polling, a wrong verifier, an echo, giving up; told the same, too."""
    made, told = zip(*(followed(street, login) for login in LOGINS), strict=True)
    assert made == (made[0],) * len(LOGINS)
    assert told == (told[0],) * len(LOGINS)
    assert len(set(told[0])) == 3


def test_a4_a_hand_over_makes_the_same_calls(street: Street) -> None:
    """A4: no page open, held back after a report, and nobody's number: the same answer by the same calls."""
    street.give_numbers()
    told: set[str] = set()

    def start(number: str) -> None:
        asked = AskedByScan(number, challenge_of(VERIFIER), PHONE)
        told.add(street.refused(lambda: street.hand_over.start(asked, Network(f"198.51.100.{number[-1]}"))))

    made = [[street.world.counted(partial(start, number)) for _ in range(12)] for number in NUMBERS.values()]
    assert made == [made[0]] * len(NUMBERS)
    assert told == {f"{NoPageOpen.code} {NoPageOpen.title}"}


def test_a4_a_wrong_password_makes_the_same_calls(street: Street) -> None:
    """A4: a wrong password, an account without one and an unknown login, up to the limit and past it."""
    world = street.world
    world.parts.tables.passwords.drop(street.account_of("offline"))
    told: dict[str, list[str]] = {login: [] for login in LOGINS}

    def sign_in(login: str) -> None:
        address = Network(f"198.51.100.{LOGINS.index(login)}")
        attempt = partial(world.parts.passwords.sign_in, login, "a guess", PC, address)
        told[login].append(street.refused(attempt))

    made = [[world.counted(partial(sign_in, login)) for _ in range(12)] for login in LOGINS]
    assert made == [made[0]] * len(LOGINS)
    assert list(told.values()) == [told["nobody"]] * len(LOGINS)
    assert [one.split()[0] for one in told["nobody"]] == [InvalidCredentials.code] * 10 + [SlowDown.code] * 2
