"""What flows rely on in sessions (R2.1, R2.2; S1, S2, S3)."""

from datetime import datetime
from typing import Any

import msgspec
import pytest

from nod.domain.identifiers import fingerprint
from tests.builders import (
    ADA,
    ADAS_PHONE,
    GRACE,
    NOW,
    after,
    refresh_token,
    session,
)
from tests.contract.stores import Stores

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
        """S2: refreshing what is not there makes nothing."""
        assert self.rotate(stores, "first secret", NOW) is None
        assert stores.sessions.get(ADA, ADAS_PHONE.session_id) is None

    def test_r2_2_a_session_is_ended_by_another(self, stores: Stores) -> None:
        """R2.2: it is gone at once, its ender stays; a second time there is nothing to end."""
        for session_id in ("ONE", "TWO"):
            stores.sessions.put(session(session_id))
        assert stores.sessions.end(ADA, "TWO", by="ONE", now=NOW)
        assert stores.sessions.get(ADA, "TWO") is None
        assert stores.sessions.get(ADA, "ONE") is not None
        assert not stores.sessions.end(ADA, "TWO", by="ONE", now=NOW)

    @pytest.mark.parametrize("changes", [None, {"expires_at": NOW}, {"ends_at": NOW}])
    def test_s2_a_dead_session_ends_no_other(self, stores: Stores, changes: dict[str, Any] | None) -> None:
        """S2: who was signed out cannot sign others out."""
        stores.sessions.put(session("TWO"))
        if changes is not None:
            stores.sessions.put(session("ONE", **changes))
        assert not stores.sessions.end(ADA, "TWO", by="ONE", now=NOW)
        assert stores.sessions.get(ADA, "TWO") is not None

    def test_s1_a_session_ends_none_of_another_account(self, stores: Stores) -> None:
        """S1: ids of another account lead nowhere."""
        stores.sessions.put(session("ONE"))
        stores.sessions.put(session("OTHER", GRACE))
        assert not stores.sessions.end(ADA, "OTHER", by="ONE", now=NOW)
        assert not stores.sessions.end(GRACE, "OTHER", by="ONE", now=NOW)
        assert not stores.sessions.delete(ADA, "OTHER")
        assert stores.sessions.get(GRACE, "OTHER") is not None

    def test_a_session_is_deleted_once(self, stores: Stores) -> None:
        """Deleting says whether there was one."""
        stores.sessions.put(session("ONE"))
        assert stores.sessions.delete(ADA, "ONE")
        assert not stores.sessions.delete(ADA, "ONE")
        assert stores.sessions.get(ADA, "ONE") is None

    @staticmethod
    def rotate(
        stores: Stores, secret: str, now: datetime, family: str = "family", following: str = "next secret"
    ) -> object:
        """Exchange a token for the next one."""
        return stores.sessions.rotate(
            refresh_token(secret, family), next_hash=fingerprint(following), expires_at=after(1000), now=now
        )
