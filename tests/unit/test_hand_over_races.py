"""What comes between the steps of a hand-over: giving up, an ended session, others at the same time (Q3, Q6, A5)."""

import pytest

from nod.domain.pushes import PromptClosed, QrClosed, SignInResolved
from nod.domain.refusals import StillWaiting
from nod.errors import (
    AlreadyAnswered,
    Cancelled,
    Denied,
    Forbidden,
    InvalidToken,
    NoPageOpen,
    NotAnswerable,
    WrongScan,
)
from tests.unit.hand_over import (
    LAPTOP,
    LAPTOPS_PAGE,
    PC,
    PCS_PAGE,
    begun,
    code_on,
    scanned,
    status,
    stranger_scans,
    with_ada,
)

# Giving up.


def test_r1_6_giving_up_before_the_scan_takes_the_codes_away() -> None:
    """R1.6: every page hears it, and approvers, who were never asked, do not."""
    service = with_ada("PC", "LAPTOP")
    service.approver("PHONE")
    started, code = begun(service)
    service.shown(LAPTOPS_PAGE)
    service.cancel(started)
    closed = QrClosed(started.sign_in.sign_in_id, "cancelled")
    assert service.pushed(PCS_PAGE) == service.pushed(LAPTOPS_PAGE) == [closed]
    assert service.pushed("socket of PHONE") == []
    assert service.rows.prompts == {}
    with pytest.raises(WrongScan):
        service.scan(started, code)


def test_r1_6_giving_up_after_the_scan_closes_the_prompt() -> None:
    """R1.6: of the session that was asked, and the other pages have nothing to close."""
    service = with_ada("PC", "LAPTOP")
    started, _, done = scanned(service)
    for page in (PCS_PAGE, LAPTOPS_PAGE):
        service.pushed(page)
    service.cancel(started)
    assert service.pushed(PCS_PAGE) == [PromptClosed(started.sign_in.sign_in_id, "cancelled")]
    assert service.pushed(LAPTOPS_PAGE) == []
    assert service.rows.prompts == {}
    with pytest.raises(NotAnswerable):
        service.answer(started, "allow", by=PC, code=done.verification.code)
    with pytest.raises(Cancelled):
        service.redeem(started)


# The PC's session ends.


@pytest.mark.parametrize("confirmation", ["none", "choose"])
def test_q6_a_code_of_an_ended_session_lets_nobody_in(confirmation: str) -> None:
    """Q6: between push and scan; the phone may still scan the code of a page that lives."""
    service = with_ada("PC", "LAPTOP", hand_over_confirmation=confirmation)
    started, code = begun(service)
    service.control.end("PC", by=PC)
    with pytest.raises(WrongScan, match="signed out"):
        service.scan(started, code)
    assert service.sign_in(started) == started.sign_in
    done = service.scan(started, code_on(service, LAPTOPS_PAGE))
    assert done.sign_in.approver == "LAPTOP"


def test_q6_an_ended_session_does_not_answer() -> None:
    """Q6: between scan and answer; nobody else can, either."""
    service = with_ada("PC", "LAPTOP")
    started, _, done = scanned(service)
    service.control.end("PC", by=PC)
    with pytest.raises(InvalidToken):
        service.answer(started, "allow", by=PC, code=done.verification.code)
    with pytest.raises(Forbidden):
        service.answer(started, "allow", by=LAPTOP, code=done.verification.code)
    with pytest.raises(StillWaiting):
        service.redeem(started)


@pytest.mark.parametrize("confirmation", ["none", "choose"])
def test_q6_what_an_ended_session_let_in_is_not_collected(confirmation: str) -> None:
    """Q6: between answer, or the scan that needed none, and redeem."""
    service = with_ada("PC", hand_over_confirmation=confirmation)
    started, _, done = scanned(service)
    if confirmation == "choose":
        service.answer(started, "allow", by=PC, code=done.verification.code)
    assert status(service, started) == "allowed"
    service.control.end("PC", by=PC)
    with pytest.raises(Denied):
        service.redeem(started)
    assert {one.method for one in service.rows.sessions.values()} == {"password"}


