"""Text messages: what phones are told to send, how it is found in what arrives, and what is texted back (R3, T7)."""

import re
import unicodedata
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nod.domain.accounts import draw_password
from nod.domain.device import Device
from nod.domain.identifiers import ALPHABET, IDENTIFIER_LENGTH, new_identifier
from nod.domain.texts import (
    Outcome,
    SenderOfTexts,
    asked_text,
    binding_text,
    bound_text,
    identifier_in,
    means_stop,
    named,
    refusal_text,
    sign_in_text,
    signed_in_text,
    stopped_text,
)
from tests.builders import ADAS_NUMBER, APP, PHONE

ID = "0123456789ABCDEFGHJKMNPQRS"
OTHER_ID = "ZYXWVTSRQPNMKJHGFEDCBA9876"
ASKED = "Sign me in to Nod. Never send this for somebody else! Code: "
# What acted: of these there is no refusal.
DONE: tuple[Outcome, ...] = ("signed_in", "asked", "bound", "stopped")
REFUSALS: list[Outcome] = [
    "no_identifier", "unknown", "expired", "cancelled", "used", "two_numbers", "other_number", "login_taken",
    "account_full", "held_back",
]  # fmt: skip
IDENTIFIERS = st.text(ALPHABET, min_size=IDENTIFIER_LENGTH, max_size=IDENTIFIER_LENGTH)


def is_noise(character: str) -> bool:
    """Whether a character is neither a letter or digit, nor read as one, nor put onto the one before it."""
    read = unicodedata.normalize("NFKC", character)
    return not any(one.isalnum() or unicodedata.category(one).startswith("M") for one in read)


NOISE = st.text(st.characters(codec="utf-8").filter(is_noise))


# What arrives.


@pytest.mark.parametrize(
    "text",
    [
        ID,
        f"{ASKED}{ID}.",
        f"{ASKED}{ID}.\nSent from my iPhone",
        f"{ASKED}{ID}\n--\nAda Lovelace, Ockham Park, tel +44 7700 900123",
        f"> {ASKED}\n> {ID}.",
        f"“{ASKED}{ID}”",
        f"'{ID}'",
        f"Code:{ID}",
        f"{ASKED}{ID.lower()}.",
        f"{ASKED}{ID.title()}.",
        f"{ASKED}{ID[:13]}\n{ID[13:]}.",
        f"{ASKED}{ID[:13]}\r\n{ID[13:]}.",
        f"{ASKED}{ID[:10]} {ID[10:20]} {ID[20:]}.",
        f"{ASKED}{ID[:13]}-{ID[13:]}.",
        f"{ASKED}{ID[:13]}\u00ad{ID[13:]}.",
        f"{ASKED}{ID[:13]}\u200b{ID[13:]}.",
        f"\ufeff{ID}\u200e",
        ID.replace("0", "O").replace("1", "I"),
        ID.replace("0", "o").replace("1", "l"),
        "".join(chr(ord(letter) + 0xFEE0) for letter in ID),
        f"{ID} and once more {ID.lower()}",
        f"Send this text right back to Ben. Code: {ID[:13]}\n{ID[13:]}.",
        f"C o d e : {' '.join(ID)}. Are you there at the station now",
        f"{ID[:13]} {ID[13:]}",
        "x" * (2000 - 27) + " " + ID,
    ],
)
def test_r3_3_an_identifier_is_found(text: str) -> None:
    """R3.3: whatever a phone puts around or into it: signatures, quotes, breaks, other case, look-alikes."""
    assert identifier_in(text) == ID


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Hello",
        "NO",
        ASKED,
        ID[:-1],
        ID + "0",
        "A" + ID,
        f"U{ID}",
        f"{ID}U",
        ID.replace("5", "U"),
        f"{ID} {OTHER_ID}",
        f"{ID[:13]}-{ID[13:]}. {OTHER_ID[:13]}-{OTHER_ID[13:]}",
        f"Code:{ID[:13]}-{ID[13:]}. Code:{OTHER_ID[:13]}-{OTHER_ID[13:]}.",
        "x" * (2000 - 26) + " " + ID,
        " " * 2000 + ID,
        "é" * 26,
        "\u0660" * 26,
    ],
)
def test_r3_3_no_identifier_is_found(text: str) -> None:
    """R3.3: what is too short or too long, has a letter that is in none, or names two, names none."""
    assert identifier_in(text) is None


@given(IDENTIFIERS, NOISE, NOISE, st.randoms(use_true_random=False))
def test_r3_3_any_identifier_is_found_in_any_noise(identifier: str, left: str, right: str, chance: Random) -> None:
    """R3.3: no identifier is lost in whatever is not letters and digits, nor by a change of case."""
    recased = "".join(chance.choice((letter, letter.lower())) for letter in identifier)
    assert identifier_in(left + recased + right) == identifier


