"""What flows rely on in the devices that accounts know (R4.1)."""

import pytest

from nod.domain.accounts import Account
from nod.domain.limits import DEVICES_PER_ACCOUNT
from nod.domain.logins import KnownLogin
from nod.errors import InvalidToken, LastLogin, UnknownLogin
from tests.builders import ADA, GRACE, GRACES_PHONE, NOW, account, after, session
from tests.contract.stores import DEATHS, Snapshot, Stores, died

LAPTOP, TABLET = "device:laptop-7", "device:tablet-3"


class KnownDevicesContract:
    """Devices as logins of an account by which nobody signs in."""

    @pytest.fixture(autouse=True)
    def _both_are_signed_in(self, stores: Stores) -> None:
        stores.accounts.create(account())
        stores.accounts.create(account(GRACE, {"user:grace": NOW}))
        stores.sessions.put(session())
        stores.sessions.put(session(GRACES_PHONE.session_id, GRACE))

    def test_r4_1_a_device_becomes_known(self, stores: Stores) -> None:
        """R4.1: its id leads to the account, which knows since when, apart from its logins."""
        stores.accounts.know_device(session(), LAPTOP, after(5))
        stores.accounts.know_device(session(), TABLET, after(6))
        assert stores.logins.find(LAPTOP) == KnownLogin(ADA, after(5))
        assert stores.accounts.get(ADA) == account(devices={LAPTOP: after(5), TABLET: after(6)})

    def test_r4_1_a_known_device_stays_as_it_is(self, stores: Stores, snapshot: Snapshot) -> None:
        """R4.1: the first account that knows it keeps it; knowing it once more is no error, and changes nothing."""
        stores.accounts.know_device(session(), LAPTOP, after(5))
        before = snapshot()
        stores.accounts.know_device(session(), LAPTOP, after(6))
        stores.accounts.know_device(session(GRACES_PHONE.session_id, GRACE), LAPTOP, after(6))
        assert snapshot() == before

    @pytest.mark.parametrize("death", DEATHS)
    def test_s2_a_dead_session_s_device_stays_unknown(self, stores: Stores, snapshot: Snapshot, death: str) -> None:
        """S2: a session that was ended meanwhile leaves nothing behind, and none of it is an error."""
        dead = died(stores, death)
        before = snapshot()
        stores.accounts.know_device(dead, LAPTOP, NOW)
        assert snapshot() == before

    def test_r4_1_an_account_that_is_not_there_knows_no_device(self, stores: Stores, snapshot: Snapshot) -> None:
        """R4.1: neither a login nor an account is made."""
        stores.sessions.put(session("NOBODYS", "NO-ACCOUNT"))
        before = snapshot()
        stores.accounts.know_device(session("NOBODYS", "NO-ACCOUNT"), LAPTOP, NOW)
        assert snapshot() == before

    def test_r4_1_a_full_account_knows_no_more(self, stores: Stores, snapshot: Snapshot) -> None:
        """R4.1, S4: it forgets none for another, whose place a thief could take; once one was forgotten it has room."""
        full = self.filled(stores)
        before = snapshot()
        for device in ("device:0", f"device:{DEVICES_PER_ACCOUNT - 1}", LAPTOP):
            stores.accounts.know_device(session(), device, after(100))
        assert snapshot() == before
        stores.accounts.unbind(session(), full, "device:7", NOW)
        stores.accounts.know_device(session(), LAPTOP, after(100))
        assert stores.logins.find(LAPTOP) == KnownLogin(ADA, after(100))

    # Forgetting.

    def test_r4_1_a_device_is_forgotten(self, stores: Stores) -> None:
        """R4.1: though it be the last; its id leads nowhere then, and another account may know it."""
        stores.accounts.know_device(session(), LAPTOP, after(5))
        stores.accounts.unbind(session(), account(devices={LAPTOP: after(5)}), LAPTOP, NOW)
        assert stores.logins.find(LAPTOP) is None
        assert stores.accounts.get(ADA) == account()
        stores.accounts.know_device(session(GRACES_PHONE.session_id, GRACE), LAPTOP, after(9))
        assert stores.logins.find(LAPTOP) == KnownLogin(GRACE, after(9))

    def test_r4_1_devices_are_no_logins_to_be_left_with(self, stores: Stores, snapshot: Snapshot) -> None:
        """R4.1: the last login stays, however many devices there are."""
        for number in range(2):
            stores.accounts.know_device(session(), f"device:{number}", NOW)
        kept = stores.accounts.get(ADA)
        assert kept is not None
        before = snapshot()
        with pytest.raises(LastLogin):
            stores.accounts.unbind(session(), kept, "user:ada", NOW)
        stores.accounts.release(kept, "user:ada")
        assert snapshot() == before

    def test_r4_1_what_was_forgotten_meanwhile_is_unknown(self, stores: Stores, snapshot: Snapshot) -> None:
        """R4.1: also where it became known anew since, to this account or another."""
        seen = account(devices={LAPTOP: after(5), TABLET: after(5)})
        stores.accounts.know_device(session(), TABLET, after(6))
        stores.accounts.know_device(session(GRACES_PHONE.session_id, GRACE), LAPTOP, after(5))
        before = snapshot()
        for device in (LAPTOP, TABLET, "device:never-seen"):
            with pytest.raises(UnknownLogin):
                stores.accounts.unbind(session(), seen, device, NOW)
        for device in (LAPTOP, TABLET):
            stores.accounts.release(seen, device)
        assert snapshot() == before

    @pytest.mark.parametrize("death", DEATHS)
    def test_s2_a_dead_session_forgets_no_device(self, stores: Stores, snapshot: Snapshot, death: str) -> None:
        """S2: it takes nothing from its account."""
        stores.accounts.know_device(session(), LAPTOP, after(5))
        dead = died(stores, death)
        before = snapshot()
        with pytest.raises(InvalidToken):
            stores.accounts.unbind(dead, account(devices={LAPTOP: after(5)}), LAPTOP, NOW)
        assert snapshot() == before

    def test_t7_a_device_is_released(self, stores: Stores) -> None:
        """T7: without a session of anybody's; doing it once more is no error."""
        stores.accounts.know_device(session(), LAPTOP, after(5))
        stores.accounts.know_device(session(), TABLET, after(6))
        seen = account(devices={LAPTOP: after(5), TABLET: after(6)})
        for _ in range(2):
            stores.accounts.release(seen, LAPTOP)
        assert stores.logins.find(LAPTOP) is None
        assert stores.accounts.get(ADA) == account(devices={TABLET: after(6)})

    def test_r4_1_an_account_s_other_changes_leave_its_devices(self, stores: Stores) -> None:
        """R4.1: binding a login and setting a password."""
        stores.accounts.know_device(session(), LAPTOP, after(5))
        stores.accounts.bind(session(), "user:countess", after(6))
        stores.passwords.set(session(), account(), "hash", after(7))
        kept = stores.accounts.get(ADA)
        assert kept is not None
        assert kept.devices == {LAPTOP: after(5)}
        assert set(kept.logins) == {"user:ada", "user:countess"}

    @staticmethod
    def filled(stores: Stores) -> Account:
        """Ada's account with as many devices as it can know, the oldest of which is `device:0`."""
        for number in range(DEVICES_PER_ACCOUNT):
            stores.accounts.know_device(session(), f"device:{number}", after(number))
        kept = stores.accounts.get(ADA)
        assert kept is not None
        assert len(kept.devices) == DEVICES_PER_ACCOUNT
        return kept
