"""Text that strangers write and people read: what may stand in a device's name or a message."""

import unicodedata

from nod.errors import InvalidRequest

# Letters that reorder, hide or break the line around them let a stranger's text pose as ours (attack A11):
# control characters, surrogates, private use, unassigned, line and paragraph separators, and all format characters
# (bidirectional overrides among them) but the two joiners that some scripts and emoji need.
FORBIDDEN_CATEGORIES = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})
JOINERS = frozenset({"\u200c", "\u200d"})
# Letters, marks and a symbol that show nothing: fillers of Hangul and Khmer, the grapheme joiner, Mongolian variants,
# an empty Braille cell, the Khitan filler, a note without a head. A name of these alone is a gap, and one with them a
# twin of another.
BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0\U00016fe4\U0001d159")
# They choose how the character before them looks, an emoji's colours for one, and show nothing of themselves.
VARIATIONS = frozenset(map(chr, [*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)]))
# So many marks on one letter are more than scripts pile up (Tibetan has seven), and draw over the lines beside it.
_PILE = 8


def is_readable(text: str) -> bool:
    """Whether the text holds only characters that cannot disguise it, nor draw over what stands beside it."""
    joined = (character for character in text if character not in JOINERS)
    marks = "".join("m" if unicodedata.category(character)[0] == "M" else " " for character in joined)
    return "m" * (_PILE + 1) not in marks and all(_is_harmless(character) for character in text)


def require_readable(text: str, field: str) -> str:
    """The text in Unicode NFC without outer white space; `InvalidRequest` where it is empty or could mislead."""
    cleaned = unicodedata.normalize("NFC", text).strip()
    if not (is_readable(text) and is_readable(cleaned)):
        raise InvalidRequest(f"{field} holds control or direction-changing characters, or too many marks on a letter")
    # Text in which nothing shows of itself would leave a gap where a name should be.
    if not any(unicodedata.category(character)[0] in "LNPS" for character in cleaned):
        raise InvalidRequest(f"{field} is empty")
    return cleaned


def _is_harmless(character: str) -> bool:
    if character in BLANKS:
        return False
    category = unicodedata.category(character)
    if category == "Cf":
        return character in JOINERS
    return category not in FORBIDDEN_CATEGORIES