# At the same time.


def test_a5_giving_up_while_it_is_scanned_counts() -> None:
    """A5: where the phone cancels between reading and writing its scan is refused, and no prompt is left."""
    service = with_ada("PC")
    started, code = begun(service)
    service.meanwhile["sign_ins.scan"] = lambda: service.cancel(started)
    with pytest.raises(WrongScan):
        service.scan(started, code)
    assert status(service, started) == "cancelled"
    assert service.rows.prompts == {}
    assert service.pushed(PCS_PAGE) == [QrClosed(started.sign_in.sign_in_id, "cancelled")]


def test_a5_a_scan_while_it_gives_up_does_not_keep_it() -> None:
    """A5: the prompt that the scan has opened closes again."""
    service = with_ada("PC")
    started, code = begun(service)
    service.meanwhile["sign_ins.close"] = lambda: service.scan(started, code)
    service.cancel(started)
    assert status(service, started) == "cancelled"
    assert service.rows.prompts == {}
    assert service.pushed(PCS_PAGE)[-1] == PromptClosed(started.sign_in.sign_in_id, "cancelled")


@pytest.mark.parametrize("confirmation", ["none", "choose"])
def test_q6_a_session_that_ends_while_its_code_is_scanned_lets_nobody_in(confirmation: str) -> None:
    """Q6: between reading and writing; nothing is kept, and nobody prompted."""
    service = with_ada("PC", "LAPTOP", hand_over_confirmation=confirmation)
    started, code = begun(service)
    service.shown(LAPTOPS_PAGE)
    service.meanwhile["sign_ins.scan"] = lambda: service.control.end("PC", by=PC)
    with pytest.raises(WrongScan):
        service.scan(started, code)
    assert service.sign_in(started) == started.sign_in
    assert [type(push).__name__ for push in service.pushed(LAPTOPS_PAGE)] == ["SessionEnded"]


def test_q6_a_session_that_ends_while_it_answers_lets_nobody_in() -> None:
    """Q6: the answer is refused, and the phone waits in vain."""
    service = with_ada("PC")
    started, _, done = scanned(service)
    service.meanwhile["sign_ins.decide"] = lambda: service.control.end("PC", by=PC)
    with pytest.raises(InvalidToken):
        service.answer(started, "allow", by=PC, code=done.verification.code)
    assert status(service, started) == "pending"


def test_q6_a_session_that_ends_while_the_phone_redeems_lets_nobody_in() -> None:
    """Q6: no session is kept."""
    service = with_ada("PC")
    started, _, done = scanned(service)
    service.answer(started, "allow", by=PC, code=done.verification.code)
    sessions = set(service.rows.sessions)
    service.meanwhile["sign_ins.redeem"] = lambda: service.control.end("PC", by=PC)
    with pytest.raises(Denied):
        service.redeem(started)
    assert set(service.rows.sessions) == sessions


@pytest.mark.parametrize("confirmation", ["none", "choose"])
def test_q1_of_two_scans_at_once_one_counts(confirmation: str) -> None:
    """Q1: of its own device; the page that was read first is asked, and the second scan is refused."""
    service = with_ada("PC", "LAPTOP", hand_over_confirmation=confirmation)
    started, code = begun(service)
    laptops = code_on(service, LAPTOPS_PAGE)
    service.meanwhile["sign_ins.scan"] = lambda: service.scan(started, laptops)
    with pytest.raises(WrongScan):
        service.scan(started, code)
    assert service.sign_in(started).approver == "LAPTOP"


def test_q3_a_stranger_between_reading_and_writing_denies() -> None:
    """Q3: its own device, whose scan is under way, hears that another one has scanned."""
    service = with_ada("PC")
    started, code = begun(service)
    service.meanwhile["sign_ins.scan"] = lambda: stranger_scans(service, started, code)
    with pytest.raises(Denied):
        service.scan(started, code)
    assert status(service, started) == "denied"
    assert service.rows.prompts == {}


