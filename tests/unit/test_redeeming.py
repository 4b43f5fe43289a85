"""How every flow ends (R1.6; attacks A6, A7, A8, A12, S2)."""

from collections.abc import Callable

import msgspec
import pytest

from nod.domain.identifiers import fingerprint
from nod.domain.pushes import PromptClosed, SessionStarted, SignInResolved
from nod.domain.refusals import StillWaiting
from nod.domain.sessions import parse_refresh_token
from nod.domain.sign_in import Approver
from nod.domain.status import Decision
from nod.errors import (
    AlreadyAnswered,
    AlreadyRedeemed,
    Cancelled,
    Denied,
    Expired,
    NodError,
    SlowDown,
    UnknownSignIn,
)
from nod.flows.starting import Started
from tests.builders import ADA, ADAS_NUMBER, GRACE, HOME, IDLE, LAPTOP, LONGEST, OTHER_VERIFIER, VERIFIER
from tests.unit.service import Service

PHONE, TABLET = Approver(ADA, "PHONE"), Approver(ADA, "TABLET")


def asked() -> tuple[Service, Started]:
    """Ada's phone and tablet are online, and her laptop asks to be let in."""
    service = Service()
    service.account("ada", "+44 7700 900123")
    service.account("grace", account_id=GRACE)
    for who in (PHONE, TABLET, Approver(GRACE, "GRACES")):
        service.approver(who.session_id, who.account_id)
    started = service.start("+44 7700 900123", message="It is me")
    service.sockets.posted.clear()
    return service, started


def answered(decision: Decision = "allow") -> tuple[Service, Started]:
    """The same, and the phone has answered."""
    service, started = asked()
    service.answer(started, decision, by=PHONE)
    service.sockets.posted.clear()
    return service, started


def new_sessions(service: Service) -> list[str]:
    """The sessions of Ada's that were not there before."""
    ids = {one.session_id for one in service.stores.sessions.of_account(ADA)}
    return sorted(ids - {"PHONE", "TABLET"})


def denied(service: Service, started: Started) -> None:
    """The phone denies."""
    service.answer(started, "deny", by=PHONE)


def cancelled(service: Service, started: Started) -> None:
    """The device gives up."""
    service.cancel(started)


def expired(service: Service, _: Started) -> None:
    """Nobody answers in time."""
    service.wait(120)


def redeemed(service: Service, started: Started) -> None:
    """The phone allows, and the device has its session."""
    service.answer(started, "allow", by=PHONE)
    service.redeem(started)


# Redeeming.


def test_r1_6_an_allowed_device_gets_a_session() -> None:
    """R1.6: the session knows the login asked for, the device, the network, how it came in and who let it in."""
    service, started = answered()
    service.wait(5)
    grant = service.redeem(started)
    made = service.control.alive(Approver(ADA, grant.session_id))
    assert (made.login, made.method, made.let_in_by) == ("+447700900123", "approval", "PHONE")
    assert (made.device, made.network) == (LAPTOP, HOME)
    assert (made.signed_in_at, made.last_seen_at) == (service.now, service.now)
    assert (made.expires_at, made.ends_at) == (service.now + IDLE, service.now + LONGEST)
    assert service.sign_in(started).status == "redeemed"


def test_r1_6_the_grant_speaks_for_that_session() -> None:
    """R1.6: it names account and session, and brings an access token and the session's refresh token."""
    service, started = answered()
    grant = service.redeem(started)
    assert (grant.account_id, grant.token_type, grant.expires_in) == (ADA, "Bearer", 600)
    kept = service.rows.sessions[ADA, grant.session_id]
    assert grant.access_token == service.signer.sign(kept, service.now)
    token = parse_refresh_token(grant.refresh_token)
    assert (token.account_id, token.session_id) == (ADA, grant.session_id)
    assert (kept.refresh_hash, kept.family_hash) == (fingerprint(token.secret), fingerprint(token.family))


