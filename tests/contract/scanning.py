"""What flows rely on in sign-ins that are scanned: their codes, and who answers them (R4.3-R4.5; Q1, Q3, Q5, Q6)."""

from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest

from nod.domain.identifiers import fingerprint
from nod.domain.prompts import NOBODY, Prompt, prompt_for
from nod.domain.scanning import CODES_PER_SIGN_IN, ScanCode
from nod.domain.sign_in import Approver, Overtaken, SignIn
from nod.domain.status import Decision
from nod.domain.verification import Verification
from nod.errors import Denied, InvalidToken
from tests.builders import (
    ADA,
    ADAS_NUMBER,
    ADAS_PHONE,
    GRACES_PHONE,
    LIFETIME,
    NOW,
    OTHER_VERIFIER,
    VERIFIER,
    after,
    session,
    sign_in,
    verification_of,
    waiter_ticket,
)
from tests.contract.stores import DEATHS, Snapshot, Stores, current, died

replace = msgspec.structs.replace
LOGIN = f"tel:{ADAS_NUMBER}"
PC, LAPTOP = Approver(ADA, "PC"), Approver(ADA, "LAPTOP")
CHOOSE, NOTHING = verification_of("choose"), Verification("none")


def code(secret: str, session_id: str = "PC") -> ScanCode:
    """A code that is shown now."""
    return ScanCode(fingerprint(secret), session_id, after(30))


def asked(sign_in_id: str = "QR") -> SignIn:
    """A sign-in that two pages show a code of."""
    codes = frozenset({code("pc"), code("laptop", "LAPTOP")})
    return sign_in("none", method="qr", sign_in_id=sign_in_id, login=ADAS_NUMBER, codes=codes)


def to_scan(begun: SignIn) -> Prompt:
    """What is kept for pages that are opened later."""
    return replace(prompt_for(begun, NOTHING.shown), addressed_to=NOBODY)


def shown(stores: Stores, **changes: object) -> SignIn:
    """The same, kept, with the sessions that may look at it."""
    begun = replace(asked(), **changes)
    stores.sign_ins.open(begun, to_scan(begun), waiter_ticket(begun))
    for who in (PC, LAPTOP, ADAS_PHONE, GRACES_PHONE):
        stores.sessions.put(session(who.session_id, who.account_id))
    return begun


def scanned(begun: SignIn, asks: Verification = CHOOSE, verifier: str = VERIFIER) -> SignIn:
    """What a scan of the PC's page makes of it."""
    return begun.scan("pc", LOGIN, verifier, asks, after(1))


def prompt_of(pending: SignIn) -> Prompt:
    """The prompt of the page that was read."""
    return replace(prompt_for(pending, CHOOSE.shown), addressed_to=pending.approver)


def is_scanned(stores: Stores, begun: SignIn, asks: Verification = CHOOSE) -> SignIn:
    """A scan is kept."""
    moved = scanned(begun, asks)
    stores.sign_ins.scan(begun, moved, prompt_of(moved) if moved.status == "pending" else None, after(1))
    return moved


def prompts_of(stores: Stores, who: Approver) -> list[Prompt]:
    """What a session sees."""
    return stores.prompts.open_for(who.account_id, who.session_id, after(1))


