"""Ending a session together with what it let in: the whole tree below it (R2.2; attacks S1, S2, S4)."""

from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest

from nod.domain.pushes import SessionEnded
from nod.domain.sign_in import Approver
from nod.errors import Denied, Forbidden, InvalidToken, UnknownSession
from tests.builders import ADA
from tests.unit.service import Service
from tests.unit.sessions import GRACES, HOUR, MIDDLE, NEW, OLD, guest_of, let_in_by, three_sessions
from tests.unit.stopping import living

HERS = {"OLD", "MIDDLE"}


def ids(*who: Approver) -> list[str]:
    """The sessions' ids."""
    return [one.session_id for one in who]


def with_guests() -> tuple[Service, Approver, Approver, Approver]:
    """The thief's session NEW has let in A and C, and A has let in B."""
    service = three_sessions()
    a = guest_of(service, NEW)
    b = guest_of(service, a)
    return service, a, b, guest_of(service, NEW)


def at_the(service: Service, n: int, call: str, happens: Callable[[], object]) -> None:
    """Let something happen just before the n-th of such calls, counted from nought."""
    service.meanwhile[call] = happens if n == 0 else lambda: at_the(service, n - 1, call, happens)


# What ends.


def test_r2_2_all_that_a_session_let_in_ends_with_it() -> None:
    """R2.2, S2: the named one first, then level by level; nothing beside it, above it or of others."""
    service, a, b, c = with_guests()
    assert service.control.end("NEW", by=OLD, and_let_in=True) == ids(NEW, a, c, b)
    assert living(service) == HERS
    assert living(service, GRACES.account_id) == {"GRACES"}
    with pytest.raises(InvalidToken):
        service.control.alive(b)


def test_r2_2_an_intermediate_one_ends_with_what_is_below_it_only() -> None:
    """R2.2: its host and its siblings stay."""
    service, a, b, c = with_guests()
    assert service.control.end(a.session_id, by=OLD, and_let_in=True) == ids(a, b)
    assert living(service) == {*HERS, "NEW", c.session_id}


def test_r2_2_unless_it_is_asked_for_nothing_else_ends() -> None:
    """R2.2: by itself, ending a session leaves alone what it let in."""
    service, a, b, c = with_guests()
    assert service.control.end("NEW", by=OLD) == ["NEW"]
    assert living(service) == {*HERS, *ids(a, b, c)}


def test_r2_2_a_thief_that_ends_the_one_between_is_found_all_the_same() -> None:
    """R2.2: A signs itself out, so that B would hang in the air: B is still below the session above A."""
    service, a, b, c = with_guests()
    service.control.end(a.session_id, by=a)
    assert service.control.end("NEW", by=OLD, and_let_in=True) == ids(NEW, c, b)
    assert living(service) == HERS


def test_r2_2_a_thief_cannot_wait_until_the_one_between_is_idle() -> None:
    """R2.2: B is found through A also where A has run out, and A is not among what was ended."""
    service, a, b, c = with_guests()
    run_out = msgspec.structs.replace(service.control.alive(a), expires_at=service.now)
    service.rows.sessions[ADA, a.session_id] = run_out
    assert service.control.end("NEW", by=OLD, and_let_in=True) == ids(NEW, c, b)
    assert living(service) == HERS


def test_r2_2_what_is_left_below_an_ended_session_can_still_be_ended() -> None:
    """R2.2: whoever ended only the session itself, or whose request broke off, names it again; then nothing is left."""
    service, a, b, c = with_guests()
    service.control.end("NEW", by=OLD)
    assert service.control.end("NEW", by=OLD, and_let_in=True) == ids(a, c, b)
    assert living(service) == HERS
    with pytest.raises(UnknownSession):
        service.control.end("NEW", by=OLD, and_let_in=True)


def test_r2_2_the_one_that_asks_ends_last() -> None:
    """R2.2: a caller inside the tree ends with it, after all others, since it must live to end them."""
    service, a, b, c = with_guests()
    service.calls.clear()
    assert service.control.end("NEW", by=NEW, and_let_in=True) == ids(NEW, a, c, b)
    assert living(service) == HERS
    assert [call for call in service.calls if call in {"sessions.end", "sessions.expire"}] == [
        "sessions.end", "sessions.end", "sessions.end", "sessions.expire",
    ]  # fmt: skip