def test_r1_6_a_grant_has_the_fields_of_the_contract() -> None:
    """R1.6: whether the account is new is told only to a device that has just made one."""
    service, started = answered()
    assert set(msgspec.json.decode(msgspec.json.encode(service.redeem(started)))) == {
        "account_id",
        "session_id",
        "access_token",
        "token_type",
        "expires_in",
        "refresh_token",
    }


def test_r1_6_only_the_requesting_device_gets_the_session() -> None:
    """R1.6: the account's sessions are told that there is a new one; nothing pushed holds a token."""
    service, started = answered()
    waiter = service.waiting(started)
    grant = service.redeem(started)
    for who in (PHONE, TABLET):
        (push,) = service.pushed(f"socket of {who.session_id}")
        assert isinstance(push, SessionStarted)
        assert (push.session_id, push.let_in_by, push.current) == (grant.session_id, "PHONE", False)
        assert grant.access_token not in str(push)
        assert grant.refresh_token not in str(push)
    assert service.pushed(waiter) == []
    assert service.pushed("socket of GRACES") == []


@pytest.mark.parametrize(
    ("end", "error"),
    [(denied, Denied), (cancelled, Cancelled), (expired, Expired), (redeemed, AlreadyRedeemed)],
)
def test_r1_6_each_end_has_its_own_error(end: Callable[[Service, Started], None], error: type[NodError]) -> None:
    """R1.6: denied, cancelled, expired and redeemed are told apart, and no session is made."""
    service, started = asked()
    end(service, started)
    before = new_sessions(service)
    with pytest.raises(error):
        service.redeem(started)
    assert new_sessions(service) == before


def test_a6_a_wrong_verifier_finds_nothing() -> None:
    """A6: who has the sign-in's id but not its verifier is told that there is none, and spoils nothing."""
    service, started = answered()
    with pytest.raises(UnknownSignIn) as foreign:
        service.redeem(started, OTHER_VERIFIER)
    with pytest.raises(UnknownSignIn) as unknown:
        service.redeeming.redeem("NONE", VERIFIER)
    assert foreign.value.detail == unknown.value.detail
    assert new_sessions(service) == []
    assert service.redeem(started).account_id == ADA


def test_a6_a_stranger_s_polls_do_not_slow_the_device_down() -> None:
    """A6: polling without the verifier is not counted."""
    service, started = asked()
    for _ in range(5):
        with pytest.raises(UnknownSignIn):
            service.redeem(started, OTHER_VERIFIER)
    with pytest.raises(StillWaiting) as waiting:
        service.redeem(started)
    assert waiting.value.interval == 5


def test_a7_a_second_redeem_is_refused() -> None:
    """A7: a sign-in gives one session."""
    service, started = answered()
    grant = service.redeem(started)
    for _ in range(2):
        with pytest.raises(AlreadyRedeemed):
            service.redeem(started)
    assert new_sessions(service) == [grant.session_id]


def test_a7_a_redeem_that_slips_in_gets_the_session() -> None:
    """A7: of two redeems at once the slower one is told that it was redeemed, and leaves no session behind."""
    service, started = answered()
    grants = []
    service.meanwhile["sign_ins.redeem"] = lambda: grants.append(service.redeem(started))
    with pytest.raises(AlreadyRedeemed):
        service.redeem(started)
    assert new_sessions(service) == [grants[0].session_id]


def test_a5_giving_up_just_before_redeeming_counts() -> None:
    """A5: where the sign-in is cancelled just before the session is kept, there is none."""
    service, started = answered()
    service.meanwhile["sign_ins.redeem"] = lambda: service.cancel(started)
    with pytest.raises(Cancelled):
        service.redeem(started)
    assert new_sessions(service) == []


def test_a8_the_redeem_window_closes() -> None:
    """A8: allowed and not redeemed for 60 seconds, the sign-in is expired."""
    service, started = answered()
    service.wait(60)
    with pytest.raises(Expired):
        service.redeem(started)
    assert new_sessions(service) == []


