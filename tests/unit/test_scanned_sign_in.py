"""What a scan makes of a sign-in (R4.4, R4.5; attacks Q1, Q2, Q3, A8, A10)."""

from datetime import timedelta

import msgspec
import pytest

from nod.domain.identifiers import challenge_of, fingerprint
from nod.domain.scanning import ScanCode
from nod.domain.sign_in import REDEEM_WINDOW, Approver, SignIn
from nod.domain.status import Decision, Method, Status
from nod.domain.verification import TRIES, Mode, Verification
from nod.errors import AlreadyAnswered, Denied, Forbidden, NodError, NotAnswerable, UnknownSignIn, WrongScan
from tests.builders import (
    ADA,
    ADAS_NUMBER,
    ADAS_PHONE,
    GRACES_NUMBER,
    GRACES_PHONE,
    LIFETIME,
    NOW,
    OTHER_VERIFIER,
    VERIFIER,
    after,
    sign_in,
    verification_of,
    wrong_code_for,
)

LOGIN, GRACES_LOGIN = f"tel:{ADAS_NUMBER}", f"tel:{GRACES_NUMBER}"
PC, LAPTOP = Approver(ADA, "PC"), Approver(ADA, "LAPTOP")
THIRD_VERIFIER = "a-third-device-made-this-verifier-in-some-far-place"
INSTANT = timedelta(microseconds=1)
NOTHING = Verification("none")
CHOOSE = verification_of("choose")
DECISIONS: list[Decision] = ["allow", "deny", "report"]
CODES = frozenset({ScanCode(fingerprint("pc"), "PC", after(30)), ScanCode(fingerprint("laptop"), "LAPTOP", after(30))})


def shown(**changes: object) -> SignIn:
    """A sign-in that two pages show a code of."""
    return msgspec.structs.replace(sign_in("none", method="qr", login=ADAS_NUMBER, codes=CODES), **changes)


def scanned(
    seen: SignIn,
    secret: str = "pc",
    *,
    login: str = LOGIN,
    verifier: str = VERIFIER,
    asked: Verification = CHOOSE,
    seconds: float = 1,
) -> SignIn:
    """A device scans."""
    return seen.scan(secret, login, verifier, asked, after(seconds))


def allowed() -> SignIn:
    """A sign-in that was scanned and allowed."""
    return scanned(shown()).answer("allow", CHOOSE.code, by=PC, now=after(2))


# Its own device.


@pytest.mark.parametrize("mode", ["choose", "enter"])
@pytest.mark.parametrize(("secret", "page"), [("pc", "PC"), ("laptop", "LAPTOP")])
def test_r4_4_its_own_device_makes_it_pending(secret: str, page: str, mode: Mode) -> None:
    """R4.4: the session whose page was read is the approver, and answers as the stack demands."""
    seen, asked = shown(), verification_of(mode)
    after_all = scanned(seen, secret, asked=asked)
    assert (after_all.status, after_all.approver, after_all.mode) == ("pending", page, mode)
    assert after_all.tries_left == TRIES[mode]
    assert after_all.scanned_by == challenge_of(VERIFIER)
    assert after_all.expires_at == seen.expires_at
    assert after_all.version == seen.version + 1
    assert after_all.let_in_by is None


def test_r4_4_its_code_must_be_handed_over() -> None:
    """R4.4, A2: the approver picks what the phone shows; a wrong pick denies."""
    pending = scanned(shown())
    assert pending.answer("allow", CHOOSE.code, by=PC, now=after(2)).let_in_by == "PC"
    assert pending.answer("allow", wrong_code_for(CHOOSE), by=PC, now=after(2)).status == "denied"
    assert CHOOSE.code not in [getattr(pending, name) for name in pending.__struct_fields__]


def test_r4_5_where_nothing_is_asked_the_scan_lets_in() -> None:
    """R4.5: allowed at once, by the session whose page was read, to be redeemed within 60 seconds."""
    after_all = scanned(shown(), "laptop", asked=NOTHING, seconds=7)
    assert (after_all.status, after_all.let_in_by, after_all.approver) == ("allowed", "LAPTOP", "LAPTOP")
    assert after_all.expires_at == after(7) + REDEEM_WINDOW
    assert after_all.scanned_by == challenge_of(VERIFIER)
    assert after_all.redeem(VERIFIER, after(8)).status == "redeemed"