@given(IDENTIFIERS)
def test_r3_1_what_a_phone_is_told_to_send_names_its_identifier(identifier: str) -> None:
    """R3.1: the text that a phone is given is understood when it arrives, for a sign-in and for a binding."""
    assert identifier_in(sign_in_text(APP, identifier).body) == identifier
    assert identifier_in(binding_text(APP, identifier).body) == identifier


@given(st.text())
def test_i1_any_text_at_all_is_read(text: str) -> None:
    """I1: nothing that arrives breaks the reading of it, and what is found has the form of an identifier."""
    found = identifier_in(text)
    assert found is None or re.fullmatch(f"[{ALPHABET}]{{26}}", found)
    assert means_stop(text) in (True, False)


@pytest.mark.parametrize(
    "text",
    [
        "NO",
        "no",
        " No. ",
        "No!!",
        "NO\nSent from my iPhone",
        "\u201cNO\u201d",
        "ＮＯ",  # noqa: RUF001 - full-width letters are the point.
        "N0",
        "n0!",
        "Nope",
        "NOPE, not mine",
        "Not me",
        "not me!!",
        "...No",
        f"No, that was not me! > {ASKED}{ID}.",
        f"NO\n\nOn Monday Nod wrote: {ID}",
        "No " + "x" * 3000,
    ],
)
def test_t7_no_is_understood(text: str) -> None:
    """T7: the word that stops the last sign-in, as phones and people write it."""
    assert means_stop(text)


@pytest.mark.parametrize(
    "text",
    ["", "Yes", "Nod", "Now", "I say NO", "N O", "Notice: NO", "Not yet", "Notme", "N00", "Noper", " " * 2000 + "NO"],
)
def test_t7_other_words_stop_nothing(text: str) -> None:
    """T7: only a message that begins with that word is one."""
    assert not means_stop(text)


# What is sent.


def test_t7_a_phone_is_told_what_its_text_does() -> None:
    """T7: the text that a phone sends says what for, and warns those who are asked to send it for somebody else."""
    for text, purpose in ((sign_in_text(APP, ID), "Sign me in to Nod"), (binding_text(APP, ID), "to my Nod account")):
        assert text.to == APP.number
        assert purpose in text.body
        assert "Never send this for somebody else!" in text.body
        assert ID in text.body


@given(st.text(min_size=1, max_size=20))
def test_r3_1_carriers_let_it_through(app: str) -> None:
    """R3.1: what a phone sends never begins with HELP, STOP or another word that carriers keep for themselves."""
    kept = ("HELP", "STOP", "INFO", "END", "CANCEL", "UNSUBSCRIBE", "QUIT", "START", "YES", "ARRET", "NO ")
    for text in (sign_in_text(SenderOfTexts(app, ""), ID), binding_text(SenderOfTexts(app, ""), ID)):
        assert not text.body.upper().startswith(kept)
        assert not means_stop(text.body)


def all_replies(app: SenderOfTexts, device: Device) -> list[str]:
    """Everything that a sender can be told."""
    password = draw_password(Random(1))
    return [
        *(refusal_text(app, outcome) for outcome in REFUSALS),
        signed_in_text(app, device, ADAS_NUMBER),
        signed_in_text(app, device, ADAS_NUMBER, password),
        asked_text(app, device),
        bound_text(app, ADAS_NUMBER),
        stopped_text(app, done=False),
        stopped_text(app, done=True),
    ]


def test_r3_3_every_refusal_has_its_own_text() -> None:
    """R3.3: the sender is told why; of what acted there is no refusal."""
    texts = [refusal_text(APP, outcome) for outcome in REFUSALS]
    assert len(set(texts)) == len(REFUSALS)
    for outcome in DONE:
        with pytest.raises(KeyError):
            refusal_text(APP, outcome)


def test_every_reply_says_who_writes() -> None:
    """A text message begins with the name of the application, which its sender's number does not tell."""
    assert all(text.startswith("Nod: ") for text in all_replies(APP, PHONE))


def test_replies_fit_one_message() -> None:
    """R3.3: without a password every reply fits the 160 characters of one message, in GSM's own alphabet."""
    for text in all_replies(APP, PHONE):
        assert re.fullmatch(r"[A-Za-z0-9 .,:;!?\"'()+\-]*", text)
        assert len(text) <= (320 if "password" in text else 160)


