"""Text that strangers write and people read: what may stand in a device's name or a message."""

import unicodedata

from nod.errors import InvalidRequest

# Letters that reorder, hide or break the line around them let a stranger's text pose as ours (attack A11):
# control characters, surrogates, private use, unassigned, line and paragraph separators, and all format characters
# (bidirectional overrides among them) but the two joiners that some scripts and emoji need.
FORBIDDEN_CATEGORIES = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})
JOINERS = frozenset({"\u200c", "\u200d"})


def is_readable(text: str) -> bool:
    """Whether the text holds only characters that cannot disguise it."""
    return all(_is_harmless(character) for character in text)


def require_readable(text: str, field: str) -> str:
    """The text in Unicode NFC without outer white space; `InvalidRequest` where it is empty or could mislead."""
    if not is_readable(text):
        raise InvalidRequest(f"{field} holds control or direction-changing characters")
    cleaned = unicodedata.normalize("NFC", text).strip()
    # Joiners show nothing of themselves: text of nothing else would leave a gap where a name should be.
    if all(character in JOINERS or character.isspace() for character in cleaned):
        raise InvalidRequest(f"{field} is empty")
    return cleaned


def _is_harmless(character: str) -> bool:
    category = unicodedata.category(character)
    if category == "Cf":
        return character in JOINERS
    return category not in FORBIDDEN_CATEGORIES
