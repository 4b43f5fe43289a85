"""What flows rely on in accounts (R1.2)."""

import pytest

from nod.domain.logins import KnownLogin
from nod.domain.sessions import Session
from nod.errors import InvalidToken, LastLogin, LoginTaken, UnknownLogin
from tests.builders import (
    ADA,
    GRACE,
    NOW,
    account,
    after,
    session,
)
from tests.contract.stores import DEATHS, Snapshot, Stores, died


class AccountsContract:
    """Accounts and their bound logins."""

    @pytest.fixture(autouse=True)
    def _ada_is_signed_in(self, stores: Stores) -> None:
        stores.sessions.put(session())

    def test_an_account_is_kept_with_its_logins(self, stores: Stores) -> None:
        """Every field comes back, and its logins lead to it."""
        kept = account(
            logins={"user:ada": NOW, "tel:+447700900123": after(1)},
            password_hash="scrypt$...",
            password_set_at=after(2),
            created_at=after(-3),
        )
        stores.accounts.create(kept)
        assert stores.accounts.get(ADA) == kept
        assert stores.logins.find("tel:+447700900123") == KnownLogin(ADA, after(1))
        assert stores.accounts.get(GRACE) is None

    def test_a_login_has_one_account(self, stores: Stores) -> None:
        """Where any of its logins is taken an account is not made, nor any of its other logins."""
        stores.accounts.create(account())
        with pytest.raises(LoginTaken):
            stores.accounts.create(account(GRACE, {"user:grace": NOW, "user:ada": NOW}))
        assert stores.accounts.get(GRACE) is None
        assert stores.logins.find("user:grace") is None
        assert stores.logins.find("user:ada") == KnownLogin(ADA, NOW)

    def test_r1_2_a_login_is_bound(self, stores: Stores) -> None:
        """R1.2: a further login leads to the account, which knows since when."""
        stores.accounts.create(account())
        stores.accounts.bind(session(), "user:countess", after(5))
        assert stores.logins.find("user:countess") == KnownLogin(ADA, after(5))
        assert stores.accounts.get(ADA) == account(logins={"user:ada": NOW, "user:countess": after(5)})

    def test_a_taken_login_is_not_bound(self, stores: Stores) -> None:
        """A login of another account, or of this one, is taken; nothing changes."""
        stores.accounts.create(account())
        stores.accounts.create(account(GRACE, {"user:grace": NOW}))
        for login in ("user:grace", "user:ada"):
            with pytest.raises(LoginTaken):
                stores.accounts.bind(session(), login, after(5))
        assert stores.accounts.get(ADA) == account()
        assert stores.logins.find("user:grace") == KnownLogin(GRACE, NOW)

    def test_a_login_is_unbound(self, stores: Stores) -> None:
        """It leads nowhere then, and is free for another account."""
        kept = account(logins={"user:ada": NOW, "user:countess": after(5)})
        stores.accounts.create(kept)
        stores.accounts.unbind(session(), kept, "user:ada", NOW)
        assert stores.logins.find("user:ada") is None
        assert stores.accounts.get(ADA) == account(logins={"user:countess": after(5)})
        stores.accounts.create(account(GRACE, {"user:ada": NOW}))
        assert stores.logins.find("user:ada") == KnownLogin(GRACE, NOW)

    def test_the_last_login_stays(self, stores: Stores) -> None:
        """An account without a login could never be reached again."""
        stores.accounts.create(account())
        with pytest.raises(LastLogin):
            stores.accounts.unbind(session(), account(), "user:ada", NOW)
        assert stores.logins.find("user:ada") == KnownLogin(ADA, NOW)
        assert stores.accounts.get(ADA) == account()

    def test_the_last_login_stays_also_in_a_race(self, stores: Stores) -> None:
        """Two removals that each saw two logins leave one."""
        seen = account(logins={"user:ada": NOW, "user:countess": NOW})
        stores.accounts.create(seen)
        stores.accounts.unbind(session(), seen, "user:ada", NOW)
        with pytest.raises(LastLogin):
            stores.accounts.unbind(session(), seen, "user:countess", NOW)
        assert stores.logins.find("user:countess") == KnownLogin(ADA, NOW)

    def test_what_is_not_bound_cannot_be_unbound(self, stores: Stores) -> None:
        """A foreign login, an unknown one, and one that was unbound meanwhile are unknown to the account."""
        seen = account(logins={"user:ada": NOW, "user:countess": NOW, "user:lovelace": NOW})
        stores.accounts.create(seen)
        stores.accounts.create(account(GRACE, {"user:grace": NOW}))
        for login in ("user:grace", "user:nobody"):
            with pytest.raises(UnknownLogin):
                stores.accounts.unbind(session(), seen, login, NOW)
        stores.accounts.unbind(session(), seen, "user:ada", NOW)
        with pytest.raises(UnknownLogin):
            stores.accounts.unbind(session(), seen, "user:ada", NOW)
        assert stores.logins.find("user:grace") == KnownLogin(GRACE, NOW)

    def test_an_account_that_is_not_there_gets_no_login(self, stores: Stores) -> None:
        """Binding to nothing makes neither a login nor an account."""
        with pytest.raises(LoginTaken):
            stores.accounts.bind(session(), "user:ada", NOW)
        assert stores.logins.find("user:ada") is None
        assert stores.accounts.get(ADA) is None

    @pytest.mark.parametrize("death", DEATHS)
    @pytest.mark.parametrize("what", ["bind", "unbind", "set_password", "remove_password"])
    def test_s2_an_ended_session_changes_nothing(
        self, stores: Stores, snapshot: Snapshot, death: str, what: str
    ) -> None:
        """S2: a session that was ended or ran out neither binds nor unbinds a login, nor changes a password."""
        kept = account(logins={"user:ada": NOW, "user:countess": NOW})
        stores.accounts.create(kept)
        dead = died(stores, death)
        before = snapshot()
        with pytest.raises(InvalidToken):
            self.change(stores, what, dead)
        assert snapshot() == before

    def test_s2_a_session_speaks_for_its_own_account(self, stores: Stores, snapshot: Snapshot) -> None:
        """S2: a living session of the same id, but of another account, is none."""
        stores.accounts.create(account(GRACE, {"user:grace": NOW}))
        before = snapshot()
        with pytest.raises(InvalidToken):
            stores.accounts.bind(session(account_id=GRACE), "user:admiral", NOW)
        assert snapshot() == before

    @staticmethod
    def change(stores: Stores, what: str, by: Session) -> None:
        """One of the changes that a session makes."""
        kept = account(logins={"user:ada": NOW, "user:countess": NOW})
        if what == "bind":
            stores.accounts.bind(by, "user:lovelace", NOW)
        elif what == "unbind":
            stores.accounts.unbind(by, kept, "user:countess", NOW)
        elif what == "set_password":
            stores.passwords.set(by, kept, "hash", NOW)
        else:
            stores.passwords.remove(by, kept, NOW)
