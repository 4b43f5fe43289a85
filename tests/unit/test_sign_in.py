"""The state machine of a sign-in, step by step (R1.4, R1.6, R1.7; attacks A2, A6, A7, A8, A10, A12)."""

from datetime import timedelta

import msgspec
import pytest

from nod.domain.refusals import StillWaiting, too_fast, wrong_code
from nod.domain.sign_in import REDEEM_WINDOW, Approver, SignIn
from nod.domain.status import Decision, Method, Status
from nod.domain.verification import WEAKEST_TO_STRONGEST, Mode
from nod.errors import (
    AlreadyAnswered,
    AlreadyRedeemed,
    Cancelled,
    CodeRequired,
    Denied,
    Expired,
    NodError,
    NotAnswerable,
    UnknownSignIn,
)
from tests.builders import (
    ADAS_PHONE,
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

MODES_WITH_A_CODE: list[Mode] = ["choose", "enter"]
MODES_WITHOUT_A_CODE: list[Mode] = ["none", "compare"]
DECISIONS: list[Decision] = ["allow", "deny", "report"]


def allowed(mode: Mode = "none") -> SignIn:
    """A sign-in that Ada's phone has allowed."""
    return sign_in(mode).answer("allow", verification_of(mode).code, by=ADAS_PHONE, now=NOW)


# How it starts.


@pytest.mark.parametrize("mode", ["none", "compare", "choose", "enter"])
def test_r1_7_an_approval_is_answerable_at_once(mode: Mode) -> None:
    """R1.7: an approval is pending from the start, whatever the mode, unless a code must come back first."""
    assert sign_in(mode).status == "pending"


def test_r1_7_an_echo_approval_waits_for_its_code() -> None:
    """R1.7: in mode `echo` nobody can answer before the requesting device has sent the code back."""
    started = sign_in("echo")
    assert started.status == "started"
    with pytest.raises(NotAnswerable):
        started.answer("allow", None, by=ADAS_PHONE, now=NOW)


@pytest.mark.parametrize("method", ["phone", "qr"])
@pytest.mark.parametrize("mode", WEAKEST_TO_STRONGEST)
def test_other_methods_wait_for_their_own_first_step(method: Method, mode: Mode) -> None:
    """A phone or QR sign-in is never answerable from the start."""
    assert sign_in(mode, method=method).status == "started"


@pytest.mark.parametrize("mode", ["compare", "echo", "choose", "enter"])
def test_i3_no_code_is_kept_readable(mode: Mode) -> None:
    """I3: of a code only a hash is kept, and one that differs between sign-ins with the same code."""
    verification = verification_of(mode)
    one = sign_in(mode, sign_in_id="ONE", verification=verification)
    other = sign_in(mode, sign_in_id="OTHER", verification=verification)
    code = verification.code
    assert code is not None
    values = [getattr(one, field) for field in ("confirm_hash", "answer_hash", "message", "slot")]
    assert code not in values
    if mode != "compare":
        assert (one.confirm_hash, one.answer_hash) != (other.confirm_hash, other.answer_hash)


def test_it_lives_for_its_lifetime() -> None:
    """A sign-in expires exactly when its lifetime is over, not a moment earlier."""
    started = sign_in("none")
    assert started.standing(after(119.999)) == "pending"
    assert started.standing(NOW + LIFETIME) == "expired"


# How its code comes back (`echo`).


def test_r1_7_the_echoed_code_makes_it_pending() -> None:
    """R1.7: the right code, sent back by the requesting device, opens the sign-in for an answer."""
    confirmed = sign_in("echo").confirm(verification_of("echo").code or "", after(5))
    assert confirmed.status == "pending"
    assert confirmed.version == 1
    assert confirmed.answer("allow", None, by=ADAS_PHONE, now=after(6)).status == "allowed"


def test_r1_7_three_wrong_echoes_deny() -> None:
    """R1.7: the third wrong code denies; the right one no longer helps then."""
    verification = verification_of("echo")
    tried, statuses = sign_in("echo"), []
    for _ in range(3):
        tried = tried.confirm(wrong_code_for(verification), after(5))
        statuses.append((tried.status, tried.tries_left))
    assert statuses == [("started", 2), ("started", 1), ("denied", 0)]
    with pytest.raises(Denied):
        tried.confirm(verification.code or "", after(6))


@pytest.mark.parametrize("method", ["phone", "qr"])
@pytest.mark.parametrize("mode", WEAKEST_TO_STRONGEST)
def test_a_code_does_not_stand_for_another_first_step(method: Method, mode: Mode) -> None:
    """A sign-in that waits for a text message or a scan cannot be confirmed by a code, not even in mode `echo`."""
    with pytest.raises(NotAnswerable):
        sign_in(mode, method=method).confirm(verification_of(mode).code or "", NOW)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        ("allowed", NotAnswerable),
        ("denied", Denied),
        ("cancelled", Cancelled),
        ("redeemed", AlreadyRedeemed),
    ],
)
def test_confirming_too_late_says_why(status: Status, error: type[NodError]) -> None:
    """A code that comes after the first step is over is refused with the reason."""
    with pytest.raises(error):
        sign_in("echo", status=status).confirm(verification_of("echo").code or "", NOW)


