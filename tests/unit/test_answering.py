"""An approver answers (R1.4, R1.5, R1.7; attacks A2, A5, A8, A9, A10, A12)."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from nod.domain.pushes import PromptClosed, SignInResolved
from nod.domain.sign_in import Approver
from nod.domain.status import Decision, Status, Verdict
from nod.domain.verification import Mode
from nod.errors import (
    AlreadyAnswered,
    CodeRequired,
    InvalidToken,
    NodError,
    NotAnswerable,
    SlowDown,
    UnknownSignIn,
    WrongCode,
)
from nod.flows.answering import Answer
from nod.flows.starting import Started
from tests.builders import ADA, ADAS_NUMBER, GRACE, NOW, wrong_code_for
from tests.unit.service import Service

PHONE, TABLET, GRACES = Approver(ADA, "PHONE"), Approver(ADA, "TABLET"), Approver(GRACE, "GRACES")
DECISIONS: list[Decision] = ["allow", "deny", "report"]


class Asked:
    """A service where Ada's phone and tablet, and Grace's phone, are online, and one device waits to be let in."""

    def __init__(self, mode: Mode = "none") -> None:
        self.service = Service()
        self.service.account("ada", "countess")
        self.service.account("grace", account_id=GRACE)
        for who in (PHONE, TABLET, GRACES):
            self.service.approver(who.session_id, who.account_id)
        self.started = self.service.start(mode=mode)
        self.waiter = self.service.waiting(self.started)
        self.forget_pushes()

    @property
    def id(self) -> str:
        """The sign-in."""
        return self.started.sign_in.sign_in_id

    @property
    def status(self) -> Status:
        """How the sign-in stands, as kept."""
        return self.service.sign_in(self.started).status

    def forget_pushes(self) -> None:
        """From here on, only what is pushed next is looked at."""
        self.service.sockets.posted.clear()

    def answer(
        self, decision: Decision, code: str | None = None, by: Approver = PHONE, over: str | None = "socket of PHONE"
    ) -> Status:
        """Answer over the phone's connection."""
        return self.service.answer(self.started, decision, by=by, code=code, over=over)


def refused(asked: Asked, error: type[NodError], decision: Decision, by: Approver = PHONE) -> None:
    """The answer is refused, nothing changes, and nobody is told anything."""
    before = asked.service.sign_in(asked.started)
    with pytest.raises(error):
        asked.answer(decision, by=by)
    assert asked.service.sign_in(asked.started) == before
    assert asked.service.sockets.posted == {}
    assert asked.service.slots() == 1


# What an answer does.


@pytest.mark.parametrize(("decision", "status"), [("allow", "allowed"), ("deny", "denied")])
def test_r1_4_the_waiting_device_is_told(decision: Decision, status: Verdict) -> None:
    """R1.4: the device that waits learns at once how it was answered."""
    asked = Asked()
    assert asked.answer(decision) == status
    assert asked.service.pushed(asked.waiter) == [SignInResolved(asked.id, status)]
    assert asked.status == status


@pytest.mark.parametrize(("decision", "shown"), [("allow", "allowed"), ("deny", "denied"), ("report", "denied")])
def test_r1_5_the_other_prompts_close(decision: Decision, shown: Verdict) -> None:
    """R1.5: the other approvers' prompts close at once, on the screen and for `hello`."""
    asked = Asked()
    assert asked.answer(decision) == shown
    assert asked.service.pushed("socket of TABLET") == [PromptClosed(asked.id, shown)]
    for who in (PHONE, TABLET):
        assert asked.service.connecting.open_prompts(who) == []


def test_r1_5_who_answers_is_acknowledged_and_not_told_twice() -> None:
    """R1.5: the answering connection gets its acknowledgement and no push besides."""
    asked = Asked()
    acknowledged: list[Status] = []
    asked.service.answering.answer(
        Answer(asked.id, "allow"), by=PHONE, connection_id="socket of PHONE", acknowledge=acknowledged.append
    )
    assert acknowledged == ["allowed"]
    assert asked.service.pushed("socket of PHONE") == []


