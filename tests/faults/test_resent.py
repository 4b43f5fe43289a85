"""What botocore sends again, since the answer was lost on the way, acts once (docs/reliability.md)."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import botocore.endpoint
import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)
from msgspec.structs import replace
from pynamodb.exceptions import DeleteError, PynamoDBException

from nod.bootstrap.tables import Tables
from nod.domain.limits import FIRST_HOLD, Limit, Slot
from nod.errors import SlowDown, UnknownLogin
from nod.settings import Settings
from tests.builders import NOW, account, after, mailed_binding
from tests.faults.conftest import Hurry
from tests.faults.injection import ALWAYS, ONCE, Fault, Injector, answering
from tests.integration.in_process import in_process_aws

pytestmark = pytest.mark.integration
LIMIT = Limit("some", 6, timedelta(minutes=1))


@pytest.fixture(scope="module")
def settings() -> Iterator[Settings]:
    """Of a function on moto."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(botocore.endpoint, "time", Hurry)
        with in_process_aws(patched) as made:
            yield made


@dataclass
class Wire:
    """The tables over a client of their own, whose requests can fail; `name` is that of the test, and of nobody else.

    A client of botocore's tries again only so often in all, whatever it is asked for.
    """

    tables: Tables
    name: str
    injector: Injector = field(default_factory=Injector)

    def __post_init__(self) -> None:
        self.injector.watch(self.tables.client.client)

    def failing(self, fault: Fault, call: Callable[[], Any], at: int = 0) -> Any:
        """What the call gives while one of its requests fails, be it an error of AWS."""
        self.injector.arm(fault, at)
        try:
            return call()
        except (BotoCoreError, ClientError, PynamoDBException) as error:
            return error
        finally:
            assert self.injector.failed > 0, "there was nothing to fail"
            self.injector.arm()

    def left(self) -> int:
        """How many more may be counted, all of which are used up by this."""
        for used in range(LIMIT.count + 1):
            try:
                self.tables.throttles.count(LIMIT, self.name, NOW)
            except SlowDown:
                return used
        raise AssertionError("there is no limit")

    def binding(self, tries_left: int) -> Callable[[], int]:
        """A binding is under way; a try at it gives how many are left."""
        bindings = self.tables.bindings
        bindings.put(replace(mailed_binding(tries_left=tries_left), binding_id=self.name))
        return lambda: bindings.take_try(self.name, NOW).tries_left


@pytest.fixture
def wire(settings: Settings, request: pytest.FixtureRequest) -> Wire:
    """Tables on the wire."""
    return Wire(Tables(settings), request.node.name)


def raising(error: type[BotoCoreError], meanwhile: Callable[[], object] = lambda: None) -> Callable[[Any], Any]:
    """Fail with an error of botocore's, after what others did meanwhile."""

    def fail(request: Any) -> Any:
        meanwhile()
        raise error(endpoint_url=request.url)

    return fail


LOST = [
    Fault(f"{name} {times}", fail, acts=True, times=times)
    for name, fail in {
        "timeout": raising(ReadTimeoutError),
        "connection lost": raising(ConnectionClosedError),
        "server error": answering(500, "InternalServerError"),
    }.items()
    for times in (ONCE, ALWAYS)
]
lost_answers = pytest.mark.parametrize("fault", LOST, ids=lambda fault: fault.name.replace(" ", "-"))


@lost_answers
@pytest.mark.parametrize("earlier", [0, 1])
def test_a12_a_report_holds_back_once(wire: Wire, fault: Fault, earlier: int) -> None:
    """A12: 15 minutes stay 15, and 30 stay 30, however often the answer to the write is lost."""
    wire.tables.accounts.create(account(wire.name, {wire.name: NOW}))
    logins = wire.tables.logins
    for number in range(earlier):
        logins.hold(wire.name, after(number - earlier))
    wire.failing(fault, lambda: logins.hold(wire.name, NOW), at=earlier)
    known = logins.find(wire.name)
    assert known is not None
    assert known.held_until == NOW + 2**earlier * FIRST_HOLD


@lost_answers
def test_a1_what_happened_once_is_counted_once(wire: Wire, fault: Fault) -> None:
    """A1: a count whose answer is lost is not sent again: it fails, and has counted one."""
    given = wire.failing(fault, lambda: wire.tables.throttles.count(LIMIT, wire.name, NOW))
    assert isinstance(given, Exception)
    assert wire.left() == LIMIT.count - 1