def test_t7_a_reply_names_the_device_and_how_to_stop_it() -> None:
    """T7: whoever was talked into sending the text reads which device is in, and what to text against it."""
    text = signed_in_text(APP, PHONE, ADAS_NUMBER)
    assert 'the phone "Ada\'s phone" is now signed in' in text
    assert f"Text NO to {APP.number}" in text
    assert "password" not in text


def test_t7_a_binding_s_reply_names_the_number_and_how_to_stop_it() -> None:
    """T7: whoever was talked into binding their number reads so, and what to text against it."""
    text = bound_text(APP, ADAS_NUMBER)
    assert f"{ADAS_NUMBER} now signs in to the account that asked for it" in text
    assert f"Text NO to {APP.number}" in text


def test_t7_no_is_told_whether_anything_was_undone() -> None:
    """T7: what was, and since when; or that there was nothing."""
    assert "undone" in stopped_text(APP, done=True)
    assert "first text of the last 24 hours" in stopped_text(APP, done=True)
    assert "no recent sign-in" in stopped_text(APP, done=False)


def test_r3_6_a_new_account_s_reply_holds_login_and_password() -> None:
    """R3.6: the login and the initial password, and that it works once."""
    text = signed_in_text(APP, PHONE, ADAS_NUMBER, "abcde-fghjk-mnpqr")
    assert f"Login {ADAS_NUMBER}, password abcde-fghjk-mnpqr (works once" in text


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ada's phone", 'the phone "Ada\'s phone"'),
        ("https://evil.example/login?x=1", 'the phone "https evil example login x 1"'),
        ("evil.example", 'the phone "evil example"'),
        ("ad@evil.example", 'the phone "ad evil example"'),
        ('x". Text YES to +19', 'the phone "x Text YES to 19"'),
        ("Call +44 7700 900123 now", 'the phone "Call now"'),
        ("Call 0800-123-4567", 'the phone "Call"'),
        ("0800.123.4567", "a phone"),
        ("Text YES to 60700", 'the phone "Text YES to"'),
        ("+٤٤٧٧٠٠٩٠٠١٢٣ ８００８００", "a phone"),  # noqa: RUF001 - digits of other scripts are the point.
        ("c1a2l3l4 5", 'the phone "call"'),
        ("Galaxy S23 5G", 'the phone "Galaxy S23 5G"'),
        ("Pixel 8a", 'the phone "Pixel 8a"'),
        ("a\r\n\r\nNod: all is well", 'the phone "a Nod all is well"'),
        ("a\u2028b\u202ec\u200bd", 'the phone "a b c d"'),
        ("x" * 64, f'the phone "{"x" * 32}"'),
        ("Телефон Ады", 'the phone "Телефон Ады"'),
        ("\U0001f4f1", "a phone"),
        ("...", "a phone"),
    ],
)
def test_t7_a_device_s_name_can_say_nothing_else(name: str, shown: str) -> None:
    """T7: of a stranger's text in our message nothing can be a link, a new line, or the end of its quotes."""
    assert named(Device("phone", name)) == shown


@pytest.mark.parametrize("name", ["Call 06 12 34 56 78", "+44 77 00 90 01 23", "0 8 0 0 1 2 3 4 5 6"])
def test_t7_a_number_in_pieces_is_no_number_either(name: str) -> None:
    """T7: numbers to call are written in pairs in many countries; phones make links of them all the same."""
    assert sum(letter.isdigit() for letter in named(Device("phone", name))) < 7


@given(st.text(min_size=1, max_size=64))
def test_t7_no_name_breaks_out(name: str) -> None:
    """T7: whatever a device calls itself, its name keeps to letters, digits, spaces and apostrophes, 32 at most."""
    shown = named(Device("tv", name))
    inside = re.fullmatch(r'the tv "(.+)"|a tv', shown, re.DOTALL)
    assert inside
    kept = inside[1] or ""
    assert len(kept) <= 32
    assert all(letter.isalnum() or letter in " '" for letter in kept)
    assert sum(letter.isdigit() for letter in kept) <= 4


def test_an_initial_password_is_long_enough_and_easy_to_read() -> None:
    """R3.6: 15 letters and digits that no two people read differently, never twice the same."""
    drawn = [draw_password(Random(seed)) for seed in range(100)]
    assert len(set(drawn)) == 100
    assert all(re.fullmatch(r"([a-z2-9]{5}-){2}[a-z2-9]{5}", password) for password in drawn)
    assert not set("".join(drawn)) & set("ilo01u")


def test_identifiers_of_ours_are_found() -> None:
    """R3.1: those that the service draws itself, for bindings, are read as they were drawn."""
    for seed in range(50):
        drawn = new_identifier(Random(seed))
        assert identifier_in(f"{ASKED}{drawn}") == drawn
