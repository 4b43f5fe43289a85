"""What NO by text undoes: everything in the account since the number's first text lately, and nothing else (T7)."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nod.domain.logins import KnownLogin
from nod.domain.sessions import ENDED
from nod.domain.stopping import (
    STOPPABLE_FOR,
    is_password_undone,
    texted_from,
    undone_logins,
    undone_sessions,
    undone_since,
)
from tests.builders import ADA, ADAS_NUMBER, NOW, account, after, session

NUMBER = f"tel:{ADAS_NUMBER}"
DAY, A_MICROSECOND = timedelta(hours=24), timedelta(microseconds=1)
MINUTES = st.integers(-3000, 3000).map(lambda minutes: NOW + timedelta(minutes=minutes))


def known(since: datetime | None = None, last: datetime | None = None) -> KnownLogin:
    """Ada's number, from which texts have signed in since then; the last of them just then, unless told otherwise."""
    return KnownLogin(ADA, texted_from=since, texted_last=last or since)


# From when on.


def test_t7_the_time_to_undo_from_begins_with_the_first_text() -> None:
    """T7: further texts leave it where it is; one that comes 24 hours after the last begins anew."""
    assert STOPPABLE_FOR == DAY
    for nothing in (None, known()):
        assert texted_from(nothing, NOW) == NOW
    assert texted_from(known(NOW), after(60)) == NOW
    assert texted_from(known(NOW), NOW + DAY - A_MICROSECOND) == NOW
    assert texted_from(known(NOW), NOW + DAY) == NOW + DAY


def test_t7_older_texts_move_out_of_the_last_day() -> None:
    """T7: where the last one is within 24 hours, and the first is not, all of the 24 hours count."""
    seen = known(NOW, last=NOW + DAY - A_MICROSECOND)
    later = NOW + timedelta(hours=30)
    assert texted_from(seen, later) == later - DAY
    assert undone_since(NUMBER, seen, account(), later) == later - DAY
    assert undone_since(NUMBER, seen, account(), NOW + 2 * DAY - A_MICROSECOND) is None


def test_t7_no_undoes_from_the_first_text_on() -> None:
    """T7: within 24 hours of it, and at the very moment itself."""
    for asked_at in (NOW, after(60), NOW + DAY - A_MICROSECOND):
        assert undone_since(NUMBER, known(NOW), account(), asked_at) == NOW
    assert undone_since(NUMBER, known(NOW), account(), NOW + DAY) is None


def test_t7_no_undoes_from_the_binding_on() -> None:
    """T7: where a text has bound the number within 24 hours, and at whichever of the two came first."""
    bound = account(logins={"user:ada": NOW, NUMBER: after(10)})
    assert undone_since(NUMBER, known(), bound, after(20)) == after(10)
    assert undone_since(NUMBER, known(after(15)), bound, after(20)) == after(10)
    assert undone_since(NUMBER, known(after(5)), bound, after(20)) == after(5)
    assert undone_since(NUMBER, known(), bound, after(10) + DAY) is None
    assert undone_since(NUMBER, known(after(60)), bound, after(10) + DAY) == after(60)


def test_t7_a_number_that_the_account_began_with_was_not_bound() -> None:
    """T7: nor is the binding of another login one of the number."""
    founded = account(logins={NUMBER: NOW, "user:ada": after(5)})
    assert undone_since(NUMBER, known(), founded, after(10)) is None
    assert undone_since(NUMBER, known(NOW), founded, after(10)) == NOW
    assert undone_since(NUMBER, known(), account(), after(10)) is None


def test_t4_what_came_after_no_is_nothing_to_undo_from() -> None:
    """T4: a NO that is delivered again looks at the time when it first arrived."""
    bound = account(logins={"user:ada": NOW, NUMBER: after(10)})
    assert undone_since(NUMBER, known(after(10)), bound, after(10) - A_MICROSECOND) is None


# What.


def test_t7_sessions_of_that_time_are_undone() -> None:
    """T7: from the first moment to the last, whatever they came by."""
    began = {"BEFORE": -1e-6, "FIRST": 0, "BETWEEN": 5, "LAST": 10}
    sessions = [session(name, signed_in_at=after(seconds), method="password") for name, seconds in began.items()]
    assert [one.session_id for one in undone_sessions(sessions, NOW, after(10))] == ["FIRST", "BETWEEN", "LAST"]
    assert undone_sessions([], NOW, after(10)) == []


def test_t7_what_they_let_in_is_undone() -> None:
    """T7: whenever that was, also through sessions that have ended since, which may have a connection left."""
    sessions = [
        session("ENDED", signed_in_at=after(1), expires_at=ENDED),
        session("LATE", signed_in_at=after(60), let_in_by="ENDED", expires_at=ENDED),
        session("LATER", signed_in_at=after(61), let_in_by="LATE"),
        session("IDLE", signed_in_at=after(62), let_in_by="LATER", expires_at=after(63)),
        session("HERS", signed_in_at=after(60), let_in_by="PC"),
    ]
    undone = undone_sessions(sessions, NOW, after(10))
    assert [one.session_id for one in undone] == ["ENDED", "LATE", "LATER", "IDLE"]


def test_t7_logins_of_that_time_are_undone() -> None:
    """T7: from the first moment to the last; never the one that the account was made with."""
    bound = {"user:before": after(-1), "user:first": after(1), "user:last": after(10), "user:ada": NOW}
    assert undone_logins(account(logins=bound), after(1), after(10)) == ["user:first", "user:last"]
    assert undone_logins(account(logins=bound), NOW, after(9)) == ["user:first"]


def test_t7_devices_of_that_time_are_undone() -> None:
    """T7: those that became known from the first moment to the last, also at the very moment of a founding text."""
    known_at = {"device:before": after(-1), "device:first": NOW, "device:last": after(10), "device:after": after(11)}
    assert undone_logins(account(devices=known_at), NOW, after(10)) == ["device:first", "device:last"]


@pytest.mark.parametrize(("seconds", "undone"), [(None, False), (-1e-6, False), (0, True), (5, True), (10, True)])
def test_t7_a_password_of_that_time_is_undone(seconds: float | None, undone: bool) -> None:
    """T7: from the first moment to the last, and where none was set there is none."""
    set_at = after(seconds) if seconds is not None else None
    assert is_password_undone(account(password_hash="hash", password_set_at=set_at), NOW, after(10)) is undone


@given(st.lists(MINUTES, min_size=1, max_size=6), MINUTES, MINUTES)
def test_t7_nothing_older_than_a_day_is_undone(texts: list[datetime], bound_at: datetime, asked_at: datetime) -> None:
    """T7: whenever texts came, and the number was bound: no more than 24 hours are undone, and none of the future."""
    seen = known()
    for at in sorted(texts):
        seen = known(texted_from(seen, at), at)
    undone = undone_since(NUMBER, seen, account(logins={NUMBER: bound_at}), asked_at)
    assert undone is None or asked_at - DAY <= undone <= asked_at
    last_texts = [at for at in texts if asked_at - DAY < at <= asked_at]
    if last_texts and max(texts) <= asked_at:
        assert undone is not None
        assert undone <= min(last_texts)


def test_t7_a_long_chain_of_sessions_is_undone_as_well() -> None:
    """T7: a thief whose sessions let one another in thousands of times does not wear NO out."""
    length = 5000
    chain = [session("0", signed_in_at=NOW)]
    chain += [session(str(n), signed_in_at=NOW, let_in_by=str(n - 1)) for n in range(1, length)]
    assert len(undone_sessions(chain, NOW, NOW)) == length
