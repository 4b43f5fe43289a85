"""What flows rely on in bindings that are under way (R1.2)."""

from datetime import datetime, timedelta

import msgspec
import pytest

from nod.domain.bindings import BINDING_LIFETIME, Binding
from nod.domain.logins import KnownLogin
from nod.errors import AccountFull, Expired, InvalidToken, LoginTaken, NodError, UnknownLogin
from tests.builders import ADA, GRACE, NOW, account, after, mailed_binding, message, session, texted_binding
from tests.contract.stores import DEATHS, LIMIT, Snapshot, Stores, died

END = NOW + BINDING_LIFETIME
replace = msgspec.structs.replace
LAST_MOMENT = END - timedelta(microseconds=1)
BINDINGS = [texted_binding(), mailed_binding()]


class BindingsContract:
    """Logins that wait to be proven."""

    @pytest.fixture(autouse=True)
    def _ada_is_signed_in(self, stores: Stores) -> None:
        stores.accounts.create(account())
        stores.sessions.put(session())

    @pytest.mark.parametrize("binding", BINDINGS)
    def test_r1_2_a_binding_is_kept(self, stores: Stores, binding: Binding) -> None:
        """R1.2: every field comes back, also after its time; what is not kept is none."""
        stores.bindings.put(binding)
        assert stores.bindings.get(binding.binding_id) == binding
        assert stores.bindings.get("ANOTHER") is None

    def test_a_new_code_replaces_the_old(self, stores: Stores) -> None:
        """Whoever asks again gets a binding that begins anew, with all of its tries."""
        stores.bindings.put(mailed_binding("111111", tries_left=0))
        stores.bindings.put(mailed_binding("222222"))
        assert stores.bindings.get(mailed_binding().binding_id) == mailed_binding("222222")

    def test_tries_are_taken_one_by_one(self, stores: Stores, snapshot: Snapshot) -> None:
        """Each try is used up before its code is looked at, so that there are three, however many come at once."""
        binding = mailed_binding()
        stores.bindings.put(binding)
        taken = [stores.bindings.take_try(binding.binding_id, after(number)) for number in range(3)]
        assert taken == [mailed_binding(tries_left=left) for left in (2, 1, 0)]
        before = snapshot()
        with pytest.raises(UnknownLogin):
            stores.bindings.take_try(binding.binding_id, after(3))
        assert snapshot() == before

    @pytest.mark.parametrize("tries_left", [3, 0])
    def test_a_try_comes_too_late(self, stores: Stores, snapshot: Snapshot, tries_left: int) -> None:
        """From the moment of expiry on there is none, whether any were left or not."""
        stores.bindings.put(mailed_binding(tries_left=tries_left))
        before = snapshot()
        with pytest.raises(Expired):
            stores.bindings.take_try(mailed_binding().binding_id, END)
        assert snapshot() == before

    def test_a_binding_that_is_done_takes_no_try(self, stores: Stores, snapshot: Snapshot) -> None:
        """R1.2: it is as none; one that is asked for anew begins afresh, and is bound once."""
        stores.bindings.put(mailed_binding())
        stores.bindings.complete(mailed_binding(), NOW)
        before = snapshot()
        with pytest.raises(UnknownLogin):
            stores.bindings.take_try(mailed_binding().binding_id, NOW)
        with pytest.raises(Expired):
            stores.bindings.take_try(mailed_binding().binding_id, END)
        assert snapshot() == before
        stores.bindings.put(mailed_binding())
        assert stores.bindings.take_try(mailed_binding().binding_id, NOW).tries_left == 2
        self.refuses(stores, snapshot, LoginTaken)

    def test_a_try_in_the_last_moment_counts(self, stores: Stores) -> None:
        """A microsecond before expiry a try is one."""
        stores.bindings.put(mailed_binding())
        assert stores.bindings.take_try(mailed_binding().binding_id, LAST_MOMENT).tries_left == 2

    def test_a_try_at_nothing_makes_nothing(self, stores: Stores, snapshot: Snapshot) -> None:
        """Where no binding is under way none begins."""
        before = snapshot()
        with pytest.raises(UnknownLogin):
            stores.bindings.take_try("ANOTHER", NOW)
        assert snapshot() == before

    @pytest.mark.parametrize("binding", BINDINGS)
    def test_r1_2_completing_binds_the_login(self, stores: Stores, binding: Binding) -> None:
        """R1.2: the login leads to the account, which knows since when, and the binding is kept as done (T5)."""
        stores.bindings.put(binding)
        stores.bindings.complete(binding, LAST_MOMENT)
        assert stores.logins.find(binding.login) == KnownLogin(ADA, LAST_MOMENT)
        assert stores.accounts.get(ADA) == account(logins={"user:ada": NOW, binding.login: LAST_MOMENT})
        assert stores.bindings.get(binding.binding_id) == replace(binding, done=True)

    def test_a_binding_is_completed_once(self, stores: Stores, snapshot: Snapshot) -> None:
        """A login that was unbound since is not bound again by the same proof."""
        binding = mailed_binding()
        stores.bindings.put(binding)
        stores.bindings.complete(binding, NOW)
        bound = stores.accounts.get(ADA)
        assert bound is not None
        stores.accounts.unbind(session(), bound, binding.login, NOW)
        before = snapshot()
        with pytest.raises(Expired):
            stores.bindings.complete(binding, NOW)
        assert snapshot() == before

    def test_a_binding_is_completed_in_time(self, stores: Stores, snapshot: Snapshot) -> None:
        """From the moment of expiry on nothing is bound, though the row is still there."""
        stores.bindings.put(mailed_binding())
        self.refuses(stores, snapshot, Expired, now=END)

    @pytest.mark.parametrize("death", DEATHS)
    def test_s2_an_ended_session_binds_nothing(self, stores: Stores, snapshot: Snapshot, death: str) -> None:
        """S2: what a session asked for ends with it."""
        asked = mailed_binding(session_id=died(stores, death).session_id)
        stores.bindings.put(asked)
        self.refuses(stores, snapshot, InvalidToken, asked)

    @pytest.mark.parametrize("account_id", [ADA, GRACE])
    def test_a_login_that_was_taken_meanwhile_is_not_bound(
        self, stores: Stores, snapshot: Snapshot, account_id: str
    ) -> None:
        """Neither from another account nor a second time to this one."""
        stores.accounts.create(account(GRACE, {"user:grace": NOW}))
        stores.sessions.put(session("GRACES", GRACE))
        stores.bindings.put(mailed_binding())
        owner = session("GRACES", GRACE) if account_id == GRACE else session()
        stores.accounts.bind(owner, mailed_binding().login, NOW)
        self.refuses(stores, snapshot, LoginTaken)

    @pytest.mark.parametrize("binding", BINDINGS)
    def test_a1_an_account_that_is_full_binds_no_more(
        self, stores: Stores, snapshot: Snapshot, binding: Binding
    ) -> None:
        """A1: the write itself has room for twenty, however many were begun side by side; one less, and it binds."""
        for number in range(19):
            stores.accounts.bind(session(), f"user:ada{number}", NOW)
        stores.bindings.put(binding)
        self.refuses(stores, snapshot, AccountFull, binding)
        before = snapshot()
        with pytest.raises(AccountFull):
            stores.accounts.bind(session(), "user:one-more", NOW)
        with pytest.raises(AccountFull):
            stores.messages.bind(message(), binding, LIMIT)
        assert snapshot() == before
        full = stores.accounts.get(ADA)
        assert full is not None
        stores.accounts.unbind(session(), full, "user:ada7", NOW)
        stores.messages.bind(message(), binding, LIMIT)
        assert stores.logins.find(binding.login) == KnownLogin(ADA, NOW)

    def test_an_account_that_is_gone_gets_no_login(self, stores: Stores, snapshot: Snapshot) -> None:
        """A session whose account is not there binds nothing to it."""
        stores.sessions.put(session("ORPHAN", "NO-ACCOUNT"))
        stores.bindings.put(mailed_binding(account_id="NO-ACCOUNT", session_id="ORPHAN"))
        before = snapshot()
        with pytest.raises(LoginTaken):
            stores.bindings.complete(mailed_binding(account_id="NO-ACCOUNT", session_id="ORPHAN"), NOW)
        assert snapshot() == before

    @staticmethod
    def refuses(
        stores: Stores,
        snapshot: Snapshot,
        error: type[NodError],
        asked: Binding | None = None,
        now: datetime = NOW,
    ) -> None:
        """The binding cannot be completed, and nothing is written."""
        before = snapshot()
        with pytest.raises(error):
            stores.bindings.complete(asked or mailed_binding(), now)
        assert snapshot() == before
