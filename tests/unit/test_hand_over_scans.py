"""A phone scans the code on a PC's page, whose session then answers (R4.4, R4.5; attacks Q1, Q2, A2, A3, A10, A12)."""

import pytest

from nod.domain.pushes import PromptClosed, PromptPush, QrClosed, SignInResolved
from nod.domain.refusals import StillWaiting
from nod.domain.sign_in import Approver
from nod.domain.verification import Mode
from nod.errors import (
    AlreadyAnswered,
    CodeRequired,
    Denied,
    Forbidden,
    InvalidRequest,
    NodError,
    NotAnswerable,
    UnknownSignIn,
    WrongScan,
)
from nod.flows.qr import Scan
from tests.builders import (
    ADA,
    ADAS_NUMBER,
    GRACE,
    GRACES_NUMBER,
    HOME,
    NOW,
    OTHER_VERIFIER,
    PHONE,
    VERIFIER,
    wrong_code_for,
)
from tests.unit.hand_over import (
    LAPTOP,
    LAPTOPS_PAGE,
    PC,
    PCS_PAGE,
    TABLET,
    begun,
    code_on,
    open_prompts,
    scanned,
    status,
    stranger_scans,
    with_ada,
)

# Who is told of a scan.


def test_r4_4_the_session_whose_page_was_read_is_asked() -> None:
    """R4.4: on all its connections; other pages hear that the code is over, other approvers and the phone nothing."""
    service = with_ada("PC", "LAPTOP")
    service.connect(service.control.alive(PC), "socket of PC", "approve")
    service.approver("PHONE")
    started, code = begun(service)
    waiter = service.waiting(started)
    service.shown(LAPTOPS_PAGE)
    service.wait(5)
    verification = service.scan(started, code).verification
    prompt, closed = service.pushed(PCS_PAGE)
    assert isinstance(prompt, PromptPush)
    assert (prompt.sign_in_id, prompt.method, prompt.login) == (started.sign_in.sign_in_id, "qr", ADAS_NUMBER)
    assert (prompt.device, prompt.ip, prompt.created_at) == (PHONE, HOME.ip, NOW)
    assert prompt.expires_at == service.sign_in(started).expires_at
    assert (prompt.verification, prompt.verification.code) == (verification.shown, None)
    assert closed == QrClosed(started.sign_in.sign_in_id, "pending")
    assert service.pushed("socket of PC") == [prompt]
    assert service.pushed(LAPTOPS_PAGE) == [closed]
    assert service.pushed("socket of PHONE") == service.pushed(waiter) == []
    assert [one.sign_in_id for one in open_prompts(service, PC)] == [started.sign_in.sign_in_id]
    assert open_prompts(service, LAPTOP) == open_prompts(service, Approver(ADA, "PHONE")) == []


@pytest.mark.parametrize(("minimum", "mode"), [("none", "choose"), ("echo", "choose"), ("enter", "enter")])
def test_a3_the_stack_s_minimum_holds_for_hand_overs(minimum: Mode, mode: Mode) -> None:
    """A3: as strict as approvals, and never less than a pick."""
    _, _, done = scanned(with_ada("PC", minimum=minimum))
    assert done.verification.mode == done.sign_in.mode == mode


@pytest.mark.parametrize("minimum", ["choose", "enter"])
def test_r4_5_the_right_pick_lets_the_phone_in(minimum: Mode) -> None:
    """R4.5: the phone is told, the session's other connections drop the prompt, and the phone redeems as ever."""
    service = with_ada("PC", "LAPTOP", minimum=minimum)
    service.connect(service.control.alive(PC), "socket of PC", "approve")
    started, _, done = scanned(service)
    waiter = service.waiting(started)
    for connection_id in (PCS_PAGE, "socket of PC", LAPTOPS_PAGE):
        service.pushed(connection_id)
    code = done.verification.code
    assert service.answer(started, "allow", by=PC, code=code, over=PCS_PAGE) == "allowed"
    assert service.pushed(waiter) == [SignInResolved(started.sign_in.sign_in_id, "allowed")]
    assert service.pushed("socket of PC") == [PromptClosed(started.sign_in.sign_in_id, "allowed")]
    assert service.pushed(PCS_PAGE) == service.pushed(LAPTOPS_PAGE) == []
    grant = service.redeem(started)
    session = service.control.alive(Approver(grant.account_id, grant.session_id))
    assert (session.account_id, session.method, session.let_in_by) == (ADA, "qr", "PC")
    assert (session.login, session.device) == (ADAS_NUMBER, PHONE)