def test_confirming_once_more_changes_nothing() -> None:
    """The right code may come again, from a device that has not heard of the first time; a wrong one is too late."""
    pending = sign_in("echo", status="pending")
    assert pending.confirm(verification_of("echo").code or "", NOW) is pending
    with pytest.raises(NotAnswerable):
        pending.confirm("another", NOW)


def test_a8_an_expired_sign_in_cannot_be_confirmed() -> None:
    """A8: the right code is worth nothing once the time is over."""
    with pytest.raises(Expired):
        sign_in("echo").confirm(verification_of("echo").code or "", NOW + LIFETIME)


# How it is answered.


@pytest.mark.parametrize("mode", MODES_WITHOUT_A_CODE)
def test_r1_4_an_approver_allows(mode: Mode) -> None:
    """R1.4: allowing says who let the device in and leaves it 60 seconds to redeem."""
    answered = sign_in(mode).answer("allow", None, by=ADAS_PHONE, now=after(30))
    assert answered.status == "allowed"
    assert answered.let_in_by == ADAS_PHONE.session_id
    assert answered.expires_at == after(30) + timedelta(seconds=60)
    assert answered.version == 1


@pytest.mark.parametrize("mode", WEAKEST_TO_STRONGEST)
@pytest.mark.parametrize(("decision", "status"), [("deny", "denied"), ("report", "reported")])
def test_r1_4_refusing_needs_no_code(mode: Mode, decision: Decision, status: Status) -> None:
    """R1.4: an approver may deny or report whatever the mode, without any code, and lets nobody in."""
    pending = sign_in(mode, status="pending")
    answered = pending.answer(decision, None, by=ADAS_PHONE, now=NOW)
    assert answered.status == status
    assert answered.let_in_by is None


@pytest.mark.parametrize("mode", MODES_WITH_A_CODE)
def test_a2_a_blind_allow_is_refused(mode: Mode) -> None:
    """A2: allowing without the code is refused, and costs no try."""
    pending = sign_in(mode)
    with pytest.raises(CodeRequired):
        pending.answer("allow", None, by=ADAS_PHONE, now=NOW)
    assert pending.status == "pending"


@pytest.mark.parametrize("mode", MODES_WITH_A_CODE)
def test_r1_7_the_right_code_allows(mode: Mode) -> None:
    """R1.7: the code that the requesting device shows, chosen or typed by the approver, allows."""
    verification = verification_of(mode)
    assert sign_in(mode).answer("allow", verification.code, by=ADAS_PHONE, now=NOW).status == "allowed"


