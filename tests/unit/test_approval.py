"""Flow 1: a device with only a login asks to be let in (R1.1-R1.7; attacks A1, A3, A4, A11)."""

from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta

import pytest

from nod.domain.connections import ApproverPolicy, waiting_for
from nod.domain.device import Device, Network
from nod.domain.identifiers import challenge_of
from nod.domain.limits import PROMPTS_PER_LOGIN
from nod.domain.prompts import ShownPrompt
from nod.domain.pushes import PromptPush
from nod.domain.refusals import StillWaiting
from nod.domain.sign_in import Approver
from nod.domain.verification import WEAKEST_TO_STRONGEST, Mode
from nod.errors import (
    Crowded,
    InvalidRequest,
    NoApproverOnline,
    NodError,
    NotAnswerable,
    Overloaded,
    SlowDown,
    UnknownLogin,
    UnknownSignIn,
    WrongCode,
)
from nod.flows.starting import Started
from tests.builders import ADA, GRACE, HOME, LAPTOP, LIFETIME, NOW, OTHER_VERIFIER, VERIFIER, wrong_code_for
from tests.unit.service import Service

NUMBER = "+44 7700 900123"
POLICIES: list[ApproverPolicy] = ["all", "latest", "active", "random"]


def with_ada(**parameters: object) -> Service:
    """A service where Ada has an account with two logins, and nobody is connected."""
    service = Service(**parameters)
    service.account("ada", NUMBER)
    return service


def online(**parameters: object) -> Service:
    """The same, with one approver connected."""
    service = with_ada(**parameters)
    service.approver("PHONE")
    return service


def adas(session_id: str) -> Approver:
    """One of Ada's sessions."""
    return Approver(ADA, session_id)


def prompt_of(service: Service, session_id: str = "PHONE") -> PromptPush:
    """The one prompt that the session's connection got."""
    (push,) = service.pushed(f"socket of {session_id}")
    assert isinstance(push, PromptPush)
    return push


def prompted(service: Service) -> list[str]:
    """The connections that got anything."""
    return sorted(service.sockets.posted)


# Starting.


def test_r1_1_a_login_and_a_device_are_enough() -> None:
    """R1.1: a sign-in starts from a login in any spelling and facts about the device, without a password."""
    service = online()
    started = service.start("  ADA ", "none")
    kept = service.sign_in(started)
    assert (kept.login, kept.account_id, kept.method, kept.status) == ("user:ada", ADA, "approval", "pending")
    assert (kept.device, kept.network, kept.challenge) == (LAPTOP, HOME, challenge_of(VERIFIER))
    assert (kept.created_at, kept.expires_at) == (NOW, NOW + LIFETIME)


def test_r1_1_the_requesting_device_can_wait_on_a_connection() -> None:
    """R1.1: it gets a ticket that opens a connection of its own sign-in, and of nothing else."""
    service = online()
    started = service.start()
    waiter = service.waiting(started)
    (connection,) = service.stores.connections.of(waiting_for(started.sign_in.sign_in_id))
    assert (connection.connection_id, connection.purpose, connection.session_id) == (waiter, "wait", None)


@pytest.mark.parametrize("login", ["", "not a login", "07700 900123", "ada\x00", "ada@\u202eexample.com"])
def test_r1_1_what_is_no_login_starts_nothing(login: str) -> None:
    """R1.1: it is refused before anything is looked up or counted."""
    service = online()
    service.calls.clear()
    with pytest.raises(InvalidRequest):
        service.start(login)
    assert service.calls == []


@pytest.mark.parametrize(
    ("device", "message"),
    [
        (Device("phone", "Ada\u202e"), None),
        (Device("phone", "a\x00b"), None),
        (Device("phone", "Phone", app="\u200b"), None),
        (LAPTOP, "line\nbreak"),
        (LAPTOP, "\u2067spoof"),
        (LAPTOP, "   "),
    ],
)
def test_a11_a_text_that_could_mislead_starts_nothing(device: Device, message: str | None) -> None:
    """A11: control and direction-changing characters in device or message are refused before anything happens."""
    service = online()
    service.calls.clear()
    with pytest.raises(InvalidRequest):
        service.start(device=device, message=message)
    assert service.calls == []


# Who is asked.