def test_r1_5_an_answer_over_http_closes_all_prompts() -> None:
    """R1.5: an app that a notification woke answers over HTTP; then the prompt on its own connection closes too."""
    asked = Asked()
    asked.answer("deny", over=None)
    for who in (PHONE, TABLET):
        assert asked.service.pushed(f"socket of {who.session_id}") == [PromptClosed(asked.id, "denied")]


def test_r1_4_nobody_else_is_told() -> None:
    """R1.4: another account, a hand-over page and other waiting devices learn nothing."""
    asked = Asked()
    service = asked.service
    service.connect(service.session("PC"), "page", "hand_over")
    other = service.waiting(service.start("countess"))
    asked.forget_pushes()
    asked.answer("allow")
    assert sorted(service.sockets.posted) == ["socket of TABLET", asked.waiter]
    assert other not in service.sockets.posted


def test_r1_4_who_let_it_in_is_kept() -> None:
    """R1.4: an allowed sign-in knows which session allowed it."""
    asked = Asked()
    asked.answer("allow", by=TABLET, over="socket of TABLET")
    assert asked.service.sign_in(asked.started).let_in_by == "TABLET"


@pytest.mark.parametrize("decision", DECISIONS)
def test_an_answered_sign_in_frees_its_slot(decision: Decision) -> None:
    """The login has room for the next sign-in as soon as this one is decided."""
    asked = Asked()
    assert asked.service.slots() == 1
    asked.answer(decision)
    assert asked.service.slots() == 0


def test_a_connection_that_is_gone_does_not_stop_an_answer() -> None:
    """Where the waiting device or another approver has gone, the answer counts and their rows are forgotten."""
    asked = Asked()
    asked.service.hang_up(asked.waiter, "socket of TABLET")
    assert asked.answer("allow") == "allowed"
    assert asked.service.stores.connections.of(asked.id) == []
    assert [one.session_id for one in asked.service.stores.connections.of(ADA)] == ["PHONE"]


# The first answer decides.


@pytest.mark.parametrize("first", DECISIONS)
@pytest.mark.parametrize("second", DECISIONS)
def test_r1_5_a_later_answer_is_refused(first: Decision, second: Decision) -> None:
    """R1.5: the first answer to arrive decides, whichever the two are and whoever gives them."""
    asked = Asked()
    asked.answer(first)
    before = asked.service.sign_in(asked.started)
    asked.forget_pushes()
    for who in (TABLET, PHONE):
        with pytest.raises(AlreadyAnswered):
            asked.answer(second, by=who, over=None)
    assert asked.service.sign_in(asked.started) == before
    assert asked.service.sockets.posted == {}


@pytest.mark.parametrize("mode", ["none", "enter"])
@pytest.mark.parametrize("mine", DECISIONS)
@pytest.mark.parametrize("rival", DECISIONS)
def test_a5_a_rival_that_writes_first_decides(mode: Mode, mine: Decision, rival: Decision) -> None:
    """A5: where another answer slips in just before this one is written, that one counts and this one is refused."""
    asked = Asked(mode)
    code = asked.started.verification.code

    def slip_in() -> None:
        asked.answer(rival, code, by=TABLET, over=None)

    asked.service.meanwhile["sign_ins.decide"] = slip_in
    with pytest.raises(AlreadyAnswered):
        asked.answer(mine, code)
    assert asked.status == {"allow": "allowed", "deny": "denied", "report": "reported"}[rival]


def test_a5_a_rival_between_sight_and_write_decides() -> None:
    """A5: a wrong code that is judged while another approver denies costs no try: the denial stands."""
    asked = Asked("enter")
    wrong = wrong_code_for(asked.started.verification)
    asked.service.meanwhile["sign_ins.decide_as"] = lambda: asked.answer("deny", by=TABLET, over=None)
    with pytest.raises(AlreadyAnswered):
        asked.answer("allow", wrong)
    kept = asked.service.sign_in(asked.started)
    assert (kept.status, kept.tries_left) == ("denied", 3)