def test_s2_what_a_session_allowed_dies_with_it() -> None:
    """S2: an allow whose approver was signed out before it was redeemed lets nobody in."""
    service, started = answered()
    service.control.end("PHONE", by=PHONE)
    with pytest.raises(Denied):
        service.redeem(started)
    assert new_sessions(service) == []


def test_a_session_whose_token_cannot_be_signed_is_taken_back() -> None:
    """Where the key does not answer the device gets an error, and no session stays that nobody holds."""
    service, started = answered()
    service.signer.out_of_order = True
    with pytest.raises(ConnectionError):
        service.redeem(started)
    assert new_sessions(service) == []


def test_a_refused_redeem_does_not_take_another_s_session_back() -> None:
    """A slower redeem whose token cannot be signed either does not undo the faster one."""
    service, started = answered()
    grants = []

    def slip_in() -> None:
        grants.append(service.redeem(started))
        service.signer.out_of_order = True

    service.meanwhile["sign_ins.redeem"] = slip_in
    with pytest.raises(AlreadyRedeemed):
        service.redeem(started)
    assert new_sessions(service) == [grants[0].session_id]


# Repeated requests: the answer to the first was lost.


def test_a_device_that_repeats_its_request_gets_its_session_again() -> None:
    """With the same key: one session, the same refresh token, and a fresh access token."""
    service, started = answered()
    first = service.redeem(started, key="k" * 22)
    service.wait(30)
    again = service.redeem(started, key="k" * 22)
    assert (again.session_id, again.refresh_token) == (first.session_id, first.refresh_token)
    assert new_sessions(service) == [first.session_id]
    assert service.refreshing.refresh(again.refresh_token).session_id == first.session_id


def test_one_request_that_comes_twice_at_once_makes_one_session() -> None:
    """Both are answered with it."""
    service, started = answered()
    grants = []
    service.meanwhile["sign_ins.redeem"] = lambda: grants.append(service.redeem(started, key="k" * 22))
    again = service.redeem(started, key="k" * 22)
    assert again.refresh_token == grants[0].refresh_token
    assert new_sessions(service) == [again.session_id]


@pytest.mark.parametrize("step", ["signer.sign", "accounts.know_device"])
def test_t7_a_session_that_is_collected_by_the_second_request_is_told_of(step: str) -> None:
    """T7, R4.1: where the first died after it was kept, the second does all that goes with it."""
    service, started = answered()
    service.pushed("socket of PHONE")

    def die() -> None:
        raise KeyboardInterrupt

    service.meanwhile[step] = die
    with pytest.raises(KeyboardInterrupt):
        service.redeem(started, key="k" * 22)
    service.pushed("socket of PHONE")
    grant = service.redeem(started, key="k" * 22)
    (told,) = service.pushed("socket of PHONE")
    assert isinstance(told, SessionStarted)
    assert told.session_id == grant.session_id
    assert "device:laptop-7" in service.rows.accounts[ADA].devices


def test_a1_repeating_a_request_tells_nobody_for_ever() -> None:
    """A1: a minute after it began a session is old news, however often its device asks for it again."""
    service, started = answered()
    service.redeem(started, key="k" * 22)
    service.wait(60)
    service.pushed("socket of PHONE")
    service.redeem(started, key="k" * 22)
    assert service.pushed("socket of PHONE") == []


@pytest.mark.parametrize("key", [None, "l" * 22])
def test_a7_a_request_with_another_key_is_another(key: str | None) -> None:
    """A7: who overheard the verifier, but not the key, is refused."""
    service, started = answered()
    service.redeem(started, key="k" * 22)
    with pytest.raises(AlreadyRedeemed):
        service.redeem(started, key=key)


def test_a6_the_key_does_not_stand_in_for_the_verifier() -> None:
    """A6: a wrong verifier is answered as if there were no such sign-in, key or not."""
    service, started = answered()
    service.redeem(started, key="k" * 22)
    with pytest.raises(UnknownSignIn):
        service.redeem(started, OTHER_VERIFIER, key="k" * 22)