def test_r2_2_the_one_that_asks_may_be_below() -> None:
    """R2.2, S4: with its age, B ends the session that its host comes from, and itself with it."""
    service, a, b, c = with_guests()
    service.wait(24 * HOUR)
    assert service.control.end("NEW", by=b, and_let_in=True) == ids(NEW, a, c, b)
    assert living(service) == HERS


# Who may.


def test_s4_a_fresh_guest_cannot_end_the_tree_that_it_is_in() -> None:
    """S4: the age of the session that is named counts, and nothing ends."""
    service, _, b, _ = with_guests()
    before = living(service)
    with pytest.raises(Forbidden):
        service.control.end("NEW", by=b, and_let_in=True)
    assert living(service) == before
    assert service.sockets.posted == {}


@pytest.mark.parametrize("session_id", ["GRACES", "NEVER WAS", ""])
def test_s1_another_account_s_tree_is_unknown(session_id: str) -> None:
    """S1: nothing of it ends, and nobody hears of it."""
    service, *_ = with_guests()
    with pytest.raises(UnknownSession) as refusal:
        service.control.end(session_id, by=OLD, and_let_in=True)
    assert refusal.value.detail == UnknownSession.title
    assert living(service, GRACES.account_id) == {"GRACES"}
    assert service.sockets.posted == {}


def test_s2_a_dead_session_ends_no_tree() -> None:
    """S2: neither one that has ended, nor one that never was, nor one that has run out."""
    service, a, *_ = with_guests()
    service.control.end(a.session_id, by=OLD)
    before = living(service)
    for who in (a, Approver(ADA, "NEVER WAS")):
        with pytest.raises(InvalidToken):
            service.control.end(who.session_id, by=who, and_let_in=True)
    assert living(service) == before
    service.now += timedelta(days=30)
    with pytest.raises(InvalidToken):
        service.control.end("NEW", by=OLD, and_let_in=True)


# Who is told.


def test_r2_2_everybody_is_told_of_each() -> None:
    """R2.2: all but the one that asked hear of every session that ended; those of the ended of their own, and close."""
    service, a, b, c = with_guests()
    tree = ids(NEW, a, c, b)
    service.control.end("NEW", by=OLD, and_let_in=True, connection_id="socket of OLD")
    assert service.pushed("socket of MIDDLE") == [SessionEnded(one) for one in tree]
    for session_id in tree:
        assert service.pushed(f"socket of {session_id}") == [SessionEnded(session_id)]
    assert service.pushed("socket of OLD") == []
    assert service.pushed("socket of GRACES") == []
    assert service.sockets.open == {"socket of OLD", "socket of MIDDLE", "socket of GRACES"}
    assert {one.connection_id for one in service.stores.connections.of(ADA)} == {"socket of OLD", "socket of MIDDLE"}


def test_r2_2_what_an_end_that_broke_off_has_left_open_is_closed_by_the_next() -> None:
    """R2.2: sessions ended, sockets not: asked again, the service has nothing to end, and closes them all the same."""
    service, *tree = with_guests()
    for one in (NEW, *tree):
        assert service.stores.sessions.expire(ADA, one.session_id, service.now)
    with pytest.raises(UnknownSession):
        service.control.end("NEW", by=OLD, and_let_in=True)
    assert service.sockets.open == {"socket of OLD", "socket of MIDDLE", "socket of GRACES"}


def test_r2_2_the_asking_connection_gets_its_reply_before_it_is_closed() -> None:
    """R2.2: a caller that ends itself along with the rest learns what has ended."""
    service, a, b, c = with_guests()
    told: list[tuple[list[str], bool]] = []
    service.control.end(
        "NEW",
        by=NEW,
        and_let_in=True,
        connection_id="socket of NEW",
        acknowledge=lambda ended: told.append((ended, "socket of NEW" in service.sockets.open)),
    )
    assert told == [(ids(NEW, a, c, b), True)]
    assert "socket of NEW" not in service.sockets.open
    assert service.pushed("socket of NEW") == []


# Races.


