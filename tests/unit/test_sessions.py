"""Sessions: their life, their refresh tokens, and whom they may end (R2.1, S3, S4)."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nod.domain.sessions import ENDED, LISTED, RefreshToken, Session, below, listed_among, parse_refresh_token, shown
from nod.errors import InvalidToken
from tests.builders import HOME, IDLE, LONGEST, NOW, PHONE, after, refresh_token, session

DAY = timedelta(hours=24)
OLD = session("OLD", signed_in_at=NOW - timedelta(days=20))
FRESH = session("FRESH", signed_in_at=NOW)


def test_a_session_lives_until_it_was_idle_for_too_long() -> None:
    """An unused session ends when its idle time is over."""
    assert FRESH.is_alive(NOW + IDLE - timedelta(seconds=1))
    assert not FRESH.is_alive(NOW + IDLE)


def test_no_refreshing_prolongs_a_session_beyond_its_end() -> None:
    """However far refreshing has moved its expiry, a session ends with its longest life."""
    refreshed = session(expires_at=NOW + LONGEST + IDLE)
    assert refreshed.is_alive(NOW + LONGEST - timedelta(seconds=1))
    assert not refreshed.is_alive(NOW + LONGEST)


def test_s2_an_ended_session_is_dead_at_any_time() -> None:
    """S2: also at the time of a request that began before the session was ended."""
    assert not session(expires_at=ENDED).is_alive(NOW)
    assert not session(expires_at=ENDED).is_alive(NOW - timedelta(days=365))


# R2.1: which are listed.


def test_r2_1_of_too_many_sessions_the_oldest_are_listed() -> None:
    """R2.1: newest first, none of them dead, and the one that asks in any case."""
    many = [session(str(number), signed_in_at=after(number)) for number in range(LISTED + 5)]
    many[0] = session("0", signed_in_at=NOW, expires_at=ENDED)
    listed = [one.session_id for one in listed_among(reversed(many), after(LISTED + 5), to="7")]
    assert listed == [str(number) for number in range(LISTED, 0, -1)]
    last = str(LISTED + 4)
    assert [one.session_id for one in listed_among(many, after(LISTED + 5), to=last)] == [last, *listed]


# R2.2: what a session has let in.


def tree_of(let_in_by: dict[str, str | None]) -> list[Session]:
    """Sessions that began one after another, in this order."""
    return [
        session(name, signed_in_at=after(seconds), let_in_by=host)
        for seconds, (name, host) in enumerate(let_in_by.items())
    ]


def ids_below(sessions: list[Session], session_id: str) -> list[str]:
    """What lies below a session."""
    return [one.session_id for one in below(sessions, session_id)]


def test_r2_2_all_below_a_session_is_found() -> None:
    """R2.2: level by level, the oldest first, whatever the order of the rows; nothing beside it or above."""
    hosts = {"TOP": None, "A": "TOP", "B": "A", "C": "TOP", "D": "B", "E": "C", "BESIDE": None, "F": "BESIDE"}
    sessions = tree_of(hosts)
    for rows in (sessions, sessions[::-1]):
        assert ids_below(rows, "TOP") == ["A", "C", "B", "E", "D"]
        assert ids_below(rows, "A") == ["B", "D"]
        assert ids_below(rows, "D") == []
        assert ids_below(rows, "UNKNOWN") == []


def test_r2_2_the_dead_hold_the_tree_together() -> None:
    """R2.2: an intermediate session that was ended or ran out hides nothing below it."""
    sessions = [
        session("TOP"),
        session("ENDED", let_in_by="TOP", expires_at=ENDED),
        session("IDLE", let_in_by="ENDED", expires_at=NOW),
        session("LIVING", let_in_by="IDLE"),
    ]
    assert ids_below(sessions, "TOP") == ["ENDED", "IDLE", "LIVING"]


def test_r2_2_a_ring_is_gone_through_once() -> None:
    """R2.2: rows that name one another, or themselves, as hosts come to an end all the same."""
    ring = tree_of({"A": "C", "B": "A", "C": "B", "SELF": "SELF", "D": "C"})
    assert ids_below(ring, "A") == ["B", "C", "D"]
    assert ids_below(ring, "SELF") == []


@given(st.lists(st.integers(0, 10), min_size=1, max_size=11), st.integers(0, 30))
def test_s4_whoever_may_end_a_session_may_end_all_below_it(hosts: list[int], hours: int) -> None:
    """S4: no session is too old for it to be ended along with one above it."""
    # The n-th is let in by an earlier one, or (where that would not be earlier) by none.
    sessions = [
        session(str(n), signed_in_at=NOW + timedelta(hours=n), let_in_by=str(host) if host < n else None)
        for n, host in enumerate(hosts)
    ]
    now = sessions[-1].signed_in_at + timedelta(hours=hours)
    for caller in sessions:
        for target in sessions:
            if caller.may_end(target, now, DAY):
                assert all(caller.may_end(one, now, DAY) for one in below(sessions, target.session_id))


# S4: who may end whom.


def test_s4_a_fresh_session_cannot_evict_an_older_one() -> None:
    """S4: a thief who has just signed in cannot throw the owner out."""
    assert not FRESH.may_end(OLD, after(60), DAY)


def test_s4_a_session_of_age_may_end_an_older_one() -> None:
    """S4: once it has been signed in for the eviction age, a session may end older ones; not a moment before."""
    assert not FRESH.may_end(OLD, NOW + DAY - timedelta(seconds=1), DAY)
    assert FRESH.may_end(OLD, NOW + DAY, DAY)


def test_s4_the_owner_ends_a_younger_one_at_once() -> None:
    """S4: an older session may end a younger one, whatever its own age."""
    young = session("YOUNG", signed_in_at=NOW - timedelta(hours=1))
    assert young.may_end(FRESH, NOW, DAY)
    assert OLD.may_end(FRESH, NOW, DAY)


def test_s4_a_session_may_end_itself() -> None:
    """S4: signing out is always possible."""
    assert FRESH.may_end(FRESH, NOW, DAY)


def test_s4_a_session_may_end_what_it_let_in() -> None:
    """S4: whoever let a device in may send it out again."""
    guest = session("GUEST", signed_in_at=NOW - timedelta(seconds=1), let_in_by="FRESH")
    stranger = session("STRANGER", signed_in_at=NOW - timedelta(seconds=1), let_in_by="OLD")
    assert FRESH.may_end(guest, NOW, DAY)
    assert not FRESH.may_end(stranger, NOW, DAY)


def test_s4_without_an_eviction_age_anyone_may_end_anyone() -> None:
    """S4: the parameter set to nothing switches the rule off."""
    assert FRESH.may_end(OLD, NOW, timedelta(0))


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_s4_of_two_sessions_one_may_always_end_the_other(one_age: int, other_age: int, eviction: int) -> None:
    """S4: no two sessions can block each other, and two of one age are equals."""
    one = session("ONE", signed_in_at=NOW - timedelta(seconds=one_age))
    other = session("OTHER", signed_in_at=NOW - timedelta(seconds=other_age))
    age = timedelta(seconds=eviction)
    there, back = one.may_end(other, NOW, age), other.may_end(one, NOW, age)
    assert there or back
    assert (there and back) or one_age != other_age


# R2.1: what is shown of a session.


def test_r2_1_what_a_session_shows() -> None:
    """R2.1: the login used, the times, the device, the address and place, how it signed in and who let it in."""
    seen = shown(session("GUEST", let_in_by="HOST", method="approval"), to="HOST")
    assert (seen.session_id, seen.login, seen.method, seen.let_in_by) == ("GUEST", "ada", "approval", "HOST")
    assert (seen.device, seen.ip, seen.place) == (PHONE, HOME.ip, HOME.place)
    assert (seen.signed_in_at, seen.last_seen_at) == (NOW, NOW)


def test_r2_1_one_s_own_session_is_marked() -> None:
    """R2.1: the asking device finds itself in the list."""
    assert shown(FRESH, to="FRESH").current
    assert not shown(FRESH, to="OLD").current


def test_s3_no_secret_is_shown() -> None:
    """S3: what is shown of a session holds nothing of its refresh token, hashed or not."""
    fields = shown(FRESH, to="FRESH").__struct_fields__
    assert not [name for name in fields if "hash" in name or "refresh" in name or "family" in name]


# S3: refresh tokens.


def test_s3_an_earlier_token_of_the_session_is_known_as_such() -> None:
    """S3: a token of the right family that is not the current one was used before."""
    rotated = session(refresh_hash=refresh_token("second secret").secret_hash)
    earlier, current = refresh_token("first secret"), refresh_token("second secret")
    assert (rotated.has_issued(earlier), rotated.is_current(earlier)) == (True, False)
    assert (rotated.has_issued(current), rotated.is_current(current)) == (True, True)


def test_s3_a_made_up_token_is_merely_wrong() -> None:
    """S3: without the family nobody can end a session by guessing at its tokens."""
    for secret in ("guess", "first secret"):
        guessed = refresh_token(secret, family="guess")
        assert (session().has_issued(guessed), session().is_current(guessed)) == (False, False)


WORDS = st.text(alphabet=st.characters(codec="ascii", exclude_characters="."), min_size=1)


@given(WORDS, WORDS, WORDS, WORDS)
def test_a_refresh_token_reads_back(account_id: str, session_id: str, family: str, secret: str) -> None:
    """What the client holds is read back as what was issued."""
    token = RefreshToken(account_id, session_id, family, secret)
    assert parse_refresh_token(token.text) == token


@pytest.mark.parametrize("text", ["", "a", "a.b.c", "a.b.c.d.e", "a.b.c.", ".b.c.d", "a..c.d", "a.b.c.ü", "....", "…"])
def test_what_is_no_refresh_token_is_refused(text: str) -> None:
    """Anything else is an invalid token, not an error of ours."""
    with pytest.raises(InvalidToken):
        parse_refresh_token(text)


def test_a_stored_session_holds_no_token() -> None:
    """What is kept of a refresh token are fingerprints."""
    token = refresh_token()
    assert {token.secret_hash, token.family_hash} == {session().refresh_hash, session().family_hash}
    assert token.secret not in token.secret_hash
    assert token.family not in token.family_hash


# S4: who may take a login away.


def test_s4_a_fresh_session_cannot_take_an_older_login_away() -> None:
    """S4: a thief who has just signed in cannot cut the owner off from the account; of age, a session may."""
    before = NOW - timedelta(seconds=1)
    assert not FRESH.may_unbind(before, after(60), DAY)
    assert not FRESH.may_unbind(before, NOW + DAY - timedelta(seconds=1), DAY)
    assert FRESH.may_unbind(before, NOW + DAY, DAY)


def test_s4_what_was_bound_since_may_go_at_once() -> None:
    """S4: a login that is no older than the session may be taken away by it, whatever its age."""
    assert FRESH.may_unbind(NOW, NOW, DAY)
    assert FRESH.may_unbind(after(1), after(1), DAY)


# S4: what outlasts a session.


def test_s4_a_fresh_session_adds_nothing_that_outlasts_it() -> None:
    """S4: neither logins nor a first password, before it has been signed in for the eviction age; of age, it may."""
    assert not FRESH.may_extend(NOW, DAY)
    assert not FRESH.may_extend(NOW + DAY - timedelta(microseconds=1), DAY)
    assert FRESH.may_extend(NOW + DAY, DAY)
    assert FRESH.may_extend(NOW, timedelta(0))


def test_s4_the_session_that_began_the_account_may_at_once() -> None:
    """S4: there was nobody before it whom it could take the account from."""
    assert session("FOUNDER", founding=True).may_extend(NOW, DAY)