@pytest.mark.parametrize("asked", [NOTHING, CHOOSE])
@pytest.mark.parametrize("secret", ["pc", "laptop"])
def test_q1_its_own_device_scans_once(asked: Verification, secret: str) -> None:
    """Q1: the same code, and that of another page, are used up by the first scan."""
    first = scanned(shown(), asked=asked)
    with pytest.raises(WrongScan):
        scanned(first, secret, asked=asked)


def test_q1_a_code_is_read_within_30_seconds() -> None:
    """Q1: to the microsecond, while the sign-in itself lives on."""
    last_moment = after(30) - INSTANT
    assert shown().scan("pc", LOGIN, VERIFIER, CHOOSE, last_moment).status == "pending"
    with pytest.raises(WrongScan):
        shown().scan("pc", LOGIN, VERIFIER, CHOOSE, after(30))
    assert shown().standing(after(30)) == "started"


def test_a8_an_expired_sign_in_is_not_scanned() -> None:
    """A8: a code that was made late ends with its sign-in."""
    code = ScanCode(fingerprint("pc"), "PC", NOW + LIFETIME + timedelta(seconds=20))
    late = shown(codes=frozenset({code}))
    assert late.scan("pc", LOGIN, VERIFIER, CHOOSE, NOW + LIFETIME - INSTANT).status == "pending"
    for verifier in (VERIFIER, OTHER_VERIFIER):
        with pytest.raises(WrongScan):
            late.scan("pc", LOGIN, verifier, CHOOSE, NOW + LIFETIME)


@pytest.mark.parametrize("status", ["denied", "reported", "cancelled", "redeemed"])
@pytest.mark.parametrize("verifier", [VERIFIER, OTHER_VERIFIER])
@pytest.mark.parametrize("scanned_by", [None, challenge_of(VERIFIER), challenge_of(THIRD_VERIFIER)])
def test_q1_what_is_over_is_not_scanned(status: Status, verifier: str, scanned_by: str | None) -> None:
    """Q1, A12: neither its own device nor a stranger changes what is over, nor learns of a report."""
    with pytest.raises(WrongScan):
        scanned(shown(status=status, scanned_by=scanned_by), verifier=verifier)


@pytest.mark.parametrize("method", ["approval", "phone"])
def test_q2_only_what_was_shown_is_scanned(method: Method) -> None:
    """Q2: a sign-in of another method has no code, whatever secret is sent."""
    with pytest.raises(WrongScan):
        scanned(sign_in("none", method=method), login="user:ada")


# Not all of content, login and verifier.


@pytest.mark.parametrize("login", [GRACES_LOGIN, "user:ada", "", "device:laptop-7"])
def test_q2_another_login_is_refused(login: str) -> None:
    """Q2: its own device with another login gets nothing, and may still scan with its own."""
    seen = shown()
    with pytest.raises(WrongScan):
        scanned(seen, login=login)
    assert scanned(seen).status == "pending"


@pytest.mark.parametrize("verifier", [VERIFIER, OTHER_VERIFIER])
def test_q2_another_secret_changes_nothing(verifier: str) -> None:
    """Q2: who has not read a code is refused before anything is noted of it."""
    with pytest.raises(WrongScan):
        scanned(shown(), "guess", verifier=verifier)


@pytest.mark.parametrize("login", [LOGIN, GRACES_LOGIN])
def test_q2_of_another_device_it_is_only_noted(login: str) -> None:
    """Q2: the content alone makes nothing pending, with the right login as without."""
    seen = shown()
    noted = scanned(seen, verifier=OTHER_VERIFIER, login=login)
    assert noted.scanned_by == challenge_of(OTHER_VERIFIER)
    assert noted == msgspec.structs.replace(seen, scanned_by=noted.scanned_by, version=seen.version + 1)


def test_q3_one_stranger_may_scan_again() -> None:
    """Q3: it takes two devices to void a sign-in: the same one, twice, is one."""
    again = scanned(scanned(shown(), verifier=OTHER_VERIFIER), "laptop", verifier=OTHER_VERIFIER)
    assert (again.status, again.scanned_by) == ("started", challenge_of(OTHER_VERIFIER))


# Two devices.


@pytest.mark.parametrize("first", ["pc", "laptop"])
@pytest.mark.parametrize("second", ["pc", "laptop"])
@pytest.mark.parametrize("verifier", [VERIFIER, THIRD_VERIFIER])
@pytest.mark.parametrize("asked", [NOTHING, CHOOSE])
def test_q3_after_a_stranger_nobody_gets_in(first: str, second: str, verifier: str, asked: Verification) -> None:
    """Q3: where a stranger has read a code, the scan of its own device denies, and so does another stranger's."""
    noted = scanned(shown(), first, verifier=OTHER_VERIFIER)
    denied = scanned(noted, second, verifier=verifier, asked=asked)
    assert (denied.status, denied.approver) == ("denied", None)
    with pytest.raises(Denied):
        denied.redeem(VERIFIER, after(2))


