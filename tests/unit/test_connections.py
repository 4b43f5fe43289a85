"""Which approvers are asked (R1.5), and how long a connection counts."""

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nod.domain.connections import (
    HEARD_PER_ACCOUNT,
    PAGES_PER_ACCOUNT,
    PAGES_PER_SESSION,
    ApproverPolicy,
    Connection,
    Purpose,
    approvers_among,
    heard_among,
    in_order_of_asking,
    pages_among,
)
from tests.builders import NOW, after, connection

FIRST = connection("first", connected_at=NOW)
SECOND = connection("second", connected_at=after(10))
THIRD = connection("third", connected_at=after(20))
# The order of rows says nothing about the order of connecting.
ROWS = [SECOND, THIRD, FIRST]


def order(policy: ApproverPolicy, active: dict[str, float] | None = None, seed: int = 1) -> list[list[str]]:
    """The ids in the order of asking."""
    last_active = {connection_id: after(seconds) for connection_id, seconds in (active or {}).items()}
    groups = in_order_of_asking(ROWS, policy, sign_in_id=str(seed), last_active=last_active)
    return [[one.connection_id for one in group] for group in groups]


def test_r1_5_all_are_asked_together() -> None:
    """R1.5: with policy `all` there is one group, of everybody."""
    assert order("all") == [["second", "third", "first"]]


def test_r1_5_latest_is_the_last_connected() -> None:
    """R1.5: `latest` asks the last connected, and the one before it when that is gone."""
    assert order("latest", {"first": 60}) == [["third"], ["second"], ["first"]]


def test_r1_5_active_is_the_most_recently_active() -> None:
    """R1.5: `active` asks the connection that was active last, not the one that connected last."""
    assert order("active", {"first": 60, "second": 30, "third": 45}) == [["first"], ["third"], ["second"]]


def test_r1_5_activity_that_is_unknown_dates_from_connecting() -> None:
    """R1.5: a connection whose activity cannot be told counts as active when it connected."""
    assert order("active", {"first": 15}) == [["third"], ["first"], ["second"]]


def test_r1_5_random_asks_anyone() -> None:
    """R1.5: `random` asks each in turn, and each of them first now and then."""
    orders = [order("random", seed=seed) for seed in range(60)]
    assert all(sorted(one) == [["first"], ["second"], ["third"]] for one in orders)
    assert {one[0][0] for one in orders} == {"first", "second", "third"}


def test_r1_5_random_asks_the_same_again_whoever_has_gone() -> None:
    """R1.5: about one sign-in, as long as it is there."""
    for seed in range(20):
        ((first,), *others) = order("random", seed=seed)
        for (gone,) in others:
            left = [one for one in ROWS if one.connection_id != gone]
            again = in_order_of_asking(left, "random", sign_in_id=str(seed), last_active={})
            assert again[0][0].connection_id == first


@pytest.mark.parametrize("policy", ["all", "latest", "active", "random"])
def test_r1_5_nobody_is_nobody(policy: ApproverPolicy) -> None:
    """R1.5: without approvers there is no group to ask."""
    assert in_order_of_asking([], policy, sign_in_id="1", last_active={}) == []


CONNECTIONS = st.lists(
    st.builds(
        lambda number, seconds: connection(f"connection-{number}", connected_at=after(seconds)),
        st.integers(0, 10_000),
        st.integers(0, 100),
    ),
    unique_by=lambda one: one.connection_id,
)


@given(CONNECTIONS, st.sampled_from(["all", "latest", "active", "random"]), st.integers(0))
def test_r1_5_everybody_has_a_turn_once(approvers: list[Connection], policy: ApproverPolicy, seed: int) -> None:
    """R1.5: whatever the policy, each approver stands in the order exactly once."""
    groups = in_order_of_asking(approvers, policy, sign_in_id=str(seed), last_active={})
    asked = [one.connection_id for group in groups for one in group]
    assert sorted(asked) == sorted(one.connection_id for one in approvers)
    assert all(groups)
    assert policy == "all" or all(len(group) == 1 for group in groups)


