"""What flows rely on in sign-ins: their beginning and end, and the polls between (R1.6, R1.7; A1, A5, A7, A8, S2)."""

from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest

from nod.domain.limits import Limit
from nod.domain.prompts import prompt_for
from nod.domain.sign_in import Overtaken, SignIn
from nod.errors import Denied, IdentifierUsed, SlowDown
from tests.builders import (
    ADA,
    ADAS_PHONE,
    LIFETIME,
    NOW,
    VERIFIER,
    after,
    session,
    sign_in,
    verification_of,
    waiter_ticket,
    wrong_code_for,
)
from tests.contract.stores import LIMIT, Snapshot, Stores, allowed, current, open_prompts, opened, pending

replace = msgspec.structs.replace
TWICE = Limit("of a test", 2, timedelta(minutes=10))


class SignInsContract:
    """The sign-ins, each change of which happens once or not at all."""

    def test_a_sign_in_is_kept_as_it_was_started(self, stores: Stores) -> None:
        """Every field comes back, to the microsecond."""
        begun = opened(stores, sign_in("enter", message="Film night", slot="a:b:c"), verification_of("enter"))
        assert stores.sign_ins.get(begun.sign_in_id) == begun
        echo = sign_in("echo", sign_in_id="ECHO")
        stores.sign_ins.open(echo, None, waiter_ticket(echo))
        assert stores.sign_ins.get("ECHO") == echo
        assert stores.sign_ins.get("NONE") is None

    def test_opening_opens_the_prompt_and_the_waiter_s_ticket(self, stores: Stores) -> None:
        """A sign-in, its prompt and the ticket of the device that waits appear together."""
        begun = opened(stores, sign_in("choose"), verification_of("choose"))
        prompts = stores.prompts.open_for(ADA, ADAS_PHONE.session_id, NOW)
        assert prompts == [prompt_for(begun, verification_of("choose").shown)]
        waiter = waiter_ticket(begun)
        assert stores.tickets.consume(waiter.ticket_hash, NOW) == waiter

    def test_r1_7_an_unconfirmed_sign_in_has_no_prompt(self, stores: Stores) -> None:
        """R1.7: before the `echo` code is back there is nothing to see."""
        begun = opened(stores, sign_in("echo"), verification_of("echo"))
        assert open_prompts(stores) == []
        assert stores.sign_ins.get(begun.sign_in_id) == begun

    @pytest.mark.parametrize("change", ["decide_as", "keep", "redeem", "close"])
    def test_a8_a_late_change_is_not_written(self, stores: Stores, change: str) -> None:
        """A8: no change goes through from the moment of expiry on, whatever its writer has seen."""
        begun = pending(stores)
        late = NOW + LIFETIME
        moved = replace(begun, status="cancelled", version=1)
        writes: dict[str, Callable[[], None]] = {
            "decide_as": lambda: stores.sign_ins.decide_as(begun, moved, by=ADAS_PHONE, now=late),
            "keep": lambda: stores.sign_ins.keep(begun, moved, None, late),
            "redeem": lambda: stores.sign_ins.redeem(begun, moved, session("NEW"), late),
            "close": lambda: stores.sign_ins.close(begun, moved, late),
        }
        with pytest.raises(Overtaken):
            writes[change]()
        assert current(stores, begun) == begun
        assert stores.sessions.get(ADA, "NEW") is None

    # Opened within a limit.

    def test_a1_opening_is_counted_and_limited(self, stores: Stores, snapshot: Snapshot) -> None:
        """A1: past the limit of its login nothing is kept, and the refusal says when to come again."""
        for sign_in_id in ("ONE", "TWO"):
            self.open_within_limit(stores, sign_in("none", sign_in_id=sign_in_id))
        before = snapshot()
        with pytest.raises(SlowDown) as refusal:
            self.open_within_limit(stores, sign_in("none", sign_in_id="THREE"))
        assert refusal.value.retry_after == TWICE.exceeded(NOW).retry_after
        assert snapshot() == before
        self.open_within_limit(stores, sign_in("none", sign_in_id="THREE", login="grace"))
        later = sign_in("none", sign_in_id="LATER", now=NOW + TWICE.window)
        self.open_within_limit(stores, later)
        assert current(stores, later) == later

    @pytest.mark.parametrize("undo", ["uncount", "forget"])
    def test_a1_it_is_counted_where_all_else_is(self, stores: Stores, undo: str) -> None:
        """A1: so that it can be taken back, and forgotten after a success."""
        for number in range(3):
            self.open_within_limit(stores, sign_in("none", sign_in_id=str(number)))
            getattr(stores.throttles, undo)(TWICE, "user:ada", NOW)
        for _ in range(TWICE.count):
            stores.throttles.count(TWICE, "user:ada", NOW)
        with pytest.raises(SlowDown):
            self.open_within_limit(stores, sign_in("none", sign_in_id="LAST"))

    def test_an_identifier_that_was_used_is_not_counted(self, stores: Stores, snapshot: Snapshot) -> None:
        """The refused sign-in leaves nothing behind."""
        begun = pending(stores)
        before = snapshot()
        with pytest.raises(IdentifierUsed):
            self.open_within_limit(stores, begun)
        assert snapshot() == before

    @staticmethod
    def open_within_limit(stores: Stores, begun: SignIn) -> None:
        """Keep a sign-in where its login is not past the limit."""
        prompt = prompt_for(begun, verification_of("none").shown)
        stores.sign_ins.open(begun, prompt, waiter_ticket(begun), limit=TWICE)

    # The `echo` code.

    def test_r1_7_a_confirmed_sign_in_gets_its_prompt(self, stores: Stores) -> None:
        """R1.7: status and prompt appear together."""
        verification = verification_of("echo")
        begun = opened(stores, sign_in("echo"), verification)
        confirmed = begun.confirm(verification.code or "", NOW)
        prompt = prompt_for(confirmed, verification.shown)
        stores.sign_ins.keep(begun, confirmed, prompt, NOW)
        assert current(stores, begun) == confirmed
        assert stores.prompts.open_for(ADA, ADAS_PHONE.session_id, NOW) == [prompt]

    def test_r1_7_a_wrong_echo_is_counted(self, stores: Stores) -> None:
        """R1.7: tries go down without a prompt appearing."""
        begun = opened(stores, sign_in("echo"), verification_of("echo"))
        tried = begun.confirm(wrong_code_for(verification_of("echo")), NOW)
        stores.sign_ins.keep(begun, tried, None, NOW)
        assert current(stores, begun).tries_left == 2
        assert open_prompts(stores) == []

    def test_a5_confirming_twice_at_once_has_one_winner(self, stores: Stores) -> None:
        """A5: the second is refused, and its prompt not kept."""
        verification = verification_of("echo")
        begun = opened(stores, sign_in("echo"), verification)
        tried = begun.confirm(wrong_code_for(verification), NOW)
        stores.sign_ins.keep(begun, tried, None, NOW)
        confirmed = begun.confirm(verification.code or "", NOW)
        with pytest.raises(Overtaken) as overtaken:
            stores.sign_ins.keep(begun, confirmed, prompt_for(confirmed, verification.shown), NOW)
        assert overtaken.value.current == tried
        assert open_prompts(stores) == []

    # How it ends.

    def test_r1_6_redeeming_keeps_the_session(self, stores: Stores) -> None:
        """R1.6: the session and the redeemed sign-in are kept together."""
        seen = allowed(stores)
        redeemed, new = seen.redeem(VERIFIER, after(1)), session("NEW", let_in_by=ADAS_PHONE.session_id)
        stores.sign_ins.redeem(seen, redeemed, new, after(1))
        assert current(stores, seen) == redeemed
        assert stores.sessions.get(ADA, "NEW") == new

    def test_a7_of_two_redeems_one_gets_a_session(self, stores: Stores) -> None:
        """A7: the second is refused, shown what it came to, and its session not kept."""
        seen = allowed(stores)
        redeemed = seen.redeem(VERIFIER, after(1))
        stores.sign_ins.redeem(seen, redeemed, session("FIRST"), after(1))
        with pytest.raises(Overtaken) as overtaken:
            stores.sign_ins.redeem(seen, redeemed, session("SECOND"), after(1))
        assert overtaken.value.current == redeemed
        assert stores.sessions.get(ADA, "SECOND") is None

    def test_a8_the_redeem_window_is_part_of_the_condition(self, stores: Stores) -> None:
        """A8: 60 seconds after the allow the row can no longer be redeemed."""
        seen = allowed(stores)
        redeemed = seen.redeem(VERIFIER, after(59))
        with pytest.raises(Overtaken):
            stores.sign_ins.redeem(seen, redeemed, session("LATE"), after(60))
        assert stores.sessions.get(ADA, "LATE") is None

    @pytest.mark.parametrize("raced", [False, True])
    def test_s2_what_a_dead_session_allowed_is_denied(self, stores: Stores, raced: bool) -> None:
        """S2: a sign-in whose approver was signed out meanwhile gives no session, raced for or not."""
        seen = allowed(stores)
        redeemed = seen.redeem(VERIFIER, after(1))
        if raced:
            stores.sign_ins.close(seen, seen.cancel(VERIFIER, after(1)), after(1))
        before = current(stores, seen)
        stores.sessions.expire(ADA, ADAS_PHONE.session_id, NOW)
        with pytest.raises(Denied):
            stores.sign_ins.redeem(seen, redeemed, session("NEW"), after(1))
        assert stores.sessions.get(ADA, "NEW") is None
        assert current(stores, seen) == before

    def test_a1_an_account_gets_so_many_sessions_and_no_more(self, stores: Stores, snapshot: Snapshot) -> None:
        """A1, R2.1: past the limit the sign-in stays allowed, and brings its session once there is room again."""
        seen = allowed(stores)
        redeemed = seen.redeem(VERIFIER, after(1))
        for _ in range(LIMIT.count):
            stores.throttles.count(LIMIT, ADA, after(1))
        before = snapshot()
        with pytest.raises(SlowDown):
            stores.sign_ins.redeem(seen, redeemed, session("NEW"), after(1), LIMIT)
        assert snapshot() == before
        stores.throttles.forget(LIMIT, ADA, after(1))
        stores.sign_ins.redeem(seen, redeemed, session("NEW"), after(1), LIMIT)
        assert stores.sessions.get(ADA, "NEW") == session("NEW")

    def test_a7_redeemed_twice_comes_before_too_often(self, stores: Stores) -> None:
        """A7, S2: what was redeemed, or taken back, is that, also for an account that has got too many sessions."""
        seen = allowed(stores)
        redeemed = seen.redeem(VERIFIER, after(1))
        for _ in range(LIMIT.count):
            stores.throttles.count(LIMIT, ADA, after(1))
        stores.sign_ins.redeem(seen, redeemed, session("FIRST"), after(1))
        with pytest.raises(Overtaken):
            stores.sign_ins.redeem(seen, redeemed, session("SECOND"), after(1), LIMIT)
        stores.sessions.expire(ADA, ADAS_PHONE.session_id, NOW)
        with pytest.raises(Denied):
            stores.sign_ins.redeem(seen, redeemed, session("SECOND"), after(1), LIMIT)

    def test_a_sign_in_that_nobody_let_in_needs_no_approver(self, stores: Stores) -> None:
        """A sign-in that was allowed otherwise (by a text message, say) is redeemed without asking for a session."""
        begun = sign_in("none", status="allowed")
        stores.sign_ins.open(begun, None, waiter_ticket(begun))
        stores.sign_ins.redeem(begun, begun.redeem(VERIFIER, NOW), session("NEW"), NOW)
        assert stores.sessions.get(ADA, "NEW") is not None

    def test_giving_up_closes_the_prompt(self, stores: Stores) -> None:
        """A cancelled sign-in and its prompt go together."""
        begun = pending(stores)
        cancelled = begun.cancel(VERIFIER, NOW)
        stores.sign_ins.close(begun, cancelled, NOW)
        assert current(stores, begun) == cancelled
        assert open_prompts(stores) == []

    def test_a5_cancelling_what_was_answered_is_refused(self, stores: Stores) -> None:
        """A5: the requester's change of mind comes too late, and changes nothing."""
        begun = pending(stores)
        stores.sign_ins.decide(begun.sign_in_id, "allow", None, by=ADAS_PHONE, now=NOW)
        with pytest.raises(Overtaken) as overtaken:
            stores.sign_ins.close(begun, begun.cancel(VERIFIER, NOW), NOW)
        assert overtaken.value.current is not None
        assert overtaken.value.current.status == "allowed"
        assert current(stores, begun).status == "allowed"

    # Polls.

    def test_of_two_polls_at_once_one_is_counted(self, stores: Stores) -> None:
        """The second poll is told that it was not alone."""
        begun = pending(stores)
        polled, _ = begun.polled(after(1))
        assert stores.sign_ins.count_poll(begun, polled)
        assert not stores.sign_ins.count_poll(begun, polled)
        assert current(stores, begun) == polled

    def test_a_poll_of_nothing_is_not_counted(self, stores: Stores) -> None:
        """Polling a sign-in that is not there makes none."""
        begun = sign_in("none")
        assert not stores.sign_ins.count_poll(begun, begun.polled(NOW)[0])
        assert stores.sign_ins.get(begun.sign_in_id) is None

    def test_polls_and_changes_do_not_meet(self, stores: Stores) -> None:
        """A poll between reading and answering neither stops the answer nor is undone by it, and the reverse."""
        begun = pending(stores)
        polled, _ = begun.polled(after(1))
        assert stores.sign_ins.count_poll(begun, polled)
        denied = begun.answer("deny", None, by=ADAS_PHONE, now=after(2))
        stores.sign_ins.decide_as(begun, denied, by=ADAS_PHONE, now=after(2))
        again, _ = polled.polled(after(9))
        assert stores.sign_ins.count_poll(polled, again)
        kept = current(stores, begun)
        assert (kept.status, kept.version) == ("denied", 1)
        assert (kept.next_poll_at, kept.poll_interval) == (again.next_poll_at, again.poll_interval)