def test_r1_2_bound_logins_reach_the_same_approvers() -> None:
    """R1.2: asking with a phone number prompts the session that signed in with the username, and the reverse."""
    service = online()
    for login in ("ada", NUMBER):
        service.start(login)
        assert prompt_of(service).login == login.replace(" ", "")


def test_r1_2_a_login_bound_later_reaches_them_too() -> None:
    """R1.2: binding a further login needs no new session."""
    service = with_ada()
    service.approver("PHONE")
    service.bind(service.session("FIRST", founding=True), "countess")
    service.start("Countess")
    assert prompt_of(service).login == "countess"


def test_r1_2_other_accounts_are_not_asked() -> None:
    """R1.2: only the sessions of the login's account are prompted."""
    service = online()
    service.account("grace", account_id=GRACE)
    service.approver("GRACES", GRACE)
    service.start("ada")
    assert prompted(service) == ["socket of PHONE"]


def test_r1_2_only_approvers_are_asked() -> None:
    """R1.2: a hand-over page and a device that waits are no approvers."""
    service = online()
    service.connect(service.session("PC"), "page", "hand_over")
    waiter = service.waiting(service.start())
    service.pushed("socket of PHONE")
    service.start()
    assert prompted(service) == ["socket of PHONE"]
    assert not {"page", waiter} & set(service.sockets.posted)


# What they see.


def test_r1_3_a_prompt_has_everything_to_decide_by() -> None:
    """R1.3: the login asked for, the device, the address, the place, the times, the message and the verification."""
    service = online()
    seen = Network("2a00:1450::1", "Lisbon, Portugal")
    tv = Device("tv", " Kitchen ", app="Telly")
    started = service.start(NUMBER, "choose", device=tv, network=seen, message=" Film night ")
    prompt = prompt_of(service)
    assert (prompt.sign_in_id, prompt.method, prompt.login) == (
        started.sign_in.sign_in_id,
        "approval",
        "+447700900123",
    )
    assert prompt.device == Device("tv", "Kitchen", app="Telly")
    assert (prompt.ip, prompt.place, prompt.message) == ("2a00:1450::1", "Lisbon, Portugal", "Film night")
    assert (prompt.created_at, prompt.expires_at) == (NOW, NOW + LIFETIME)
    assert (prompt.verification.mode, prompt.verification.choices) == ("choose", started.verification.choices)


def test_r1_3_who_connects_late_sees_it_too() -> None:
    """R1.3: a prompt is there for `hello` until it is answered."""
    service = online()
    started = service.start()
    late = service.approver("TABLET")
    (shown,) = service.connecting.open_prompts(late)
    assert type(shown) is ShownPrompt
    assert shown.sign_in_id == started.sign_in.sign_in_id


# R1.5: which of several.


def three_online(policy: ApproverPolicy) -> Service:
    """Three approvers that connected one after another; the first was active last."""
    service = with_ada(policy=policy)
    for number, session_id in enumerate(("ONE", "TWO", "THREE")):
        service.approver(session_id)
        service.sockets.activity[f"socket of {session_id}"] = NOW + timedelta(seconds=600 - number)
        service.wait(10)
    return service


@pytest.mark.parametrize(
    ("policy", "expected"),
    [("all", {"ONE", "TWO", "THREE"}), ("latest", {"THREE"}), ("active", {"ONE"}), ("random", None)],
)
def test_r1_5_the_policy_decides_who_is_asked(policy: ApproverPolicy, expected: set[str] | None) -> None:
    """R1.5: all, the last connected, the most recently active, or any one approver is prompted, now and on `hello`."""
    service = three_online(policy)
    service.start()
    asked = {name.removeprefix("socket of ") for name in prompted(service)}
    assert asked == expected if expected else len(asked) == 1
    for one in ("ONE", "TWO", "THREE"):
        assert bool(service.connecting.open_prompts(adas(one))) == (one in asked)


@pytest.mark.parametrize("policy", POLICIES)
def test_r1_5_a_connection_that_is_gone_is_passed_over(policy: ApproverPolicy) -> None:
    """R1.5: whoever is still there is prompted, and what is gone is forgotten."""
    service = three_online(policy)
    service.hang_up("socket of ONE", "socket of THREE")
    service.start()
    assert prompted(service) == ["socket of TWO"]
    assert service.connecting.open_prompts(adas("TWO"))
    left = {one.connection_id for one in service.stores.connections.of(ADA)}
    assert "socket of TWO" in left
    assert policy != "all" or left == {"socket of TWO"}


