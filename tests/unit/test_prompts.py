"""What an approver sees of a sign-in, and what never (R1.3, R1.7)."""

from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nod.domain.prompts import NOBODY, Prompt, prompt_for
from nod.domain.pushes import prompt_push
from nod.domain.sign_in import SignIn
from nod.domain.verification import Mode, Verification, draw
from tests.builders import ADA, ADAS_PHONE, HOME, LAPTOP, LIFETIME, NOW, sign_in, verification_of

SEEDS = st.integers(0)


def prompt(mode: Mode = "choose") -> Prompt:
    """The prompt of a sign-in that was just started."""
    return prompt_for(sign_in(mode), verification_of(mode).shown)


def pushed(begun: SignIn, verification: Verification) -> bytes:
    """The frame as it goes over the wire."""
    return msgspec.json.encode(prompt_push(prompt_for(begun, verification.shown)))


def test_r1_3_a_prompt_tells_who_asks() -> None:
    """R1.3: the login asked for, the device, the address, the place and the times."""
    shown = prompt_for(sign_in(message="Film night"), verification_of("choose").shown).shown()
    assert (shown.login, shown.method, shown.message) == ("ada", "approval", "Film night")
    assert (shown.device, shown.ip, shown.place) == (LAPTOP, HOME.ip, HOME.place)
    assert (shown.created_at, shown.expires_at) == (NOW, NOW + LIFETIME)


def test_r1_3_the_frame_has_the_fields_of_the_contract() -> None:
    """R1.3: a prompt is pushed with these fields and no others."""
    frame = msgspec.json.decode(pushed(sign_in(message="Hello"), verification_of("choose")))
    assert frame["type"] == "prompt"
    assert set(frame) == {
        "type",
        "sign_in_id",
        "method",
        "login",
        "device",
        "ip",
        "place",
        "created_at",
        "expires_at",
        "message",
        "verification",
    }
    assert frame["created_at"] == "2026-05-04T12:00:00.250125Z"


@pytest.mark.parametrize("mode", ["compare", "echo"])
def test_r1_7_a_code_to_compare_is_in_the_prompt(mode: Mode) -> None:
    """R1.7: in `compare` and `echo` the approver sees the code that the requesting device has."""
    assert prompt(mode).verification.code == verification_of(mode).code


def test_r1_7_none_has_nothing_to_compare() -> None:
    """R1.7: in mode `none` a prompt carries no code and no choices."""
    assert msgspec.json.decode(pushed(sign_in("none"), verification_of("none")))["verification"] == {"mode": "none"}


@given(SEEDS)
def test_r1_7_a_prompt_to_choose_does_not_mark_the_answer(seed: int) -> None:
    """R1.7: in `choose`, two sign-ins that differ only in which number is right have the very same prompt."""
    drawn = draw("choose", Random(seed))
    frames = {
        pushed(sign_in(verification=verification), verification)
        for verification in (Verification("choose", code, drawn.choices) for code in drawn.choices)
    }
    assert len(frames) == 1
    assert msgspec.json.decode(frames.pop())["verification"] == {"mode": "choose", "choices": list(drawn.choices)}


@given(st.text("0123456789", min_size=6, max_size=6))
def test_r1_7_a_prompt_to_enter_does_not_hold_the_answer(code: str) -> None:
    """R1.7: in `enter` a prompt is the same for every code, so that it cannot hold any."""
    frames = [
        pushed(sign_in(verification=verification), verification)
        for verification in (Verification("enter", code), Verification("enter", "000000"))
    ]
    assert frames[0] == frames[1]
    assert msgspec.json.decode(frames[0])["verification"] == {"mode": "enter"}


@pytest.mark.parametrize("mode", ["choose", "enter"])
def test_r1_7_a_kept_prompt_is_as_ignorant_as_the_shown_one(mode: Mode) -> None:
    """R1.7: neither the row nor `hello` knows more than the push does."""
    kept, shown = prompt(mode), prompt(mode).shown()
    assert kept.verification == shown.verification
    assert kept.verification.code is None
    begun = sign_in(mode)
    secrets = {begun.answer_hash, begun.challenge}
    assert not secrets & {getattr(kept, name) for name in kept.__struct_fields__ if name != "verification"}


def test_what_is_shown_does_not_tell_who_else_is_asked() -> None:
    """An approver does not see the account's id or to whom the prompt is addressed."""
    assert not {"account_id", "addressed_to"} & set(prompt().shown().__struct_fields__)
    assert not {"account_id", "addressed_to"} & set(prompt_push(prompt()).__struct_fields__)
    assert prompt().account_id == ADA


def test_r1_5_a_prompt_to_all_is_for_every_session() -> None:
    """R1.5: unless addressed, a prompt is for each session of the account, until it expires."""
    assert prompt().is_for(ADAS_PHONE.session_id, NOW)
    assert prompt().is_for("ANOTHER", NOW)
    assert not prompt().is_for(ADAS_PHONE.session_id, NOW + LIFETIME)


def test_r1_5_an_addressed_prompt_is_for_one_session() -> None:
    """R1.5: a prompt addressed to one session is for no other, and one addressed to nobody yet for none."""
    addressed = msgspec.structs.replace(prompt(), addressed_to=ADAS_PHONE.session_id)
    assert addressed.is_for(ADAS_PHONE.session_id, NOW)
    assert not addressed.is_for("ANOTHER", NOW)
    unpicked = msgspec.structs.replace(prompt(), addressed_to=NOBODY)
    assert not unpicked.is_for(ADAS_PHONE.session_id, NOW)
