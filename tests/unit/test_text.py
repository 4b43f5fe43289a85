"""Text that strangers write and people read (attack A11)."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nod.domain.text import is_readable, require_readable
from nod.errors import InvalidRequest

MISLEADING = {
    "NUL": "\x00",
    "bell": "\x07",
    "escape": "\x1b",
    "delete": "\x7f",
    "C1 control": "\x9b",
    "line feed": "a\nb",
    "carriage return": "a\rb",
    "tab": "a\tb",
    "line separator": "a\u2028b",
    "paragraph separator": "a\u2029b",
    "right-to-left override": "\u202e",
    "left-to-right override": "\u202d",
    "right-to-left embedding": "\u202b",
    "pop directional formatting": "\u202c",
    "right-to-left isolate": "\u2067",
    "first strong isolate": "\u2068",
    "pop directional isolate": "\u2069",
    "right-to-left mark": "\u200f",
    "left-to-right mark": "\u200e",
    "Arabic letter mark": "\u061c",
    "zero-width space": "\u200b",
    "word joiner": "\u2060",
    "byte order mark": "\ufeff",
    "soft hyphen": "\u00ad",
    "tag letter": "\U000e0041",
    "private use": "\ue000",
    "unassigned": "\u0378",
    "not a character": "\uffff",
    "lone surrogate": "\ud800",
    "Hangul filler": "\u3164",
    "grapheme joiner": "\u034f",
    "empty Braille cell": "\u2800",
    "Khitan filler": "\U00016fe4",
    "note without a head": "\U0001d159",
    "a pile of marks": "a" + "\u0336" * 9,
    "a pile held together": "a" + ("\u0301\u0302\u0303\u0306\u0307\u200d" * 2),
    "marks piled on no letter": "\u0489" * 63,
}
HARMLESS = [
    "Ada's laptop",
    "Ada\u2019s Büro-PC (2.\u00a0Stock)",
    "客厅电视",
    "غرفة الجلوس",
    "👩\u200d💻 desk",
    "نامه\u200c\u0627ی",
    "❤\ufe0f",
    "क्षत्रिय",
    "渡辺\U000e0101",
    "ש\u05b8\u05bc\u05bd\u05c1\u0596",
    "กี่น้ำ",
    "မျှော့်",
]


@pytest.mark.parametrize("text", MISLEADING.values(), ids=MISLEADING.keys())
def test_a11_text_that_can_disguise_is_refused(text: str) -> None:
    """A11: no character that reorders, hides or breaks the line around it gets into a prompt."""
    assert not is_readable(text)
    with pytest.raises(InvalidRequest, match="message"):
        require_readable(f"Ada {text} phone", "message")


@pytest.mark.parametrize("text", HARMLESS)
def test_text_of_all_scripts_is_welcome(text: str) -> None:
    """Letters of any script pass, with the joiners that some of them need."""
    assert require_readable(text, "name") == text


NOTHING_TO_SEE = ["", " ", "\u3000", "\u00a0 ", "\u200d", "\u200c\u200d", " \u200d \u200d", "\ufe0f", "\ufe0f \ufe00"]
MARKS_ALONE = ["\U000e0100", "\u0301", "\u20dd \ufe0f"]


@pytest.mark.parametrize("text", [*NOTHING_TO_SEE, *MARKS_ALONE])
def test_a11_text_without_anything_to_see_is_refused(text: str) -> None:
    """A11: a name of nothing but white space, joiners, variation selectors or marks would leave a gap in the prompt."""
    with pytest.raises(InvalidRequest, match="empty"):
        require_readable(text, "name")


def test_text_is_kept_in_one_form() -> None:
    """White space around is taken off, and accents are composed."""
    assert require_readable("  Zoe\u0308 ", "name") == "Zo\u00eb"


@given(st.text())
def test_a11_whatever_passes_is_harmless(text: str) -> None:
    """A11: what is kept holds no control, surrogate or private character and no format character but the joiners."""
    try:
        kept = require_readable(text, "name")
    except InvalidRequest:
        return
    categories = {unicodedata.category(character) for character in kept if character not in "\u200c\u200d"}
    assert not categories & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert kept == kept.strip() != ""
    assert require_readable(kept, "name") == kept