@pytest.mark.parametrize("policy", POLICIES)
def test_r1_5_where_all_are_gone_nobody_is_online(policy: ApproverPolicy) -> None:
    """R1.5: the sign-in is taken back: no slot, no prompt, no count is left of it."""
    service = three_online(policy)
    service.hang_up("socket of ONE", "socket of TWO", "socket of THREE")
    for _ in range(12):
        with pytest.raises(NoApproverOnline):
            service.start()
    assert service.slots() == 0
    assert service.rows.prompts == {}
    assert {one.status for one in service.rows.sign_ins.values()} == {"cancelled"}
    service.connect(service.stores.sessions.get(ADA, "ONE"), "again")  # type: ignore[arg-type]
    service.start()
    assert prompted(service) == ["again"]


def test_r1_5_an_answer_that_came_before_the_taking_back_counts() -> None:
    """R1.5: where somebody answered on `hello` while the posts failed, the device goes on waiting for that answer."""
    service = with_ada()
    phone = service.approver("PHONE")
    service.hang_up("socket of PHONE")

    def answered() -> None:
        (shown,) = service.connecting.open_prompts(phone)
        service.stores.sign_ins.decide(shown.sign_in_id, "allow", None, by=phone, now=service.now)

    service.meanwhile["sign_ins.close"] = answered
    started = service.start()
    assert service.redeem(started).account_id == ADA


def test_r1_5_an_approver_that_is_just_connecting_counts_as_online() -> None:
    """R1.5: a post that comes before the handshake is over is made up for by `hello`."""
    service = with_ada()
    phone = service.approver("PHONE")
    service.sockets.open.clear()
    started = service.start()
    (shown,) = service.connecting.open_prompts(phone)
    assert shown.sign_in_id == started.sign_in.sign_in_id


# R1.6: what the requesting device is told.


def test_r1_6_an_unknown_login_is_told() -> None:
    """R1.6: a login that nobody has is told apart, so that it can be corrected."""
    with pytest.raises(UnknownLogin):
        online().start("grace")


def test_r1_6_nobody_online_is_told() -> None:
    """R1.6: with no approver connected the device is told so, and another try later is not held against it."""
    service = with_ada()
    for _ in range(12):
        with pytest.raises(NoApproverOnline):
            service.start()
    assert service.slots() == 0


def test_r1_6_each_cause_has_its_own_error() -> None:
    """R1.6: no two of the causes share a code."""
    errors: list[type[NodError]] = [UnknownLogin, NoApproverOnline, SlowDown, InvalidRequest]
    assert len({error.code for error in errors}) == len(errors)


# R1.7: verification.


@pytest.mark.parametrize("mode", ["none", "compare", "choose", "enter"])
def test_r1_7_each_mode_shows_each_side_its_part(mode: Mode) -> None:
    """R1.7: the requesting device gets the code; the prompt carries what the mode lets the approver see."""
    service = online()
    started = service.start(mode=mode)
    shown = prompt_of(service).verification
    assert (started.verification.mode, shown.mode) == (mode, mode)
    assert (started.verification.code is None) == (mode == "none")
    assert shown.code == (started.verification.code if mode == "compare" else None)
    assert shown.choices == (started.verification.choices if mode == "choose" else ())


def test_r1_7_echo_prompts_nobody_before_its_code_is_back() -> None:
    """R1.7: until then approvers get no prompt, neither pushed nor on `hello`."""
    service = with_ada()
    phone = service.approver("PHONE")
    started = service.start(mode="echo")
    assert started.sign_in.status == "started"
    assert prompted(service) == []
    assert service.connecting.open_prompts(phone) == []
    code = started.verification.code or ""
    service.approval.confirm(started.sign_in.sign_in_id, code)
    assert prompt_of(service).verification.code == code
    assert service.sign_in(started).status == "pending"


