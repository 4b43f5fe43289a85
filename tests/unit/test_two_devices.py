"""Two devices read the codes of one sign-in: nobody is let in, whoever came first (Q3)."""

import pytest

from nod.domain.pushes import PromptClosed, QrClosed, SignInResolved
from nod.errors import AlreadyAnswered, Denied, WrongScan
from nod.flows.starting import Started
from tests.builders import OTHER_VERIFIER
from tests.unit.hand_over import (
    LAPTOPS_PAGE,
    PC,
    PCS_PAGE,
    TABLET,
    THIRD_VERIFIER,
    begun,
    code_on,
    scanned,
    status,
    stranger_scans,
    with_ada,
)
from tests.unit.service import Service

CONFIRMATIONS = pytest.mark.parametrize("confirmation", ["none", "choose"])


def answered(service: Service) -> Started:
    """Ada's phone has scanned, and was allowed."""
    started, _, done = scanned(service)
    if done.sign_in.status == "pending":
        service.answer(started, "allow", by=PC, code=done.verification.code)
    return started


@CONFIRMATIONS
@pytest.mark.parametrize("page", [PCS_PAGE, LAPTOPS_PAGE])
def test_q3_after_a_stranger_its_own_device_is_denied(confirmation: str, page: str) -> None:
    """Q3: it is told so, every page takes its code away, and the answer that nobody was asked for is too late."""
    service = with_ada("PC", "LAPTOP", hand_over_confirmation=confirmation)
    started = service.start_qr()
    waiter = service.waiting(started)
    codes = {one: code_on(service, one) for one in (PCS_PAGE, LAPTOPS_PAGE)}
    stranger_scans(service, started, codes[PCS_PAGE])
    with pytest.raises(Denied):
        service.scan(started, codes[page])
    closed = QrClosed(started.sign_in.sign_in_id, "denied")
    assert service.pushed(PCS_PAGE) == service.pushed(LAPTOPS_PAGE) == [closed]
    assert service.pushed(waiter) == [SignInResolved(started.sign_in.sign_in_id, "denied")]
    assert service.rows.prompts == {}
    with pytest.raises(AlreadyAnswered):
        service.answer(started, "allow", by=PC)
    with pytest.raises(Denied):
        service.redeem(started)


def test_q3_a_stranger_after_its_own_device_voids_the_prompt() -> None:
    """Q3: the session that was asked hears it, and so does the phone; the stranger learns nothing."""
    service = with_ada("PC", "LAPTOP")
    started = service.start_qr()
    own, other = code_on(service), code_on(service, LAPTOPS_PAGE)
    code = service.scan(started, own).verification.code
    waiter = service.waiting(started)
    for page in (PCS_PAGE, LAPTOPS_PAGE):
        service.pushed(page)
    stranger_scans(service, started, other)
    assert status(service, started) == "denied"
    assert service.pushed(PCS_PAGE) == [PromptClosed(started.sign_in.sign_in_id, "denied")]
    assert service.pushed(LAPTOPS_PAGE) == []
    assert service.pushed(waiter) == [SignInResolved(started.sign_in.sign_in_id, "denied")]
    assert service.rows.prompts == {}
    with pytest.raises(AlreadyAnswered):
        service.answer(started, "allow", by=PC, code=code)
    with pytest.raises(Denied):
        service.redeem(started)


@CONFIRMATIONS
def test_q3_a_stranger_voids_what_was_allowed(confirmation: str) -> None:
    """Q3: until the phone has collected its session."""
    service = with_ada("PC", "LAPTOP", hand_over_confirmation=confirmation)
    started = answered(service)
    waiter = service.waiting(started)
    stranger_scans(service, started, code_on(service, LAPTOPS_PAGE))
    assert service.pushed(waiter) == [SignInResolved(started.sign_in.sign_in_id, "denied")]
    with pytest.raises(Denied):
        service.redeem(started)


def test_q3_a_stranger_is_too_late_after_the_redeem() -> None:
    """Q3: a session that was collected is not undone."""
    service = with_ada("PC", "LAPTOP")
    started = answered(service)
    grant = service.redeem(started)
    stranger_scans(service, started, code_on(service, LAPTOPS_PAGE))
    assert status(service, started) == "redeemed"
    assert (grant.account_id, grant.session_id) in service.rows.sessions


def test_q3_two_strangers_void_it_too() -> None:
    """Q3: though the phone itself has scanned nothing; it is told."""
    service = with_ada("PC")
    started, code = begun(service)
    waiter = service.waiting(started)
    stranger_scans(service, started, code)
    assert service.pushed(waiter) == []
    stranger_scans(service, started, code, verifier=THIRD_VERIFIER)
    assert status(service, started) == "denied"
    assert service.pushed(PCS_PAGE) == [QrClosed(started.sign_in.sign_in_id, "denied")]
    assert service.pushed(waiter) == [SignInResolved(started.sign_in.sign_in_id, "denied")]


def test_q3_one_stranger_twice_is_one_device() -> None:
    """Q3: nothing is void before a second device has scanned."""
    service = with_ada("PC")
    started, code = begun(service)
    for _ in range(2):
        stranger_scans(service, started, code)
    assert status(service, started) == "started"
    assert service.pushed(PCS_PAGE) == []


@pytest.mark.parametrize("first", ["own", "stranger"])
def test_q3_a_stranger_may_post_it_under_a_sign_in_of_its_own(first: str) -> None:
    """Q3: it counts for the sign-in that the code was made for; the stranger's own is not touched by it."""
    service = with_ada("PC")
    started, code = begun(service)
    strangers = service.start_qr(TABLET, verifier=OTHER_VERIFIER)
    code_on(service)
    if first == "own":
        service.scan(started, code)
    with pytest.raises(WrongScan):
        service.scan(strangers, code, login=TABLET, verifier=OTHER_VERIFIER)
    if first == "stranger":
        with pytest.raises(Denied):
            service.scan(started, code)
    assert status(service, started) == "denied"
    assert service.sign_in(strangers) == strangers.sign_in


def test_q3_who_reads_the_wrong_code_can_still_read_the_right_one() -> None:
    """Q3: of two phones before one page, the one that reads the other's code voids only that."""
    service = with_ada("PC", "LAPTOP")
    phone, tablet = service.start_qr(), service.start_qr(TABLET, verifier=OTHER_VERIFIER)
    phones, tablets = service.shown(PCS_PAGE)
    with pytest.raises(WrongScan):
        service.scan(tablet, phones, login=TABLET, verifier=OTHER_VERIFIER)
    assert service.scan(tablet, tablets, login=TABLET, verifier=OTHER_VERIFIER).sign_in.status == "pending"
    with pytest.raises(Denied):
        service.scan(phone, phones)


def test_q3_a_device_that_has_two_sign_ins_is_no_stranger_to_either() -> None:
    """Q3: the code of the one under the other is refused, and voids neither."""
    service = with_ada("PC")
    one, other = service.start_qr(), service.start_qr()
    code, others = service.shown(PCS_PAGE)
    for started, read in ((one, others), (other, code)):
        with pytest.raises(WrongScan):
            service.scan(started, read)
    assert service.sign_in(one) == one.sign_in
    assert service.scan(one, code).sign_in.status == "pending"
    assert service.scan(other, others).sign_in.status == "pending"
