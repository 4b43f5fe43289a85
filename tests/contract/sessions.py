"""What flows rely on in sessions (R2.1, R2.2; S1, S2, S3)."""

from datetime import datetime
from typing import Any

import msgspec
import pytest

from nod.domain.identifiers import fingerprint
from nod.domain.sessions import ENDED, below
from tests.builders import (
    ADA,
    ADAS_PHONE,
    GRACE,
    NOW,
    after,
    refresh_token,
    session,
)
from tests.contract.stores import DEATHS, Snapshot, Stores, died

replace = msgspec.structs.replace


class SessionsContract:
    """The sessions of accounts."""

    def test_r2_1_sessions_are_kept_under_their_account(self, stores: Stores) -> None:
        """R2.1: every field comes back, run out or not, and another account's are not among them."""
        mine = [session("ONE", let_in_by="HOST", method="approval", founding=True), session("TWO", expires_at=NOW)]
        for one in (*mine, session("OTHER", GRACE)):
            stores.sessions.put(one)
        assert stores.sessions.get(ADA, "ONE") == mine[0]
        assert sorted(stores.sessions.of_account(ADA), key=lambda one: one.session_id) == mine
        assert stores.sessions.get(GRACE, "ONE") is None

    def test_s3_a_refresh_token_is_replaced(self, stores: Stores) -> None:
        """S3: the current token is exchanged for the next one, and moves the expiry on."""
        stores.sessions.put(session())
        rotated = self.rotate(stores, "first secret", after(100))
        expected = replace(
            session(),
            refresh_hash=fingerprint("next secret"),
            expires_at=after(1000),
            last_seen_at=after(100),
        )
        assert rotated == expected
        assert stores.sessions.get(ADA, ADAS_PHONE.session_id) == expected

    def test_s3_a_refresh_token_works_once(self, stores: Stores) -> None:
        """S3: once exchanged it is refused, and nothing changes."""
        stores.sessions.put(session())
        first = self.rotate(stores, "first secret", NOW)
        assert self.rotate(stores, "first secret", after(1), following="another secret") is None
        assert stores.sessions.get(ADA, ADAS_PHONE.session_id) == first

    def test_s3_an_exchange_that_is_repeated_brings_the_same(self, stores: Stores) -> None:
        """S3: where its answer was lost it is sent again, and finds that it has happened."""
        stores.sessions.put(session())
        first = self.rotate(stores, "first secret", NOW)
        assert first is not None
        assert self.rotate(stores, "first secret", NOW) == first
        assert stores.sessions.get(ADA, ADAS_PHONE.session_id) == first

    @pytest.mark.parametrize(("secret", "family"), [("guess", "family"), ("first secret", "guess")])
    def test_s3_a_wrong_token_changes_nothing(self, stores: Stores, secret: str, family: str) -> None:
        """S3: both parts of the token must be right."""
        stores.sessions.put(session())
        assert self.rotate(stores, secret, NOW, family) is None
        assert stores.sessions.get(ADA, ADAS_PHONE.session_id) == session()

    @pytest.mark.parametrize("changes", [{"expires_at": NOW}, {"ends_at": NOW}])
    def test_s2_a_session_that_ran_out_is_not_refreshed(self, stores: Stores, changes: dict[str, Any]) -> None:
        """S2: not even the right token brings it back."""
        stores.sessions.put(session(**changes))
        assert self.rotate(stores, "first secret", NOW) is None
        assert stores.sessions.get(ADA, ADAS_PHONE.session_id) == session(**changes)

    def test_s2_a_session_that_was_ended_is_not_refreshed(self, stores: Stores) -> None:
        """S2: not even by a request that began before the end, nor one whose answer was lost and that is sent again."""
        stores.sessions.put(session())
        self.rotate(stores, "first secret", NOW)
        assert stores.sessions.expire(ADA, ADAS_PHONE.session_id, after(5))
        ended = stores.sessions.get(ADA, ADAS_PHONE.session_id)
        for secret in ("first secret", "next secret"):
            assert self.rotate(stores, secret, after(1)) is None
        assert stores.sessions.get(ADA, ADAS_PHONE.session_id) == ended

    def test_s2_what_is_not_there_is_not_refreshed(self, stores: Stores) -> None:
        """S2: refreshing makes no session."""
        assert self.rotate(stores, "first secret", NOW) is None
        assert stores.sessions.get(ADA, ADAS_PHONE.session_id) is None

    def test_r2_2_a_session_is_ended_by_another(self, stores: Stores) -> None:
        """R2.2: it is dead and still known, its ender lives; a second time there is nothing to end."""
        for session_id in ("ONE", "TWO"):
            stores.sessions.put(session(session_id))
        assert stores.sessions.end(ADA, "TWO", by="ONE", now=NOW)
        assert stores.sessions.get(ADA, "TWO") == session("TWO", expires_at=ENDED)
        assert stores.sessions.get(ADA, "ONE") == session("ONE")
        assert not stores.sessions.end(ADA, "TWO", by="ONE", now=NOW)

    @pytest.mark.parametrize("death", DEATHS)
    def test_s2_a_dead_session_ends_no_other(self, stores: Stores, snapshot: Snapshot, death: str) -> None:
        """S2: who was signed out cannot sign others out, nor can what is dead be ended, by itself or by another."""
        stores.sessions.put(session("LIVING"))
        dead = died(stores, death).session_id
        before = snapshot()
        assert not stores.sessions.end(ADA, "LIVING", by=dead, now=NOW)
        assert not stores.sessions.end(ADA, dead, by="LIVING", now=NOW)
        assert not stores.sessions.expire(ADA, dead, NOW)
        assert snapshot() == before

    @pytest.mark.parametrize("seconds", [-3600, 0, 3600])
    def test_s2_an_ended_session_is_dead_at_any_time(self, stores: Stores, seconds: float) -> None:
        """S2: also to a request that began before the end, or whose clock is slow."""
        for session_id in ("ONE", "TWO", "THREE"):
            stores.sessions.put(session(session_id))
        assert stores.sessions.expire(ADA, "ONE", NOW)
        assert not stores.sessions.end(ADA, "TWO", by="ONE", now=after(seconds))
        assert stores.sessions.end(ADA, "THREE", by="TWO", now=NOW)
        for session_id in ("ONE", "THREE"):
            ended = stores.sessions.get(ADA, session_id)
            assert ended is not None
            assert not ended.is_alive(after(seconds))
            assert not stores.sessions.expire(ADA, session_id, after(seconds))

    def test_s1_a_session_ends_none_of_another_account(self, stores: Stores) -> None:
        """S1: ids of another account lead nowhere."""
        stores.sessions.put(session("ONE"))
        stores.sessions.put(session("OTHER", GRACE))
        assert not stores.sessions.end(ADA, "OTHER", by="ONE", now=NOW)
        assert not stores.sessions.end(GRACE, "OTHER", by="ONE", now=NOW)
        assert not stores.sessions.expire(ADA, "OTHER", NOW)
        assert stores.sessions.get(GRACE, "OTHER") == session("OTHER", GRACE)

    def test_r2_2_what_has_ended_is_kept(self, stores: Stores) -> None:
        """R2.2: it still says who let it in, so that what it let in is found below that one."""
        for one in (session("HOST"), session("GUEST", let_in_by="HOST"), session("LAST", let_in_by="GUEST")):
            stores.sessions.put(one)
        assert stores.sessions.expire(ADA, "GUEST", NOW)
        kept = stores.sessions.of_account(ADA)
        assert [one.session_id for one in below(kept, "HOST")] == ["GUEST", "LAST"]
        assert [one.session_id for one in kept if not one.is_alive(NOW)] == ["GUEST"]

    @staticmethod
    def rotate(
        stores: Stores, secret: str, now: datetime, family: str = "family", following: str = "next secret"
    ) -> object:
        """Exchange a token for the next one."""
        return stores.sessions.rotate(
            refresh_token(secret, family), next_hash=fingerprint(following), expires_at=after(1000), now=now
        )