class ScanningContract:
    """QR sign-ins: each is scanned once, and answered by one session."""

    # How they begin.

    @pytest.mark.parametrize("codes", [frozenset(), frozenset({code("pc")}), asked().codes])
    def test_r4_3_codes_are_kept_with_the_sign_in(self, stores: Stores, codes: frozenset[ScanCode]) -> None:
        """R4.3: every field comes back, to the microsecond, and where there is no code, none."""
        begun = shown(stores, codes=codes, scanned_by="S", approver="A")
        assert current(stores, begun) == begun

    # Further codes.

    @pytest.mark.parametrize("codes", [frozenset(), asked().codes])
    def test_r4_3_a_code_is_added(self, stores: Stores, codes: frozenset[ScanCode]) -> None:
        """R4.3: to those that there are, and nothing else changes, the version included."""
        begun = shown(stores, codes=codes)
        stores.sign_ins.add_code("QR", code("fresh", "LAPTOP"), by=LAPTOP, now=after(1))
        assert current(stores, begun) == replace(begun, codes=codes | {code("fresh", "LAPTOP")})

    def test_r4_3_there_are_200_codes_at_most(self, stores: Stores, snapshot: Snapshot) -> None:
        """R4.3: the next one is refused, and the writer shown why."""
        begun = shown(stores, codes=frozenset(code(str(number)) for number in range(CODES_PER_SIGN_IN - 1)))
        stores.sign_ins.add_code("QR", code("last"), by=PC, now=NOW)
        before = snapshot()
        with pytest.raises(Overtaken) as overtaken:
            stores.sign_ins.add_code("QR", code("too many"), by=PC, now=NOW)
        assert overtaken.value.current == replace(begun, codes=begun.codes | {code("last")})
        assert snapshot() == before

    @pytest.mark.parametrize(
        "changes",
        [
            {"status": "pending"},
            {"status": "allowed"},
            {"status": "cancelled"},
            {"status": "denied"},
            {"method": "phone"},
            {"account_id": "ANOTHER"},
            {"expires_at": NOW},
        ],
    )
    def test_q5_only_what_waits_gets_codes_of_its_account(
        self, stores: Stores, snapshot: Snapshot, changes: dict[str, object]
    ) -> None:
        """Q1, Q5: nothing is kept otherwise, and the writer sees the sign-in as it is."""
        begun = shown(stores, **changes)
        before = snapshot()
        with pytest.raises(Overtaken) as overtaken:
            stores.sign_ins.add_code("QR", code("fresh"), by=PC, now=NOW)
        assert overtaken.value.current == begun
        assert snapshot() == before

    def test_a8_a_code_is_added_until_the_last_moment(self, stores: Stores) -> None:
        """A8: to the microsecond; and where there is no sign-in none is made."""
        begun = shown(stores)
        stores.sign_ins.add_code("QR", code("fresh"), by=PC, now=NOW + LIFETIME - timedelta(microseconds=1))
        assert code("fresh") in current(stores, begun).codes
        with pytest.raises(Overtaken) as overtaken:
            stores.sign_ins.add_code("NONE", code("fresh"), by=PC, now=NOW)
        assert overtaken.value.current is None
        assert stores.sign_ins.get("NONE") is None

    @pytest.mark.parametrize("death", DEATHS)
    @pytest.mark.parametrize("status", ["started", "cancelled"])
    def test_q6_a_dead_session_shows_no_code(self, stores: Stores, snapshot: Snapshot, death: str, status: str) -> None:
        """Q6: whatever became of the sign-in."""
        shown(stores, status=status)
        dead = died(stores, death)
        before = snapshot()
        with pytest.raises(InvalidToken):
            stores.sign_ins.add_code("QR", code("fresh"), by=Approver(ADA, dead.session_id), now=NOW)
        assert snapshot() == before

    # Scans.

    def test_r4_4_a_scan_opens_the_prompt_of_one_session(self, stores: Stores) -> None:
        """R4.4: in place of what pages could scan; no other session sees it."""
        begun = shown(stores)
        pending = is_scanned(stores, begun)
        assert current(stores, begun) == pending
        assert prompts_of(stores, PC) == [prompt_of(pending)]
        assert prompts_of(stores, LAPTOP) == prompts_of(stores, ADAS_PHONE) == []
        assert stores.prompts.to_scan(ADA, after(1)) == []

    def test_r4_5_a_scan_that_lets_in_opens_none(self, stores: Stores) -> None:
        """R4.5: what was to be scanned is gone, and the session that was read has let it in."""
        begun = shown(stores)
        allowed = is_scanned(stores, begun, NOTHING)
        assert (current(stores, begun), allowed.let_in_by) == (allowed, "PC")
        assert prompts_of(stores, PC) == stores.prompts.to_scan(ADA, after(1)) == []

    def test_q1_of_two_scans_of_one_sight_one_is_kept(self, stores: Stores, snapshot: Snapshot) -> None:
        """Q1, Q3: the second writer is refused, and shown what the first one made of it."""
        begun = shown(stores)
        pending = is_scanned(stores, begun)
        before = snapshot()
        noted = scanned(begun, verifier=OTHER_VERIFIER)
        writes: list[Callable[[], None]] = [
            lambda: stores.sign_ins.scan(begun, scanned(begun, NOTHING), None, after(1)),
            lambda: stores.sign_ins.scan(begun, pending, prompt_of(pending), after(1)),
            lambda: stores.sign_ins.keep(begun, noted, None, after(1)),
        ]
        for write in writes:
            with pytest.raises(Overtaken) as overtaken:
                write()
            assert overtaken.value.current == pending
            assert snapshot() == before

    def test_a8_a_late_scan_is_not_kept(self, stores: Stores, snapshot: Snapshot) -> None:
        """A8: from the moment of expiry on."""
        begun = shown(stores)
        moved, before = scanned(begun), snapshot()
        with pytest.raises(Overtaken) as overtaken:
            stores.sign_ins.scan(begun, moved, prompt_of(moved), NOW + LIFETIME)
        assert overtaken.value.current == begun
        assert snapshot() == before

    @pytest.mark.parametrize("death", DEATHS)
    @pytest.mark.parametrize("asks", [CHOOSE, NOTHING])
    @pytest.mark.parametrize("raced", [False, True])
    def test_q6_a_page_of_a_dead_session_is_not_scanned(
        self, stores: Stores, snapshot: Snapshot, death: str, asks: Verification, raced: bool
    ) -> None:
        """Q6: nothing is kept, also where another device was faster."""
        begun = shown(stores)
        moved = replace(scanned(begun, asks), approver=died(stores, death).session_id)
        if raced:
            stores.sign_ins.keep(begun, scanned(begun, verifier=OTHER_VERIFIER), None, after(1))
        before = snapshot()
        with pytest.raises(InvalidToken):
            stores.sign_ins.scan(begun, moved, prompt_of(moved) if moved.status == "pending" else None, NOW)
        assert snapshot() == before

    # Codes and changes do not meet.

    def test_r4_3_a_code_that_is_added_meanwhile_stays(self, stores: Stores) -> None:
        """R4.3: it neither stops a change that was read before it, nor is undone by it."""
        begun = shown(stores)
        changes: dict[str, Callable[[SignIn, SignIn], None]] = {
            "noted": lambda before, moved: stores.sign_ins.keep(before, moved, None, after(2)),
            "scanned": lambda before, moved: stores.sign_ins.scan(before, moved, None, after(2)),
            "voided": lambda before, moved: stores.sign_ins.close(before, moved, after(2)),
        }
        for name, change in changes.items():
            before = asked(name)
            stores.sign_ins.open(before, to_scan(before), waiter_ticket(before))
            stores.sign_ins.add_code(name, code(name), by=PC, now=after(1))
            moved = scanned(before, NOTHING, OTHER_VERIFIER if name == "noted" else VERIFIER)
            change(before, moved)
            assert current(stores, before) == replace(moved, codes=begun.codes | {code(name)})

    def test_r4_3_a_code_is_added_after_a_stranger_s_scan(self, stores: Stores) -> None:
        """Q3: what was noted stays, and so does the code."""
        begun = shown(stores)
        noted = scanned(begun, verifier=OTHER_VERIFIER)
        stores.sign_ins.keep(begun, noted, None, after(1))
        stores.sign_ins.add_code("QR", code("fresh"), by=PC, now=after(2))
        polled, _ = noted.polled(after(2))
        assert stores.sign_ins.count_poll(noted, polled)
        assert current(stores, begun) == replace(polled, codes=begun.codes | {code("fresh")})

    # Answers.

    @pytest.mark.parametrize("decision", ["allow", "deny", "report"])
    def test_r4_5_only_the_session_that_was_read_decides(
        self, stores: Stores, snapshot: Snapshot, decision: Decision
    ) -> None:
        """R4.5: to others of the account the write is refused, for the domain to say why."""
        pending = is_scanned(stores, shown(stores))
        before = snapshot()
        for other in (LAPTOP, ADAS_PHONE, GRACES_PHONE):
            with pytest.raises(Overtaken) as overtaken:
                stores.sign_ins.decide("QR", decision, CHOOSE.code, by=other, now=after(2))
            assert overtaken.value.current == pending
            assert snapshot() == before
        stores.sign_ins.decide("QR", decision, CHOOSE.code, by=PC, now=after(2))
        assert current(stores, pending) == pending.answer(decision, CHOOSE.code, by=PC, now=after(2))
        assert prompts_of(stores, PC) == []

    def test_a2_before_the_scan_nobody_decides(self, stores: Stores, snapshot: Snapshot) -> None:
        """A2: nor after a stranger's."""
        begun = shown(stores)
        for _ in range(2):
            before = snapshot()
            with pytest.raises(Overtaken):
                stores.sign_ins.decide("QR", "allow", None, by=PC, now=after(2))
            assert snapshot() == before
            if current(stores, begun) == begun:
                stores.sign_ins.keep(begun, scanned(begun, verifier=OTHER_VERIFIER), None, after(1))

    @pytest.mark.parametrize("asks", [CHOOSE, NOTHING])
    def test_q6_what_a_dead_session_let_in_is_denied(self, stores: Stores, asks: Verification) -> None:
        """Q6: between its answer, or the scan that needed none, and the redeem."""
        seen = is_scanned(stores, shown(stores), asks)
        if asks is CHOOSE:
            stores.sign_ins.decide("QR", "allow", CHOOSE.code, by=PC, now=after(2))
            seen = current(stores, seen)
        stores.sessions.expire(ADA, "PC", after(3))
        with pytest.raises(Denied):
            stores.sign_ins.redeem(seen, seen.redeem(VERIFIER, after(4)), session("NEW"), after(4))
        assert stores.sessions.get(ADA, "NEW") is None
        assert current(stores, seen) == seen