def test_r1_7_three_wrong_echoes_deny() -> None:
    """R1.7: each wrong code costs a try; after the third the sign-in is denied and its slot free."""
    service = online()
    started = service.start(mode="echo")
    wrong = wrong_code_for(started.verification)
    for left in (2, 1, 0):
        assert service.slots() == 1
        with pytest.raises(WrongCode):
            service.approval.confirm(started.sign_in.sign_in_id, wrong)
        assert service.sign_in(started).tries_left == left
    assert service.sign_in(started).status == "denied"
    assert service.slots() == 0
    assert prompted(service) == []


def test_r1_7_an_echo_is_confirmed_once() -> None:
    """R1.7: the right code a second time is all right, for a device that has not heard; it confirms nothing more."""
    service = online()
    started = service.start(mode="echo")
    service.approval.confirm(started.sign_in.sign_in_id, started.verification.code or "")
    before = service.sign_in(started)
    service.approval.confirm(started.sign_in.sign_in_id, started.verification.code or "")
    assert service.sign_in(started) == before
    with pytest.raises(NotAnswerable):
        service.approval.confirm(started.sign_in.sign_in_id, "another")


def test_a1_who_confirms_again_and_again_prompts_ten_times_at_most() -> None:
    """A1: the approver is prompted again, since the first time may not have come to that; each is one of the ten."""
    service = online()
    started = service.start(mode="echo")
    for _ in range(10):
        service.approval.confirm(started.sign_in.sign_in_id, started.verification.code or "")
        assert prompt_of(service).sign_in_id == started.sign_in.sign_in_id
    with pytest.raises(SlowDown):
        service.approval.confirm(started.sign_in.sign_in_id, started.verification.code or "")
    assert prompted(service) == []


@pytest.mark.parametrize("login", ["ada", "nobody"])
def test_a4_confirming_past_the_limit_tells_nothing_where_accounts_are_concealed(login: str) -> None:
    """A4, A1: whoever it is asked about, all look confirmed, and ten prompts came at most."""
    service = online(conceal=True)
    for _ in range(14):
        started = service.start(login, mode="echo")
        service.approval.confirm(started.sign_in.sign_in_id, started.verification.code or "")
        with pytest.raises(StillWaiting):
            service.redeem(started)
        service.cancel(started)
    prompts = [push for push in service.pushed("socket of PHONE") if isinstance(push, PromptPush)]
    assert len(prompts) == (10 if login == "ada" else 0)


def test_a1_echoes_that_never_come_use_up_no_prompts() -> None:
    """A1: whoever starts and gives up without sending its code back has prompted nobody, nor closes anything."""
    service = online()
    for _ in range(12):
        service.cancel(service.start(mode="echo"))
    assert prompted(service) == []
    assert service.start().sign_in.status == "pending"


def test_r1_7_two_confirmations_at_once_prompt_once() -> None:
    """R1.7: the slower of two right codes is refused, and the approver sees one prompt."""
    service = online()
    started = service.start(mode="echo")
    sign_in_id, code = started.sign_in.sign_in_id, started.verification.code or ""
    service.meanwhile["sign_ins.keep"] = lambda: service.approval.confirm(sign_in_id, code)
    with pytest.raises(NotAnswerable):
        service.approval.confirm(sign_in_id, code)
    assert prompt_of(service).sign_in_id == sign_in_id


def test_r1_7_an_unknown_sign_in_is_not_confirmed() -> None:
    """R1.7: there is nothing to confirm."""
    with pytest.raises(UnknownSignIn):
        online().approval.confirm("NONE", "123456")


@pytest.mark.parametrize("conceal", [False, True])
@pytest.mark.parametrize("confirmed", [False, True])
def test_a12_after_a_report_no_echo_prompts(*, conceal: bool, confirmed: bool) -> None:
    """A12: one that was started before it, or confirmed once already, asks nobody more; concealed, it looks as ever."""
    service = Service(conceal=conceal)
    service.account("ada")
    phone = service.approver("PHONE")
    reported, started = service.start(mode="echo"), service.start(mode="echo")
    service.approval.confirm(reported.sign_in.sign_in_id, reported.verification.code or "")
    if confirmed:
        service.approval.confirm(started.sign_in.sign_in_id, started.verification.code or "")
    service.answer(reported, "report", by=phone)
    service.pushed("socket of PHONE")
    held: AbstractContextManager[object] = nullcontext() if conceal else pytest.raises(SlowDown)
    with held:
        service.approval.confirm(started.sign_in.sign_in_id, started.verification.code or "")
    assert service.pushed("socket of PHONE") == []
    with pytest.raises(StillWaiting):
        service.redeem(started)


