"""What flows rely on where passwords are kept (R1.9, R3.6)."""

import msgspec
import pytest

from nod.domain.accounts import Account, Initial
from tests.builders import ADA, ADAS_NUMBER, GRACE, NOW, account, after, session
from tests.contract.stores import Snapshot, Stores

NUMBER = f"tel:{ADAS_NUMBER}"


class PasswordsContract:
    """The password of an account: its owner's, or one that the service has made and that works once."""

    @pytest.fixture(autouse=True)
    def _ada_is_signed_in(self, stores: Stores) -> None:
        stores.sessions.put(session())

    @pytest.mark.parametrize(
        ("password_hash", "initial"), [(None, None), ("old", None), ("old", "unused"), ("old", "spent")]
    )
    def test_r1_9_the_owner_sets_a_password(
        self, stores: Stores, password_hash: str | None, initial: Initial | None
    ) -> None:
        """R1.9: in place of whichever there was, it is the owner's own from then on, who knows since when (T7)."""
        seen = self.created(stores, password_hash, initial)
        for seconds, password in enumerate(("new", "newer")):
            assert stores.passwords.set(session(), seen, password, after(seconds))
            seen = account(password_hash=password, password_set_at=after(seconds))
            assert stores.accounts.get(ADA) == seen

    @pytest.mark.parametrize(
        ("seen", "kept"),
        [
            ((None, None), ("other", None)),
            (("old", None), ("other", None)),
            (("old", "unused"), ("old", "spent")),
            (("old", "unused"), ("old", None)),
            (("old", None), ("old", "unused")),
            (("old", None), (None, None)),
        ],
    )
    def test_a_password_that_changed_meanwhile_stays(
        self,
        stores: Stores,
        snapshot: Snapshot,
        seen: tuple[str | None, Initial | None],
        kept: tuple[str | None, Initial | None],
    ) -> None:
        """Of two changes or removals at once the first counts, and so does the use of an initial password before."""
        self.created(stores, *kept)
        before = snapshot()
        assert not stores.passwords.set(session(), account(ADA, None, *seen), "new", NOW)
        assert not stores.passwords.remove(session(), account(ADA, None, *seen), NOW)
        assert snapshot() == before

    @pytest.mark.parametrize(
        ("password_hash", "initial"), [("old", None), ("old", "unused"), ("old", "spent"), (None, None)]
    )
    def test_s4_a_password_is_removed(self, stores: Stores, password_hash: str | None, initial: Initial | None) -> None:
        """S4: nothing is left of it; all else of the account stays, and so do other accounts'."""
        seen = self.created(stores, password_hash, initial)
        assert stores.passwords.remove(session(), seen, after(1))
        assert stores.accounts.get(ADA) == account()
        assert stores.accounts.get(GRACE) == account(GRACE, {"user:grace": NOW}, "hers", "unused")

    def test_s4_the_time_of_a_password_goes_with_it(self, stores: Stores) -> None:
        """S4, T7: so that the next one is not thought to be older than it is."""
        stores.accounts.create(account(password_hash="old", password_set_at=NOW))
        seen = account(password_hash="old", password_set_at=NOW)
        assert stores.passwords.remove(session(), seen, after(1))
        assert stores.accounts.get(ADA) == account()

    def test_an_account_that_is_gone_gets_no_password(self, stores: Stores, snapshot: Snapshot) -> None:
        """Neither way of setting a password makes an account, nor does removing one."""
        before = snapshot()
        assert not stores.passwords.set(session(), account(), "new", NOW)
        assert not stores.passwords.remove(session(), account(password_hash="old"), NOW)
        assert not stores.passwords.set_initial(ADA, "new")
        assert snapshot() == before

    def test_a_password_stays_where_the_number_has_gone(self, stores: Stores, snapshot: Snapshot) -> None:
        """Of password and number, taken away at the same time, the slower one stays: one of them lets its owner in."""
        logins = {"user:ada": NOW, "tel:+447700900123": NOW}
        stores.accounts.create(seen := account(logins=logins, password_hash="old"))
        stores.accounts.unbind(session(), seen, "tel:+447700900123", NOW)
        before = snapshot()
        assert not stores.passwords.remove(session(), seen, NOW)
        assert snapshot() == before

    @pytest.mark.parametrize(("password_hash", "initial"), [(None, None), ("old", "unused")])
    def test_r3_6_an_initial_password_is_set(
        self, stores: Stores, password_hash: str | None, initial: Initial | None
    ) -> None:
        """R3.6: where there is none, or one that was not used yet, which it replaces."""
        self.created(stores, password_hash, initial)
        assert stores.passwords.set_initial(ADA, "first")
        assert stores.accounts.get(ADA) == account(password_hash="first", initial="unused")

    @pytest.mark.parametrize("initial", [None, "spent"])
    def test_r3_6_an_initial_password_replaces_no_other(
        self, stores: Stores, snapshot: Snapshot, initial: Initial | None
    ) -> None:
        """R3.6: neither the owner's own, nor one that was used: a text message brings no new one for that."""
        self.created(stores, "old", initial)
        before = snapshot()
        assert not stores.passwords.set_initial(ADA, "first")
        assert snapshot() == before

    def test_r3_6_an_initial_password_is_spent_once(self, stores: Stores) -> None:
        """R3.6: of two who use it at once, having seen the same, one gets through."""
        seen = self.created(stores, "old", "unused", NUMBER)
        assert stores.passwords.let_in(seen, session("NEW"))
        assert stores.accounts.get(ADA) == msgspec.structs.replace(seen, initial="spent")
        assert not stores.passwords.let_in(seen, session("OTHER"))
        assert stores.sessions.get(ADA, "OTHER") is None

    def test_r3_6_the_last_way_in_is_not_spent(self, stores: Stores, snapshot: Snapshot) -> None:
        """R3.6: once the number is gone nothing else lets its owner in; nor is it spent by who saw the number still."""
        seen = self.created(stores, "old", "unused", NUMBER)
        stores.accounts.unbind(session(), seen, NUMBER, NOW)
        before = snapshot()
        assert not stores.passwords.let_in(seen, session("NEW"))
        assert snapshot() == before
        left = stores.accounts.get(ADA)
        assert left is not None
        for name in ("NEW", "OTHER"):
            assert stores.passwords.let_in(left, session(name))
        assert stores.accounts.get(ADA) == left

    def test_r3_6_what_was_replaced_is_not_spent(self, stores: Stores, snapshot: Snapshot) -> None:
        """R3.6: a fresh initial password, and an owner's own, are not spent by whoever saw the one before."""
        seen = self.created(stores, "old", "unused")
        assert stores.passwords.set_initial(ADA, "fresh")
        before = snapshot()
        assert not stores.passwords.let_in(seen, session("NEW"))
        assert snapshot() == before
        fresh = account(password_hash="fresh", initial="unused")
        assert stores.passwords.set(session(), fresh, "own", NOW)
        assert not stores.passwords.let_in(fresh, session("NEW"))
        assert stores.accounts.get(ADA) == account(password_hash="own", password_set_at=NOW)

    @pytest.mark.parametrize(("password_hash", "initial"), [("old", None), ("old", "spent"), (None, None)])
    def test_r1_9_a_password_lets_in(self, stores: Stores, password_hash: str | None, initial: Initial | None) -> None:
        """R1.9: while it is as it was read, whichever it is, the session is kept, and the account as it was."""
        seen = self.created(stores, password_hash, initial)
        assert stores.passwords.let_in(seen, session("NEW"))
        assert stores.sessions.get(ADA, "NEW") == session("NEW")
        assert stores.accounts.get(ADA) == seen

    @pytest.mark.parametrize(
        ("seen", "kept"),
        [
            (("old", None), ("other", None)),
            (("old", None), (None, None)),
            (("old", None), ("old", "unused")),
            (("old", "spent"), ("old", "unused")),
            (("old", "spent"), ("fresh", "unused")),
            ((None, None), ("other", None)),
        ],
    )
    def test_t7_a_password_that_changed_meanwhile_lets_nobody_in(
        self,
        stores: Stores,
        snapshot: Snapshot,
        seen: tuple[str | None, Initial | None],
        kept: tuple[str | None, Initial | None],
    ) -> None:
        """T7: one that was dropped or replaced since it was read gives no session; nothing is written."""
        self.created(stores, *kept)
        before = snapshot()
        assert not stores.passwords.let_in(account(ADA, None, *seen), session("NEW"))
        assert snapshot() == before

    def test_an_account_that_is_gone_lets_nobody_in(self, stores: Stores, snapshot: Snapshot) -> None:
        """Neither with a password, nor without one."""
        before = snapshot()
        for password_hash in ("old", None):
            assert not stores.passwords.let_in(account(password_hash=password_hash), session("NEW"))
        assert snapshot() == before

    @staticmethod
    def created(stores: Stores, password_hash: str | None, initial: Initial | None, *further: str) -> Account:
        """Ada's account as it is kept, with these logins as well, beside another that nothing may happen to."""
        stores.accounts.create(account(GRACE, {"user:grace": NOW}, "hers", "unused"))
        made = account(ADA, dict.fromkeys(("user:ada", *further), NOW), password_hash, initial)
        stores.accounts.create(made)
        return made
