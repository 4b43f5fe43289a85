"""Sessions under the control of a signed-in device (R2.1, R2.2; attacks S1, S2, S4)."""

from datetime import timedelta

import pytest

from nod.domain.pushes import SessionEnded
from nod.domain.sign_in import Approver
from nod.errors import Forbidden, InvalidToken, UnknownSession
from tests.builders import ADA, GRACE, HOME, IDLE, LAPTOP, LONGEST
from tests.builders import PHONE as PHONE_DEVICE
from tests.unit.service import Service
from tests.unit.sessions import GRACES, HOUR, MIDDLE, NEW, OLD, three_sessions


def is_dead(service: Service, who: Approver) -> bool:
    """Whether a session's tokens are refused."""
    try:
        service.control.alive(who)
    except InvalidToken:
        return True
    return False


# Which there are.


def test_r2_1_all_sessions_of_the_account_are_listed() -> None:
    """R2.1: newest first, whichever login they came through and whoever let them in; no other account's."""
    service = three_sessions()
    started = service.start("countess")
    service.answer(started, "allow", by=OLD)
    service.wait(1)
    guest = service.redeem(started)
    listed = service.control.listed(MIDDLE)
    assert [one.session_id for one in listed] == [guest.session_id, "NEW", "MIDDLE", "OLD"]
    assert (listed[0].login, listed[0].method, listed[0].let_in_by) == ("countess", "approval", "OLD")
    assert (listed[0].device, listed[0].ip, listed[0].place) == (LAPTOP, HOME.ip, HOME.place)
    assert (listed[3].login, listed[3].method, listed[3].let_in_by) == ("ada", "password", None)
    assert listed[3].device == PHONE_DEVICE
    assert [one.current for one in listed] == [False, False, True, False]


@pytest.mark.parametrize("life", [IDLE, LONGEST])
def test_r2_1_a_session_that_ran_out_is_not_listed(life: timedelta) -> None:
    """R2.1: what is dead does not count, though its row may still be there."""
    service = three_sessions()
    service.now += life
    late = service.approver("LATE")
    assert [one.session_id for one in service.control.listed(late)] == ["LATE"]


@pytest.mark.parametrize("who", [Approver(ADA, "NEVER WAS"), Approver(ADA, "GRACES"), Approver(GRACE, "OLD")])
def test_s2_a_dead_session_lists_nothing(who: Approver) -> None:
    """S2: who is not signed in sees no sessions, nor does a session under another account's name."""
    service = three_sessions()
    with pytest.raises(InvalidToken):
        service.control.listed(who)


def test_s2_a_session_that_ran_out_can_do_nothing() -> None:
    """S2: it is neither alive, nor may it list or end."""
    service = three_sessions()
    service.now += IDLE
    assert is_dead(service, OLD)
    with pytest.raises(InvalidToken):
        service.control.listed(OLD)
    with pytest.raises(InvalidToken):
        service.control.end("NEW", by=OLD)


# Ending one.


def test_r2_2_a_session_is_dead_at_once() -> None:
    """R2.2: its tokens are refused, and the asking device gets its id as confirmation."""
    service = three_sessions()
    assert service.control.end("NEW", by=OLD) == ["NEW"]
    assert is_dead(service, NEW)
    assert not is_dead(service, OLD)
    assert not is_dead(service, MIDDLE)


def test_r2_2_its_sockets_are_closed() -> None:
    """R2.2: all connections of that session are closed and forgotten, and no others."""
    service = three_sessions()
    service.connect(service.control.alive(NEW), "second", "hand_over")
    service.control.end("NEW", by=OLD)
    assert service.sockets.open == {"socket of OLD", "socket of MIDDLE", "socket of GRACES"}
    assert {one.connection_id for one in service.stores.connections.of(ADA)} == {"socket of OLD", "socket of MIDDLE"}


def test_r2_2_everybody_is_told() -> None:
    """R2.2: all connections of the account, also the one about to be closed, but not the one that asked."""
    service = three_sessions()
    service.control.end("NEW", by=OLD, connection_id="socket of OLD")
    assert service.pushed("socket of MIDDLE") == [SessionEnded("NEW")]
    assert service.pushed("socket of NEW") == [SessionEnded("NEW")]
    assert service.pushed("socket of OLD") == []
    assert service.pushed("socket of GRACES") == []


def test_r2_2_asked_over_http_the_own_connection_is_told_too() -> None:
    """R2.2: the answer to an HTTP request reaches the app, the push its open connection."""
    service = three_sessions()
    service.control.end("NEW", by=OLD)
    assert service.pushed("socket of OLD") == [SessionEnded("NEW")]


def test_r2_2_a_session_signs_itself_out() -> None:
    """R2.2: it may always end itself, however fresh, and is told nothing it could still act on."""
    service = three_sessions()
    assert service.control.end("NEW", by=NEW, connection_id="socket of NEW") == ["NEW"]
    assert is_dead(service, NEW)
    assert "socket of NEW" not in service.sockets.open
    assert service.pushed("socket of NEW") == []


