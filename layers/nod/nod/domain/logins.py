"""Logins: the names by which a person asks to be let in, and their one normal form."""

import re
import unicodedata
from collections.abc import Collection
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from nod.domain.text import VARIATIONS, is_readable
from nod.errors import InvalidRequest

Kind = Annotated[
    Literal["username", "phone", "email", "device"],
    Meta(title="LoginKind", description="What kind of name a login is."),
]
SCHEMES: dict[Kind, str] = {"username": "user:", "phone": "tel:", "email": "mailto:", "device": "device:"}
# What people sign in with, and what a phone may call itself when it asks for a QR code.
PERSONAL_KINDS: frozenset[Kind] = frozenset({"username", "phone", "email"})
HAND_OVER_KINDS: frozenset[Kind] = frozenset({"phone", "device"})
ALL_KINDS: frozenset[Kind] = PERSONAL_KINDS | HAND_OVER_KINDS
MAX_LENGTH = 254

_NAMES: dict[Kind, str] = {
    "username": "a username",
    "email": "an email address",
    "phone": "a phone number",
    "device": "a device id",
}
_PHONE_START = re.compile(r"^(\+|00)[\d\s().\-/]*$")
_NATIONAL_NUMBER = re.compile(r"^[\d\s().\-/]+$")
# The local part is a dot-atom (RFC 5321 section 4.1.2) without the signs that mail headers give a meaning to.
# Nor with / and %, which do not come through a path as they are: a login is named in one to be removed.
_ATOM = r"[a-z0-9!#$&'*+^_`{|}~-]+"
_DOMAIN = r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}"
_EMAIL = re.compile(rf"^(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@{_DOMAIN}$")
# Of signs that stand in a URL as they are, so that the account can name the device to forget it.
_DEVICE_ID = re.compile(r"[A-Za-z0-9._~:@+=-]{1,128}")
_USERNAME_MARKS = frozenset("._-")
# phonenumbers.PhoneNumberType: landlines, premium rate, shared cost, pagers, company numbers, voicemail. Numbers of no
# known type are taken: new ranges come faster than tables.
_CANNOT_TEXT = frozenset({0, 4, 5, 8, 9, 10})


class Login(msgspec.Struct, frozen=True):
    """One login in its normal form: `value` is what people see, `key` is what it is stored under."""

    kind: Kind
    value: str

    @property
    def key(self) -> str:
        """The primary key in the Logins table, such as `user:alice` or `tel:+447700900123`."""
        return SCHEMES[self.kind] + self.value

    @property
    def shown(self) -> str:
        """The login as people write it; a device id keeps its scheme, which it is written with."""
        return self.key if self.kind == "device" else self.value


class KnownLogin(msgspec.Struct, frozen=True):
    """Whose a login is since when, and until when reports hold prompts for it back (None where none did).

    `stopped_at`: when somebody last said NO by text with it.
    """

    account_id: str
    bound_at: datetime
    held_until: datetime | None = None
    stopped_at: datetime | None = None

    def is_of(self, account_id: str, since: datetime) -> bool:
        """Whether it has been that account's since then, without a break."""
        return self.account_id == account_id and self.bound_at <= since

    def vouches_for(self, account_id: str, texted_at: datetime) -> bool:
        """Whether what it has texted for then is still to be let in to that account (T7).

        Not where it has said NO since, nor where it was taken from the account meanwhile, though it was bound anew.
        """
        is_stopped = self.stopped_at is not None and texted_at <= self.stopped_at
        return self.is_of(account_id, texted_at) and not is_stopped

    def is_held(self, now: datetime) -> bool:
        """Whether nobody may be prompted for it now."""
        return self.held_until is not None and now < self.held_until

    def seconds_held(self, now: datetime) -> int:
        """How long still, in whole seconds; 0 where it is not held back."""
        return int((self.held_until - now).total_seconds()) + 1 if self.held_until and now < self.held_until else 0


class BoundLogin(msgspec.Struct, frozen=True):
    """A login that belongs to an account, since when."""

    login: Login
    bound_at: datetime


