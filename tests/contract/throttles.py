"""What flows rely on in throttles (A1)."""

from datetime import datetime, timedelta

import pytest

from nod.domain.limits import Limit
from nod.errors import SlowDown
from tests.builders import (
    NOW,
    after,
)
from tests.contract.stores import Stores


class ThrottlesContract:
    """Counts of what is limited."""

    limit = Limit("some", 3, timedelta(minutes=1))

    def test_a1_so_many_and_no_more(self, stores: Stores) -> None:
        """A1: the limit is reached by its last permitted occurrence, and the refusal says until when."""
        for _ in range(3):
            stores.throttles.count(self.limit, "1.2.3.4", NOW)
        for seconds in (0, 30, 59):
            with pytest.raises(SlowDown) as refusal:
                stores.throttles.count(self.limit, "1.2.3.4", after(seconds))
            assert refusal.value.retry_after == 60 - seconds

    def test_a1_the_next_window_begins_afresh(self, stores: Stores) -> None:
        """A1: counts end with their window."""
        for _ in range(3):
            stores.throttles.count(self.limit, "1.2.3.4", NOW)
        stores.throttles.count(self.limit, "1.2.3.4", after(60))
        assert self.left(stores, "1.2.3.4", after(60)) == 2

    def test_a1_subjects_and_limits_are_counted_apart(self, stores: Stores) -> None:
        """A1: what one address or login has used up is not missing to another, nor to another limit."""
        for _ in range(3):
            stores.throttles.count(self.limit, "1.2.3.4", NOW)
        assert self.left(stores, "1.2.3.5", NOW) == 3
        assert self.left(stores, "1.2.3.4", NOW, Limit("other", 3, timedelta(minutes=1))) == 3

    def test_what_came_to_nothing_is_not_counted(self, stores: Stores) -> None:
        """One can be taken back, even the one that reached the limit, and never more than there were."""
        for _ in range(3):
            stores.throttles.count(self.limit, "ada", NOW)
        stores.throttles.uncount(self.limit, "ada", NOW)
        assert self.left(stores, "ada", NOW) == 1
        for _ in range(5):
            stores.throttles.uncount(self.limit, "ada", NOW)
            stores.throttles.uncount(self.limit, "grace", NOW)
        assert self.left(stores, "ada", NOW) == 3
        assert self.left(stores, "grace", NOW) == 3

    def test_a_success_makes_the_failures_forgotten(self, stores: Stores) -> None:
        """Forgetting starts the count of that subject afresh, also where there is none."""
        for _ in range(2):
            stores.throttles.count(self.limit, "ada", NOW)
            stores.throttles.count(self.limit, "grace", NOW)
        stores.throttles.forget(self.limit, "ada", NOW)
        stores.throttles.forget(self.limit, "nobody", NOW)
        assert self.left(stores, "ada", NOW) == 3
        assert self.left(stores, "grace", NOW) == 1

    def test_a1_who_is_past_a_lasting_limit_need_not_be_counted_again(self, stores: Stores) -> None:
        """A1: what was refused is recalled in the same window, for the same subject, and only of a limit that lasts."""
        lasting = Limit("lasting", 1, timedelta(minutes=1), lasting=True)
        for limit in (lasting, self.limit):
            self.left(stores, "198.51.100.7", NOW, limit)
        with pytest.raises(SlowDown) as refusal:
            stores.throttles.recall(lasting, "198.51.100.7", after(1))
        assert refusal.value.retry_after == 59
        stores.throttles.recall(self.limit, "198.51.100.7", after(1))
        stores.throttles.recall(lasting, "198.51.100.8", after(1))
        stores.throttles.recall(lasting, "198.51.100.7", after(60))

    def test_a1_who_is_at_a_lasting_limit_is_not_past_it(self, stores: Stores) -> None:
        """A1: nothing is recalled before something was refused."""
        lasting = Limit("lasting", 1, timedelta(minutes=1), lasting=True)
        stores.throttles.count(lasting, "198.51.100.9", NOW)
        stores.throttles.recall(lasting, "198.51.100.9", NOW)

    @staticmethod
    def left(stores: Stores, subject: str, now: datetime, limit: Limit = limit) -> int:
        """How many more are permitted, all of which are used up by this."""
        for used in range(limit.count + 1):
            try:
                stores.throttles.count(limit, subject, now)
            except SlowDown:
                return used
        raise AssertionError("there is no limit")
