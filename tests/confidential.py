"""What may stand in no log: secrets, and who somebody is, as the clients of this process have sent and got them."""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

_ID = "[0-9A-HJKMNP-TV-Z]{26}"
_BASE64URL = "[A-Za-z0-9_-]"
# What gives itself away by its shape, whoever has made it.
SHAPES = {
    "access token": re.compile(rf"eyJ{_BASE64URL}{{8,}}\.{_BASE64URL}+"),
    "refresh token": re.compile(rf"{_ID}\.{_ID}\.[0-9A-Za-z_.-]+"),
    "scan token": re.compile(rf"(?<!\.)\b{_ID}\.{_ID}\b(?!\.)"),
    # Names of resources begin with that of their stack.
    "ticket, verifier or secret": re.compile(rf"(?<!{_BASE64URL})(?!nod-){_BASE64URL}{{43}}(?!{_BASE64URL})"),
    "phone number": re.compile(r"\+[1-9][0-9]{7,14}(?![0-9])"),
}
# What else a text, an address or a mail tells.
_TOLD = {
    "ticket": re.compile(rf"[?&]ticket=({_BASE64URL}+)"),
    "scan token": re.compile(r"[#?&]scan_token=([0-9A-Za-z_.-]+)"),
    "initial password": re.compile(r"\bpassword ([a-z2-9]{5}(?:-[a-z2-9]{5}){2})"),
}
_MAILED_CODE = re.compile(r"\bcode is ([0-9]{6})\b")
_FIELDS = {
    "access_token": "access token",
    "refresh_token": "refresh token",
    "verifier": "verifier",
    "password": "password",
    "current": "password",
    "new": "password",
    "scan_token": "scan token",
    "login": "login",
    "secret": "gateway's key",
    "path_secret": "gateway's key",
    "auth_token": "gateway's key",
    "signature_secret": "gateway's key",
    "private_key": "gateway's key",
}
# The first parts of tokens are ids, or say how they are signed.
_FIRST_SECRET_PARTS = {"access token": 2, "bearer token": 2, "refresh token": 2, "scan token": 1}
_HEADERS = {"authorization": "bearer token", "idempotency-key": "idempotency key", "x-nod-edge": "edge's key"}
_NUMBERS = frozenset({"phone_number", "mobile", "from", "From"})
# Codes are too short to be looked for but in quotes, or behind their name.
_CODE = re.compile(r"""(?:["']|code\W{1,4})([0-9]{6})(?![0-9])""")
# What is shorter, or has fewer letters, stands in a log by chance.
_SHORTEST, _FEWEST_LETTERS, _SHORTEST_NUMBER = 10, 7, 9


@dataclass(frozen=True)
class Leak:
    """Something confidential where it should not be."""

    kind: str
    # A test that fails shows what it has compared.
    value: str = field(repr=False)

    def __str__(self) -> str:
        """What it is, without telling it again."""
        return f"a {self.kind}, {self.value[:3]}... ({len(self.value)} characters)"


@dataclass
class Confidential:
    """Gathers what is confidential from all that is sent and got, and finds it again."""

    kinds: dict[str, str] = field(default_factory=dict)
    codes: set[str] = field(default_factory=set)

    def note(self, kind: str, value: str) -> None:
        """One value, and the parts of it that are secret by themselves."""
        for one in (value, *value.split(".")[_FIRST_SECRET_PARTS.get(kind, len(value)) :]):
            if len(one) >= _SHORTEST and len(set(one)) >= _FEWEST_LETTERS:
                self.kinds.setdefault(one, kind)

    def hear(self, content: str | bytes | None) -> None:
        """A body, a frame, an address or a text message: all that is confidential in it is noted."""
        text = content.decode(errors="replace") if isinstance(content, bytes) else content or ""
        with suppress(RecursionError):
            self._take("", _read(text))

    def hear_headers(self, headers: Mapping[str, str]) -> None:
        """The headers of a request."""
        for name, value in headers.items():
            if kind := _HEADERS.get(name.lower()):
                self.note(kind, value.removeprefix("Bearer "))

    def leaks(self, text: str) -> set[Leak]:
        """All that is confidential in a text: what was noted, and whatever has the shape of it."""
        found = {Leak(kind, shape[0]) for kind, pattern in SHAPES.items() for shape in pattern.finditer(text)}
        found |= {Leak(kind, value) for value, kind in self.kinds.items() if value in text}
        return found | {Leak("code", code) for code in _CODE.findall(text) if code in self.codes}

    def _take(self, name: str, value: Any) -> None:
        if isinstance(value, dict):
            for key, one in value.items():
                # MiniStack lists text messages by the number that they went to.
                self._take("", key)
                self._take(key, one)
        elif isinstance(value, list):
            for one in value:
                self._take(name, one)
        elif isinstance(value, str):
            self._take_text(name, value)

    def _take_text(self, name: str, value: str) -> None:
        if kind := _FIELDS.get(name):
            self.note(kind, value)
        if name == "code" and re.fullmatch("[0-9]{6}", value):
            self.codes.add(value)
        if name in _NUMBERS:
            self._note_number(value)
        for number in SHAPES["phone number"].findall(value):
            self._note_number(number)
        for kind, pattern in _TOLD.items():
            for told in pattern.findall(value):
                self.note(kind, told)
        self.codes.update(_MAILED_CODE.findall(value))

    def _note_number(self, text: str) -> None:
        # With its plus it has the shape of one; without, it has to be known.
        digits = "".join(re.findall("[0-9]", text))
        if len(digits) >= _SHORTEST_NUMBER:
            self.kinds.setdefault(digits, "phone number")


# Of this process: whichever of its clients it was that heard it.
HEARD = Confidential()


def _read(text: str) -> Any:
    """JSON as what it holds, a form as its fields, and anything else as the text that it is."""
    with suppress(ValueError, RecursionError):
        return json.loads(text)
    with suppress(ValueError):
        if fields := parse_qsl(text, strict_parsing=True, max_num_fields=200):
            return [{name: value} for name, value in fields] + [text]
    return text
