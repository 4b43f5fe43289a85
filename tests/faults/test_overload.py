"""What callers are told while AWS throttles: to slow down where they are counted, to come again elsewhere (A1)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import botocore.endpoint
import pytest

from nod.domain import passwords
from nod.domain.identifiers import challenge_of, new_identifier
from nod.errors import NodError, Overloaded, SlowDown
from nod.flows.answering import Answer
from nod.flows.approval import Asked
from nod.flows.granting import Grant
from nod.flows.phone import AskedByPhone
from nod.flows.qr import AskedByScan
from nod.stores.table import CONFLICT_TRIES
from tests.faults.conftest import Hurry
from tests.faults.house import NETWORK, PC, PHONE, House, Person
from tests.faults.injection import Fault, answering
from tests.integration.in_process import in_process_aws

pytestmark = pytest.mark.integration
VERIFIER = "v" * 43
BOTOCORE_TRIES = 4
THROTTLED = ("ThrottlingException", "ProvisionedThroughputExceededException")
CANCELLED = ("ThrottlingError", "ProvisionedThroughputExceeded", "TransactionConflict")


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    """The service on moto."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(botocore.endpoint, "time", Hurry)
        patched.setattr(passwords, "COST", 2**4)
        with in_process_aws(patched) as settings:
            yield House(settings)


@dataclass(frozen=True)
class Open:
    """A sign-in that its person is asked about."""

    house: House
    person: Person
    sign_in_id: str

    def allow(self) -> str:
        """The person allows it."""
        return self.house.parts.answering.answer(Answer(self.sign_in_id, "allow"), by=self.person.me)

    def redeem(self) -> Grant:
        """The device collects its session."""
        return self.house.parts.redeeming.redeem(self.sign_in_id, VERIFIER)


def start_approval(house: House, person: Person) -> Any:
    """A device asks."""
    return house.parts.approval.start(Asked(person.login, challenge_of(VERIFIER), PC, "none"), NETWORK)


def start_qr(house: House, person: Person) -> Any:
    """A phone asks for a code."""
    return house.hand_over.hand_over.start(AskedByScan(person.number, challenge_of(VERIFIER), PHONE), NETWORK)


def start_phone(house: House, _: Person) -> Any:
    """A phone registers an identifier."""
    asked = AskedByPhone(new_identifier(house.random), challenge_of(VERIFIER), PHONE)
    return house.messaging.phone.start(asked, NETWORK)


STARTS = {"approval": start_approval, "qr": start_qr, "phone": start_phone}


def calls_of(house: House, method: str) -> list[str]:
    """The calls that an undisturbed start makes."""
    person = house.person()
    house.injector.arm()
    STARTS[method](house, person)
    return list(house.injector.calls)


@pytest.mark.parametrize("code", THROTTLED)
@pytest.mark.parametrize("method", STARTS)
def test_a1_a_start_that_cannot_be_counted_is_one_too_many(house: House, method: str, code: str) -> None:
    """A1: where DynamoDB throttles a count, of address or login, or a slot, the start is refused at once: 429."""
    counted = [at for at, call in enumerate(calls_of(house, method)) if call == "UpdateItem Throttles"]
    assert len(counted) == {"approval": 3, "qr": 1, "phone": 1}[method]
    for at in counted:
        person, sign_ins = house.person(), len(house.rows("SignIns"))
        house.injector.arm(Fault(code, answering(400, code)), at)
        with pytest.raises(SlowDown) as refusal:
            STARTS[method](house, person)
        assert refusal.value.retry_after == 1
        assert house.injector.failed == 1, "who is one too many does not keep a function waiting"
        assert len(house.rows("SignIns")) == sign_ins


@pytest.mark.parametrize("method", ["approval", "qr"])
def test_a1_a_login_that_too_many_ask_for_keeps_no_function_waiting(house: House, method: str) -> None:
    """A1: where the row of a login is asked for too often, strangers are told so at once (503)."""
    at = calls_of(house, method).index("GetItem Logins")
    person = house.person()
    house.injector.arm(Fault("throttled", answering(400, THROTTLED[0])), at)
    with pytest.raises(Overloaded) as refusal:
        STARTS[method](house, person)
    assert (refusal.value.status, refusal.value.retry_after, house.injector.failed) == (503, 1, 1)


def test_whoever_is_known_waits_a_little(house: House) -> None:
    """A refresh is tried four times before its caller is told to come again."""
    person = house.person()
    house.injector.arm(Fault("throttled", answering(400, THROTTLED[0])), 0)
    with pytest.raises(Overloaded):
        house.parts.refreshing.refresh(person.grant.refresh_token)
    assert house.injector.failed == BOTOCORE_TRIES
    house.injector.arm()
    assert house.parts.refreshing.refresh(person.grant.refresh_token).session_id == person.grant.session_id


def asked(house: House, *, allowed: bool = False) -> Open:
    """Somebody is asked."""
    person = house.person()
    one = Open(house, person, start_approval(house, person).sign_in.sign_in_id)
    if allowed:
        one.allow()
    return one


@pytest.mark.parametrize("reason", CANCELLED)
def test_a_transaction_that_never_gets_its_turn_is_to_come_again(house: House, reason: str) -> None:
    """One that is cancelled again and again, by throttling or by other writers, has decided nothing."""
    reasons = {"CancellationReasons": [{"Code": "None"}, {"Code": reason}]}
    one, twin = asked(house), asked(house)
    fail_at(house, "TransactWriteItems", twin.allow, answering(400, "TransactionCanceledException", reasons))
    with pytest.raises(Overloaded):
        one.allow()
    assert house.injector.failed >= CONFLICT_TRIES
    house.injector.arm()
    assert one.allow() == "allowed"


def test_a_condition_that_did_not_hold_counts_more_than_throttling(house: House) -> None:
    """Where one write of a transaction was refused by its condition, another try would be, too."""
    reasons = {
        "CancellationReasons": [{"Code": "ThrottlingError"}, {"Code": "ConditionalCheckFailed"}, {"Code": "None"}]
    }
    one, twin = asked(house), asked(house)
    fail_at(house, "TransactWriteItems", twin.allow, answering(400, "TransactionCanceledException", reasons))
    with pytest.raises(NodError) as refusal:
        one.allow()
    assert not isinstance(refusal.value, Overloaded)
    assert house.injector.failed == 1


def test_a_signing_key_that_is_asked_too_much_is_to_be_asked_again(house: House) -> None:
    """KMS throttles: 503, the sign-in is as it was, and the next try brings the session."""
    one, twin = asked(house, allowed=True), asked(house, allowed=True)
    fail_at(house, "Sign", twin.redeem, answering(400, "ThrottlingException"))
    with pytest.raises(Overloaded):
        one.redeem()
    assert house.injector.failed > 1
    house.injector.arm()
    assert one.redeem().account_id == one.person.account_id


def fail_at(house: House, call: str, twin: Callable[[], object], fail: Callable[[Any], Any]) -> None:
    """What its twin does now is done next, and this call of it fails."""
    house.injector.arm()
    twin()
    at = next(at for at, one in enumerate(house.injector.calls) if one.split()[0] == call)
    house.injector.arm(Fault("throttled", fail), at)