def test_a5_two_wrong_codes_at_once_cost_two_tries() -> None:
    """A5: guessing from two devices at once gains nothing."""
    asked = Asked("enter")
    wrong = wrong_code_for(asked.started.verification)

    def guess() -> None:
        with pytest.raises(WrongCode):
            asked.answer("allow", wrong, by=TABLET, over=None)

    asked.service.meanwhile["sign_ins.decide_as"] = guess
    with pytest.raises(WrongCode):
        asked.answer("allow", wrong)
    assert asked.service.sign_in(asked.started).tries_left == 1


def test_a5_giving_up_just_before_the_answer_counts() -> None:
    """A5: where the requester cancels just before the allow is written, nobody is let in."""
    asked = Asked()
    asked.service.meanwhile["sign_ins.decide"] = lambda: asked.service.cancel(asked.started)
    with pytest.raises(NotAnswerable):
        asked.answer("allow")
    assert asked.status == "cancelled"


# Codes.


@pytest.mark.parametrize("mode", ["choose", "enter"])
def test_r1_7_the_right_code_allows(mode: Mode) -> None:
    """R1.7: the code of the requesting device, chosen or typed, lets it in."""
    asked = Asked(mode)
    assert asked.answer("allow", asked.started.verification.code) == "allowed"


@pytest.mark.parametrize("mode", ["choose", "enter"])
def test_a2_a_blind_allow_is_refused(mode: Mode) -> None:
    """A2: allowing without the code is refused, costs nothing, and leaves the prompt open."""
    asked = Asked(mode)
    refused(asked, CodeRequired, "allow")
    assert len(asked.service.connecting.open_prompts(TABLET)) == 1
    assert asked.answer("allow", asked.started.verification.code) == "allowed"


def test_a2_a_wrong_choice_denies() -> None:
    """A2: one pick; a wrong one is a denial, told to everybody as such."""
    asked = Asked("choose")
    assert asked.answer("allow", wrong_code_for(asked.started.verification)) == "denied"
    assert asked.status == "denied"
    assert asked.service.pushed(asked.waiter) == [SignInResolved(asked.id, "denied")]
    assert asked.service.pushed("socket of TABLET") == [PromptClosed(asked.id, "denied")]
    assert asked.service.slots() == 0


def test_a2_three_wrong_entries_deny() -> None:
    """A2: two wrong codes are told to their sender only, the third denies."""
    asked = Asked("enter")
    wrong = wrong_code_for(asked.started.verification)
    for left in (2, 1):
        with pytest.raises(WrongCode):
            asked.answer("allow", wrong)
        assert asked.service.sign_in(asked.started).tries_left == left
        assert asked.service.sockets.posted == {}
        assert len(asked.service.connecting.open_prompts(TABLET)) == 1
    assert asked.answer("allow", wrong) == "denied"
    assert asked.service.pushed(asked.waiter) == [SignInResolved(asked.id, "denied")]
    assert asked.service.connecting.open_prompts(TABLET) == []


def test_r1_7_a_mistyped_code_may_be_typed_again() -> None:
    """R1.7: after a wrong entry the right one still allows, also from another approver."""
    asked = Asked("enter")
    with pytest.raises(WrongCode):
        asked.answer("allow", wrong_code_for(asked.started.verification))
    assert asked.answer("allow", asked.started.verification.code, by=TABLET, over=None) == "allowed"


def test_a2_the_code_of_another_sign_in_is_wrong() -> None:
    """A2: of two requests at the same time, the code of one does not allow the other."""
    asked = Asked("enter")
    other = asked.service.start(mode="enter")
    with pytest.raises(WrongCode):
        asked.answer("allow", other.verification.code)
    assert asked.status == "pending"


@pytest.mark.parametrize("mode", ["none", "compare", "choose", "enter"])
def test_r1_4_denying_needs_no_code(mode: Mode) -> None:
    """R1.4: whoever does not want to let somebody in need not type anything."""
    asked = Asked(mode)
    assert asked.answer("deny") == "denied"