def test_a2_a_blind_or_wrong_allow_lets_nobody_in() -> None:
    """A2: without the code it stays pending; a wrong pick denies, and the phone is told."""
    service = with_ada("PC")
    started, _, done = scanned(service)
    waiter = service.waiting(started)
    with pytest.raises(CodeRequired):
        service.answer(started, "allow", by=PC)
    assert status(service, started) == "pending"
    assert service.answer(started, "allow", by=PC, code=wrong_code_for(done.verification)) == "denied"
    assert service.pushed(waiter) == [SignInResolved(started.sign_in.sign_in_id, "denied")]
    with pytest.raises(Denied):
        service.redeem(started)


def test_r4_5_nobody_else_answers() -> None:
    """R4.5, A10: other sessions of the account are refused, and to another account the sign-in does not exist."""
    service = with_ada("PC", "LAPTOP")
    graces = service.page("GRACES", GRACE)
    phone = service.approver("PHONE")
    started, _, done = scanned(service)
    refusals: list[tuple[Approver, type[NodError]]] = [(LAPTOP, Forbidden), (phone, Forbidden), (graces, UnknownSignIn)]
    for other, refusal in refusals:
        for decision in ("allow", "deny", "report"):
            with pytest.raises(refusal):
                service.answer(started, decision, by=other, code=done.verification.code)
    assert status(service, started) == "pending"


def test_a12_a_report_looks_like_no_answer() -> None:
    """A12: to the phone, which hears nothing and keeps waiting; on the PC the prompt is over."""
    service = with_ada("PC")
    service.connect(service.control.alive(PC), "socket of PC", "approve")
    started, code, _ = scanned(service)
    waiter = service.waiting(started)
    service.pushed("socket of PC")
    assert service.answer(started, "report", by=PC, over=PCS_PAGE) == "denied"
    assert service.pushed(waiter) == []
    assert service.pushed("socket of PC") == [PromptClosed(started.sign_in.sign_in_id, "denied")]
    with pytest.raises(StillWaiting) as waiting:
        service.redeem(started)
    assert waiting.value.standing == "pending"
    stranger_scans(service, started, code)
    assert status(service, started) == "reported"


# Where the stack asks for no answer.


@pytest.mark.parametrize("minimum", ["none", "enter"])
def test_r4_5_the_scan_itself_can_let_in(minimum: Mode) -> None:
    """R4.5: the phone is told as if it had been allowed, pages hear that the code is over, nobody is prompted."""
    service = with_ada("PC", "LAPTOP", hand_over_confirmation="none", minimum=minimum)
    started, code = begun(service)
    waiter = service.waiting(started)
    service.shown(LAPTOPS_PAGE)
    done = service.scan(started, code)
    assert (done.sign_in.status, done.verification.mode) == ("allowed", "none")
    closed = QrClosed(started.sign_in.sign_in_id, "allowed")
    assert service.pushed(PCS_PAGE) == service.pushed(LAPTOPS_PAGE) == [closed]
    assert service.pushed(waiter) == [SignInResolved(started.sign_in.sign_in_id, "allowed")]
    assert service.rows.prompts == {}
    grant = service.redeem(started)
    assert service.control.alive(Approver(grant.account_id, grant.session_id)).let_in_by == "PC"


def test_r4_5_what_a_scan_let_in_cannot_be_answered() -> None:
    """R4.5: there is no prompt, and an answer to it comes too late."""
    service = with_ada("PC", hand_over_confirmation="none")
    started, _, _ = scanned(service)
    with pytest.raises(AlreadyAnswered):
        service.answer(started, "deny", by=PC)


# Single use, and not without the rest.


@pytest.mark.parametrize("confirmation", ["none", "choose"])
@pytest.mark.parametrize("again", [PCS_PAGE, LAPTOPS_PAGE])
def test_q1_a_sign_in_is_scanned_once(confirmation: str, again: str) -> None:
    """Q1: the same code, and that of another page, are refused after it; what was pending stays so."""
    service = with_ada("PC", "LAPTOP", hand_over_confirmation=confirmation)
    started = service.start_qr()
    codes = {page: code_on(service, page) for page in (PCS_PAGE, LAPTOPS_PAGE)}
    service.scan(started, codes[PCS_PAGE])
    before = service.sign_in(started)
    with pytest.raises(WrongScan):
        service.scan(started, codes[again])
    assert service.sign_in(started) == before


