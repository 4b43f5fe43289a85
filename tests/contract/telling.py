"""What flows rely on where messages bind numbers, and are told of until they were told of once (R1.2, R3.3; T4)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from nod.domain.bindings import BINDING_LIFETIME
from nod.domain.logins import KnownLogin
from nod.domain.texts import Repeated, SeenMessage
from nod.errors import Expired, LoginTaken, SlowDown
from tests.builders import ADA, ADAS_NUMBER, ADAS_PHONE, GRACE, NOW, account, after, message, session, texted_binding
from tests.contract.stores import LIMIT, Snapshot, Stores

NUMBER = f"tel:{ADAS_NUMBER}"
WORK_TIME = timedelta(seconds=35)


class TellingContract:
    """What a message was, so that it acts once, and that its sender is told."""

    # A binding.

    def test_r1_2_a_message_binds_its_number(self, stores: Stores) -> None:
        """R1.2: the login, the account and the claim appear together, and the binding is kept as done (T5)."""
        self.binding(stores)
        stores.messages.bind(message(now=after(5)), texted_binding(), LIMIT)
        assert stores.logins.find(NUMBER) == KnownLogin(ADA, after(5))
        assert stores.accounts.get(ADA) == account(logins={"user:ada": NOW, NUMBER: after(5)})
        assert stores.bindings.get("BINDING") == texted_binding(done=True)
        assert stores.messages.seen("message") == SeenMessage(after(5), "bound", after(5) + WORK_TIME)

    @pytest.mark.parametrize(
        ("spoil", "error"),
        [
            (lambda stores: stores.messages.claim(message(), "unknown"), Repeated),
            (lambda stores: stores.bindings.complete(texted_binding(), NOW), Expired),
            (lambda stores: stores.bindings.put(texted_binding(expires_at=NOW)), Expired),
            (lambda stores: stores.sessions.expire(ADA, ADAS_PHONE.session_id, NOW), Expired),
            (lambda stores: stores.accounts.create(account(GRACE, {NUMBER: NOW})), LoginTaken),
        ],
        ids=["repeated", "used", "expired", "session ended", "taken"],
    )
    def test_nothing_is_bound_where_a_condition_fails(
        self, stores: Stores, snapshot: Snapshot, spoil: Callable[[Stores], Any], error: type[Exception]
    ) -> None:
        """T4: a message claimed before, a binding used or late, a session ended, a number taken: nothing is written."""
        self.binding(stores)
        spoil(stores)
        before = snapshot()
        with pytest.raises(error):
            stores.messages.bind(message(), texted_binding(), LIMIT)
        assert snapshot() == before

    def test_a_binding_in_the_last_moment_counts(self, stores: Stores) -> None:
        """A microsecond before its expiry a binding is bound."""
        self.binding(stores)
        in_time = message(now=NOW + BINDING_LIFETIME - timedelta(microseconds=1))
        stores.messages.bind(in_time, texted_binding(), LIMIT)
        assert stores.logins.find(NUMBER) == KnownLogin(ADA, in_time.received_at)

    def test_a1_a_number_is_bound_so_often_and_no_more(self, stores: Stores, snapshot: Snapshot) -> None:
        """A1: each binding is told by a text; past the limit nothing is written, and another number is bound still."""
        self.binding(stores)
        for number in range(LIMIT.count):
            stores.bindings.put(texted_binding())
            stores.messages.bind(message(f"message {number}"), texted_binding(), LIMIT)
            bound = stores.accounts.get(ADA)
            assert bound is not None
            stores.accounts.release(bound, NUMBER)
        stores.bindings.put(texted_binding())
        before = snapshot()
        with pytest.raises(SlowDown):
            stores.messages.bind(message(), texted_binding(), LIMIT)
        assert snapshot() == before
        another = texted_binding(login="tel:+447700900999")
        stores.bindings.put(another)
        stores.messages.bind(message(), another, LIMIT)

    # Telling.

    def test_t4_a_message_is_claimed_once(self, stores: Stores, snapshot: Snapshot) -> None:
        """T4: what came of a message is what the first claim says, and others' messages are their own."""
        assert stores.messages.seen("message") is None
        stores.messages.claim(message(), "unknown")
        before = snapshot()
        with pytest.raises(Repeated):
            stores.messages.claim(message(now=after(100)), "expired")
        assert snapshot() == before
        stores.messages.claim(message("another"), "expired")
        assert stores.messages.seen("message") == SeenMessage(NOW, "unknown", NOW + WORK_TIME)
        assert stores.messages.seen("another") == SeenMessage(NOW, "expired", NOW + WORK_TIME)

    def test_t4_what_was_told_is_never_resumed(self, stores: Stores, snapshot: Snapshot) -> None:
        """T4: once the sender was told, no delivery ever tells again."""
        stores.messages.claim(message(), "unknown")
        stores.messages.finish("message")
        told = SeenMessage(NOW, "unknown", None)
        assert stores.messages.seen("message") == told
        before = snapshot()
        assert not stores.messages.resume("message", told, after(1000))
        stores.messages.give_up("message", after(1000))
        assert snapshot() == before

    def test_t4_what_somebody_is_at_is_resumed_after_its_time(self, stores: Stores, snapshot: Snapshot) -> None:
        """T4: within 35 seconds somebody is at telling; from then on the next delivery takes over."""
        stores.messages.claim(message(), "unknown")
        seen = SeenMessage(NOW, "unknown", NOW + WORK_TIME)
        before = snapshot()
        assert not stores.messages.resume("message", seen, NOW + WORK_TIME - timedelta(microseconds=1))
        assert snapshot() == before
        assert stores.messages.resume("message", seen, NOW + WORK_TIME)
        assert stores.messages.seen("message") == SeenMessage(NOW, "unknown", NOW + 2 * WORK_TIME)

    def test_t4_of_two_who_resume_one_does(self, stores: Stores) -> None:
        """T4: the second, who saw the same, leaves it to the first."""
        stores.messages.claim(message(), "unknown")
        seen = SeenMessage(NOW, "unknown", NOW + WORK_TIME)
        assert stores.messages.resume("message", seen, after(40))
        assert not stores.messages.resume("message", seen, after(40))

    def test_what_was_given_up_is_resumed_at_once(self, stores: Stores) -> None:
        """R3.3: a text that could not be sent waits for nothing but the next delivery."""
        stores.messages.claim(message(), "unknown")
        stores.messages.give_up("message", after(1))
        given_up = SeenMessage(NOW, "unknown", after(1))
        assert stores.messages.seen("message") == given_up
        assert stores.messages.resume("message", given_up, after(1))

    def test_what_nobody_claimed_is_left_alone(self, stores: Stores, snapshot: Snapshot) -> None:
        """No message is made by finishing, giving up or resuming one."""
        before = snapshot()
        stores.messages.finish("message")
        stores.messages.give_up("message", NOW)
        assert not stores.messages.resume("message", SeenMessage(NOW, "unknown", NOW), NOW)
        assert snapshot() == before

    @staticmethod
    def binding(stores: Stores) -> None:
        """Ada's account waits for the message that binds her number."""
        stores.accounts.create(account())
        stores.sessions.put(session())
        stores.bindings.put(texted_binding())