def test_r1_7_an_unconfirmed_echo_is_not_answerable() -> None:
    """R1.7: nobody can allow before the code is back."""
    asked = Asked("echo")
    refused(asked, NotAnswerable, "allow")


# Who may not answer, and when.


def run_out(asked: Asked) -> None:
    """Nobody has answered in time."""
    asked.service.wait(120)


def give_up(asked: Asked) -> None:
    """The device does not want it any more."""
    asked.service.cancel(asked.started)
    asked.forget_pushes()


@pytest.mark.parametrize("decision", ["allow", "deny"])
def test_a8_a_late_answer_is_refused(decision: Decision) -> None:
    """A8: after the time is over the row is still there, and decides nothing."""
    asked = Asked()
    run_out(asked)
    refused(asked, NotAnswerable, decision)


@pytest.mark.parametrize("end", [run_out, give_up])
def test_a12_a_late_report_holds_back_all_the_same(end: Callable[[Asked], None]) -> None:
    """A12: else whoever gives each request up at once could bomb for ever; the sign-in stays as it is, once held."""
    asked = Asked()
    end(asked)
    before = asked.service.sign_in(asked.started)
    for _ in range(3):
        assert asked.answer("report") == "denied"
    assert asked.service.sign_in(asked.started) == before
    assert asked.service.pushed(asked.waiter) == []
    with pytest.raises(SlowDown) as held:
        asked.service.start()
    assert 14 * 60 < (held.value.retry_after or 0) <= 15 * 60 + 1


def test_a10_a12_only_its_own_account_reports_late() -> None:
    """A10, A9: nobody else, nor a session that has ended; and nothing is held back."""
    asked = Asked()
    give_up(asked)
    with pytest.raises(UnknownSignIn):
        asked.answer("report", by=GRACES)
    asked.service.stores.sessions.expire(ADA, "PHONE", asked.service.now)
    with pytest.raises(InvalidToken):
        asked.answer("report")
    assert asked.service.start().sign_in.status == "pending"


def test_a12_a_late_report_is_about_the_account_that_was_asked() -> None:
    """A12: a login that is somebody else's by now is not held back by whom it belonged to, nor after an hour."""
    asked = Asked()
    give_up(asked)
    service = asked.service
    service.stores.accounts.unbind(service.control.alive(PHONE), service.rows.accounts[ADA], "user:ada", service.now)
    service.wait(1)
    service.stores.accounts.bind(service.control.alive(GRACES), "user:ada", service.now)
    assert asked.answer("report") == "denied"
    assert service.start().sign_in.status == "pending"
    service.wait(3600 + 120)
    with pytest.raises(NotAnswerable):
        asked.answer("report")


def test_a12_a_late_report_holds_back_though_the_number_has_said_no() -> None:
    """A12, T7: whoever is bombed does both."""
    asked = Asked()
    service = asked.service
    service.stores.accounts.bind(service.control.alive(PHONE), f"tel:{ADAS_NUMBER}", service.now)
    service.wait(1)
    asked.started = service.start(ADAS_NUMBER)
    give_up(asked)
    service.text("NO")
    assert asked.answer("report") == "denied"
    with pytest.raises(SlowDown):
        service.start(ADAS_NUMBER)


@pytest.mark.parametrize("decision", ["allow", "deny"])
def test_a12_what_was_answered_is_not_reported_late(decision: Decision) -> None:
    """R1.5: the first answer decides, and a report is an answer."""
    asked = Asked()
    asked.answer(decision, by=TABLET)
    with pytest.raises(AlreadyAnswered):
        asked.answer("report")


@pytest.mark.parametrize("decision", DECISIONS)
def test_a9_an_approver_whose_session_was_ended_is_refused(decision: Decision) -> None:
    """A9: ended between prompt and answer, a session can neither allow nor deny, though its connection stands."""
    asked = Asked()
    asked.service.stores.sessions.expire(ADA, "PHONE", asked.service.now)
    refused(asked, InvalidToken, decision)
    assert asked.answer("allow", by=TABLET, over=None) == "allowed"


