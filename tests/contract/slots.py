"""What flows rely on in slots (R1.7; A1, A4)."""

from datetime import datetime

import pytest

from nod.domain.limits import Slot
from nod.errors import SlowDown
from tests.builders import LIFETIME, NOW, account, after
from tests.contract.stores import Snapshot, Stores


def slot(sign_in_id: str, *, expires_at: datetime = NOW + LIFETIME, mark: str = "-") -> Slot:
    """The slot of a sign-in."""
    return Slot(sign_in_id, int(expires_at.timestamp()), mark)


class SlotsContract:
    """What a login has open. Nobody of these tests has an account, unless one says so."""

    def test_the_first_slot_has_no_others(self, stores: Stores) -> None:
        """Where nothing is open, no code is taken."""
        assert stores.slots.take("user:ada", slot("ONE"), NOW) == frozenset()

    def test_r1_7_taking_one_shows_the_marks_of_the_others(self, stores: Stores) -> None:
        """R1.7: what the other open sign-ins of the login show is known, so that codes can be told apart."""
        stores.slots.take("user:ada", slot("ONE", mark="aa"), NOW)
        stores.slots.take("user:ada", slot("TWO", mark="bb"), NOW)
        stores.slots.take("tel:+447700900123", slot("ELSEWHERE", mark="cc"), NOW)
        assert stores.slots.take("user:ada", slot("THREE", mark="dd"), NOW) == {"aa", "bb"}

    def test_a1_a_login_has_three_slots(self, stores: Stores) -> None:
        """A1: the fourth open sign-in is refused until the first of them expires, and takes nothing."""
        for number in range(3):
            stores.slots.take("user:ada", slot(f"ID{number}", expires_at=after(60 + number), mark=f"m{number}"), NOW)
        for _ in range(2):
            with pytest.raises(SlowDown) as refusal:
                stores.slots.take("user:ada", slot("FOURTH"), NOW)
            assert refusal.value.retry_after == 60
        assert stores.slots.take("tel:+447700900123", slot("ANOTHER"), NOW) == frozenset()
        assert stores.slots.take("user:ada", slot("FOURTH"), after(60)) == {"m1", "m2"}

    @pytest.mark.parametrize("others", [0, 1, 2])
    def test_a_slot_that_is_taken_again_is_the_same(self, stores: Stores, snapshot: Snapshot, others: int) -> None:
        """Where the answer was lost the write is sent again: it has the slot, be it the last one."""
        for number in range(others):
            stores.slots.take("user:ada", slot(f"ID{number}", mark=f"m{number}"), NOW)
        marks = stores.slots.take("user:ada", slot("MINE", mark="mine"), NOW)
        before = snapshot()
        assert stores.slots.take("user:ada", slot("MINE", mark="mine"), NOW) == marks
        assert snapshot() == before

    def test_a_released_slot_is_free(self, stores: Stores) -> None:
        """A sign-in that is over makes room for the next one, and its mark is forgotten."""
        slots = [slot(f"ID{number}", mark=f"mark{number}") for number in range(3)]
        for one in slots:
            stores.slots.take("user:ada", one, NOW)
        stores.slots.release("user:ada", slots[1].text)
        assert stores.slots.take("user:ada", slot("FOURTH", mark="mark3"), NOW) == {"mark0", "mark2"}

    def test_releasing_what_is_not_held_does_nothing(self, stores: Stores, snapshot: Snapshot) -> None:
        """Releasing twice, or for a login that was never asked for, is no error and keeps nothing."""
        stores.slots.take("user:ada", slot("ONE", mark="aa"), NOW)
        before = snapshot()
        for _ in range(2):
            stores.slots.release("user:ada", slot("OTHER").text)
            stores.slots.release("user:grace", slot("ONE").text)
        assert snapshot() == before
        assert stores.slots.take("user:ada", slot("TWO"), NOW) == {"aa"}

    def test_the_last_one_released_leaves_room_for_three(self, stores: Stores) -> None:
        """A login that had something open is afterwards like one that never had."""
        stores.slots.take("user:ada", slot("ONE"), NOW)
        stores.slots.release("user:ada", slot("ONE").text)
        for number in range(3):
            assert len(stores.slots.take("user:ada", slot(f"ID{number}", mark=f"m{number}"), NOW)) == number

    def test_slots_of_expired_sign_ins_make_room(self, stores: Stores) -> None:
        """A sign-in that nobody closed gives way when its time is over; those still open do not."""
        for number, seconds in enumerate((60, 60, 120)):
            stores.slots.take("user:ada", slot(f"ID{number}", expires_at=after(seconds), mark=f"m{number}"), NOW)
        assert stores.slots.take("user:ada", slot("FOURTH", expires_at=after(180), mark="m3"), after(60)) == {"m2"}
        assert stores.slots.take("user:ada", slot("FIFTH", expires_at=after(180)), after(60)) == {"m2", "m3"}
        with pytest.raises(SlowDown):
            stores.slots.take("user:ada", slot("SIXTH", expires_at=after(180)), after(60))

    def test_a4_slots_have_nothing_to_do_with_accounts(self, stores: Stores) -> None:
        """A4: a login has the same three slots before and after somebody has it, and taking one makes no login."""
        stores.slots.take("user:grace", slot("ONE", mark="aa"), NOW)
        assert stores.logins.find("user:grace") is None
        stores.accounts.create(account("ACCOUNT-OF-GRACE", {"user:grace": NOW}))
        assert stores.slots.take("user:grace", slot("TWO", mark="bb"), NOW) == {"aa"}
        known = stores.logins.find("user:grace")
        assert known is not None
        assert known.account_id == "ACCOUNT-OF-GRACE"