def test_r1_7_a_wrong_code_says_how_many_tries_are_left() -> None:
    """R1.7: whoever mistyped a code learns how often he may try again."""
    details = [wrong_code(left).detail for left in (2, 1, 0)]
    assert [detail.rpartition(", ")[2] for detail in details] == [
        "2 tries are left",
        "one try is left",
        "no try is left",
    ]


def test_a2_a_wrong_choice_denies() -> None:
    """A2: in mode `choose` there is one pick, and a wrong one denies."""
    wrong = wrong_code_for(verification_of("choose"))
    answered = sign_in("choose").answer("allow", wrong, by=ADAS_PHONE, now=NOW)
    assert answered.status == "denied"
    assert answered.let_in_by is None


def test_a2_three_wrong_entries_deny() -> None:
    """A2: in mode `enter` the third wrong code denies, and the right one no longer helps then."""
    verification = verification_of("enter")
    tried, statuses = sign_in("enter"), []
    for _ in range(3):
        tried = tried.answer("allow", wrong_code_for(verification), by=ADAS_PHONE, now=NOW)
        statuses.append((tried.status, tried.tries_left, tried.version))
    assert statuses == [("pending", 2, 1), ("pending", 1, 2), ("denied", 0, 3)]
    with pytest.raises(AlreadyAnswered):
        tried.answer("allow", verification.code, by=ADAS_PHONE, now=NOW)


def test_r1_7_a_wrong_entry_leaves_the_right_one_open() -> None:
    """R1.7: who mistypes a code once may still allow with the right one."""
    verification = verification_of("enter")
    tried = sign_in("enter").answer("allow", wrong_code_for(verification), by=ADAS_PHONE, now=NOW)
    assert tried.answer("allow", verification.code, by=ADAS_PHONE, now=NOW).status == "allowed"


def test_a_code_of_another_sign_in_is_wrong() -> None:
    """The code of one sign-in is bound to it: its hash does not open another one."""
    verification = verification_of("enter")
    stolen = sign_in("enter", sign_in_id="ONE", verification=verification).answer_hash
    other = sign_in("enter", sign_in_id="OTHER", verification=verification, answer_hash=stolen)
    assert other.answer("allow", verification.code, by=ADAS_PHONE, now=NOW).status == "pending"


@pytest.mark.parametrize("decision", DECISIONS)
@pytest.mark.parametrize("status", ["started", "pending", "allowed", "denied", "reported", "cancelled", "redeemed"])
def test_a10_a_foreign_approver_learns_nothing(status: Status, decision: Decision) -> None:
    """A10: to another account's session the sign-in does not exist, however it stands."""
    with pytest.raises(UnknownSignIn):
        sign_in("none", status=status).answer(decision, None, by=GRACES_PHONE, now=NOW)


@pytest.mark.parametrize("decision", DECISIONS)
@pytest.mark.parametrize("status", ["allowed", "denied", "reported", "redeemed"])
def test_r1_5_the_first_answer_decides(status: Status, decision: Decision) -> None:
    """R1.5: a second answer is refused, whichever the two are."""
    with pytest.raises(AlreadyAnswered):
        sign_in("none", status=status).answer(decision, None, by=ADAS_PHONE, now=NOW)


@pytest.mark.parametrize("decision", DECISIONS)
@pytest.mark.parametrize("status", ["started", "cancelled"])
def test_only_a_pending_sign_in_is_answerable(status: Status, decision: Decision) -> None:
    """An answer before the first step, or after the requester gave up, is refused."""
    with pytest.raises(NotAnswerable):
        sign_in("none", status=status).answer(decision, None, by=ADAS_PHONE, now=NOW)


@pytest.mark.parametrize("decision", DECISIONS)
def test_a8_a_late_answer_is_refused(decision: Decision) -> None:
    """A8: from the moment of expiry no answer is taken, though the row still says pending."""
    pending = sign_in("none")
    with pytest.raises(NotAnswerable):
        pending.answer(decision, None, by=ADAS_PHONE, now=NOW + LIFETIME)


