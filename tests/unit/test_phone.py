"""Flow 2, on the phone: an identifier of its own making is registered (R3.1; attacks A3, A11, T2)."""

from datetime import timedelta

import pytest

from nod.domain.connections import waiting_for
from nod.domain.device import Device, Network
from nod.domain.identifiers import challenge_of
from nod.domain.refusals import StillWaiting
from nod.domain.sign_in import UNKNOWN_NUMBER
from nod.domain.texts import SenderOfTexts, identifier_in
from nod.domain.verification import WEAKEST_TO_STRONGEST, Mode, ShownVerification, Verification
from nod.errors import Expired, Forbidden, IdentifierUsed, InvalidRequest, SlowDown, UnknownSignIn
from nod.flows.phone import phone_mode
from tests.builders import ADA, APP, HOME, LIFETIME, NOW, OTHER_VERIFIER, PHONE, VERIFIER
from tests.unit.service import Service

ID = "0123456789ABCDEFGHJKMNPQRS"


def test_r3_1_a_phone_registers_its_identifier() -> None:
    """R3.1: it becomes the id of a sign-in that waits ten minutes for its text message, and is nobody's."""
    service = Service()
    started = service.start_phone(ID)
    kept = service.sign_in(started)
    assert (kept.sign_in_id, kept.method, kept.status, kept.login) == (ID, "phone", "started", UNKNOWN_NUMBER)
    assert (kept.device, kept.network, kept.challenge) == (PHONE, HOME, challenge_of(VERIFIER))
    assert (kept.created_at, kept.expires_at) == (NOW, NOW + timedelta(minutes=10))
    assert kept.account_id != ID
    assert not service.rows.accounts
    assert not service.rows.prompts


def test_r3_1_the_phone_is_told_what_to_send() -> None:
    """R3.1: to the service's own number, a text that holds the identifier; nothing is sent to anybody."""
    service = Service()
    sms = service.start_phone(ID).sms
    assert sms is not None
    assert (sms.to, identifier_in(sms.body)) == (APP.number, ID)
    assert service.texts.sent == []


def test_r3_1_each_sign_in_has_an_account_of_its_own_to_be() -> None:
    """R3.4: two phones that sign up at once will have two accounts."""
    service = Service()
    accounts = {service.sign_in(service.start_phone()).account_id for _ in range(5)}
    assert len(accounts) == 5


def test_r1_6_the_phone_waits_on_a_connection_and_polls() -> None:
    """R1.6: it gets a ticket of its own sign-in, good as long as that, and is told that it must wait."""
    service = Service()
    started = service.start_phone()
    service.wait(599)
    waiter = service.waiting(started)
    (connection,) = service.stores.connections.of(waiting_for(started.sign_in.sign_in_id))
    assert (connection.connection_id, connection.purpose, connection.session_id) == (waiter, "wait", None)
    with pytest.raises(StillWaiting) as waiting:
        service.redeem(started)
    assert waiting.value.standing == "started"
    service.wait(1)
    with pytest.raises(Expired):
        service.redeem(started)


def test_r3_1_an_identifier_is_registered_once() -> None:
    """R3.1: a second registration is refused and changes nothing, whoever makes it and whatever became of the first."""
    service = Service()
    first = service.start_phone(ID)
    before = service.sign_in(first)
    for _ in range(2):
        with pytest.raises(IdentifierUsed):
            service.start_phone(ID, device=Device("phone", "Mallory's phone"))
    assert service.sign_in(first) == before
    service.cancel(first)
    with pytest.raises(IdentifierUsed):
        service.start_phone(ID)
    service.wait(3600)
    with pytest.raises(IdentifierUsed):
        service.start_phone(ID)


def test_the_id_of_another_sign_in_cannot_be_registered() -> None:
    """R3.1: not even that of an approval, which a phone may have seen."""
    service = Service()
    service.account("ada")
    service.approver("PHONE")
    started = service.start()
    before = service.sign_in(started)
    with pytest.raises(IdentifierUsed):
        service.start_phone(started.sign_in.sign_in_id)
    assert service.sign_in(started) == before


