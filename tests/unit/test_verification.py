"""Verification between the two screens (R1.7, A3)."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nod.domain.verification import (
    TRIES,
    WEAKEST_TO_STRONGEST,
    Mode,
    Verification,
    clashes,
    code_hash,
    code_mark,
    draw,
    effective_mode,
)


class Extreme(Random):
    """A source of randomness that always draws the first or the last of what there is."""

    def __init__(self, end: int) -> None:
        super().__init__()
        self.end = end

    def randrange(self, *bounds: int) -> int:  # type: ignore[override]
        """The number at that end."""
        return range(*bounds)[self.end]


MODES = st.sampled_from(WEAKEST_TO_STRONGEST)
SEEDS = st.integers(min_value=0)


@given(SEEDS)
def test_r1_7_choose_offers_three_numbers_one_of_them_right(seed: int) -> None:
    """R1.7: `choose` draws a two-digit number among three different ones."""
    verification = draw("choose", Random(seed))
    assert len(set(verification.choices)) == 3
    assert all(choice.isdigit() and len(choice) == 2 for choice in verification.choices)
    assert verification.code in verification.choices


@given(SEEDS, st.sampled_from(["compare", "echo", "enter"]))
def test_r1_7_the_other_codes_have_six_digits(seed: int, mode: Mode) -> None:
    """R1.7: `compare`, `echo` and `enter` draw six digits and offer no choices."""
    verification = draw(mode, Random(seed))
    assert verification.code is not None
    assert verification.code.isdigit()
    assert len(verification.code) == 6
    assert verification.choices == ()


def test_r1_7_every_number_can_be_drawn() -> None:
    """R1.7: the choices are all the two-digit numbers, and the codes all those of six digits."""
    choices = {choice for seed in range(500) for choice in draw("choose", Random(seed)).choices}
    assert choices == {str(number) for number in range(10, 100)}
    assert [draw("enter", Extreme(end)).code for end in (0, -1)] == ["000000", "999999"]


@pytest.mark.parametrize("seed", range(50))
def test_r1_7_numbers_that_others_offer_are_not_offered_again(seed: int) -> None:
    """R1.7: two prompts that one person sees share no number, so that the real one can be told apart."""
    taken = [str(number) for number in range(10, 97)]
    assert sorted(draw("choose", Random(seed), apart_from=taken).choices) == ["97", "98", "99"]
    assert len(draw("choose", Random(seed), apart_from=[*taken, "97"]).choices) == 3


def test_r1_7_none_draws_nothing() -> None:
    """R1.7: mode `none` has no code."""
    assert draw("none", Random(1)) == Verification("none")


def test_r1_7_the_right_choice_stands_at_any_place() -> None:
    """R1.7: which of the three numbers is right cannot be told by its place or its size."""
    drawn = [draw("choose", Random(seed)) for seed in range(300)]
    places = [verification.choices.index(verification.code or "") for verification in drawn]
    ranks = [sorted(verification.choices).index(verification.code or "") for verification in drawn]
    for seen in (places, ranks):
        assert all(seen.count(position) > 60 for position in range(3))


def test_r1_7_only_choose_and_enter_ask_the_approver() -> None:
    """R1.7: the code is transferred through the approver in the two strongest modes."""
    assert [mode for mode in WEAKEST_TO_STRONGEST if draw(mode, Random(1)).asks_approver] == ["choose", "enter"]


def test_r1_7_tries() -> None:
    """R1.7: one pick in `choose`, three tries where a code is typed."""
    assert {mode: TRIES[mode] for mode in ("choose", "echo", "enter")} == {"choose": 1, "echo": 3, "enter": 3}


@given(st.none() | MODES, MODES, MODES)
def test_a3_no_request_goes_under_the_minimum(requested: Mode | None, default: Mode, minimum: Mode) -> None:
    """A3: the mode is the one asked for or the stack's own, raised to the stack's minimum."""
    strength = WEAKEST_TO_STRONGEST.index
    mode = effective_mode(requested, default=default, minimum=minimum)
    assert strength(mode) == max(strength(requested or default), strength(minimum))


def test_a_code_hash_is_of_one_sign_in() -> None:
    """The same code of two sign-ins is kept as two different hashes."""
    assert code_hash("ONE", "123456") != code_hash("OTHER", "123456")
    assert code_hash("ONE", "123456") != code_hash("ONE", "123457")


@given(MODES.filter(lambda mode: mode != "none"), SEEDS)
def test_r1_7_the_same_code_for_the_same_login_clashes(mode: Mode, seed: int) -> None:
    """R1.7: a second sign-in for a login whose code is already shown is noticed."""
    verification = draw(mode, Random(seed))
    mark = code_mark(verification, "user:ada")
    assert clashes(verification, "user:ada", {mark, "another"})
    assert not clashes(verification, "user:grace", {mark, "another"})
    assert not clashes(verification, "user:ada", {"another"})


def test_r1_7_sign_ins_without_a_code_never_clash() -> None:
    """R1.7: in mode `none` there is nothing to tell apart, so that drawing again would never end."""
    verification = draw("none", Random(1))
    assert not clashes(verification, "user:ada", {code_mark(verification, "user:ada")})


@given(MODES, SEEDS)
def test_a_mark_fits_a_slot(mode: Mode, seed: int) -> None:
    """A mark is never empty and holds no separator of slots."""
    mark = code_mark(draw(mode, Random(seed)), "user:ada")
    assert mark
    assert ":" not in mark
