"""What NO by text undoes: everything in the account since the number's first text lately, and nothing else (T7)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nod.domain.sessions import ENDED, Session
from nod.domain.stopping import (
    SETTLING,
    STOPPABLE_FOR,
    Stop,
    is_password_undone,
    undone_lately,
    undone_logins,
    undone_sessions,
)
from tests.builders import ADA, ADAS_NUMBER, NOW, account, after, session

NUMBER = f"tel:{ADAS_NUMBER}"
DAY, A_MICROSECOND = timedelta(hours=24), timedelta(microseconds=1)
MINUTES = st.integers(-3000, 3000).map(lambda minutes: NOW + timedelta(minutes=minutes))


def no(asked_at: datetime = NOW, texted_at: datetime | None = None, held_after: float = 0) -> Stop:
    """A NO of Ada's number; it holds so many seconds after it has arrived."""
    held_at = asked_at + timedelta(seconds=held_after)
    return Stop(number=NUMBER, account_id=ADA, asked_at=asked_at, held_at=held_at, texted_at=texted_at)


def by_text(*times: datetime, **changes: Any) -> list[Session]:
    """Sessions that texts of Ada's number have begun."""
    made = {"method": "phone", "login": ADAS_NUMBER} | changes
    return [session(str(at), signed_in_at=at, **made) for at in times]


# From when on.


def test_t7_no_undoes_from_the_first_session_by_text_on() -> None:
    """T7: of the last 24 hours, whatever came before it and after; alive or not."""
    assert STOPPABLE_FOR == DAY
    begun = by_text(NOW, after(60), NOW + DAY - A_MICROSECOND)
    for asked_at in (NOW, after(60), NOW + DAY - A_MICROSECOND):
        assert no(asked_at).since(account(), begun) == NOW
    assert no(NOW + DAY).since(account(), begun) == after(60)
    assert no(NOW + DAY + timedelta(seconds=60)).since(account(), begun) == NOW + DAY - A_MICROSECOND
    assert no(NOW + 2 * DAY).since(account(), begun) is None
    assert no().since(account(), by_text(NOW, expires_at=ENDED)) == NOW


@pytest.mark.parametrize("changes", [{"method": "approval"}, {"method": "password"}, {"login": "+447700900999"}])
def test_t7_other_sessions_are_nothing_to_undo_from(changes: dict[str, Any]) -> None:
    """T7: those that no text has begun, or that of another number."""
    assert no().since(account(), by_text(NOW, **changes)) is None


def test_t7_no_undoes_from_a_text_on_that_has_let_nobody_in() -> None:
    """T7: it is not too late to say NO before anybody comes in; not of one from another day."""
    assert no(after(60), texted_at=NOW).since(account(), []) == NOW
    assert no(after(60), texted_at=after(30)).since(account(), by_text(NOW)) == NOW
    assert no(NOW + DAY, texted_at=NOW).since(account(), []) is None
    assert no(NOW, texted_at=after(1)).since(account(), []) is None


def test_t7_no_undoes_from_the_binding_on() -> None:
    """T7: where a text has bound the number within 24 hours, and at whichever of the two came first."""
    bound = account(logins={"user:ada": NOW, NUMBER: after(10)})
    assert no(after(20)).since(bound, []) == after(10)
    assert no(after(20)).since(bound, by_text(after(15))) == after(10)
    assert no(after(10) + DAY).since(bound, []) is None
    assert no(after(10) + DAY).since(bound, by_text(after(60))) == after(60)


def test_t7_a_number_that_was_bound_anew_has_texted_before() -> None:
    """T7: what its texts have let in before it left the account, and came back, is undone."""
    bound = account(logins={"user:ada": NOW, NUMBER: after(10)})
    assert no(after(20)).since(bound, by_text(after(5))) == after(5)


def test_t7_a_number_that_the_account_began_with_was_not_bound() -> None:
    """T7: nor is the binding of another login one of the number."""
    founded = account(logins={NUMBER: NOW, "user:ada": after(5)})
    assert no(after(10)).since(founded, []) is None
    assert no(after(10)).since(founded, by_text(NOW)) == NOW
    assert no(after(10)).since(account(), []) is None


def test_t7_what_began_before_no_held_began_before_it() -> None:
    """T7, T4: a session that slipped in until then; but nothing that came later, however late NO is delivered again."""
    began = after(10)
    held = (began - SETTLING - NOW).total_seconds()
    assert no(NOW, held_after=held).since(account(), by_text(began)) == began
    assert no(NOW, held_after=held - 1e-6).since(account(), by_text(began)) is None
    bound = account(logins={"user:ada": NOW, NUMBER: began})
    assert no(began - A_MICROSECOND, held_after=60).since(bound, []) is None


