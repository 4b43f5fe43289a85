"""What flows rely on in logins (R1.2, R1.6, R1.7; A1, A12)."""

from datetime import datetime, timedelta

import pytest

from nod.domain.limits import FIRST_HOLD, LONGEST_HOLD, Slot
from nod.domain.logins import KnownLogin
from nod.errors import SlowDown, UnknownLogin
from tests.builders import (
    ADA,
    GRACE,
    LIFETIME,
    NOW,
    account,
    after,
)
from tests.contract.stores import Stores

HOUR = timedelta(hours=1)


def slot(sign_in_id: str, *, expires_at: datetime = NOW + LIFETIME, mark: str = "-") -> Slot:
    """The slot of a sign-in."""
    return Slot(sign_in_id, int(expires_at.timestamp()), mark)


class LoginsContract:
    """Who a login belongs to, what it has open, and how reports hold it back."""

    @pytest.fixture(autouse=True)
    def _ada_has_an_account(self, stores: Stores) -> None:
        stores.accounts.create(account(logins={"user:ada": NOW, "tel:+447700900123": NOW}))

    def test_r1_2_each_bound_login_leads_to_the_account(self, stores: Stores) -> None:
        """R1.2: any login of an account is resolved to it, and an unknown one to none."""
        assert stores.logins.find("user:ada") == KnownLogin(ADA)
        assert stores.logins.find("tel:+447700900123") == KnownLogin(ADA)
        assert stores.logins.find("user:grace") is None

    def test_claiming_resolves_the_login(self, stores: Stores) -> None:
        """Taking a slot tells whose login it is, and that nothing else is open."""
        claim = stores.logins.claim("user:ada", slot("ONE"), NOW)
        assert (claim.account_id, claim.other_marks) == (ADA, frozenset())

    def test_r1_6_an_unknown_login_cannot_be_claimed(self, stores: Stores) -> None:
        """R1.6: nobody's login has no slots, and asking for it leaves nothing behind."""
        for _ in range(2):
            with pytest.raises(UnknownLogin):
                stores.logins.claim("user:grace", slot("ONE"), NOW)
        assert stores.logins.find("user:grace") is None

    def test_r1_7_a_claim_shows_the_marks_of_the_others(self, stores: Stores) -> None:
        """R1.7: what the other open sign-ins of the login show is known, so that codes can be told apart."""
        stores.logins.claim("user:ada", slot("ONE", mark="aa"), NOW)
        stores.logins.claim("user:ada", slot("TWO", mark="bb"), NOW)
        stores.logins.claim("tel:+447700900123", slot("ELSEWHERE", mark="cc"), NOW)
        claim = stores.logins.claim("user:ada", slot("THREE", mark="dd"), NOW)
        assert claim.other_marks == {"aa", "bb"}

    def test_a1_a_login_has_three_slots(self, stores: Stores) -> None:
        """A1: the fourth open sign-in is refused until the first of them expires, and takes nothing."""
        for number in range(3):
            stores.logins.claim("user:ada", slot(f"ID{number}", expires_at=after(60 + number)), NOW)
        for _ in range(2):
            with pytest.raises(SlowDown) as refusal:
                stores.logins.claim("user:ada", slot("FOURTH"), NOW)
            assert refusal.value.retry_after == 60
        assert stores.logins.claim("tel:+447700900123", slot("ANOTHER"), NOW).account_id == ADA

    def test_a_released_slot_is_free(self, stores: Stores) -> None:
        """A sign-in that is over makes room for the next one, and its mark is forgotten."""
        slots = [slot(f"ID{number}", mark=f"mark{number}") for number in range(3)]
        for one in slots:
            stores.logins.claim("user:ada", one, NOW)
        stores.logins.release("user:ada", slots[1].text)
        claim = stores.logins.claim("user:ada", slot("FOURTH", mark="mark3"), NOW)
        assert claim.other_marks == {"mark0", "mark2"}

    def test_releasing_what_is_not_held_does_nothing(self, stores: Stores) -> None:
        """Releasing twice, or for a login that nobody has, is no error and makes no login."""
        stores.logins.claim("user:ada", slot("ONE", mark="aa"), NOW)
        for _ in range(2):
            stores.logins.release("user:ada", slot("OTHER").text)
            stores.logins.release("user:grace", slot("ONE").text)
        assert stores.logins.claim("user:ada", slot("TWO"), NOW).other_marks == {"aa"}
        assert stores.logins.find("user:grace") is None

    def test_slots_of_expired_sign_ins_make_room(self, stores: Stores) -> None:
        """A sign-in that nobody closed gives way when its time is over; those still open do not."""
        for number, seconds in enumerate((60, 60, 120)):
            stores.logins.claim("user:ada", slot(f"ID{number}", expires_at=after(seconds), mark=f"m{number}"), NOW)
        claim = stores.logins.claim("user:ada", slot("FOURTH", expires_at=after(180), mark="m3"), after(60))
        assert claim.other_marks == {"m2"}
        assert stores.logins.claim("user:ada", slot("FIFTH", expires_at=after(180)), after(60)).account_id == ADA
        with pytest.raises(SlowDown):
            stores.logins.claim("user:ada", slot("SIXTH", expires_at=after(180)), after(60))

    def test_a12_a_report_holds_the_login_back(self, stores: Stores) -> None:
        """A12: for 15 minutes after a report no sign-in can be opened for that login, and then it can again."""
        stores.logins.hold("user:ada", NOW)
        with pytest.raises(SlowDown) as refusal:
            stores.logins.claim("user:ada", slot("EARLY"), after(1))
        assert refusal.value.retry_after == 900
        assert stores.logins.claim("tel:+447700900123", slot("OTHER"), after(1)).account_id == ADA
        with pytest.raises(SlowDown):
            stores.logins.claim("user:ada", slot("EARLY"), NOW + FIRST_HOLD - timedelta(seconds=1))
        later = NOW + FIRST_HOLD
        assert stores.logins.claim("user:ada", slot("LATE", expires_at=later + LIFETIME), later).account_id == ADA

    def test_a12_each_report_holds_twice_as_long(self, stores: Stores) -> None:
        """A12: 15 minutes, 30, 60, ... and never more than 24 hours, however many reports there are."""
        now, held = NOW, []
        for number in range(40):
            stores.logins.hold("user:ada", now)
            with pytest.raises(SlowDown) as refusal:
                stores.logins.claim("user:ada", slot(f"ID{number}"), now)
            wait = (refusal.value.retry_after or 0) - 1
            held.append(wait // 60)
            now += timedelta(seconds=wait)
            begun = slot(f"ID{number}", expires_at=now + LIFETIME)
            stores.logins.claim("user:ada", begun, now)
            stores.logins.release("user:ada", begun.text)
        assert held[:9] == [15, 30, 60, 120, 240, 480, 960, 1440, 1440]
        assert set(held[9:]) == {1440}

    def test_a12_reports_during_a_hold_prolong_it(self, stores: Stores) -> None:
        """A12: three sign-ins that were open at once, each reported, hold back for the longest of the three."""
        for seconds in range(3):
            stores.logins.hold("user:ada", after(seconds))
        with pytest.raises(SlowDown) as refusal:
            stores.logins.claim("user:ada", slot("ONE"), after(2))
        assert refusal.value.retry_after == 3600 + 1

    def test_a12_no_number_of_reports_outgrows_the_longest_hold(self, stores: Stores) -> None:
        """A12: however often a login is reported, it can be read, and is free again after a day."""
        for _ in range(70):
            stores.logins.hold("user:ada", NOW)
        known = stores.logins.find("user:ada")
        assert known is not None
        assert known.held_until == NOW + LONGEST_HOLD

    def test_a12_trust_starts_the_holds_afresh(self, stores: Stores) -> None:
        """A12: after a success the next report holds back for the shortest time again."""
        stores.logins.hold("user:ada", NOW)
        stores.logins.hold("user:ada", NOW)
        stores.logins.trust("user:ada")
        stores.logins.hold("user:ada", NOW + HOUR)
        with pytest.raises(SlowDown) as refusal:
            stores.logins.claim("user:ada", slot("ONE"), NOW + HOUR)
        assert refusal.value.retry_after == 900 + 1

    def test_holding_and_trusting_make_no_login(self, stores: Stores) -> None:
        """A login that was unbound meanwhile is not brought back."""
        stores.logins.hold("user:grace", NOW)
        stores.logins.trust("user:grace")
        assert stores.logins.find("user:grace") is None
        stores.accounts.create(account(GRACE, {"user:grace": NOW}))
        assert stores.logins.claim("user:grace", slot("ONE"), NOW).account_id == GRACE