def test_r1_6_an_approver_gone_before_the_echo_is_told() -> None:
    """R1.6: where nobody is left to be prompted, the confirmation says so and the sign-in is taken back."""
    service = online()
    started = service.start(mode="echo")
    service.hang_up("socket of PHONE")
    with pytest.raises(NoApproverOnline):
        service.approval.confirm(started.sign_in.sign_in_id, started.verification.code or "")
    assert service.sign_in(started).status == "cancelled"
    assert service.slots() == 0


def test_r1_6_an_echo_with_nobody_online_is_told_at_once() -> None:
    """R1.6: nobody need type a code that nobody will see."""
    service = with_ada()
    with pytest.raises(NoApproverOnline):
        service.start(mode="echo")
    assert service.slots() == 0


def test_r1_7_open_sign_ins_of_a_login_have_different_codes() -> None:
    """R1.7: of two requests at the same time the real one can be told by its code, whatever was drawn."""
    drawn_again = 0
    for seed in range(150):
        service = online(seed=seed)
        service.calls.clear()
        codes = [service.start(mode="choose").verification.code for _ in range(3)]
        assert len(set(codes)) == 3
        assert service.slots() == 3
        drawn_again += service.calls.count("slots.take") > 3
    assert drawn_again > 0, "no two codes ever met, so that nothing was shown"


def test_r1_7_sign_ins_without_a_code_may_be_open_together() -> None:
    """R1.7: in mode `none` there is nothing to tell apart, and nothing is drawn again and again."""
    service = online()
    service.calls.clear()
    for _ in range(3):
        service.start(mode="none")
    assert service.calls.count("slots.take") == 3


@pytest.mark.parametrize("minimum", WEAKEST_TO_STRONGEST)
@pytest.mark.parametrize("asked", WEAKEST_TO_STRONGEST)
def test_a3_no_request_goes_under_the_minimum(minimum: Mode, asked: Mode) -> None:
    """A3: a weaker mode is raised to the stack's minimum, a stronger one is granted."""
    service = online(minimum=minimum, default="none")
    started = service.start(mode=asked)
    expected = max(asked, minimum, key=WEAKEST_TO_STRONGEST.index)
    assert started.verification.mode == expected
    assert service.sign_in(started).mode == expected
    assert service.start(mode=None).verification.mode == minimum


def test_r1_7_without_a_wish_the_default_holds() -> None:
    """R1.7: a device that asks for no mode gets the stack's own."""
    assert online(default="enter").start(mode=None).verification.mode == "enter"


# A1: limits.


def limited(service: Service, login: str = "ada") -> SlowDown:
    """The refusal of a start past a limit."""
    with pytest.raises(SlowDown) as refusal:
        service.start(login)
    return refusal.value


def test_a1_three_sign_ins_of_a_login_may_be_open() -> None:
    """A1: a fourth is refused until one of them is over, and prompts nobody."""
    service = online()
    first, _, _ = (service.start() for _ in range(3))
    service.pushed("socket of PHONE")
    assert limited(service).retry_after == 120
    assert prompted(service) == []
    service.cancel(first)
    service.start()
    service.wait(120)
    service.start()


def test_a1_ten_prompts_in_ten_minutes() -> None:
    """A1: a login is not prompted an eleventh time, and the refused start holds no slot."""
    service = online()
    for _ in range(10):
        service.cancel(service.start())
    service.pushed("socket of PHONE")
    assert limited(service).retry_after == 600
    assert prompted(service) == []
    assert service.slots() == 0
    service.wait(600)
    service.start()


def test_a1_a_success_starts_the_count_afresh() -> None:
    """A1: who signs in all day long is not held back by his own successes."""
    service = with_ada()
    phone = service.approver("PHONE")
    for _ in range(25):
        started = service.start()
        service.answer(started, "allow", by=phone)
        service.redeem(started)
    assert service.slots() == 0