def test_r1_2_only_approver_connections_approve() -> None:
    """R1.2: devices that wait and hand-over pages are not asked."""
    waiting = connection("waiting", purpose="wait")
    page = connection("page", purpose="hand_over")
    assert approvers_among([waiting, FIRST, page], NOW) == [FIRST]


def test_r1_2_a_connection_that_has_run_out_is_not_asked() -> None:
    """R1.2: a row that outlived its connection is passed over."""
    end = FIRST.connected_at + timedelta(hours=2, minutes=10)
    assert approvers_among([FIRST], end - timedelta(seconds=1)) == [FIRST]
    assert approvers_among([FIRST], end) == []


def test_a13_a_connection_is_none_once_its_session_is_over() -> None:
    """A13: one whose session has run its 90 days neither approves nor shows codes, though it may still be open."""
    approver = connection(session_ends_at=after(60))
    page = connection(purpose="hand_over", session_ends_at=after(60))
    assert (approvers_among([approver], after(59)), pages_among([page], after(59))) == ([approver], [page])
    assert (approvers_among([approver], after(60)), pages_among([page], after(60))) == ([], [])


def opened_by(session_id: str, signed_in: float, count: int, purpose: Purpose = "approve") -> list[Connection]:
    """Connections of a session that signed in at `signed_in` (seconds), opened one after another since."""
    return [
        connection(
            f"{session_id} {purpose} {number}",
            session_id=session_id,
            purpose=purpose,
            signed_in_at=after(signed_in),
            connected_at=after(100 + number),
        )
        for number in range(count)
    ]


def test_s4_however_many_a_thief_has_older_sessions_are_heard() -> None:
    """A1, S4: of too many those of the oldest sessions; a device that waits is heard in any case."""
    each = HEARD_PER_ACCOUNT // 2
    thief = [*opened_by("THIEF", 50, each), *opened_by("ANOTHER", 51, each)]
    owner = opened_by("OWNER", 0, 1)
    waiting = connection("waiting", purpose="wait", session_id=None, signed_in_at=None, connected_at=after(99))
    heard = heard_among([*thief, *owner, waiting], after(7000))
    assert len(heard) == HEARD_PER_ACCOUNT
    assert heard[:2] == [waiting, *owner]
    assert approvers_among([*thief, *owner], after(7000))[0] == owner[0]


def test_a1_of_one_session_those_are_heard_that_were_opened_last() -> None:
    """A1: whatever stands there of connections that broke off without a word; of pages fewer, each costs a picture."""
    old, new = opened_by("OLD", 0, PAGES_PER_SESSION + 3, "hand_over"), opened_by("NEW", 0, 1, "hand_over")
    assert heard_among([*old, *new], after(500)) == [*new, *old[::-1]]
    assert pages_among([*old, *new], after(500)) == [*new, *old[:2:-1]]
    more = [one for number in range(5) for one in opened_by(f"NEWER{number}", 1, PAGES_PER_SESSION, "hand_over")]
    assert len(pages_among([*old, *new, *more], after(500))) == PAGES_PER_ACCOUNT


def test_a1_those_that_have_run_out_take_nobodys_place() -> None:
    """A1: rows that outlived their connections are passed over before any are counted."""
    old = [msgspec.structs.replace(one, session_ends_at=after(150)) for one in opened_by("OLD", 0, HEARD_PER_ACCOUNT)]
    left = opened_by("OLD", 0, 1, "hand_over")
    assert heard_among([*old, *left], after(7000)) == left


def test_gone_may_mean_not_yet() -> None:
    """For ten seconds a connection that cannot be posted to may still be opening."""
    assert FIRST.is_opening(after(9.9))
    assert not FIRST.is_opening(after(10))