@lost_answers
def test_a1_what_came_to_nothing_once_is_taken_back_once(wire: Wire, fault: Fault) -> None:
    """A1: nobody gets several back for one."""
    for _ in range(LIMIT.count):
        wire.tables.throttles.count(LIMIT, wire.name, NOW)
    given = wire.failing(fault, lambda: wire.tables.throttles.uncount(LIMIT, wire.name, NOW))
    assert isinstance(given, Exception)
    assert wire.left() == 1


@pytest.mark.parametrize("error", [ConnectTimeoutError, EndpointConnectionError])
def test_a_count_that_never_got_through_is_sent_again(wire: Wire, error: type[BotoCoreError]) -> None:
    """Where DynamoDB was not reached, nothing can be counted twice."""
    unreached = Fault("no connection", raising(error), times=ONCE)
    assert wire.failing(unreached, lambda: wire.tables.throttles.count(LIMIT, wire.name, NOW)) is None
    assert wire.left() == LIMIT.count - 1


@pytest.mark.parametrize("code", ["ThrottlingException", "TransactionConflictException"])
def test_what_was_turned_away_is_sent_again(wire: Wire, code: str) -> None:
    """Where DynamoDB says that it did nothing, nothing can be taken back twice."""
    for _ in range(LIMIT.count):
        wire.tables.throttles.count(LIMIT, wire.name, NOW)
    turned_away = Fault(code, answering(400, code), times=ONCE)
    assert wire.failing(turned_away, lambda: wire.tables.throttles.uncount(LIMIT, wire.name, NOW)) is None
    assert wire.left() == 1


@lost_answers
@pytest.mark.parametrize("tries_left", [3, 1])
def test_r1_2_a_try_is_taken_once(wire: Wire, fault: Fault, tries_left: int) -> None:
    """R1.2: no lost answer costs a second try, and the last one is not refused."""
    given = wire.failing(fault, wire.binding(tries_left))
    assert given == tries_left - 1 if fault.times == ONCE else isinstance(given, BotoCoreError | ClientError)
    kept = wire.tables.bindings.get(wire.name)
    assert kept is not None
    assert kept.tries_left == tries_left - 1


def test_r1_2_nobody_tries_with_the_try_of_another(wire: Wire) -> None:
    """R1.2: two are left, and both are taken while an answer is lost: each has one, and there is no third."""
    take = wire.binding(tries_left=2)
    others: list[int] = []
    lost = Fault("lost", raising(ReadTimeoutError, lambda: others.append(take())), acts=True, times=ONCE)
    assert (wire.failing(lost, take), others) == (0, [0])
    with pytest.raises(UnknownLogin):
        take()


@pytest.mark.parametrize("others", [1, 2, 3])
def test_a1_who_takes_past_stale_slots_counts_those_who_were_faster(wire: Wire, others: int) -> None:
    """A1: three stale slots are seen, and taken past by others before this write comes to it: three in all are open."""
    slots, later = wire.tables.slots, after(60)
    taken: list[frozenset[str]] = []

    def take(mark: str) -> None:
        taken.append(slots.take(wire.name, Slot(mark, int(after(120).timestamp()), mark), later))

    for number in range(3):
        slots.take(wire.name, Slot(f"STALE{number}", int(after(1).timestamp()), "-"), NOW)

    def take_others() -> None:
        for number in range(others):
            take(f"other{number}")

    # The second write, that past what is stale, gets through when theirs are done.
    late = Fault("late", raising(ConnectTimeoutError, take_others), times=ONCE)
    with suppress(SlowDown):
        wire.failing(late, lambda: take("mine"), at=1)
    for number in range(3 - len(taken)):
        take(f"more{number}")
    assert [len(marks) for marks in taken] == [0, 1, 2]
    with pytest.raises(SlowDown):
        take("fourth")


def test_a_timeout_comes_out_as_one(wire: Wire) -> None:
    """Where every answer to a conditional write is lost, that is what the log is told."""
    timeout = Fault("timeout", raising(ReadTimeoutError), acts=True)
    assert isinstance(wire.failing(timeout, lambda: wire.tables.logins.trust(wire.name)), ReadTimeoutError)
    given = wire.failing(timeout, lambda: wire.tables.tickets.consume(wire.name, NOW))
    assert isinstance(given, DeleteError)
    assert isinstance(given.cause, ReadTimeoutError)