@pytest.mark.parametrize("seconds", [29.999999, 30])
def test_q1_a_code_is_good_for_30_seconds(seconds: float) -> None:
    """Q1: to the microsecond, on the server's clock."""
    service = with_ada("PC")
    started, code = begun(service)
    service.wait(seconds)
    if seconds < 30:
        assert service.scan(started, code).sign_in.status == "pending"
        return
    with pytest.raises(WrongScan):
        service.scan(started, code)
    assert service.sign_in(started) == started.sign_in


@pytest.mark.parametrize("login", [GRACES_NUMBER, "ada", TABLET])
def test_q2_the_login_must_be_that_of_the_sign_in(login: str) -> None:
    """Q2: another login of the account will not do, and costs nothing."""
    service = with_ada("PC")
    started, code = begun(service)
    with pytest.raises(WrongScan):
        service.scan(started, code, login=login)
    with pytest.raises(InvalidRequest):
        service.scan(started, code, login="no login at all")
    assert service.scan(started, code).sign_in.status == "pending"


def test_q2_without_the_verifier_the_content_is_useless() -> None:
    """Q2: who only sees the code on the screen gets nothing, starts nothing, and nobody is told."""
    service = with_ada("PC")
    started, code = begun(service)
    waiter = service.waiting(started)
    stranger_scans(service, started, code)
    assert status(service, started) == "started"
    assert service.pushed(PCS_PAGE) == service.pushed(waiter) == []
    for verifier, refusal in ((OTHER_VERIFIER, UnknownSignIn), (VERIFIER, StillWaiting)):
        with pytest.raises(refusal):
            service.redeem(started, verifier)
    with pytest.raises(NotAnswerable):
        service.answer(started, "allow", by=PC)


@pytest.mark.parametrize("token", ["", "guess", "{}", "{}.", "{}.guess", ".{}", "NONE.guess", "{}.\u00e9", "{}.x.y"])
@pytest.mark.parametrize("verifier", [VERIFIER, OTHER_VERIFIER])
def test_i2_what_is_no_code_is_refused(token: str, verifier: str) -> None:
    """I2: as a wrong scan, and nothing is noted of it."""
    service = with_ada("PC")
    started, _ = begun(service)
    sign_in_id = started.sign_in.sign_in_id
    with pytest.raises(WrongScan):
        service.hand_over.scan(sign_in_id, Scan(token.format(sign_in_id), ADAS_NUMBER, verifier))
    assert service.sign_in(started) == started.sign_in


def test_q2_a_sign_in_that_is_none_is_not_scanned() -> None:
    """Q2: a good code under an address that stands for nothing is refused, and nothing is noted."""
    service = with_ada("PC")
    started, code = begun(service)
    token = code.url.partition("#scan_token=")[2]
    with pytest.raises(UnknownSignIn):
        service.hand_over.scan("NONE", Scan(token, ADAS_NUMBER, OTHER_VERIFIER))
    assert service.sign_in(started) == started.sign_in


def test_q2_a_sign_in_of_another_method_has_no_code() -> None:
    """Q2: whatever is sent for it."""
    service = with_ada("PC")
    service.approver("PHONE")
    approval = service.start(ADAS_NUMBER)
    sign_in_id = approval.sign_in.sign_in_id
    with pytest.raises(WrongScan):
        service.hand_over.scan(sign_in_id, Scan(f"{sign_in_id}.guess", ADAS_NUMBER, VERIFIER))
    assert service.sign_in(approval) == approval.sign_in


def test_r4_5_a_login_that_was_taken_from_the_account_gets_nobody_in() -> None:
    """R4.5: the device, or the number, is forgotten after the scan was confirmed: the phone gets nothing."""
    service = with_ada("PC")
    started = service.start_qr()
    (code,) = service.shown("page of PC")
    scanned = service.scan(started, code)
    assert service.answer(started, "allow", by=PC, code=scanned.verification.code) == "allowed"
    del service.rows.logins[f"tel:{ADAS_NUMBER}"]
    with pytest.raises(Denied):
        service.redeem(started)