@pytest.mark.parametrize("confirmation", ["none", "choose"])
def test_q3_its_own_device_while_a_stranger_s_scan_is_noted_is_denied(confirmation: str) -> None:
    """Q3: the stranger's write finds the sign-in scanned, and voids it."""
    service = with_ada("PC", hand_over_confirmation=confirmation)
    started, code = begun(service)
    waiter = service.waiting(started)
    service.meanwhile["sign_ins.keep"] = lambda: service.scan(started, code)
    stranger_scans(service, started, code)
    assert status(service, started) == "denied"
    assert service.rows.prompts == {}
    assert service.pushed(waiter)[-1] == SignInResolved(started.sign_in.sign_in_id, "denied")


def test_q3_an_answer_while_a_stranger_voids_it_does_not_let_in() -> None:
    """Q3: what was allowed meanwhile is void."""
    service = with_ada("PC")
    started, code, done = scanned(service)
    service.meanwhile["sign_ins.close"] = lambda: service.answer(started, "allow", by=PC, code=done.verification.code)
    stranger_scans(service, started, code)
    with pytest.raises(Denied):
        service.redeem(started)


def test_q3_a_stranger_while_it_is_answered_comes_first() -> None:
    """Q3: the answer comes too late."""
    service = with_ada("PC")
    started, code, done = scanned(service)
    service.meanwhile["sign_ins.decide"] = lambda: stranger_scans(service, started, code)
    with pytest.raises(AlreadyAnswered):
        service.answer(started, "allow", by=PC, code=done.verification.code)
    assert status(service, started) == "denied"


def test_q3_a_redeem_while_a_stranger_voids_it_stands() -> None:
    """Q3: the stranger came too late, and nobody is told anything."""
    service = with_ada("PC", hand_over_confirmation="none")
    started, code, _ = scanned(service)
    waiter = service.waiting(started)
    service.meanwhile["sign_ins.close"] = lambda: service.redeem(started)
    stranger_scans(service, started, code)
    assert status(service, started) == "redeemed"
    assert service.pushed(waiter) == []


def test_q3_a_stranger_while_the_phone_redeems_denies() -> None:
    """Q3: no session is kept."""
    service = with_ada("PC", hand_over_confirmation="none")
    started, code, _ = scanned(service)
    sessions = set(service.rows.sessions)
    service.meanwhile["sign_ins.redeem"] = lambda: stranger_scans(service, started, code)
    with pytest.raises(Denied):
        service.redeem(started)
    assert set(service.rows.sessions) == sessions


def test_a_poll_while_it_is_scanned_does_no_harm() -> None:
    """R1.6: a phone that polls meanwhile is scanned in all the same."""
    service = with_ada("PC")
    started, code = begun(service)

    def poll() -> None:
        with pytest.raises(StillWaiting) as waiting:
            service.redeem(started)
        assert waiting.value.standing == "started"

    service.meanwhile["sign_ins.scan"] = poll
    assert service.scan(started, code).sign_in.status == "pending"


def test_q3_a_scan_on_a_page_that_opens_while_the_others_turn_out_to_be_gone_is_no_fault_of_the_phone() -> None:
    """Q3, Q5: the phone is told that no page is open, or that its code is shown; the sign-in stands accordingly."""
    service = with_ada("PC")
    service.hang_up(PCS_PAGE)
    strangers = service.start_phone()

    def read_on_a_new_page() -> None:
        service.page("LAPTOP")
        _, to_scan = service.connecting.open_page(LAPTOP, LAPTOPS_PAGE)
        (code,) = service.showing.show_again(to_scan, LAPTOP)
        stranger_scans(service, strangers, code)

    service.meanwhile["sign_ins.close"] = read_on_a_new_page
    expected = "started"
    try:
        service.start_qr()
    except NoPageOpen:
        expected = "cancelled"
    assert [one.status for one in service.rows.sign_ins.values() if one.method == "qr"] == [expected]