def test_s2_an_ended_session_cannot_connect_answer_or_prompt() -> None:
    """S2: tickets, connections and pending answers of it are dead too."""
    service = three_sessions()
    started = service.start()
    ticket = service.ticketing.issue(service.control.alive(NEW), "approve")
    service.control.end("NEW", by=OLD)
    with pytest.raises(InvalidToken):
        service.connecting.open("late", service.ticketing.use(ticket), HOME.ip)
    with pytest.raises(InvalidToken):
        service.connecting.open_prompts(NEW)
    with pytest.raises(InvalidToken):
        service.answer(started, "allow", by=NEW)
    assert "late" not in {one.connection_id for one in service.stores.connections.of(ADA)}


@pytest.mark.parametrize("session_id", ["GRACES", "NEVER WAS", ""])
def test_s1_another_account_s_session_is_unknown(session_id: str) -> None:
    """S1: an id of another account is refused in the same words as one that never was, and has no effect."""
    service = three_sessions()
    with pytest.raises(UnknownSession) as refusal:
        service.control.end(session_id, by=OLD)
    assert refusal.value.detail == UnknownSession.title
    assert not is_dead(service, GRACES)
    assert service.sockets.posted == {}


def test_r2_2_what_was_ended_is_unknown() -> None:
    """R2.2: the same session cannot be ended twice."""
    service = three_sessions()
    service.control.end("NEW", by=OLD)
    with pytest.raises(UnknownSession):
        service.control.end("NEW", by=MIDDLE)


def test_s4_a_fresh_session_cannot_throw_the_owner_out() -> None:
    """S4: a session that has just been let in may not end an older one, and nobody is told of the attempt."""
    service = three_sessions()
    for target in ("OLD", "MIDDLE"):
        with pytest.raises(Forbidden):
            service.control.end(target, by=NEW)
    assert not is_dead(service, OLD)
    assert service.sockets.posted == {}


def test_s4_with_age_it_may() -> None:
    """S4: once it has been signed in for the eviction age it may, and not a moment before."""
    service = three_sessions()
    service.wait(24 * HOUR - 1)
    with pytest.raises(Forbidden):
        service.control.end("OLD", by=NEW)
    service.wait(1)
    assert service.control.end("OLD", by=NEW) == ["OLD"]


def test_s4_the_parameter_sets_the_age() -> None:
    """S4: with an eviction age of nothing, any session may end any other of its account."""
    service = three_sessions(eviction_age=timedelta(0))
    assert service.control.end("OLD", by=NEW) == ["OLD"]


def test_s4_a_guest_cannot_throw_its_host_out() -> None:
    """S4: the host may end the guest it let in at once; the guest may not end the host."""
    service = three_sessions()
    started = service.start()
    service.answer(started, "allow", by=NEW)
    service.wait(1)
    guest = Approver(ADA, service.redeem(started).session_id)
    service.wait(60)
    with pytest.raises(Forbidden):
        service.control.end("NEW", by=guest)
    assert service.control.end(guest.session_id, by=NEW) == [guest.session_id]


def test_s2_ended_just_before_it_ends_another() -> None:
    """S2: a session that is signed out while it asks ends nobody."""
    service = three_sessions()
    service.meanwhile["sessions.end"] = lambda: service.control.end("OLD", by=OLD)
    service.sockets.posted.clear()
    with pytest.raises(InvalidToken):
        service.control.end("NEW", by=OLD)
    assert not is_dead(service, NEW)
    assert service.pushed("socket of NEW") == [SessionEnded("OLD")]
    assert "socket of NEW" in service.sockets.open


@pytest.mark.parametrize(("by", "call"), [(OLD, "sessions.end"), (NEW, "sessions.expire")])
def test_r2_2_two_ends_at_once_end_it_once(by: Approver, call: str) -> None:
    """R2.2: the slower of two is told that there is no such session, or no longer its own, and closes nothing again."""
    service = three_sessions()
    service.meanwhile[call] = lambda: service.control.end("NEW", by=MIDDLE)
    with pytest.raises(InvalidToken if by == NEW else UnknownSession):
        service.control.end("NEW", by=by)
    assert service.calls.count("sockets.close") == 1


def test_s2_a_session_whose_own_end_broke_off_is_closed_by_asking_again() -> None:
    """S2: its connections could not be looked up; the second request is refused, and closes them."""
    service = three_sessions()
    service.failing(0, "connections.of")
    with pytest.raises(ConnectionError):
        service.control.end("NEW", by=NEW)
    assert "socket of NEW" in service.sockets.open
    with pytest.raises(InvalidToken):
        service.control.end("NEW", by=NEW)
    assert "socket of NEW" not in service.sockets.open


def test_s2_of_many_connections_one_after_another_is_closed() -> None:
    """S2: each is told, closed and forgotten before the next, so that what breaks off leaves fewer to the next."""
    service = three_sessions()
    for number in range(3):
        service.connect(service.control.alive(NEW), f"another socket {number}")
    service.calls.clear()
    service.control.end("NEW", by=OLD)
    steps = ["sockets.post", "sockets.close", "connections.remove"]
    assert [one for one in service.calls if one in steps] == 4 * steps + 2 * ["sockets.post"]
