"""Limits on asking (A1, A12)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nod.domain.limits import (
    ANSWERS_TO_NO_PER_NUMBER,
    BINDINGS_PER_NUMBER,
    FIRST_HOLD,
    HAND_OVERS_PER_LOGIN,
    LOGINS_PER_ACCOUNT,
    MAILS_PER_MAILBOX,
    OPEN_SIGN_INS_PER_LOGIN,
    PASSWORDS_PER_LOGIN,
    PROMPTS_PER_LOGIN,
    REFUSALS_PER_NUMBER,
    TEXTED_PROMPTS,
    TEXTED_SIGN_INS,
    Limit,
    Slot,
    bindings_per_account,
    hold_length,
    mails_from_address,
    parse_slot,
    passwords_per_address,
    sessions_per_account,
    stale,
    starts_per_address,
    tickets_per_session,
)
from tests.builders import NOW, after

A_MINUTE = Limit("some", 3, timedelta(minutes=1))
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds.


def test_a1_the_numbers_of_the_contract() -> None:
    """A1: three open sign-ins for a login, ten prompts in ten minutes, ten passwords in a quarter of an hour."""
    assert OPEN_SIGN_INS_PER_LOGIN == 3
    assert (PROMPTS_PER_LOGIN.count, PROMPTS_PER_LOGIN.window) == (10, timedelta(minutes=10))
    assert (REFUSALS_PER_NUMBER.count, REFUSALS_PER_NUMBER.window) == (3, timedelta(hours=1))
    assert (MAILS_PER_MAILBOX.count, MAILS_PER_MAILBOX.window) == (3, timedelta(hours=1))
    assert (BINDINGS_PER_NUMBER.count, BINDINGS_PER_NUMBER.window) == (60, timedelta(hours=1))
    for per_hour in (bindings_per_account(7), mails_from_address(7), sessions_per_account("password", 7)):
        assert per_hour is not None
        assert (per_hour.count, per_hour.window) == (7, timedelta(hours=1))
    assert (tickets_per_session(7).count, tickets_per_session(7).window) == (7, timedelta(minutes=10))
    assert sessions_per_account("phone", 7) is None
    assert (TEXTED_SIGN_INS.count, TEXTED_SIGN_INS.window) == (60, timedelta(hours=1))
    assert (TEXTED_PROMPTS.count, TEXTED_PROMPTS.window) == (10, timedelta(minutes=10))
    assert (ANSWERS_TO_NO_PER_NUMBER.count, ANSWERS_TO_NO_PER_NUMBER.window) == (3, timedelta(hours=1))
    assert LOGINS_PER_ACCOUNT == 20
    assert (PASSWORDS_PER_LOGIN.count, PASSWORDS_PER_LOGIN.window) == (10, timedelta(minutes=15))
    for per_address in (starts_per_address(7), passwords_per_address(7)):
        assert (per_address.count, per_address.window) == (7, timedelta(minutes=1))
    assert (HAND_OVERS_PER_LOGIN.count, HAND_OVERS_PER_LOGIN.window) == (10, timedelta(minutes=10))
    assert timedelta(minutes=15) == FIRST_HOLD


def test_a1_each_limit_is_counted_apart() -> None:
    """A1: what uses one of them up is not missing to another: texts do not lock a login out of the other flows."""
    limits = [
        PROMPTS_PER_LOGIN,
        PASSWORDS_PER_LOGIN,
        REFUSALS_PER_NUMBER,
        ANSWERS_TO_NO_PER_NUMBER,
        MAILS_PER_MAILBOX,
        BINDINGS_PER_NUMBER,
        bindings_per_account(1),
        mails_from_address(1),
        tickets_per_session(1),
        sessions_per_account("password", 1),
        sessions_per_account("approval", 1),
        sessions_per_account("qr", 1),
        TEXTED_SIGN_INS,
        TEXTED_PROMPTS,
        HAND_OVERS_PER_LOGIN,
        starts_per_address(1),
        passwords_per_address(1),
    ]
    assert len({limit.name for limit in limits if limit}) == len(limits)


@given(MOMENTS)
def test_each_moment_lies_in_its_window(moment: datetime) -> None:
    """A window ends after each moment in it, at most its own length later, and begins where the last one ended."""
    window = A_MINUTE.window_of(moment)
    assert A_MINUTE.end_of(window - 1) <= moment < A_MINUTE.end_of(window)
    assert A_MINUTE.end_of(window) - A_MINUTE.end_of(window - 1) == A_MINUTE.window


@given(MOMENTS)
def test_waiting_as_told_reaches_the_next_window(moment: datetime) -> None:
    """Who waits for `Retry-After` is in the next window, and has not waited a second too long."""
    wait = A_MINUTE.exceeded(moment).retry_after
    assert wait is not None
    assert A_MINUTE.window_of(moment + timedelta(seconds=wait)) == A_MINUTE.window_of(moment) + 1
    assert wait - 1 <= (A_MINUTE.end_of(A_MINUTE.window_of(moment)) - moment).total_seconds()


@given(st.integers(0, 2**40), st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=1), st.sampled_from(["-", "aB_-9"]))
def test_a_slot_reads_back(expires_at: int, sign_in_id: str, mark: str) -> None:
    """A slot is read back as what was kept."""
    slot = Slot(sign_in_id, expires_at, mark)
    assert parse_slot(slot.text) == slot


def test_a1_slots_of_expired_sign_ins_are_stale() -> None:
    """A1: a sign-in that nobody closed stops counting when its time is over."""
    now = NOW.replace(microsecond=0)
    past, present, future = (Slot("ID", int(now.timestamp()) + offset, "-").text for offset in (-1, 0, 1))
    assert stale([past, present, future], now) == {past, present}
    assert stale([future], after(2)) == {future}


@pytest.mark.parametrize(("asked", "held"), [(15, 15), (30, 30), (1440, 1440), (1920, 1440), (10**6, 1440)])
def test_a12_no_hold_is_longer_than_a_day(asked: int, held: int) -> None:
    """A12: reports hold a login back for at most 24 hours."""
    assert hold_length(timedelta(minutes=asked)) == timedelta(minutes=held)
