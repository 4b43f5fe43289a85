"""What flows rely on in text messages: each is claimed by the one write in which it acts (R3.3, R3.4; T3, T4)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from nod.domain.accounts import Account
from nod.domain.bindings import BINDING_LIFETIME
from nod.domain.logins import KnownLogin
from nod.domain.prompts import prompt_for
from nod.domain.sign_in import Overtaken, SignIn
from nod.domain.texts import LoginMoved, Repeated, SeenMessage
from nod.errors import Expired, LoginTaken
from tests.builders import (
    ADA,
    ADAS_NUMBER,
    ADAS_PHONE,
    GRACE,
    NOW,
    PHONE_LIFETIME,
    account,
    after,
    message,
    phone_sign_in,
    session,
    texted_binding,
    verification_of,
    waiter_ticket,
)
from tests.contract.stores import Snapshot, Stores, current, open_prompts

NUMBER = f"tel:{ADAS_NUMBER}"
WORK_TIME = timedelta(seconds=15)
replace = msgspec.structs.replace


class MessagesContract:
    """Text messages, and what they make of sign-ins, accounts and bindings."""

    # What a message makes of a sign-in.

    def test_r3_4_a_number_s_first_message_makes_its_account(self, stores: Stores) -> None:
        """R3.4: sign-in, account, login and claim appear together."""
        begun = self.started(stores)
        self.let_in(stores, begun)
        let_in = begun.texted(NUMBER, None, ask=False, now=NOW)
        assert current(stores, begun) == let_in
        assert stores.accounts.get(let_in.account_id) == new_account(begun)
        assert stores.logins.find(NUMBER) == KnownLogin(let_in.account_id)
        assert stores.messages.seen("message") == SeenMessage("signed_in", NOW + WORK_TIME)

    def test_r3_5_a_known_number_is_let_in(self, stores: Stores) -> None:
        """R3.5: the sign-in becomes its account's, which stays as it is."""
        begun = self.started(stores, known=True)
        self.let_in(stores, begun, known=True)
        assert current(stores, begun) == begun.texted(NUMBER, ADA, ask=False, now=NOW)
        assert stores.accounts.get(ADA) == account(logins={NUMBER: NOW})
        assert stores.messages.seen("message") == SeenMessage("signed_in", NOW + WORK_TIME)

    def test_t7_a_prompt_opens_with_the_message(self, stores: Stores) -> None:
        """T7: where approvers are to be asked, the sign-in is pending and its prompt open, in the same write."""
        begun = self.started(stores, known=True)
        self.let_in(stores, begun, known=True, ask=True)
        assert current(stores, begun).status == "pending"
        assert open_prompts(stores) == [begun.sign_in_id]
        assert stores.messages.seen("message") == SeenMessage("asked", NOW + WORK_TIME)

    def test_a_sign_in_shows_what_it_was_offered(self, stores: Stores) -> None:
        """R1.7: what approvers are to see comes back as it was drawn when the phone began."""
        begun = self.started(stores)
        assert current(stores, begun) == begun
        assert begun.offer == verification_of("choose").shown

    @pytest.mark.parametrize("known", [True, False])
    def test_t4_a_message_lets_in_once(self, stores: Stores, snapshot: Snapshot, known: bool) -> None:
        """T4: the second claim of a message writes nothing, though its sign-in would still be open to it."""
        begun = self.started(stores, known=known)
        stores.messages.claim(message(), "no_identifier", NOW)
        before = snapshot()
        with pytest.raises(Repeated):
            self.let_in(stores, begun, known=known)
        assert snapshot() == before

    @pytest.mark.parametrize("known", [True, False])
    def test_t3_a_sign_in_that_moved_on_is_shown(self, stores: Stores, snapshot: Snapshot, known: bool) -> None:
        """T3: of two messages at once with one identifier the second writes nothing, and sees what the first did."""
        begun = self.started(stores, known=known)
        cancelled = begun.moved("cancelled")
        stores.sign_ins.close(begun, cancelled, NOW)
        before = snapshot()
        with pytest.raises(Overtaken) as overtaken:
            self.let_in(stores, begun, known=known)
        assert overtaken.value.current == cancelled
        assert snapshot() == before

    def test_a8_a_late_message_lets_nobody_in(self, stores: Stores, snapshot: Snapshot) -> None:
        """A8: from the moment of expiry on nothing is written, though the row is still there."""
        begun = self.started(stores)
        before = snapshot()
        with pytest.raises(Overtaken):
            self.let_in(stores, begun, now=NOW + PHONE_LIFETIME)
        assert snapshot() == before
        self.let_in(stores, begun, now=NOW + PHONE_LIFETIME - timedelta(microseconds=1))

    def test_an_unknown_sign_in_is_overtaken_by_nothing(self, stores: Stores, snapshot: Snapshot) -> None:
        """Where there is no sign-in none is made, nor an account."""
        before = snapshot()
        with pytest.raises(Overtaken) as overtaken:
            self.let_in(stores, phone_sign_in())
        assert overtaken.value.current is None
        assert snapshot() == before

    def test_r3_4_a_number_that_got_an_account_meanwhile_gets_no_second(
        self, stores: Stores, snapshot: Snapshot
    ) -> None:
        """R3.4: of two first messages from a number one makes its account; the other must look again."""
        begun = self.started(stores)
        stores.accounts.create(account(GRACE, {NUMBER: NOW}))
        before = snapshot()
        with pytest.raises(LoginMoved):
            self.let_in(stores, begun)
        assert snapshot() == before

    def test_an_account_is_never_replaced(self, stores: Stores, snapshot: Snapshot) -> None:
        """An account of the id that the new one would have stays as it is, and gets no login."""
        begun = self.started(stores)
        stores.accounts.create(account(begun.account_id, {"user:somebody": NOW}))
        before = snapshot()
        with pytest.raises(LoginMoved):
            self.let_in(stores, begun)
        assert snapshot() == before

    @pytest.mark.parametrize("moved_to", [None, GRACE])
    def test_a_number_that_moved_meanwhile_lets_nobody_in(
        self, stores: Stores, snapshot: Snapshot, moved_to: str | None
    ) -> None:
        """A number that was unbound, or bound to another account, since it was looked up opens neither."""
        begun = self.started(stores)
        if moved_to:
            stores.accounts.create(account(moved_to, {NUMBER: NOW}))
        before = snapshot()
        with pytest.raises(LoginMoved):
            self.let_in(stores, begun, known=True, ask=True)
        assert snapshot() == before

    def test_t4_a_repetition_comes_before_all_else(self, stores: Stores) -> None:
        """T4: where a message was claimed before it is that, whatever else has changed."""
        begun = self.started(stores)
        self.let_in(stores, begun)
        for known in (True, False):
            with pytest.raises(Repeated):
                self.let_in(stores, begun, known=known)

    def test_polls_and_messages_do_not_meet(self, stores: Stores) -> None:
        """A poll between reading and letting in neither stops it nor is undone by it."""
        begun = self.started(stores)
        polled, _ = begun.polled(after(1))
        assert stores.sign_ins.count_poll(begun, polled)
        self.let_in(stores, begun)
        kept = current(stores, begun)
        assert (kept.status, kept.next_poll_at) == ("allowed", polled.next_poll_at)

    # A second number.

    def test_t3_a_second_number_voids_the_sign_in(self, stores: Stores) -> None:
        """T3: the sign-in is denied and its prompt closed, in the write that claims the message."""
        seen = self.asked(stores)
        stores.messages.void(message("second"), seen, seen.moved("denied"), NOW)
        assert current(stores, seen) == seen.moved("denied")
        assert open_prompts(stores) == []
        assert stores.messages.seen("second") == SeenMessage("two_numbers", NOW + WORK_TIME)

    def test_t4_a_second_number_voids_once(self, stores: Stores, snapshot: Snapshot) -> None:
        """T4: a message that was claimed before voids nothing."""
        seen = self.asked(stores)
        before = snapshot()
        with pytest.raises(Repeated):
            stores.messages.void(message(), seen, seen.moved("denied"), NOW)
        assert snapshot() == before

    @pytest.mark.parametrize("late", [False, True])
    def test_t3_what_moved_on_is_not_voided(self, stores: Stores, snapshot: Snapshot, late: bool) -> None:
        """T3: a sign-in that was answered meanwhile, or ran out, stays as it is."""
        seen = self.asked(stores)
        if not late:
            stores.sign_ins.decide(seen.sign_in_id, "allow", None, by=ADAS_PHONE, now=NOW)
        before = snapshot()
        with pytest.raises(Overtaken) as overtaken:
            stores.messages.void(message("second"), seen, seen.moved("denied"), seen.expires_at if late else NOW)
        assert overtaken.value.current == current(stores, seen)
        assert snapshot() == before

    # A binding.

    def test_r1_2_a_message_binds_its_number(self, stores: Stores) -> None:
        """R1.2: the login, the account and the claim appear together, and the binding is gone."""
        self.binding(stores)
        stores.messages.bind(message(), texted_binding(), after(5))
        assert stores.logins.find(NUMBER) == KnownLogin(ADA)
        assert stores.accounts.get(ADA) == account(logins={"user:ada": NOW, NUMBER: after(5)})
        assert stores.bindings.get("BINDING") is None
        assert stores.messages.seen("message") == SeenMessage("bound", after(5) + WORK_TIME)

    @pytest.mark.parametrize(
        ("spoil", "error"),
        [
            (lambda stores: stores.messages.claim(message(), "unknown", NOW), Repeated),
            (lambda stores: stores.bindings.complete(texted_binding(), NOW), Expired),
            (lambda stores: stores.bindings.put(texted_binding(expires_at=NOW)), Expired),
            (lambda stores: stores.sessions.delete(ADA, ADAS_PHONE.session_id), Expired),
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
            stores.messages.bind(message(), texted_binding(), NOW)
        assert snapshot() == before

    def test_a_binding_in_the_last_moment_counts(self, stores: Stores) -> None:
        """A microsecond before its expiry a binding is bound."""
        self.binding(stores)
        stores.messages.bind(message(), texted_binding(), NOW + BINDING_LIFETIME - timedelta(microseconds=1))
        assert stores.logins.find(NUMBER) == KnownLogin(ADA)

    # Telling.

    def test_t4_a_message_is_claimed_once(self, stores: Stores, snapshot: Snapshot) -> None:
        """T4: what came of a message is what the first claim says, and others' messages are their own."""
        assert stores.messages.seen("message") is None
        stores.messages.claim(message(), "unknown", NOW)
        before = snapshot()
        with pytest.raises(Repeated):
            stores.messages.claim(message(), "expired", after(100))
        assert snapshot() == before
        stores.messages.claim(message("another"), "expired", NOW)
        assert stores.messages.seen("message") == SeenMessage("unknown", NOW + WORK_TIME)
        assert stores.messages.seen("another") == SeenMessage("expired", NOW + WORK_TIME)

    def test_t4_what_was_told_is_never_resumed(self, stores: Stores, snapshot: Snapshot) -> None:
        """T4: once the sender was told, no delivery ever tells again."""
        stores.messages.claim(message(), "unknown", NOW)
        stores.messages.finish("message")
        told = SeenMessage("unknown", None)
        assert stores.messages.seen("message") == told
        before = snapshot()
        assert not stores.messages.resume("message", told, after(1000))
        stores.messages.give_up("message", after(1000))
        assert snapshot() == before

    def test_t4_what_somebody_is_at_is_resumed_after_its_time(self, stores: Stores, snapshot: Snapshot) -> None:
        """T4: within 15 seconds somebody is at telling; from then on the next delivery takes over."""
        stores.messages.claim(message(), "unknown", NOW)
        seen = SeenMessage("unknown", NOW + WORK_TIME)
        before = snapshot()
        assert not stores.messages.resume("message", seen, NOW + WORK_TIME - timedelta(microseconds=1))
        assert snapshot() == before
        assert stores.messages.resume("message", seen, NOW + WORK_TIME)
        assert stores.messages.seen("message") == SeenMessage("unknown", NOW + 2 * WORK_TIME)

    def test_t4_of_two_who_resume_one_does(self, stores: Stores) -> None:
        """T4: the second, who saw the same, leaves it to the first."""
        stores.messages.claim(message(), "unknown", NOW)
        seen = SeenMessage("unknown", NOW + WORK_TIME)
        assert stores.messages.resume("message", seen, after(20))
        assert not stores.messages.resume("message", seen, after(20))

    def test_what_was_given_up_is_resumed_at_once(self, stores: Stores) -> None:
        """R3.3: a text that could not be sent waits for nothing but the next delivery."""
        stores.messages.claim(message(), "unknown", NOW)
        stores.messages.give_up("message", after(1))
        given_up = SeenMessage("unknown", after(1))
        assert stores.messages.seen("message") == given_up
        assert stores.messages.resume("message", given_up, after(1))

    def test_what_nobody_claimed_is_left_alone(self, stores: Stores, snapshot: Snapshot) -> None:
        """No message is made by finishing, giving up or resuming one."""
        before = snapshot()
        stores.messages.finish("message")
        stores.messages.give_up("message", NOW)
        assert not stores.messages.resume("message", SeenMessage("unknown", NOW), NOW)
        assert snapshot() == before

    # What several of these need.

    @staticmethod
    def started(stores: Stores, *, known: bool = False) -> SignIn:
        """A phone has registered its identifier; `known`: its number has an account already."""
        begun = phone_sign_in("choose")
        stores.sign_ins.open(begun, None, waiter_ticket(begun))
        if known:
            stores.accounts.create(account(logins={NUMBER: NOW}))
        return begun

    def asked(self, stores: Stores) -> SignIn:
        """A sign-in that a message has made pending."""
        stores.accounts.create(account(logins={NUMBER: NOW}))
        stores.sessions.put(session())
        begun = phone_sign_in("none")
        stores.sign_ins.open(begun, None, waiter_ticket(begun))
        self.let_in(stores, begun, known=True, ask=True)
        return current(stores, begun)

    @staticmethod
    def binding(stores: Stores) -> None:
        """Ada's account waits for the message that binds her number."""
        stores.accounts.create(account())
        stores.sessions.put(session())
        stores.bindings.put(texted_binding())

    @staticmethod
    def let_in(stores: Stores, begun: SignIn, *, known: bool = False, ask: bool = False, now: Any = NOW) -> None:
        """The message is acted upon as if the sign-in were as it began."""
        let_in = begun.texted(NUMBER, ADA if known else None, ask=ask, now=NOW)
        prompt = prompt_for(let_in, let_in.offer) if ask and let_in.offer else None
        made = None if known else new_account(begun)
        stores.messages.let_in(message(), begun, let_in, account=made, prompt=prompt, now=now)


def new_account(begun: SignIn) -> Account:
    """The account that a number's first message makes."""
    return account(begun.account_id, {NUMBER: NOW})