def test_t7_what_another_no_has_undone_is_nothing_to_undo_from() -> None:
    """T7, T4: up to then all is undone; what another number has undone is another matter."""
    seen = account(undone={NUMBER: after(10)})
    ended = by_text(after(5), after(10), expires_at=ENDED)
    assert no(after(20)).since(seen, ended) is None
    assert no(after(20), texted_at=after(10)).since(seen, []) is None
    assert no(after(20)).since(seen, [*ended, *by_text(after(11))]) == after(11)
    assert no(after(20)).since(seen, [*ended, *by_text(after(9))]) == after(9), "which slipped through alive"
    bound = account(logins={"user:ada": NOW, NUMBER: after(9)}, undone={NUMBER: after(10)})
    assert no(after(20)).since(bound, ended) == after(9), "which came while the number was leaving"
    assert no(after(20)).since(account(undone={"tel:+447700900999": after(10)}), by_text(after(5))) == after(5)
    assert [no(after(seconds)).is_done(seen) for seconds in (9, 10, 11)] == [True, True, False]
    assert not no(NOW).is_done(account())


def test_t7_what_is_undone_is_remembered_for_a_day() -> None:
    """T7: of each number the latest, whatever order they came in."""
    seen = account(undone={"tel:+447700900998": after(60) - DAY, "tel:+447700900999": after(61) - DAY})
    lately = undone_lately(seen, NUMBER, after(60))
    assert lately == {"tel:+447700900999": after(61) - DAY, NUMBER: after(60)}
    assert undone_lately(account(undone=lately), NUMBER, after(50))[NUMBER] == after(60)


# What.


def test_t7_sessions_since_then_are_undone() -> None:
    """T7: from the first moment on, whatever they came by, and though a clock that was ahead has dated them."""
    began = {"BEFORE": -1e-6, "FIRST": 0, "BETWEEN": 5, "LAST": 10}
    sessions = [session(name, signed_in_at=after(seconds), method="password") for name, seconds in began.items()]
    assert [one.session_id for one in undone_sessions(sessions, NOW)] == ["FIRST", "BETWEEN", "LAST"]
    assert undone_sessions([], NOW) == []


def test_t7_what_they_let_in_is_undone() -> None:
    """T7: whatever its time, also through sessions that have ended since, which may have a connection left."""
    sessions = [
        session("ENDED", signed_in_at=after(1), expires_at=ENDED),
        session("EARLY", signed_in_at=after(-60), let_in_by="ENDED", expires_at=ENDED),
        session("EARLIER", signed_in_at=after(-59), let_in_by="EARLY"),
        session("IDLE", signed_in_at=after(-58), let_in_by="EARLIER", expires_at=after(-57)),
        session("HERS", signed_in_at=after(-60), let_in_by="PC"),
    ]
    undone = undone_sessions(sessions, NOW)
    assert [one.session_id for one in undone] == ["ENDED", "EARLY", "EARLIER", "IDLE"]


def test_t7_logins_since_then_are_undone() -> None:
    """T7: from the first moment on; never the one that the account was made with."""
    bound = {"user:before": after(-1), "user:first": after(1), "user:last": after(10), "user:ada": NOW}
    assert undone_logins(account(logins=bound), after(1)) == ["user:first", "user:last"]
    assert undone_logins(account(logins=bound), NOW) == ["user:first", "user:last"]


def test_t7_devices_since_then_are_undone() -> None:
    """T7: those that became known from the first moment on, also at the very moment of a founding text."""
    known_at = {"device:before": after(-1), "device:first": NOW, "device:last": after(10)}
    assert undone_logins(account(devices=known_at), NOW) == ["device:first", "device:last"]


@pytest.mark.parametrize(("seconds", "undone"), [(None, False), (-1e-6, False), (0, True), (5, True)])
def test_t7_a_password_since_then_is_undone(seconds: float | None, undone: bool) -> None:
    """T7: from the first moment on, and where none was set there is none."""
    set_at = after(seconds) if seconds is not None else None
    assert is_password_undone(account(password_hash="hash", password_set_at=set_at), NOW) is undone


@given(st.lists(MINUTES, max_size=6), MINUTES, MINUTES)
def test_t7_nothing_older_than_a_day_is_undone(texts: list[datetime], bound_at: datetime, asked_at: datetime) -> None:
    """T7: whenever sessions began, and the number was bound: 24 hours at most, and none of the future."""
    undone = no(asked_at).since(account(logins={NUMBER: bound_at}), by_text(*texts))
    assert undone is None or asked_at - DAY < undone <= asked_at + SETTLING
    lately = [at for at in texts if asked_at - DAY < at <= asked_at]
    assert not lately or (undone is not None and undone <= min(lately))


def test_t7_a_long_chain_of_sessions_is_undone_as_well() -> None:
    """T7: a thief whose sessions let one another in thousands of times does not wear NO out."""
    length = 5000
    chain = [session("0", signed_in_at=NOW)]
    chain += [session(str(n), signed_in_at=NOW, let_in_by=str(n - 1)) for n in range(1, length)]
    assert len(undone_sessions(chain, NOW)) == length
