"""What flows rely on in text messages: each is claimed by the one write in which it acts (R3.3, R3.4; T3, T4)."""

from datetime import datetime, timedelta

import pytest

from nod.domain.accounts import Account
from nod.domain.limits import FIRST_HOLD, Limit
from nod.domain.logins import KnownLogin
from nod.domain.prompts import prompt_for
from nod.domain.sign_in import Overtaken, SignIn
from nod.domain.texts import LoginMoved, Repeated, SeenMessage
from nod.errors import SlowDown
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
    verification_of,
    waiter_ticket,
)
from tests.contract.stores import LIMIT, Snapshot, Stores, current, open_prompts

NUMBER = f"tel:{ADAS_NUMBER}"
WORK_TIME = timedelta(seconds=35)
OTHER_LIMIT = Limit("other", 3, timedelta(minutes=1))


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
        assert stores.logins.find(NUMBER) == KnownLogin(let_in.account_id, NOW)
        assert stores.messages.seen("message") == SeenMessage(NOW, "signed_in", NOW + WORK_TIME)

    def test_r3_5_a_known_number_is_let_in(self, stores: Stores) -> None:
        """R3.5: the sign-in becomes its account's, which stays as it is; the login keeps its hold."""
        begun = self.started(stores, known=True)
        stores.logins.hold(NUMBER, after(-3600))
        self.let_in(stores, begun, known=True)
        held_until = after(-3600) + FIRST_HOLD
        assert stores.logins.find(NUMBER) == KnownLogin(ADA, NOW, held_until)
        assert current(stores, begun) == begun.texted(NUMBER, ADA, ask=False, now=NOW)
        assert stores.accounts.get(ADA) == adas_account()
        assert stores.messages.seen("message") == SeenMessage(NOW, "signed_in", NOW + WORK_TIME)

    def test_t7_a_prompt_opens_with_the_message(self, stores: Stores) -> None:
        """T7: where approvers are to be asked, the sign-in is pending and its prompt open, in the same write."""
        begun = self.started(stores, known=True)
        self.let_in(stores, begun, known=True, ask=True)
        assert current(stores, begun).status == "pending"
        assert open_prompts(stores) == [begun.sign_in_id]
        assert stores.messages.seen("message") == SeenMessage(NOW, "asked", NOW + WORK_TIME)

    def test_a_sign_in_shows_what_it_was_offered(self, stores: Stores) -> None:
        """R1.7: what approvers are to see comes back as it was drawn when the phone began."""
        begun = self.started(stores)
        assert current(stores, begun) == begun
        assert begun.offer == verification_of("choose").shown

    @pytest.mark.parametrize("known", [True, False])
    def test_t4_a_message_lets_in_once(self, stores: Stores, snapshot: Snapshot, known: bool) -> None:
        """T4: the second claim of a message writes nothing, though its sign-in would still be open to it."""
        begun = self.started(stores, known=known)
        stores.messages.claim(message(), "no_identifier")
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

    # Since when, and how often.

    @pytest.mark.parametrize("ask", [True, False])
    def test_t7_the_number_keeps_when_it_last_texted(self, stores: Stores, ask: bool) -> None:
        """T7: for NO, which tells it; whether the text signed in, or asked."""
        for number in range(2):
            begun = self.started(stores, str(number), known=number == 0)
            self.let_in(stores, begun, f"message {number}", known=True, ask=ask, now=after(number))
            stop = stores.logins.stop(NUMBER, ADA, after(number), after(number))
            assert stop is not None
            assert stop.texted_at == after(number)

    @pytest.mark.parametrize("known", [True, False])
    def test_a1_past_its_limit_a_number_is_not_let_in(self, stores: Stores, snapshot: Snapshot, known: bool) -> None:
        """A1: the limit is part of the condition: past it nothing is written, nor anything counted."""
        begun = self.started(stores, known=known)
        for _ in range(LIMIT.count):
            stores.throttles.count(LIMIT, NUMBER, NOW)
        before = snapshot()
        with pytest.raises(SlowDown):
            self.let_in(stores, begun, known=known)
        assert snapshot() == before
        self.let_in(stores, begun, known=known, now=after(60))

    def test_a1_the_last_one_below_the_limit_counts(self, stores: Stores) -> None:
        """A1: letting in uses one up, of this limit and for this number, in the window in which the message came."""
        begun = self.started(stores)
        for _ in range(LIMIT.count - 1):
            stores.throttles.count(LIMIT, NUMBER, after(60))
        self.let_in(stores, begun, now=after(60))
        with pytest.raises(SlowDown):
            stores.throttles.count(LIMIT, NUMBER, after(60))
        for limit, subject, now in (
            (LIMIT, NUMBER, NOW),
            (OTHER_LIMIT, NUMBER, after(60)),
            (LIMIT, "tel:+1", after(60)),
        ):
            for _ in range(limit.count):
                stores.throttles.count(limit, subject, now)

    @pytest.mark.parametrize("spoil", ["repeated", "overtaken", "moved"])
    def test_t4_what_does_not_let_in_is_not_counted(self, stores: Stores, snapshot: Snapshot, spoil: str) -> None:
        """T4: neither a repetition, nor a sign-in or number that moved on, uses anything of the limit up."""
        begun = self.started(stores, known=True)
        if spoil == "repeated":
            stores.messages.claim(message(), "no_identifier")
        elif spoil == "overtaken":
            stores.sign_ins.close(begun, begun.moved("cancelled"), NOW)
        before = snapshot()
        with pytest.raises((Repeated, Overtaken, LoginMoved)):
            self.let_in(stores, begun, known=spoil != "moved")
        assert snapshot() == before

    def test_t4_how_a_message_fails_has_an_order(self, stores: Stores) -> None:
        """T4, T3: a repetition is told first, then a sign-in that moved on, then the limit, and last the number."""
        begun = self.started(stores, known=True)
        for _ in range(LIMIT.count):
            stores.throttles.count(LIMIT, NUMBER, NOW)
        with pytest.raises(SlowDown):
            self.let_in(stores, begun)
        stores.sign_ins.close(begun, begun.moved("cancelled"), NOW)
        with pytest.raises(Overtaken):
            self.let_in(stores, begun)
        stores.messages.claim(message(), "no_identifier")
        with pytest.raises(Repeated):
            self.let_in(stores, begun)

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
        stores.messages.void(message("second", now=after(1)), seen, seen.moved("denied"))
        assert current(stores, seen) == seen.moved("denied")
        assert open_prompts(stores) == []
        assert stores.messages.seen("second") == SeenMessage(after(1), "two_numbers", after(1) + WORK_TIME)

    def test_t4_a_second_number_voids_once(self, stores: Stores, snapshot: Snapshot) -> None:
        """T4: a message that was claimed before voids nothing."""
        seen = self.asked(stores)
        before = snapshot()
        with pytest.raises(Repeated):
            stores.messages.void(message(), seen, seen.moved("denied"))
        assert snapshot() == before

    @pytest.mark.parametrize("late", [False, True])
    def test_t3_what_moved_on_is_not_voided(self, stores: Stores, snapshot: Snapshot, late: bool) -> None:
        """T3: a sign-in that was answered meanwhile, or ran out, stays as it is."""
        seen = self.asked(stores)
        if not late:
            stores.sign_ins.decide(seen.sign_in_id, "allow", None, by=ADAS_PHONE, now=NOW)
        before = snapshot()
        with pytest.raises(Overtaken) as overtaken:
            stores.messages.void(message("second", now=seen.expires_at if late else NOW), seen, seen.moved("denied"))
        assert overtaken.value.current == current(stores, seen)
        assert snapshot() == before

    # What several of these need.

    @staticmethod
    def started(stores: Stores, sign_in_id: str = "IDENTIFIER", *, known: bool = False) -> SignIn:
        """A phone has registered its identifier; `known`: its number has an account already."""
        begun = phone_sign_in("choose", sign_in_id=sign_in_id)
        stores.sign_ins.open(begun, None, waiter_ticket(begun))
        if known:
            stores.accounts.create(adas_account())
        return begun

    def asked(self, stores: Stores) -> SignIn:
        """A sign-in that a message has made pending."""
        stores.accounts.create(adas_account())
        stores.sessions.put(session())
        begun = phone_sign_in("none")
        stores.sign_ins.open(begun, None, waiter_ticket(begun))
        self.let_in(stores, begun, known=True, ask=True)
        return current(stores, begun)

    @staticmethod
    def let_in(
        stores: Stores,
        begun: SignIn,
        key: str = "message",
        *,
        known: bool = False,
        ask: bool = False,
        now: datetime = NOW,
        limit: Limit = LIMIT,
    ) -> None:
        """The message is acted upon as if the sign-in were as it began."""
        let_in = begun.texted(NUMBER, ADA if known else None, ask=ask, now=NOW)
        prompt = prompt_for(let_in, let_in.offer) if ask and let_in.offer else None
        made = None if known else new_account(begun)
        stores.messages.let_in(message(key, now=now), begun, let_in, account=made, prompt=prompt, limit=limit)


def new_account(begun: SignIn) -> Account:
    """The account that a number's first message makes."""
    return account(begun.account_id, {NUMBER: NOW})


def adas_account() -> Account:
    """Ada's account, with her number among its logins."""
    return account(logins={"user:ada": NOW, NUMBER: NOW})
