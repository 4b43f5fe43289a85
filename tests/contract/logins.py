"""What flows rely on in logins (R1.2; A12)."""

from datetime import timedelta

import pytest

from nod.domain.limits import FIRST_HOLD, LONGEST_HOLD
from nod.domain.logins import KnownLogin
from tests.builders import (
    ADA,
    GRACE,
    NOW,
    account,
    after,
)
from tests.contract.stores import Stores

HOUR = timedelta(hours=1)


class LoginsContract:
    """Who a login belongs to, and how reports hold it back."""

    @pytest.fixture(autouse=True)
    def _ada_has_an_account(self, stores: Stores) -> None:
        stores.accounts.create(account(logins={"user:ada": NOW, "tel:+447700900123": NOW}))

    def test_r1_2_each_bound_login_leads_to_the_account(self, stores: Stores) -> None:
        """R1.2: any login of an account is resolved to it, and an unknown one to none."""
        assert stores.logins.find("user:ada") == KnownLogin(ADA, NOW)
        assert stores.logins.find("tel:+447700900123") == KnownLogin(ADA, NOW)
        assert stores.logins.find("user:grace") is None

    def test_strangers_are_told_the_same(self, stores: Stores) -> None:
        """R1.2: who only knows a login finds whose it is as everybody does, and makes nothing by asking."""
        stores.logins.hold("user:ada", NOW)
        for login in ("user:ada", "tel:+447700900123", "user:grace"):
            assert stores.logins.find_for_stranger(login) == stores.logins.find(login)
        assert stores.logins.find("user:grace") is None

    def test_a12_a_report_holds_the_login_back(self, stores: Stores) -> None:
        """A12: for 15 minutes after a report nobody is prompted for that login; its others are free."""
        stores.logins.hold("user:ada", NOW)
        known = self.known(stores)
        assert known.held_until == NOW + FIRST_HOLD
        assert known.seconds_held(after(1)) == 900
        assert known.is_held(NOW + FIRST_HOLD - timedelta(microseconds=1))
        assert not known.is_held(NOW + FIRST_HOLD)
        assert self.known(stores, "tel:+447700900123").held_until is None

    def test_a12_each_report_holds_twice_as_long(self, stores: Stores) -> None:
        """A12: 15 minutes, 30, 60, ... and never more than 24 hours, however many reports there are."""
        now, held = NOW, []
        for _ in range(40):
            stores.logins.hold("user:ada", now)
            wait = self.known(stores).seconds_held(now) - 1
            held.append(wait // 60)
            now += timedelta(seconds=wait)
        assert held[:9] == [15, 30, 60, 120, 240, 480, 960, 1440, 1440]
        assert set(held[9:]) == {1440}

    def test_a12_reports_during_a_hold_prolong_it(self, stores: Stores) -> None:
        """A12: three sign-ins that were open at once, each reported, hold back for the longest of the three."""
        for seconds in range(3):
            stores.logins.hold("user:ada", after(seconds))
        assert self.known(stores).held_until == after(2) + 4 * FIRST_HOLD

    def test_a12_no_number_of_reports_outgrows_the_longest_hold(self, stores: Stores) -> None:
        """A12: however often a login is reported, it can be read, and is free again after a day."""
        for seconds in range(70):
            stores.logins.hold("user:ada", after(seconds))
        assert self.known(stores).held_until == after(69) + LONGEST_HOLD

    @pytest.mark.parametrize("earlier", [0, 1, 10])
    def test_a12_a_hold_that_is_repeated_is_the_same(self, stores: Stores, earlier: int) -> None:
        """A12: one report whose write is sent several times holds back once, and the next one for twice as long."""
        for number in range(earlier):
            stores.logins.hold("user:ada", after(number - earlier))
        length = min(2**earlier * FIRST_HOLD, LONGEST_HOLD)
        for _ in range(4):
            stores.logins.hold("user:ada", NOW)
            assert self.known(stores).held_until == NOW + length
        stores.logins.hold("user:ada", after(1))
        assert self.known(stores).held_until == after(1) + min(2 * length, LONGEST_HOLD)

    def test_a12_trust_starts_the_holds_afresh(self, stores: Stores) -> None:
        """A12: after a success the next report holds back for the shortest time again."""
        stores.logins.hold("user:ada", NOW)
        stores.logins.hold("user:ada", NOW)
        stores.logins.trust("user:ada")
        stores.logins.hold("user:ada", NOW + HOUR)
        assert self.known(stores).held_until == NOW + HOUR + FIRST_HOLD

    def test_holding_and_trusting_make_no_login(self, stores: Stores) -> None:
        """A login that was unbound meanwhile is not brought back."""
        stores.logins.hold("user:grace", NOW)
        stores.logins.trust("user:grace")
        assert stores.logins.find("user:grace") is None
        stores.accounts.create(account(GRACE, {"user:grace": NOW}))
        assert self.known(stores, "user:grace") == KnownLogin(GRACE, NOW)

    @staticmethod
    def known(stores: Stores, login: str = "user:ada") -> KnownLogin:
        """A login that is somebody's."""
        known = stores.logins.find(login)
        assert known is not None
        return known