def test_a7_a_session_that_was_used_is_not_handed_out_again() -> None:
    """A7: once its refresh token was used the device has heard the answer; what comes now is a replay."""
    service, started = answered()
    grant = service.redeem(started, key="k" * 22)
    service.refreshing.refresh(grant.refresh_token)
    with pytest.raises(AlreadyRedeemed):
        service.redeem(started, key="k" * 22)


def test_s2_a_session_that_was_ended_is_not_handed_out_again() -> None:
    """S2: a session that was ended stays so."""
    service, started = answered()
    grant = service.redeem(started, key="k" * 22)
    service.control.end(grant.session_id, by=PHONE)
    with pytest.raises(AlreadyRedeemed):
        service.redeem(started, key="k" * 22)


# Waiting.


def test_r1_6_a_poll_before_the_answer_is_told_to_wait() -> None:
    """R1.6: polling at the interval is answered with how the sign-in stands, for as long as it lives."""
    service, started = asked()
    for _ in range(24):
        with pytest.raises(StillWaiting) as waiting:
            service.redeem(started)
        assert (waiting.value.standing, waiting.value.interval) == ("pending", 5)
        service.wait(5)
    with pytest.raises(Expired):
        service.redeem(started)


def test_polling_too_fast_is_slowed_down() -> None:
    """Each poll that comes too early is refused and adds five seconds."""
    service, started = asked()
    with pytest.raises(StillWaiting):
        service.redeem(started)
    for seconds in (10, 15, 20):
        service.wait(1)
        with pytest.raises(SlowDown) as refusal:
            service.redeem(started)
        assert refusal.value.retry_after == seconds
    service.wait(20)
    with pytest.raises(StillWaiting) as waiting:
        service.redeem(started)
    assert waiting.value.interval == 20


def test_two_polls_at_once_are_one_too_many() -> None:
    """A device that polls twice side by side is told to slow down."""
    service, started = asked()

    def poll() -> None:
        with pytest.raises(StillWaiting):
            service.redeem(started)

    service.meanwhile["sign_ins.count_poll"] = poll
    with pytest.raises(SlowDown):
        service.redeem(started)


def test_an_answer_is_collected_at_once_however_fast_the_polls_were() -> None:
    """Slowing down concerns waiting only: once allowed, the session is given out without delay."""
    service, started = asked()
    with pytest.raises(StillWaiting):
        service.redeem(started)
    with pytest.raises(SlowDown):
        service.redeem(started)
    service.answer(started, "allow", by=PHONE)
    assert service.redeem(started).account_id == ADA


def test_r1_7_an_echo_that_is_not_back_is_told_as_started() -> None:
    """R1.7: a device that forgot to send its code back learns that this is what is missing."""
    service, _ = asked()
    started = service.start("ada", "echo")
    with pytest.raises(StillWaiting) as waiting:
        service.redeem(started)
    assert waiting.value.standing == "started"


def test_a12_a_report_looks_like_silence_to_its_requester() -> None:
    """A12: polls, too fast polls, expiry and giving up are answered as for a sign-in that nobody answers."""
    told = []
    for report in (False, True):
        service, started = asked()
        if report:
            service.answer(started, "report", by=PHONE)
        heard: list[tuple[str, int | None]] = []
        for seconds in (0, 5, 1, 20, 94):
            service.wait(seconds)
            with pytest.raises(NodError) as refusal:
                service.redeem(started)
            heard.append((type(refusal.value).__name__, refusal.value.retry_after))
        told.append(heard)
    assert told[0] == told[1]
    assert told[0] == [
        ("StillWaiting", None),
        ("StillWaiting", None),
        ("SlowDown", 10),
        ("StillWaiting", None),
        ("Expired", None),
    ]


# Giving up.


def test_giving_up_closes_the_prompts() -> None:
    """The approvers' prompts go away, on the screen and for `hello`, and the login has room again."""
    service, started = asked()
    waiter = service.waiting(started)
    page = service.connect(service.session("PC"), "page", "hand_over")
    service.cancel(started)
    for who in (PHONE, TABLET):
        assert service.pushed(f"socket of {who.session_id}") == [PromptClosed(started.sign_in.sign_in_id, "cancelled")]
        assert service.connecting.open_prompts(who) == []
    assert service.pushed(waiter) == service.pushed(page) == []
    assert service.slots("tel:+447700900123") == 0


