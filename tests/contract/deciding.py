"""What flows rely on when an answer is written (R1.4, R1.5; A2, A5, A8, A9, A10)."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from nod.domain.sign_in import Approver, Overtaken, SignIn
from nod.domain.status import Decision, Status
from nod.domain.verification import WEAKEST_TO_STRONGEST, Mode
from nod.errors import InvalidToken, NodError
from tests.builders import (
    ADA,
    ADAS_PHONE,
    GRACES_PHONE,
    LIFETIME,
    LONGEST,
    NOW,
    after,
    session,
    sign_in,
    verification_of,
    wrong_code_for,
)
from tests.contract.stores import Stores, current, open_prompts, opened, pending

replace = msgspec.structs.replace


class DecidingContract:
    """An answer decides a sign-in, once or not at all (R1.4, R1.5)."""

    # One write that decides at first sight.

    @pytest.mark.parametrize("mode", WEAKEST_TO_STRONGEST)
    @pytest.mark.parametrize(("decision", "status"), [("allow", "allowed"), ("deny", "denied"), ("report", "reported")])
    def test_r1_4_an_answer_decides(self, stores: Stores, mode: Mode, decision: Decision, status: Status) -> None:
        """R1.4: the write makes of the sign-in exactly what the domain would, and closes the prompt."""
        begun = pending(stores, mode)
        code = verification_of(mode).code if begun.answer_hash else None
        decided = stores.sign_ins.decide(begun.sign_in_id, decision, code, by=ADAS_PHONE, now=after(30))
        assert decided == status
        assert current(stores, begun) == begun.answer(decision, code, by=ADAS_PHONE, now=after(30))
        assert open_prompts(stores) == []

    @pytest.mark.parametrize("status", ["started", "allowed", "denied", "reported", "cancelled", "redeemed"])
    @pytest.mark.parametrize("decision", ["allow", "deny", "report"])
    def test_r1_5_only_a_pending_sign_in_is_decided(self, stores: Stores, status: Status, decision: Decision) -> None:
        """R1.5: otherwise nothing is written, and the writer sees the sign-in as it is."""
        begun = opened(stores, sign_in("none", status=status), verification_of("none"))
        self.refuses(stores, begun, decision, None)

    @pytest.mark.parametrize("mode", ["choose", "enter"])
    @pytest.mark.parametrize("which", ["missing", "wrong", "of another sign-in"])
    def test_a2_an_allow_without_the_right_code_is_not_written(self, stores: Stores, mode: Mode, which: str) -> None:
        """A2: a missing, a wrong and a foreign code all leave the sign-in as it is, for the domain to judge."""
        verification = verification_of(mode)
        codes = {"missing": None, "wrong": wrong_code_for(verification), "of another sign-in": verification.code}
        begun = sign_in(mode, verification=verification)
        if which == "of another sign-in":
            begun = replace(begun, answer_hash=sign_in(mode, sign_in_id="ELSE", verification=verification).answer_hash)
        self.refuses(stores, opened(stores, begun, verification), "allow", codes[which])

    def test_r1_7_a_code_that_nobody_asked_for_does_no_harm(self, stores: Stores) -> None:
        """R1.7: an approver who sends a code in a mode without one allows all the same, as in the domain."""
        begun = pending(stores, "compare")
        assert stores.sign_ins.decide(begun.sign_in_id, "allow", "123456", by=ADAS_PHONE, now=NOW) == "allowed"

    @pytest.mark.parametrize("decision", ["allow", "deny", "report"])
    def test_a8_a_late_answer_is_not_written(self, stores: Stores, decision: Decision) -> None:
        """A8: from the moment of expiry on, the row decides nothing, though it is still there."""
        begun = pending(stores)
        self.refuses(stores, begun, decision, None, now=NOW + LIFETIME, prompts=[])
        last_moment = NOW + LIFETIME - timedelta(microseconds=1)
        assert stores.sign_ins.decide(begun.sign_in_id, decision, None, by=ADAS_PHONE, now=last_moment) != "pending"

    @pytest.mark.parametrize("decision", ["allow", "deny", "report"])
    def test_a10_a_foreign_approver_writes_nothing(self, stores: Stores, decision: Decision) -> None:
        """A10: another account's living session neither decides nor closes the prompt."""
        self.refuses(stores, pending(stores), decision, None, by=GRACES_PHONE)

    @pytest.mark.parametrize("now", [NOW, NOW + LONGEST])
    def test_an_unknown_sign_in_is_overtaken_by_nothing(self, stores: Stores, now: datetime) -> None:
        """Where there is no sign-in the writer is shown none, and none is made."""
        stores.sessions.put(session(expires_at=NOW + 2 * LONGEST, ends_at=NOW + 2 * LONGEST))
        with pytest.raises(Overtaken) as overtaken:
            stores.sign_ins.decide("NONE", "allow", None, by=ADAS_PHONE, now=now)
        assert overtaken.value.current is None
        assert stores.sign_ins.get("NONE") is None

    @pytest.mark.parametrize("decision", ["allow", "deny", "report"])
    @pytest.mark.parametrize("death", ["ended", "idle", "over", "never was"])
    def test_a9_a_dead_session_decides_nothing(self, stores: Stores, decision: Decision, death: str) -> None:
        """A9: an approver whose session was ended or ran out is refused, and the sign-in stays pending."""
        begun = pending(stores)
        who = self.died(stores, death)
        with pytest.raises(InvalidToken):
            stores.sign_ins.decide(begun.sign_in_id, decision, None, by=who, now=NOW)
        decided = begun.answer(decision, None, by=who, now=NOW)
        with pytest.raises(InvalidToken):
            stores.sign_ins.decide_as(begun, decided, by=who, now=NOW)
        assert current(stores, begun) == begun
        assert open_prompts(stores) == [begun.sign_in_id]

    # A write on what was seen.

    def test_r1_7_a_wrong_code_costs_a_try(self, stores: Stores) -> None:
        """R1.7: what the domain made of a wrong code is kept, and the prompt stays open while tries are left."""
        begun = pending(stores, "enter")
        wrong = wrong_code_for(verification_of("enter"))
        for left, prompts in ((2, [begun.sign_in_id]), (1, [begun.sign_in_id]), (0, [])):
            seen = current(stores, begun)
            tried = seen.answer("allow", wrong, by=ADAS_PHONE, now=NOW)
            stores.sign_ins.decide_as(seen, tried, by=ADAS_PHONE, now=NOW)
            assert current(stores, begun) == tried
            assert tried.tries_left == left
            assert open_prompts(stores) == prompts
        assert current(stores, begun).status == "denied"

    @pytest.mark.parametrize("decision", ["allow", "deny", "report"])
    def test_r1_4_an_answer_at_second_sight_decides(self, stores: Stores, decision: Decision) -> None:
        """R1.4: after a wrong code, what the domain makes of the next answer is kept: who let it in and until when."""
        begun = pending(stores, "enter")
        verification = verification_of("enter")
        tried = begun.answer("allow", wrong_code_for(verification), by=ADAS_PHONE, now=NOW)
        stores.sign_ins.decide_as(begun, tried, by=ADAS_PHONE, now=NOW)
        decided = tried.answer(decision, verification.code, by=ADAS_PHONE, now=after(60))
        stores.sign_ins.decide_as(tried, decided, by=ADAS_PHONE, now=after(60))
        assert current(stores, begun) == decided
        assert (decided.let_in_by is not None) == (decision == "allow")
        assert open_prompts(stores, after(60)) == []

    def test_a5_two_answers_to_one_sight_have_one_winner(self, stores: Stores) -> None:
        """A5: the second writer is refused and shown what the first one made of it."""
        begun = pending(stores)
        denied = begun.answer("deny", None, by=ADAS_PHONE, now=NOW)
        stores.sign_ins.decide_as(begun, denied, by=ADAS_PHONE, now=NOW)
        for decision in self.decisions:
            late = begun.answer(decision, None, by=ADAS_PHONE, now=NOW)
            with pytest.raises(Overtaken) as overtaken:
                stores.sign_ins.decide_as(begun, late, by=ADAS_PHONE, now=NOW)
            assert overtaken.value.current == denied
        assert current(stores, begun) == denied

    def test_a5_a_try_and_an_answer_to_one_sight_have_one_winner(self, stores: Stores) -> None:
        """A5: two wrong codes typed at once cost two tries, since the second is judged anew."""
        begun = pending(stores, "enter")
        tried = begun.answer("allow", wrong_code_for(verification_of("enter")), by=ADAS_PHONE, now=NOW)
        stores.sign_ins.decide_as(begun, tried, by=ADAS_PHONE, now=NOW)
        with pytest.raises(Overtaken) as overtaken:
            stores.sign_ins.decide_as(begun, tried, by=ADAS_PHONE, now=NOW)
        assert overtaken.value.current == tried
        assert open_prompts(stores) == [begun.sign_in_id]

    decisions: tuple[Decision, ...] = ("allow", "deny", "report")

    @staticmethod
    def died(stores: Stores, death: str) -> Approver:
        """A session of Ada's that is dead in one of several ways."""
        if death == "ended":
            stores.sessions.expire(ADA, ADAS_PHONE.session_id, NOW)
            return ADAS_PHONE
        ways: dict[str, dict[str, Any]] = {"idle": {"expires_at": NOW}, "over": {"ends_at": NOW}}
        if death in ways:
            stores.sessions.put(session("DEAD", **ways[death]))
        return Approver(ADA, "DEAD")

    @staticmethod
    def refuses(
        stores: Stores,
        begun: SignIn,
        decision: Decision,
        code: str | None,
        *,
        by: Approver = ADAS_PHONE,
        now: datetime = NOW,
        prompts: list[str] | None = None,
    ) -> None:
        """The write is refused, shows the sign-in as it is, and changes nothing; the domain would not decide either."""
        before = open_prompts(stores, now)
        with pytest.raises(Overtaken) as overtaken:
            stores.sign_ins.decide(begun.sign_in_id, decision, code, by=by, now=now)
        assert overtaken.value.current == begun
        assert current(stores, begun) == begun
        assert open_prompts(stores, now) == (before if prompts is None else prompts)
        try:
            after_all = begun.answer(decision, code, by=by, now=now)
        except NodError:
            return
        assert after_all.status in ("pending", "denied")
        assert after_all.tries_left == begun.tries_left - 1