@pytest.mark.parametrize("after", range(4))
def test_s2_what_is_let_in_meanwhile_ends_too(after: int) -> None:
    """S2, R2.2: just before whichever of the ends B lets somebody in, that session ends as well."""
    service, a, b, c = with_guests()
    begun: list[Approver] = []
    at_the(service, after, "sessions.end", lambda: begun.append(let_in_by(service, b)))
    assert service.control.end("NEW", by=OLD, and_let_in=True) == ids(NEW, a, c, b, *begun)
    assert len(begun) == 1
    assert living(service) == HERS


def test_s2_what_was_allowed_before_is_not_redeemed_after() -> None:
    """S2: a redeem that began before the tree was ended, and is kept only after it, gives no session."""
    service, _, b, _ = with_guests()
    started = service.start()
    service.answer(started, "allow", by=b)

    def end() -> None:
        service.wait(1)
        service.control.end("NEW", by=OLD, and_let_in=True)

    service.meanwhile["sign_ins.redeem"] = end
    with pytest.raises(Denied):
        service.redeem(started)
    assert living(service) == HERS


def test_s2_what_the_caller_let_in_at_the_last_moment_ends_too() -> None:
    """S2: what the asking session lets in just before its own end does not outlive it."""
    service, a, b, c = with_guests()
    begun: list[Approver] = []
    service.meanwhile["sessions.expire"] = lambda: begun.append(let_in_by(service, NEW))
    ended = service.control.end("NEW", by=NEW, and_let_in=True)
    assert living(service) == HERS
    assert sorted(ended) == sorted(ids(NEW, a, b, c, *begun))


def test_s2_a_caller_that_is_ended_meanwhile_ends_no_more() -> None:
    """S2: it is refused, what it had not ended lives on, and everybody is told of what it had."""
    service, a, b, c = with_guests()
    at_the(service, 2, "sessions.end", lambda: service.stores.sessions.expire(ADA, "MIDDLE", service.now))
    with pytest.raises(InvalidToken):
        service.control.end("NEW", by=MIDDLE, and_let_in=True, connection_id="socket of MIDDLE")
    assert living(service) == {"OLD", *ids(b, c)}
    for session_id in ("OLD", "MIDDLE", *ids(b)):
        assert service.pushed(f"socket of {session_id}") == [SessionEnded(one) for one in ids(NEW, a)]
    assert not {"socket of NEW", f"socket of {a.session_id}"} & service.sockets.open


def test_r2_2_an_end_that_breaks_off_can_be_asked_for_again() -> None:
    """R2.2: what has ended by then is told and hung up; asked once more, the rest ends."""
    service, a, b, c = with_guests()
    service.failing(2, "sessions.end")
    with pytest.raises(ConnectionError):
        service.control.end("NEW", by=OLD, and_let_in=True)
    assert living(service) == {*HERS, *ids(b, c)}
    assert service.pushed("socket of MIDDLE") == [SessionEnded(one) for one in ids(NEW, a)]
    assert "socket of NEW" not in service.sockets.open
    assert service.control.end("NEW", by=OLD, and_let_in=True) == ids(c, b)
    assert living(service) == HERS


def test_s2_a_tree_that_ended_with_its_host_is_closed_by_asking_again() -> None:
    """S2: its connections could not be looked up; the host, signed out by then, asks once more."""
    service, *guests = with_guests()
    # Before that nothing is left of an attempt before, which is looked for as well.
    service.failing(0, "connections.of")
    with pytest.raises(ConnectionError):
        service.control.end("NEW", by=NEW, and_let_in=True)
    assert living(service) == HERS
    with pytest.raises(InvalidToken):
        service.control.end("NEW", by=NEW, and_let_in=True)
    assert not {f"socket of {one}" for one in ids(NEW, *guests)} & service.sockets.open


def test_r2_2_two_that_end_the_same_tree_end_each_session_once() -> None:
    """R2.2: each tells of what it has ended itself; the slower finds nothing left to end."""
    service, a, b, c = with_guests()
    at_the(service, 1, "sessions.end", lambda: service.control.end("NEW", by=MIDDLE, and_let_in=True))
    assert service.control.end("NEW", by=OLD, and_let_in=True) == ["NEW"]
    assert living(service) == HERS
    told = service.pushed("socket of OLD")
    assert sorted(told, key=str) == sorted((SessionEnded(one) for one in ids(NEW, a, b, c)), key=str)