def test_giving_up_twice_is_no_error() -> None:
    """The second time nothing is left to do, and nobody is told again."""
    service, started = asked()
    service.cancel(started)
    service.sockets.posted.clear()
    service.cancel(started)
    assert service.sockets.posted == {}


def test_a6_nobody_else_can_give_it_up() -> None:
    """A6: without the verifier there is nothing to cancel."""
    service, started = asked()
    with pytest.raises(UnknownSignIn):
        service.cancel(started, OTHER_VERIFIER)
    with pytest.raises(UnknownSignIn):
        service.redeeming.cancel("NONE", VERIFIER)
    assert service.sign_in(started).status == "pending"
    assert service.sockets.posted == {}


def test_an_allowed_sign_in_can_be_given_up() -> None:
    """Between the allow and the redeem the device may change its mind; then it gets no session."""
    service, started = answered()
    service.cancel(started)
    with pytest.raises(Cancelled):
        service.redeem(started)


@pytest.mark.parametrize(
    ("end", "error"),
    [(denied, Denied), (expired, Expired), (redeemed, AlreadyRedeemed)],
)
def test_what_is_over_cannot_be_given_up(end: Callable[[Service, Started], None], error: type[NodError]) -> None:
    """The device learns how it ended instead."""
    service, started = asked()
    end(service, started)
    with pytest.raises(error):
        service.cancel(started)


@pytest.mark.parametrize(("decision", "error"), [("deny", Denied), ("allow", None), ("report", None)])
def test_a5_an_answer_just_before_giving_up(decision: Decision, error: type[NodError] | None) -> None:
    """A5: a denial that slips in is told; an allow or a report that slips in is given up all the same."""
    service, started = asked()
    service.meanwhile["sign_ins.close"] = lambda: service.answer(started, decision, by=PHONE)
    if error:
        with pytest.raises(error):
            service.cancel(started)
    else:
        service.cancel(started)
        assert service.sign_in(started).status == "cancelled"
    with pytest.raises(Denied if error else Cancelled):
        service.redeem(started)


def test_r1_5_after_giving_up_an_answer_is_refused() -> None:
    """R1.5: whoever still had the prompt on the screen is told that it is over."""
    service, started = answered()
    with pytest.raises(AlreadyAnswered):
        service.answer(started, "deny", by=TABLET)
    service.cancel(started)
    with pytest.raises(NodError, match="cancelled"):
        service.answer(started, "deny", by=TABLET)


def test_a1_approvals_bring_an_account_so_many_sessions_in_an_hour() -> None:
    """A1, R2.1: what is one too many stays allowed for its minute; texts are counted by their numbers instead."""
    service = Service(starts_per_minute=3)
    service.account("ada", ADAS_NUMBER)
    phone = service.approver("PHONE")
    for _ in range(3):
        service.wait(60)
        started = service.start()
        service.answer(started, "allow", by=phone)
        service.redeem(started)
    service.wait(60)
    started = service.start()
    service.answer(started, "allow", by=phone)
    with pytest.raises(SlowDown) as refusal:
        service.redeem(started)
    assert 0 < (refusal.value.retry_after or 0) <= 3600
    assert service.sign_in(started).status == "allowed"
    for _ in range(4):
        service.wait(60)
        service.signed_in_by_text()
    assert len(new_sessions(service)) == 3 + 4


def test_r1_4_the_device_that_waits_is_told_once() -> None:
    """R1.4: the push says how it was answered, and redeeming afterwards pushes it nothing more."""
    service, started = asked()
    waiter = service.waiting(started)
    service.answer(started, "allow", by=PHONE)
    assert service.pushed(waiter) == [SignInResolved(started.sign_in.sign_in_id, "allowed")]
    service.redeem(started)
    assert service.pushed(waiter) == []
