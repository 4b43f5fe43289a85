"""What a text message makes of a sign-in, step by step (R3.3-R3.5; attacks T3, T5, T7)."""

from datetime import timedelta

import msgspec
import pytest

from nod.domain.sign_in import REDEEM_WINDOW, UNKNOWN_NUMBER, Approver, SignIn
from nod.domain.status import LIVE, Method, Status
from nod.domain.verification import Mode
from nod.errors import Cancelled, Expired, IdentifierUsed, NodError, UnknownSignIn
from tests.builders import (
    ADA,
    ADAS_NUMBER,
    ADAS_PHONE,
    GRACES_NUMBER,
    NOW,
    PHONE_LIFETIME,
    VERIFIER,
    after,
    phone_sign_in,
    sign_in,
    verification_of,
)

NUMBER, OTHER_NUMBER = f"tel:{ADAS_NUMBER}", f"tel:{GRACES_NUMBER}"
replace = msgspec.structs.replace


def texted(begun: SignIn | None = None, *, ask: bool = False, number: str = NUMBER) -> SignIn:
    """A sign-in whose message has arrived from Ada's number."""
    return (begun or phone_sign_in()).texted(number, ADA, ask=ask, now=NOW)


def test_r3_1_a_phone_waits_for_its_message() -> None:
    """R3.1: whatever the mode it is started, nobody's, and shows approvers nothing yet."""
    for mode in ("none", "compare", "choose", "enter"):
        begun = phone_sign_in(mode)
        assert (begun.status, begun.login, begun.confirm_hash) == ("started", UNKNOWN_NUMBER, None)
        assert begun.offer == verification_of(mode).shown


def test_an_approval_keeps_no_offer() -> None:
    """R1.7: what an approver of flow 1 sees is in the prompt, and nowhere else."""
    assert sign_in("choose").offer is None


def test_r3_5_a_message_from_a_known_number_allows() -> None:
    """R3.5: from then on it is that account's, and has 60 seconds to be collected."""
    later = after(300)
    done = phone_sign_in().texted(NUMBER, ADA, ask=False, now=later)
    assert (done.status, done.login, done.account_id, done.new_account) == ("allowed", NUMBER, ADA, False)
    assert (done.expires_at, done.let_in_by, done.version) == (later + REDEEM_WINDOW, None, 1)
    assert done.redeem(VERIFIER, later).status == "redeemed"


def test_r3_4_a_message_from_a_new_number_makes_an_account() -> None:
    """R3.4: the one whose id was drawn when the phone began."""
    begun = phone_sign_in()
    done = begun.texted(NUMBER, None, ask=False, now=NOW)
    assert (done.account_id, done.new_account, done.login) == (begun.account_id, True, NUMBER)


def test_t7_where_approvers_are_asked_it_is_pending() -> None:
    """T7: until its own ten minutes are over, and with the code that was drawn at its start."""
    begun = phone_sign_in("choose")
    asked = texted(begun, ask=True)
    assert (asked.status, asked.account_id, asked.expires_at) == ("pending", ADA, begun.expires_at)
    assert (asked.answer_hash, asked.offer, asked.tries_left) == (begun.answer_hash, begun.offer, 1)
    assert asked.answer("allow", verification_of("choose").code, by=ADAS_PHONE, now=NOW).status == "allowed"


def test_a_message_in_the_last_moment_counts() -> None:
    """R3.1: a microsecond before its time is over, and not from then on."""
    end = NOW + PHONE_LIFETIME
    assert phone_sign_in().texted(NUMBER, ADA, ask=False, now=end - timedelta(microseconds=1)).status == "allowed"
    with pytest.raises(Expired):
        phone_sign_in().texted(NUMBER, ADA, ask=False, now=end)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        ("pending", IdentifierUsed),
        ("allowed", IdentifierUsed),
        ("denied", IdentifierUsed),
        ("reported", IdentifierUsed),
        ("redeemed", IdentifierUsed),
        ("cancelled", Cancelled),
    ],
)
@pytest.mark.parametrize("number", [NUMBER, OTHER_NUMBER])
def test_r3_3_a_message_counts_once(status: Status, error: type[NodError], number: str) -> None:
    """R3.3: in every other state it is refused, from whichever number."""
    seen = replace(texted(), status=status)
    with pytest.raises(error):
        seen.texted(number, ADA, ask=False, now=NOW)


@pytest.mark.parametrize("method", ["approval", "qr"])
def test_r3_3_other_sign_ins_are_unknown_to_messages(method: Method) -> None:
    """R3.3: whoever texts the id of one is told what a guess is told, in whatever state it is."""
    for status in ("started", "pending", "allowed", "cancelled"):
        with pytest.raises(UnknownSignIn):
            sign_in("none", method=method, status=status).texted(NUMBER, ADA, ask=False, now=NOW)


# A second number.


@pytest.mark.parametrize("ask", [False, True])
def test_t3_a_second_number_voids(ask: bool) -> None:
    """T3: what is allowed or pending becomes denied, by any number but its own."""
    seen = texted(ask=ask)
    assert seen.contested(OTHER_NUMBER, NOW) == seen.moved("denied")
    assert seen.contested(NUMBER, NOW) is None


@pytest.mark.parametrize("status", ["started", "denied", "reported", "redeemed", "cancelled"])
def test_t3_nothing_else_is_voided(status: Status) -> None:
    """T3: before the first message and after the end there is nothing to void; a report stays invisible (A12)."""
    assert replace(texted(), status=status).contested(OTHER_NUMBER, NOW) is None


def test_t3_what_has_run_out_is_not_voided() -> None:
    """T3: from its expiry on it is expired, and stays that."""
    seen = texted()
    assert seen.contested(OTHER_NUMBER, seen.expires_at - timedelta(microseconds=1)) is not None
    assert seen.contested(OTHER_NUMBER, seen.expires_at) is None


def test_t3_other_sign_ins_are_not_voided() -> None:
    """T3: nobody can deny an approval by texting its id."""
    for status in ("pending", "allowed"):
        assert sign_in("none", status=status).contested(OTHER_NUMBER, NOW) is None


# Nobody to ask.


def test_t7_nobody_to_ask_allows() -> None:
    """T7: as the message alone would have, from now on for 60 seconds, let in by nobody."""
    asked = texted(ask=True)
    unasked = asked.unasked(after(3))
    assert (unasked.status, unasked.expires_at, unasked.let_in_by) == ("allowed", after(63), None)
    assert unasked.version == asked.version + 1


# Whose it is.


@pytest.mark.parametrize("mode", ["none", "choose"])
def test_a10_before_its_message_it_is_nobody_s(mode: Mode) -> None:
    """A10: no account's approver can answer it; afterwards only its own account's."""
    for who in (ADAS_PHONE, Approver("", "ANY"), Approver(UNKNOWN_NUMBER, "ANY")):
        with pytest.raises(UnknownSignIn):
            phone_sign_in(mode).answer("deny", None, by=who, now=NOW)
    assert texted(phone_sign_in(mode), ask=True).answer("deny", None, by=ADAS_PHONE, now=NOW).status == "denied"


def test_what_can_still_become_something() -> None:
    """A8: those are the states that run out."""
    assert frozenset({"started", "pending", "reported", "allowed"}) == LIVE
