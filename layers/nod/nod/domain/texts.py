"""Text messages: what a phone is told to send, how its identifier is found in what arrives, and what is texted back.

All of them are plain words that GSM's own alphabet can hold, short enough for one message where names allow it.
"""

import re
import unicodedata
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from nod.domain.device import Device
from nod.domain.identifiers import ALPHABET, IDENTIFIER_LENGTH

# What became of a text message. The first three acted. A NO is `stopped` until it was carried out: then what it has
# led to is `undone`, or there was `nothing_undone`. Of the others the sender is told why nothing happened.
Outcome = Literal[
    "signed_in",
    "asked",
    "bound",
    "stopped",
    "undone",
    "nothing_undone",
    "no_identifier",
    "unknown",
    "expired",
    "cancelled",
    "used",
    "two_numbers",
    "other_number",
    "login_taken",
    "account_full",
    "held_back",
]

# How long a text may be on its way to us, as long as its phone is out of reach: no identifier is new again before that,
# else somebody who has seen it starts a sign-in of their own with it, and is let in when the text arrives (R3.1, R3.3).
UNDERWAY = timedelta(days=7)

_WHY_NOT: dict[Outcome, str] = {
    "no_identifier": "there is no code in your message. Start again, and send the text just as it is.",
    "unknown": "this code is not known. Start again, and send the text just as it is.",
    "expired": "this code has expired. Start again, and send the new text.",
    "cancelled": "this sign-in was cancelled. Start again, and send the new text.",
    "used": "this code was used before. Start again, and send the new text.",
    "two_numbers": "this code came from two numbers, so it is void. If somebody asked you to send it, do not.",
    "other_number": "this code is for another number. If somebody asked you to send it, do not.",
    "login_taken": "this number belongs to an account already.",
    "account_full": "your account has as many logins as it may have. Remove one of them, and start again.",
    "held_back": "sign-ins with this number are held back for a while. Try again later.",
}
# Crockford's base32 as people copy it: any case, O for 0, I and L for 1. U is in no identifier.
_READ_AS = str.maketrans("OIL", "011")
_IDENTIFIER = re.compile(rf"(?<![0-9A-Z])[{ALPHABET}OIL]{{{IDENTIFIER_LENGTH}}}(?![0-9A-Z])")
_BEHIND_COLON = re.compile(rf":([{ALPHABET}OIL]{{{IDENTIFIER_LENGTH}}})(?![0-9A-Z])")
_BREAKS = re.compile(r"[\s\-\"'`\u00ad\u200b-\u200f\u2018-\u201f\u2060\ufeff]+")
_STOP = re.compile(r"\W{0,9}(N[O0]|NOPE|NOT ME)\b", re.IGNORECASE)
# More than phones send in one message; what is longer is not looked at.
_LONGEST_TEXT = 2000
_SHOWN_NAME = 32
_MOST_DIGITS = 4


class SenderOfTexts(msgspec.Struct, frozen=True):
    """Who writes: the application's name, and the number that it can be texted at (E.164, empty where it has none)."""

    name: str
    number: str


class SmsToSend(msgspec.Struct, frozen=True):
    """What the phone is to send: `body` to the service's own number."""

    to: str
    body: str


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A text message that arrived, as it is kept so that it acts once.

    `key` is made of the gateway's name and its message id; `forget_at` is when the same call could no longer come
    again, None where it always can (its gateway signs no time).
    """

    key: str
    received_at: datetime
    forget_at: datetime | None


class SeenMessage(msgspec.Struct, frozen=True):
    """A message that came before: when, what became of it, and until when somebody is at telling so (None: told).

    `account_id` is whose its number was when a NO arrived: the account that it is about.
    """

    received_at: datetime
    outcome: Outcome
    work_until: datetime | None
    account_id: str | None = None


class Repeated(Exception):
    """The message was claimed before: it acts once."""


class LoginMoved(Exception):
    """The number of a message has got an account, or lost it, since it was looked up."""


def sign_in_text(app: SenderOfTexts, identifier: str) -> SmsToSend:
    """What a phone sends to sign in. It never begins with HELP or STOP, which carriers keep for themselves."""
    words = f"Sign me in to {app.name}. Never send this for somebody else! Code: {identifier}."
    return SmsToSend(app.number, words)


def binding_text(app: SenderOfTexts, identifier: str) -> SmsToSend:
    """What a phone sends so that its number is bound to an account."""
    words = f"Add my number to my {app.name} account. Never send this for somebody else! Code: {identifier}."
    return SmsToSend(app.number, words)


def identifier_in(text: str) -> str | None:
    """The identifier in a message, whatever the phone put around or into it; None where there is none, or two."""
    letters = unicodedata.normalize("NFKC", text[:_LONGEST_TEXT]).upper()
    joined = _BREAKS.sub("", letters)
    # Joined, words look like identifiers as well: ours stands behind a colon.
    found = _identifiers(letters) or set(map(_read, _BEHIND_COLON.findall(joined))) or _identifiers(joined)
    return found.pop() if len(found) == 1 else None


def means_stop(text: str) -> bool:
    """Whether a message says NO to the last sign-in. STOP never arrives: carriers keep it for themselves."""
    return _STOP.match(unicodedata.normalize("NFKC", text[:_LONGEST_TEXT])) is not None


def refusal_text(app: SenderOfTexts, outcome: Outcome) -> str:
    """Why nothing came of a message (R3.3)."""
    return f"{app.name}: {_WHY_NOT[outcome]}"


def signed_in_text(app: SenderOfTexts, device: Device, number: str, password: str | None = None) -> str:
    """Which device is in, and how to stop it (T7); with the initial password of a new account (R3.6)."""
    facts = f" Login {number}, password {password} (works once: change it then)." if password else ""
    return f"{app.name}: {named(device)} is now signed in as {number}.{facts} Not you? Text NO to {app.number}."


def asked_text(app: SenderOfTexts, device: Device) -> str:
    """That a signed-in device must allow it."""
    return f"{app.name}: {named(device)} wants to sign in. Allow or deny it on a device that is signed in."


def bound_text(app: SenderOfTexts, number: str) -> str:
    """That the number is bound."""
    return f"{app.name}: {number} now signs in to the account that asked for it. Not you? Text NO to {app.number}."


def stopped_text(app: SenderOfTexts, *, done: bool) -> str:
    """What NO came to."""
    if not done:
        return f"{app.name}: there is no recent sign-in to end."
    return f"{app.name}: done. What has signed in since your first text of the last 24 hours is out, and undone."


def named(device: Device) -> str:
    """A device in a text of ours: its name is a stranger's text, so it holds no link and no number to call."""
    kept = "".join(letter if letter.isalnum() or letter in " '" else " " for letter in device.name)
    # Numbers to call are longer than those of models, also in pieces.
    if sum(map(str.isdigit, kept)) > _MOST_DIGITS:
        kept = "".join(letter for letter in kept if not letter.isdigit())
    name = " ".join(kept.split())[:_SHOWN_NAME].strip()
    return f'the {device.type} "{name}"' if name else f"a {device.type}"


def _identifiers(letters: str) -> set[str]:
    return set(map(_read, _IDENTIFIER.findall(letters)))


def _read(letters: str) -> str:
    return letters.translate(_READ_AS)