def test_a1_an_address_may_start_so_many() -> None:
    """A1: the limit of an address holds for all logins together, known or not, and for no other address."""
    service = online(starts_per_minute=4)
    service.start("ada")
    service.start(NUMBER)
    for _ in range(2):
        with pytest.raises(UnknownLogin):
            service.start("grace")
    assert limited(service, NUMBER).retry_after == 60
    assert limited(service, "grace").retry_after == 60
    service.start(network=Network("81.2.69.161"))
    service.wait(60)
    service.start()


def test_a1_bombing_a_concealed_login_looks_like_success() -> None:
    """A1: past the limits no prompt is delivered, and the requester cannot tell."""
    service = online(conceal=True)
    seen = []
    for number in range(14):
        started = service.start(mode="choose")
        seen.append(shape(started))
        with pytest.raises(StillWaiting):
            service.redeem(started)
        if number % 3 == 2:
            service.wait(121)
    assert len(set(seen)) == 1
    assert len(service.pushed("socket of PHONE")) == 10


def test_a1_concealing_does_not_lift_the_limit_of_an_address() -> None:
    """A1: too many starts from one address are refused for known and unknown logins alike."""
    service = online(conceal=True, starts_per_minute=2)
    service.start("ada")
    service.start("grace")
    assert limited(service, "ada").retry_after == limited(service, "grace").retry_after == 60


def test_a1_the_addresses_of_one_ipv6_network_are_limited_together() -> None:
    """A1: nobody gets round the limit by the next address of the same customer."""
    service = online(starts_per_minute=2)
    for last in (1, 2):
        service.start(network=Network(f"2001:db8::{last}"))
    with pytest.raises(SlowDown):
        service.start(network=Network("2001:db8::3"))
    service.start(network=Network("2001:db8:0:1::1"))


def test_a1_an_address_that_was_refused_costs_nothing_more() -> None:
    """A1: whoever is past the limit of an address is refused without a call, whatever is started, until it is over."""
    service = online(starts_per_minute=1)
    service.start()
    limited(service)
    service.calls.clear()
    assert limited(service, NUMBER).retry_after == limited(service, "nobody").retry_after == 60
    for start in (service.start_phone, service.start_qr):
        with pytest.raises(SlowDown):
            start()
    assert set(service.calls) == {"throttles.recall"}
    service.start(network=Network("81.2.69.161"))
    service.wait(60)
    service.start()


@pytest.mark.parametrize("conceal", [False, True])
@pytest.mark.parametrize("call", ["slots.take", "throttles.count"])
def test_a1_a_start_that_cannot_be_counted_is_refused_openly(call: str, conceal: bool) -> None:
    """A1: where so many ask that nobody can be counted, everybody is told so, known or not, and nobody is prompted."""
    for login in ("ada", "nobody"):
        service = online(conceal=conceal)

        def crowd() -> None:
            raise Crowded(retry_after=1)

        service.meanwhile[call] = crowd
        assert limited(service, login).retry_after == 1
        assert prompted(service) == []
        assert service.rows.sign_ins == {}
        assert service.slots(f"user:{login}") == 0
        counts = {count for (name, *_), count in service.rows.counts.items() if name == PROMPTS_PER_LOGIN.name}
        assert counts <= {0}


def test_a1_a_start_whose_login_cannot_be_read_uses_up_nothing() -> None:
    """A1: where too many ask for its row, nobody is prompted, and the next one finds all slots and prompts left."""
    service = online()

    def crowd() -> None:
        raise Overloaded(retry_after=1)

    service.meanwhile["logins.find_for_stranger"] = crowd
    with pytest.raises(Overloaded):
        service.start()
    assert service.slots() == 0
    for _ in range(10):
        service.cancel(service.start())
    limited(service)


# A4: concealed accounts.


def shape(started: Started) -> tuple[object, ...]:
    """All that a requester can see of a start, but for what is random."""
    sign_in, verification = started.sign_in, started.verification
    return (
        sign_in.method,
        sign_in.status,
        sign_in.expires_at - sign_in.created_at,
        sign_in.poll_interval,
        len(sign_in.sign_in_id),
        len(started.waiter_ticket),
        verification.mode,
        len(verification.code or ""),
        len(verification.choices),
    )