def test_a6_another_verifier_finds_nothing() -> None:
    """A6: whoever only knows the identifier can neither redeem nor cancel; to them it does not exist (T2)."""
    service = Service()
    started = service.start_phone()
    with pytest.raises(UnknownSignIn):
        service.redeem(started, OTHER_VERIFIER)
    with pytest.raises(UnknownSignIn):
        service.cancel(started, OTHER_VERIFIER)


def test_a1_starts_from_one_address_are_limited() -> None:
    """A1: past the limit of an address nothing is registered; another address, and the next minute, are free."""
    service = Service(starts_per_minute=2)
    for _ in range(2):
        service.start_phone()
    with pytest.raises(SlowDown) as refusal:
        service.start_phone(ID)
    assert 0 < (refusal.value.retry_after or 0) <= 60
    assert ID not in service.rows.sign_ins
    service.start_phone(network=Network("192.0.2.9"))
    service.wait(60)
    service.start_phone(ID)


def test_a1_both_flows_share_the_limit_of_an_address() -> None:
    """A1: an address does not get twice as many by using two methods."""
    service = Service(starts_per_minute=2)
    service.account("ada")
    service.approver("PHONE")
    service.start()
    service.start_phone()
    with pytest.raises(SlowDown):
        service.start_phone()
    with pytest.raises(SlowDown):
        service.start()


@pytest.mark.parametrize("device", [Device("phone", "Ada\u202e"), Device("phone", " "), Device("phone", "a\nb")])
def test_a11_a_name_that_could_mislead_starts_nothing(device: Device) -> None:
    """A11: control and direction-changing characters are refused before anything happens."""
    service = Service()
    with pytest.raises(InvalidRequest):
        service.start_phone(device=device)
    assert service.calls == []


def test_a_stack_without_a_number_takes_no_phones() -> None:
    """Where there is no number to text to, the phone is told so instead of being left to wait."""
    service = Service(app=SenderOfTexts("Nod", ""))
    with pytest.raises(Forbidden):
        service.start_phone()
    assert service.calls == []


# What an approver will be shown.


@pytest.mark.parametrize(
    ("minimum", "mode"),
    [("none", "none"), ("compare", "compare"), ("echo", "choose"), ("choose", "choose"), ("enter", "enter")],
)
def test_a3_a_phone_is_verified_no_less_than_the_stack_demands(minimum: Mode, mode: Mode) -> None:
    """A3: the stack's minimum holds; `echo`, in which no code could come back, becomes the next stronger."""
    assert phone_mode(minimum) == mode
    assert WEAKEST_TO_STRONGEST.index(mode) >= WEAKEST_TO_STRONGEST.index(minimum)
    assert Service(minimum=minimum, asks_about_phones=True).start_phone().verification.mode == mode


@pytest.mark.parametrize("mode", ["compare", "choose", "enter"])
def test_t7_the_phone_shows_a_code_from_the_start(mode: Mode) -> None:
    """T7: what an approver must hand over is drawn when the phone can be told, and kept without the right answer."""
    service = Service(minimum=mode, asks_about_phones=True)
    started = service.start_phone()
    assert started.verification.code
    kept = service.sign_in(started)
    assert kept.offer == started.verification.shown
    assert kept.mode == mode
    if mode == "choose":
        assert kept.offer == ShownVerification("choose", None, started.verification.choices)
    if mode == "enter":
        assert kept.offer == ShownVerification("enter")


def test_a_stack_that_asks_nobody_shows_no_code() -> None:
    """R3.3: where the text message alone lets in there is nothing to compare."""
    service = Service(minimum="choose", asks_about_phones=False)
    started = service.start_phone()
    assert started.verification == Verification("none")
    assert service.sign_in(started).answer_hash is None


def test_a10_nobody_answers_before_the_text_message() -> None:
    """A10: a sign-in that waits for its text message is no account's, so that no approver can decide it."""
    service = Service()
    service.account("ada")
    phone = service.approver("PHONE")
    started = service.start_phone()
    for decision in ("allow", "deny", "report"):
        with pytest.raises(UnknownSignIn):
            service.answer(started, decision, by=phone)
    assert service.sign_in(started).status == "started"
    assert service.sign_in(started).account_id != ADA


def test_lifetimes_differ() -> None:
    """R3.1: a phone's sign-in has ten minutes, whatever the stack gives approvals."""
    service = Service()
    assert service.sign_in(service.start_phone()).expires_at - NOW == timedelta(minutes=10) != LIFETIME