@pytest.mark.parametrize("decision", DECISIONS)
def test_a9_an_approver_whose_session_ran_out_is_refused(decision: Decision) -> None:
    """A9: so is one that was idle for too long."""
    asked = Asked()
    asked.service.now = NOW + timedelta(days=30)
    asked.started = fresh(asked)
    asked.forget_pushes()
    refused(asked, InvalidToken, decision)


def fresh(asked: Asked) -> Started:
    """A sign-in of now, asked of a session that is alive."""
    asked.service.stores.slots.release("user:ada", asked.started.sign_in.slot or "")
    asked.service.approver("NEW")
    return asked.service.start()


@pytest.mark.parametrize("decision", DECISIONS)
def test_a10_another_account_s_session_is_refused(decision: Decision) -> None:
    """A10: to a stranger the sign-in does not exist."""
    refused(Asked(), UnknownSignIn, decision, by=GRACES)


@pytest.mark.parametrize("decision", DECISIONS)
def test_a10_an_unknown_sign_in_looks_the_same(decision: Decision) -> None:
    """A10: a sign-in that is nobody's is refused in the same words."""
    asked = Asked()
    with pytest.raises(UnknownSignIn) as unknown:
        asked.service.answering.answer(Answer("NONE", decision), by=GRACES)
    with pytest.raises(UnknownSignIn) as foreign:
        asked.answer(decision, by=GRACES)
    assert unknown.value.detail == foreign.value.detail


def test_what_was_given_up_is_not_answerable() -> None:
    """An answer after the requester cancelled is refused as too late, not as answered."""
    asked = Asked()
    asked.service.cancel(asked.started)
    with pytest.raises(NotAnswerable):
        asked.answer("allow")


# Reports.


def test_a12_the_requester_of_a_reported_sign_in_is_told_nothing() -> None:
    """A12: no push reaches the waiting device, and its `hello` shows it pending until it expires."""
    asked = Asked()
    asked.answer("report")
    assert asked.service.pushed(asked.waiter) == []
    assert asked.status == "reported"
    assert asked.service.connecting.standing(asked.id) == "pending"
    asked.service.wait(120)
    assert asked.service.connecting.standing(asked.id) == "expired"


def test_a12_a_report_holds_further_prompts_back() -> None:
    """A12: for 15 minutes no sign-in of that login is opened; other logins and other accounts are not affected."""
    asked = Asked()
    service = asked.service
    asked.answer("report")
    with pytest.raises(SlowDown) as refusal:
        service.start()
    assert refusal.value.retry_after == 901
    service.start("countess")
    service.start("grace")
    service.wait(900)
    service.start()


def test_a12_a_report_that_is_repeated_holds_no_longer() -> None:
    """A12: who reports the same prompt again is told that it was answered, and it is held back as before."""
    asked = Asked()
    service = asked.service
    asked.answer("report")
    for by in (PHONE, TABLET):
        service.wait(50)
        with pytest.raises(AlreadyAnswered):
            asked.answer("report", by=by)
    with pytest.raises(SlowDown) as refusal:
        service.start()
    assert refusal.value.retry_after == 901 - 100


def test_a12_each_report_doubles_the_wait_until_a_success() -> None:
    """A12: 15 minutes, then 30; after somebody was let in, 15 again."""
    service = Service()
    service.account("ada")
    phone = service.approver("PHONE")
    for minutes in (15, 30):
        service.answer(service.start(), "report", by=phone)
        service.wait(60 * minutes - 1)
        with pytest.raises(SlowDown):
            service.start()
        service.wait(1)
        service.hang_up()
        service.connect(service.control.alive(phone), "again")
    started = service.start()
    service.answer(started, "allow", by=phone)
    service.redeem(started)
    service.answer(service.start(), "report", by=phone)
    service.wait(60 * 15)
    service.start()


def test_a12_a_denial_holds_nothing_back() -> None:
    """A12: a plain denial, as of a mistyped login, is no report."""
    asked = Asked()
    asked.answer("deny")
    asked.service.start()
    assert asked.service.slots() == 1
