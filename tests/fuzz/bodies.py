"""What gateways may bring: senders and texts as people and networks write them, in bodies that are nearly right."""

import json
from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec
from hypothesis import strategies as st

from local import gateways as vendors
from nod.domain.identifiers import ALPHABET, IDENTIFIER_LENGTH
from tests.unit.gateways.calls import ID, SENDER, TEXT, TO, delivery

FORMS = ("plivo", "twilio")
_DIGITS = SENDER.removeprefix("+")
_NUMBERS = ("+447700900123", "+8613800138000", "+12025550142", "+390612345678", "+4915123456789", "+447000000000")

# What stands between the digits of a number, and between the letters of an identifier, on its way through a network.
_SPACES = st.sampled_from([" ", "-", ".", "(", ")", "/", "\u00a0", "\u2011", "\u200e", "(0)", "0"])
_BREAKS = st.sampled_from([" ", "\n", "\r\n", "-", '"', "\u00ad", "\u200b", "\u2019", ".", "x"])


def _spelled(text: str, between: st.SearchStrategy[str], digits: str = "") -> st.SearchStrategy[str]:
    """The text with something between some of its letters, and digits of another script in the place of its own."""
    translated = text.translate(str.maketrans("0123456789", digits)) if digits else text

    def broken(breaks: list[tuple[int, str]]) -> str:
        parts, last = [], 0
        for place, what in sorted(breaks):
            parts += [translated[last:place], what]
            last = place
        return "".join([*parts, translated[last:]])

    return st.lists(st.tuples(st.integers(0, len(text)), between), max_size=4).map(broken)


def numbers() -> st.SearchStrategy[str]:
    """Senders: numbers in all spellings, what looks like one, and anything else."""
    scripts = st.sampled_from(["", "٠١٢٣٤٥٦٧٨٩", "０１２３４５６７８９", "០១២៣៤៥៦៧៨៩"])  # noqa: RUF001 - as phones write them.
    spelled = st.tuples(st.sampled_from(_NUMBERS), scripts).flatmap(lambda one: _spelled(one[0], _SPACES, one[1]))
    start = st.sampled_from(["+", "00", "", "\uff0b", "++", "+0", "tel:+"])
    like = st.tuples(start, st.text("00123456789 ()-./", max_size=24)).map("".join)
    return st.one_of(spelled, like, st.text(max_size=40), st.sampled_from(["60700", "MYBANK", "+" + "4" * 300]))


def identifiers() -> st.SearchStrategy[str]:
    """Identifiers as phones make them."""
    return st.text(ALPHABET, min_size=IDENTIFIER_LENGTH, max_size=IDENTIFIER_LENGTH)


def texts(identifier: str) -> st.SearchStrategy[str]:
    """Text messages: this identifier in whatever a phone makes of it, others, words that stop, and anything else."""
    cases = st.sampled_from([identifier, identifier.lower(), identifier.replace("0", "O").replace("1", "l")])
    spelled = st.one_of(cases, cases.flatmap(lambda one: _spelled(one, _BREAKS)))
    around = st.text(st.characters(codec="utf-8"), max_size=30)
    told = st.tuples(around, st.sampled_from(["", " ", "Code: ", "code:"]), spelled, around).map("".join)
    says_no = st.tuples(st.sampled_from(["NO", " no!", "n0", "Not me", "NOd "]), around).map("".join)
    return st.one_of(told, says_no, around, st.text(max_size=200), identifiers())


def bodies(name: str, identifier: str = ID) -> st.SearchStrategy[bytes]:
    """The bodies of calls: as the vendor writes them, with its names and anything in them, and bytes of any kind."""
    filled = st.tuples(numbers(), texts(identifier), st.text(max_size=12)).map(lambda facts: _filled(name, *facts))
    wild = _forms() if name in FORMS else _documents(name)
    return st.one_of(filled, filled, wild, st.binary(max_size=30), st.just(b"[" * 60_000))


def messages(identifier: str) -> st.SearchStrategy[str]:
    """What may be in the topic: text messages as AWS writes them, with anything in them, and anything else."""

    def filled(sender: str, text: str, message_id: str) -> str:
        return vendors.sns_message(sender=sender, to=TO, text=text, message_id=message_id)

    genuine = st.tuples(numbers(), texts(identifier), st.text(max_size=12)).map(lambda facts: filled(*facts))
    names = ["originationNumber", "messageBody", "inboundMessageId", "x"]
    wild = _nested(names).map(lambda content: msgspec.json.encode(content).decode())
    return st.one_of(genuine, genuine, wild, st.text(st.characters(), max_size=50), st.just("[" * 60_000))


def _filled(name: str, sender: str, text: str, message_id: str) -> bytes:
    """The vendor's own body, with another sender, text and id."""
    national = _DIGITS.removeprefix("86")
    facts = {SENDER: sender, _DIGITS: sender.removeprefix("+"), national: sender, TEXT: text, ID: message_id}
    body = delivery(name).body
    if name in FORMS:
        return urlencode([(key, facts.get(value, value)) for key, value in parse_qsl(body.decode())]).encode()
    return json.dumps(_replaced(json.loads(body), facts)).encode()


def _replaced(content: Any, facts: dict[str, str]) -> Any:
    if isinstance(content, dict):
        return {key: _replaced(value, facts) for key, value in content.items()}
    if isinstance(content, list):
        return [_replaced(value, facts) for value in content]
    return facts.get(str(content), content)


def _documents(name: str) -> st.SearchStrategy[bytes]:
    """JSON with the vendor's own names and anything in them."""
    return _nested(sorted(set(_names_in(msgspec.json.decode(delivery(name).body))))).map(msgspec.json.encode)


def _names_in(content: Any) -> list[str]:
    if isinstance(content, dict):
        return [*content, *(name for value in content.values() for name in _names_in(value))]
    return [name for value in content for name in _names_in(value)] if isinstance(content, list) else []


def _nested(names: list[str]) -> st.SearchStrategy[Any]:
    return st.recursive(
        _ODD,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(names), inner, max_size=8)
        ),
        max_leaves=20,
    )


def _forms() -> st.SearchStrategy[bytes]:
    """Forms with the vendors' own names and anything in them, and bytes that are no forms."""
    names = st.sampled_from(["MessageSid", "SmsMessageSid", "From", "Body", "Text", "MessageUUID", "x", ""])
    values = st.one_of(st.text(max_size=30), st.just("SM" + "0" * 32))
    forms = st.lists(st.tuples(names, values), max_size=6).map(lambda fields: urlencode(fields).encode())
    return st.one_of(forms, forms.map(lambda form: form + b"&%ff"))


_ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(min_value=-(10**30), max_value=10**30),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=30),
    st.sampled_from(["message.received", "sms", "text", "mo_text", SENDER, "\x00", "+", "0086", "٣٣٣٣٣٣٣٣"]),
)