def concealing(policy: ApproverPolicy, **more: object) -> dict[str, Service]:
    """Four stacks alike, on which Ada is online, is not, is held back after a report, and has no account."""
    parameters = {"conceal": True, "policy": policy, **more}
    held = online(**parameters)
    held.stores.logins.hold("user:ada", held.now)
    unknown = Service(**parameters)
    return {"online": online(**parameters), "offline": with_ada(**parameters), "held": held, "unknown": unknown}


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("mode", WEAKEST_TO_STRONGEST)
def test_a4_a_concealed_start_looks_and_costs_the_same(mode: Mode, policy: ApproverPolicy) -> None:
    """A4: an unknown login, nobody online and a real start give the same fields and make the same calls."""
    shapes, calls = set(), set()
    for service in concealing(policy).values():
        service.calls.clear()
        shapes.add(shape(service.start(mode=mode)))
        calls.add(tuple(service.calls))
    assert len(shapes) == 1
    assert len(calls) == 1


@pytest.mark.parametrize("policy", POLICIES)
def test_a4_so_does_every_further_one(policy: ApproverPolicy) -> None:
    """A4: with all slots taken, with slots that are over, past the limit of prompts, and of the address."""
    seen = set()
    for service in concealing(policy, starts_per_minute=6).values():
        service.calls.clear()
        shapes: list[object] = []
        for pause in (0, 0, 0, 0, 121, 0, 0, 0, 121, 0, 0, 0, 0, 0, 0, 0, 0):
            service.wait(pause)
            try:
                shapes.append(shape(service.start(mode="enter")))
            except SlowDown as refusal:
                shapes.append(refusal.retry_after)
        assert [one for one in shapes if isinstance(one, int)] == [shapes[-1]] * 3
        seen.add((tuple(shapes), tuple(service.calls)))
    assert len(seen) == 1


@pytest.mark.parametrize("policy", POLICIES)
def test_a4_so_does_everything_that_follows(policy: ApproverPolicy) -> None:
    """A4: waiting, polling, a wrong verifier, giving up and expiry are alike too, in words and in calls."""
    told, calls, expired = set(), set(), set()
    for service in concealing(policy).values():
        given_up, left = service.start(), service.start()
        service.calls.clear()
        service.waiting(left)
        service.cancel(given_up)
        told.add(
            (
                service.connecting.standing(left.sign_in.sign_in_id),
                outcome(service, left),
                outcome(service, left),
                outcome(service, left, OTHER_VERIFIER),
                outcome(service, given_up),
            )
        )
        # That the prompts of a real one close is seen by its approvers only.
        calls.add(tuple(one for one in service.calls if one != "sockets.post"))
        service.wait(120)
        expired.add((service.connecting.standing(left.sign_in.sign_in_id), outcome(service, left)))
    assert len(told) == len(expired) == 1
    assert len(calls) == 1


@pytest.mark.parametrize("policy", POLICIES)
def test_a4_so_does_echoing(policy: ApproverPolicy) -> None:
    """A4: a concealed `echo` is confirmed, and refused, as a real one is."""
    told, calls = set(), set()
    for service in concealing(policy).values():
        right, wrong = service.start(mode="echo"), service.start(mode="echo")
        service.calls.clear()
        service.approval.confirm(right.sign_in.sign_in_id, right.verification.code or "")
        with pytest.raises(WrongCode) as refusal:
            service.approval.confirm(wrong.sign_in.sign_in_id, wrong_code_for(wrong.verification))
        told.add((refusal.value.detail, outcome(service, right), outcome(service, wrong)))
        calls.add(tuple(service.calls))
    assert len(told) == 1
    assert len(calls) == 1


def test_a4_nobody_can_answer_a_phantom() -> None:
    """A4: the account of a concealed start does not exist, and no prompt of it is anybody's."""
    service = online(conceal=True)
    started = service.start("grace")
    assert service.sign_in(started).account_id not in service.rows.accounts
    assert service.connecting.open_prompts(adas("PHONE")) == []
    with pytest.raises(UnknownSignIn):
        service.answer(started, "allow", by=adas("PHONE"))


def outcome(service: Service, started: Started, verifier: str = VERIFIER) -> tuple[str, int | None, int | None]:
    """What a poll is told."""
    with pytest.raises(NodError) as refusal:
        service.redeem(started, verifier)
    interval = refusal.value.interval if isinstance(refusal.value, StillWaiting) else None
    return type(refusal.value).__name__, refusal.value.retry_after, interval