def parse_login(text: str, *, kinds: Collection[Kind] = PERSONAL_KINDS) -> Login:
    """Read a login of one of these kinds in any spelling; `InvalidRequest` where it is none.

    With `@` it is an email address, with a leading `+` or `00` a phone number (E.164), with `device:` a device id, and
    otherwise a username. A phone number without its country code is refused: it would name different people.
    """
    login = _parsed(text)
    if login.kind not in kinds:
        taken = " or ".join(name for kind, name in _NAMES.items() if kind in kinds)
        raise InvalidRequest(f"{_NAMES[login.kind]} cannot be used here, only {taken}")
    return login


def _parsed(text: str) -> Login:
    text = unicodedata.normalize("NFKC", text).strip()
    if not text or len(text) > MAX_LENGTH:
        raise InvalidRequest(f"login must have 1 to {MAX_LENGTH} characters")
    if not is_readable(text):
        raise InvalidRequest("login holds control or direction-changing characters")
    if text.startswith(SCHEMES["device"]):
        return _device(text)
    if "@" in text:
        return _email(text)
    if _PHONE_START.match(text):
        return _phone(text)
    if _NATIONAL_NUMBER.match(text):
        raise InvalidRequest("a phone number needs its country code, such as +44")
    return _username(text)


def device_login(device_id: str) -> Login | None:
    """The login that a device's id makes; None where it holds other signs, and so makes none."""
    return Login("device", device_id) if _DEVICE_ID.fullmatch(device_id) else None


def parse_texting_number(text: str) -> Login:
    """A phone number that can send text messages, in any spelling.

    `InvalidRequest` for names in letters, short codes and landlines, which stand for no phone in somebody's hand (T6).
    """
    # Its tables cost 20 ms to import, as below.
    import phonenumbers

    normal = unicodedata.normalize("NFKC", text[:MAX_LENGTH]).strip()
    if len(text) > MAX_LENGTH or not _PHONE_START.fullmatch(normal):
        raise InvalidRequest("the sender is not a phone number with its country code")
    login = _phone(normal)
    if phonenumbers.number_type(phonenumbers.parse(login.value)) in _CANNOT_TEXT:
        raise InvalidRequest("a landline or service number cannot send text messages")
    return login


def is_number(key: str) -> bool:
    """Whether it is a phone number that is stored under `key`: a text from it lets its account in."""
    return key.startswith(SCHEMES["phone"])


def login_from_key(key: str) -> Login:
    """The login that is stored under `key`."""
    for kind, scheme in SCHEMES.items():
        if key.startswith(scheme):
            return Login(kind, key.removeprefix(scheme))
    raise ValueError("not the key of a login")


def _device(text: str) -> Login:
    login = device_login(text.removeprefix(SCHEMES["device"]))
    if login is None:
        raise InvalidRequest("device: is followed by an id of 1 to 128 letters, digits and . _ ~ : @ + = -")
    return login


def _email(text: str) -> Login:
    address = text.casefold()
    if not _EMAIL.match(address):
        raise InvalidRequest("this is not an email address")
    return Login("email", address)


def _phone(text: str) -> Login:
    # Its tables cost 20 ms to import: only those who sign in with a number pay for them.
    import phonenumbers

    # "+44 (0)7700 900123": the bracketed zero is the national prefix, which E.164 leaves out.
    international = re.sub(r"^00", "+", text).replace("(0)", "")
    try:
        number = phonenumbers.parse(international)
        value = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        # Of zeros that belong to no number one is taken off each time: only what stays as it is names one phone.
        is_normal = phonenumbers.parse(value) == number
    except phonenumbers.NumberParseException:
        raise InvalidRequest("this is not a phone number") from None
    if not is_normal or not phonenumbers.is_possible_number(number):
        raise InvalidRequest("this is not a phone number")
    return Login("phone", value)


def _username(text: str) -> Login:
    name = unicodedata.normalize("NFKC", text.casefold())
    if len(name) > 64 or not all(_fits_username(character) for character in name):
        raise InvalidRequest("a username has 1 to 64 letters, digits, dots, dashes or underscores")
    return Login("username", name)


def _fits_username(character: str) -> bool:
    # Letters, digits and the combining marks that many scripts write their vowels with.
    if character in VARIATIONS:
        return False
    return character in _USERNAME_MARKS or unicodedata.category(character)[0] in "LNM"
