"""What flows rely on in accounts (R1.2)."""

import pytest

from nod.errors import LastLogin, LoginTaken, UnknownLogin
from tests.builders import (
    ADA,
    GRACE,
    NOW,
    account,
    after,
)
from tests.contract.stores import Stores


class AccountsContract:
    """Accounts and their bound logins."""

    def test_an_account_is_kept_with_its_logins(self, stores: Stores) -> None:
        """Every field comes back, and its logins lead to it."""
        kept = account(logins={"user:ada": NOW, "tel:+447700900123": after(1)}, password_hash="scrypt$...")
        stores.accounts.create(kept)
        assert stores.accounts.get(ADA) == kept
        assert stores.logins.account_of("tel:+447700900123") == ADA
        assert stores.accounts.get(GRACE) is None

    def test_a_login_has_one_account(self, stores: Stores) -> None:
        """Where any of its logins is taken an account is not made, nor any of its other logins."""
        stores.accounts.create(account())
        with pytest.raises(LoginTaken):
            stores.accounts.create(account(GRACE, {"user:grace": NOW, "user:ada": NOW}))
        assert stores.accounts.get(GRACE) is None
        assert stores.logins.account_of("user:grace") is None
        assert stores.logins.account_of("user:ada") == ADA

    def test_r1_2_a_login_is_bound(self, stores: Stores) -> None:
        """R1.2: a further login leads to the account, which knows since when."""
        stores.accounts.create(account())
        stores.accounts.bind(ADA, "user:countess", after(5))
        assert stores.logins.account_of("user:countess") == ADA
        assert stores.accounts.get(ADA) == account(logins={"user:ada": NOW, "user:countess": after(5)})

    def test_a_taken_login_is_not_bound(self, stores: Stores) -> None:
        """A login of another account, or of this one, is taken; nothing changes."""
        stores.accounts.create(account())
        stores.accounts.create(account(GRACE, {"user:grace": NOW}))
        for login in ("user:grace", "user:ada"):
            with pytest.raises(LoginTaken):
                stores.accounts.bind(ADA, login, after(5))
        assert stores.accounts.get(ADA) == account()
        assert stores.logins.account_of("user:grace") == GRACE

    def test_a_login_is_unbound(self, stores: Stores) -> None:
        """It leads nowhere then, and is free for another account."""
        kept = account(logins={"user:ada": NOW, "user:countess": after(5)})
        stores.accounts.create(kept)
        stores.accounts.unbind(kept, "user:ada")
        assert stores.logins.account_of("user:ada") is None
        assert stores.accounts.get(ADA) == account(logins={"user:countess": after(5)})
        stores.accounts.create(account(GRACE, {"user:ada": NOW}))
        assert stores.logins.account_of("user:ada") == GRACE

    def test_the_last_login_stays(self, stores: Stores) -> None:
        """An account without a login could never be reached again."""
        stores.accounts.create(account())
        with pytest.raises(LastLogin):
            stores.accounts.unbind(account(), "user:ada")
        assert stores.logins.account_of("user:ada") == ADA
        assert stores.accounts.get(ADA) == account()

    def test_the_last_login_stays_also_in_a_race(self, stores: Stores) -> None:
        """Two removals that each saw two logins leave one."""
        seen = account(logins={"user:ada": NOW, "user:countess": NOW})
        stores.accounts.create(seen)
        stores.accounts.unbind(seen, "user:ada")
        with pytest.raises(LastLogin):
            stores.accounts.unbind(seen, "user:countess")
        assert stores.logins.account_of("user:countess") == ADA

    def test_what_is_not_bound_cannot_be_unbound(self, stores: Stores) -> None:
        """A foreign login, an unknown one, and one that was unbound meanwhile are unknown to the account."""
        seen = account(logins={"user:ada": NOW, "user:countess": NOW, "user:lovelace": NOW})
        stores.accounts.create(seen)
        stores.accounts.create(account(GRACE, {"user:grace": NOW}))
        for login in ("user:grace", "user:nobody"):
            with pytest.raises(UnknownLogin):
                stores.accounts.unbind(seen, login)
        stores.accounts.unbind(seen, "user:ada")
        with pytest.raises(UnknownLogin):
            stores.accounts.unbind(seen, "user:ada")
        assert stores.logins.account_of("user:grace") == GRACE

    def test_an_account_that_is_not_there_gets_no_login(self, stores: Stores) -> None:
        """Binding to nothing makes neither a login nor an account."""
        with pytest.raises(LoginTaken):
            stores.accounts.bind(ADA, "user:ada", NOW)
        assert stores.logins.account_of("user:ada") is None
        assert stores.accounts.get(ADA) is None