@pytest.mark.parametrize("secret", ["pc", "laptop"])
def test_q3_a_stranger_voids_what_is_pending_or_allowed(secret: str) -> None:
    """Q3: a second device denies until the session is collected, and the answer then comes too late."""
    for seen in (scanned(shown()), scanned(shown(), asked=NOTHING), allowed()):
        denied = scanned(seen, secret, verifier=OTHER_VERIFIER, seconds=3)
        assert denied.status == "denied"
        with pytest.raises(AlreadyAnswered):
            denied.answer("allow", CHOOSE.code, by=PC, now=after(4))
        with pytest.raises(Denied):
            denied.redeem(VERIFIER, after(4))


def test_q3_a_stranger_is_too_late_after_the_redeem() -> None:
    """Q3: a session that was collected is not undone."""
    with pytest.raises(WrongScan):
        scanned(allowed().redeem(VERIFIER, after(3)), verifier=OTHER_VERIFIER, seconds=4)


def test_q3_a_stranger_with_an_old_code_voids_nothing() -> None:
    """Q1, Q3: what is 30 seconds old says nothing of who stands before the page."""
    with pytest.raises(WrongScan):
        scanned(scanned(shown()), verifier=OTHER_VERIFIER, seconds=30)


# Who may answer, and show a code.


@pytest.mark.parametrize("decision", DECISIONS)
def test_r4_5_only_the_session_that_was_read_answers(decision: Decision) -> None:
    """R4.5: another page's session and an approver of the account are refused, before and after the answer."""
    pending = scanned(shown())
    for other in (LAPTOP, ADAS_PHONE):
        for seen in (pending, allowed()):
            with pytest.raises(Forbidden):
                seen.answer(decision, CHOOSE.code, by=other, now=after(3))
    with pytest.raises(UnknownSignIn):
        pending.answer(decision, CHOOSE.code, by=GRACES_PHONE, now=after(2))
    assert pending.answer(decision, CHOOSE.code, by=PC, now=after(2)).status != "pending"


@pytest.mark.parametrize("decision", DECISIONS)
@pytest.mark.parametrize("code", [None, CHOOSE.code])
def test_q2_without_a_scan_nobody_answers(decision: Decision, code: str | None) -> None:
    """Q2: neither the page's own session, nor after a stranger's scan."""
    for seen in (shown(), scanned(shown(), verifier=OTHER_VERIFIER)):
        with pytest.raises(NotAnswerable):
            seen.answer(decision, code, by=PC, now=after(2))


def test_r4_5_three_tries_to_enter_a_code() -> None:
    """R1.7: as in an approval, in the mode that the stack demands."""
    enter = verification_of("enter")
    pending, wrong = scanned(shown(), asked=enter), wrong_code_for(enter)
    for left, status in ((2, "pending"), (1, "pending"), (0, "denied")):
        pending = pending.answer("allow", wrong, by=PC, now=after(2))
        assert (pending.tries_left, pending.status) == (left, status)


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({}, None),
        ({"scanned_by": challenge_of(OTHER_VERIFIER)}, None),
        ({"method": "approval"}, UnknownSignIn),
        ({"method": "phone"}, UnknownSignIn),
        ({"account_id": "ANOTHER"}, UnknownSignIn),
        ({"status": "pending"}, NotAnswerable),
        ({"status": "allowed"}, NotAnswerable),
        ({"status": "cancelled"}, NotAnswerable),
        ({"expires_at": NOW}, NotAnswerable),
    ],
)
def test_q5_only_what_waits_is_shown_and_only_to_its_account(
    changes: dict[str, object], refusal: type[NodError] | None
) -> None:
    """Q5: a page asks for codes of its account's sign-ins, while they wait to be scanned."""
    seen = shown(**changes)
    if refusal is None:
        seen.require_scannable(PC, NOW)
        return
    with pytest.raises(refusal):
        seen.require_scannable(PC, NOW)


def test_a12_a_reported_sign_in_looks_denied_to_pages() -> None:
    """A12: what a page is told does not say "reported"."""
    details = []
    for status in ("denied", "reported"):
        with pytest.raises(NotAnswerable) as refusal:
            shown(status=status).require_scannable(PC, NOW)
        details.append(refusal.value.detail)
    assert details[0] == details[1]
