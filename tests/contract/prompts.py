"""What flows rely on in prompts (R1.5, R4.3; A8, A10, Q5)."""

from datetime import timedelta

import msgspec

from nod.domain.prompts import NOBODY, Prompt, prompt_for
from tests.builders import (
    ADA,
    ADAS_PHONE,
    GRACE,
    GRACES_PHONE,
    LIFETIME,
    NOW,
    after,
    sign_in,
    verification_of,
    waiter_ticket,
)
from tests.contract.stores import Stores, open_prompts, pending

replace = msgspec.structs.replace


class PromptsContract:
    """The prompts an account has open."""

    def test_prompts_come_oldest_first(self, stores: Stores) -> None:
        """A device that connects late sees what is open in the order in which it was asked."""
        for sign_in_id, seconds in (("C", 20), ("A", 10), ("B", 0)):
            begun = sign_in("none", sign_in_id=sign_in_id, now=after(seconds))
            stores.sign_ins.open(begun, prompt_for(begun, verification_of("none").shown), waiter_ticket(begun))
        assert open_prompts(stores, after(30)) == ["B", "A", "C"]

    def test_a8_a_prompt_ends_with_its_sign_in(self, stores: Stores) -> None:
        """A8: from the moment of expiry a prompt is not shown, though its row is still there."""
        begun = pending(stores)
        assert open_prompts(stores, NOW + LIFETIME - timedelta(seconds=1)) == [begun.sign_in_id]
        assert open_prompts(stores, NOW + LIFETIME) == []

    def test_a10_another_account_sees_nothing(self, stores: Stores) -> None:
        """A10: prompts are seen by their account only."""
        pending(stores)
        assert stores.prompts.open_for(GRACE, GRACES_PHONE.session_id, NOW) == []

    def test_r1_5_an_addressed_prompt_is_seen_by_one_session(self, stores: Stores) -> None:
        """R1.5: addressed to nobody yet, a prompt is seen by none, and addressed to one session, by that one."""
        begun = sign_in("choose")
        prompt = replace(prompt_for(begun, verification_of("choose").shown), addressed_to=NOBODY)
        stores.sign_ins.open(begun, prompt, waiter_ticket(begun))
        assert open_prompts(stores) == []
        stores.prompts.address(prompt, "ANOTHER")
        assert open_prompts(stores) == []
        stores.prompts.address(prompt, ADAS_PHONE.session_id)
        assert stores.prompts.open_for(ADA, ADAS_PHONE.session_id, NOW) == [
            replace(prompt, addressed_to=ADAS_PHONE.session_id)
        ]
        assert stores.prompts.open_for(ADA, "ANOTHER", NOW) == []

    def test_r1_5_a_closed_prompt_stays_closed(self, stores: Stores) -> None:
        """R1.5: addressing a prompt that was answered meanwhile does not open it again."""
        begun = pending(stores)
        stores.sign_ins.decide(begun.sign_in_id, "deny", None, by=ADAS_PHONE, now=NOW)
        stores.prompts.address(prompt_for(begun, verification_of("none").shown), ADAS_PHONE.session_id)
        assert open_prompts(stores) == []

    def test_r4_3_what_is_to_be_scanned_comes_oldest_first(self, stores: Stores) -> None:
        """R4.3: for pages that are opened later; no session sees it as a prompt."""
        prompts = [
            self.waiting(stores, sign_in_id, seconds) for sign_in_id, seconds in (("B", 10), ("A", 20), ("C", 0))
        ]
        oldest_first = [prompts[2], prompts[0], prompts[1]]
        assert stores.prompts.to_scan(ADA, after(30)) == oldest_first
        assert open_prompts(stores, after(30)) == []

    def test_q5_only_what_no_device_has_scanned_yet_is_to_be_scanned(self, stores: Stores) -> None:
        """Q1, Q5: not what was scanned, no approval whose approver is yet to be picked, not another account's."""
        pending(stores)
        approval = sign_in("none", sign_in_id="APPROVAL")
        prompt = replace(prompt_for(approval, verification_of("none").shown), addressed_to=NOBODY)
        stores.sign_ins.open(approval, prompt, waiter_ticket(approval))
        scanned = self.waiting(stores, "SCANNED")
        stores.prompts.address(scanned, ADAS_PHONE.session_id)
        waiting = self.waiting(stores, "WAITING")
        assert stores.prompts.to_scan(ADA, NOW) == [waiting]
        assert stores.prompts.to_scan(GRACE, NOW) == []

    def test_a8_what_is_to_be_scanned_ends_with_its_sign_in(self, stores: Stores) -> None:
        """A8: to the microsecond, though its row is still there."""
        waiting = self.waiting(stores, "WAITING")
        assert stores.prompts.to_scan(ADA, NOW + LIFETIME - timedelta(microseconds=1)) == [waiting]
        assert stores.prompts.to_scan(ADA, NOW + LIFETIME) == []

    @staticmethod
    def waiting(stores: Stores, sign_in_id: str, seconds: float = 0) -> Prompt:
        """A sign-in that pages show a code of."""
        begun = sign_in("none", method="qr", sign_in_id=sign_in_id, now=after(seconds))
        prompt = replace(prompt_for(begun, verification_of("none").shown), addressed_to=NOBODY)
        stores.sign_ins.open(begun, prompt, waiter_ticket(begun))
        return prompt