def test_any_session_of_the_account_may_answer() -> None:
    """Who lets in is a session of the account, not one in particular."""
    other = Approver(ADAS_PHONE.account_id, "SESSION-OF-ADAS-TABLET")
    assert sign_in("none").answer("allow", None, by=other, now=NOW).let_in_by == other.session_id


# How it ends.


def test_r1_6_the_requesting_device_redeems() -> None:
    """R1.6: an allowed sign-in is redeemed by the device that started it."""
    redeemed = allowed().redeem(VERIFIER, after(1))
    assert redeemed.status == "redeemed"
    assert redeemed.version == 2


@pytest.mark.parametrize("status", ["started", "pending", "allowed", "denied", "reported", "cancelled", "redeemed"])
def test_a6_without_the_verifier_it_does_not_exist(status: Status) -> None:
    """A6: a wrong verifier is told that there is no such sign-in, however it stands."""
    standing = sign_in("none", status=status)
    with pytest.raises(UnknownSignIn):
        standing.redeem(OTHER_VERIFIER, NOW)
    with pytest.raises(UnknownSignIn):
        standing.cancel(OTHER_VERIFIER, NOW)


def test_a6_the_challenge_is_not_the_verifier() -> None:
    """A6: who has seen the challenge, which travels at the start, cannot redeem with it."""
    with pytest.raises(UnknownSignIn):
        allowed().redeem(allowed().challenge, NOW)


def test_a7_a_second_redeem_is_refused() -> None:
    """A7: a sign-in is redeemed once."""
    with pytest.raises(AlreadyRedeemed):
        allowed().redeem(VERIFIER, NOW).redeem(VERIFIER, NOW)


@pytest.mark.parametrize(
    ("status", "error"), [("denied", Denied), ("cancelled", Cancelled), ("redeemed", AlreadyRedeemed)]
)
def test_r1_6_each_end_has_its_own_error(status: Status, error: type[NodError]) -> None:
    """R1.6: the requesting device learns which of the ways out it was."""
    with pytest.raises(error):
        sign_in("none", status=status).redeem(VERIFIER, NOW)


@pytest.mark.parametrize("status", ["started", "pending", "reported", "allowed"])
def test_r1_6_expiry_has_its_own_error(status: Status) -> None:
    """R1.6: a sign-in whose time ran out is told as expired, whatever its row says."""
    with pytest.raises(Expired):
        sign_in("none", status=status).redeem(VERIFIER, NOW + LIFETIME)


@pytest.mark.parametrize("status", ["denied", "cancelled", "redeemed"])
def test_an_end_does_not_expire(status: Status) -> None:
    """What was decided stays so after the time is over."""
    assert sign_in("none", status=status).standing(NOW + LIFETIME) == status


def test_a8_the_redeem_window_closes() -> None:
    """A8: allowed and not redeemed for 60 seconds, the sign-in is expired, even if its first lifetime is not over."""
    standing = allowed()
    assert standing.redeem(VERIFIER, NOW + REDEEM_WINDOW - timedelta(milliseconds=1)).status == "redeemed"
    with pytest.raises(Expired):
        standing.redeem(VERIFIER, NOW + REDEEM_WINDOW)


def test_a_last_moment_allow_leaves_the_whole_window() -> None:
    """An answer in the last second still leaves 60 seconds to redeem."""
    answered = sign_in("none").answer("allow", None, by=ADAS_PHONE, now=after(119))
    assert answered.redeem(VERIFIER, after(178)).status == "redeemed"


@pytest.mark.parametrize(("mode", "status"), [("none", "pending"), ("echo", "started")])
def test_waiting_is_no_end(mode: Mode, status: Status) -> None:
    """Before an answer, redeeming says how the sign-in stands and how often to ask."""
    with pytest.raises(StillWaiting) as waiting:
        sign_in(mode).redeem(VERIFIER, NOW)
    assert waiting.value.standing == status
    assert waiting.value.interval == 5


# How the requester gives up.


@pytest.mark.parametrize("status", ["started", "pending", "allowed", "reported"])
def test_the_requester_may_give_up_while_it_lives(status: Status) -> None:
    """A live sign-in can be cancelled by its device."""
    cancelled = sign_in("none", status=status).cancel(VERIFIER, NOW)
    assert (cancelled.status, cancelled.version) == ("cancelled", 1)


def test_giving_up_twice_is_giving_up_once() -> None:
    """Cancelling again changes nothing and is no error."""
    cancelled = sign_in("none").cancel(VERIFIER, NOW)
    assert cancelled.cancel(VERIFIER, NOW) is cancelled


@pytest.mark.parametrize(("status", "error"), [("denied", Denied), ("redeemed", AlreadyRedeemed)])
def test_what_is_decided_cannot_be_given_up(status: Status, error: type[NodError]) -> None:
    """A decided sign-in is not cancelled; the device learns how it was decided."""
    with pytest.raises(error):
        sign_in("none", status=status).cancel(VERIFIER, NOW)


def test_what_is_expired_cannot_be_given_up() -> None:
    """An expired sign-in is told as such."""
    with pytest.raises(Expired):
        sign_in("none").cancel(VERIFIER, NOW + LIFETIME)


def test_the_service_may_take_it_back() -> None:
    """A sign-in that nobody is there to answer ends as cancelled."""
    withdrawn = sign_in("none").withdraw()
    assert (withdrawn.status, withdrawn.version) == ("cancelled", 1)


# What a report looks like.


def test_a12_a_report_looks_like_silence() -> None:
    """A12: until it expires, a reported sign-in answers its requester exactly as an unanswered one."""
    silent = sign_in("none")
    reported = silent.answer("report", None, by=ADAS_PHONE, now=after(10))
    for one in (silent, reported):
        with pytest.raises(StillWaiting) as waiting:
            one.redeem(VERIFIER, after(20))
        assert (waiting.value.standing, waiting.value.interval) == ("pending", 5)
        with pytest.raises(Expired):
            one.redeem(VERIFIER, NOW + LIFETIME)
        assert one.cancel(VERIFIER, after(20)).status == "cancelled"
    assert reported.expires_at == silent.expires_at
    assert [one.seen_by_requester(after(20)) for one in (silent, reported)] == ["pending", "pending"]
    assert [one.seen_by_requester(NOW + LIFETIME) for one in (silent, reported)] == ["expired", "expired"]


# How often it may be asked.


def test_the_first_poll_is_never_refused() -> None:
    """A poll at the very start is in time, and sets when the next may come."""
    polled, in_time = sign_in("none").polled(NOW)
    assert in_time
    assert polled.next_poll_at == after(5)
    assert polled.poll_interval == timedelta(seconds=5)


def test_polling_at_the_interval_is_in_time() -> None:
    """A poll after the interval is in time, a touch of network jitter allowed for."""
    polled, _ = sign_in("none").polled(NOW)
    assert polled.polled(after(4.5))[1]
    assert not polled.polled(after(4.4))[1]


def test_each_early_poll_adds_five_seconds() -> None:
    """Polling too fast is refused, and each refusal slows the poller down further."""
    polled, _ = sign_in("none").polled(NOW)
    intervals = []
    for second in (1, 2, 3):
        polled, in_time = polled.polled(after(second))
        intervals.append((in_time, polled.poll_interval.total_seconds()))
    assert intervals == [(False, 10), (False, 15), (False, 20)]
    assert polled.next_poll_at == after(23)
    assert too_fast(polled.poll_interval).retry_after == 20


def test_a_poll_does_not_count_as_a_change() -> None:
    """Polling moves neither the status nor the version, so that it can never get in the way of an answer."""
    before = sign_in("none")
    polled, _ = before.polled(after(1))
    assert (polled.status, polled.version, polled.expires_at) == (before.status, before.version, before.expires_at)
    assert msgspec.structs.replace(polled, next_poll_at=before.next_poll_at) == before
