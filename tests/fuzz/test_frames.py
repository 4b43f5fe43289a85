"""Frames made of their description, and others, over connections of each kind: one reply each (I1, I2)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docs.generate.messages import EXCHANGES
from tests.fuzz.answers import require_plain
from tests.fuzz.insider import Facts, household
from tests.fuzz.looking import always_the_same, beside_connections
from tests.stacks import PASSWORD, Stack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.device import Socket
    from tests.fuzz.frames import Frames

pytestmark = beside_connections

ACTIONS = [str(exchange.frame.__struct_config__.tag) for exchange in EXCHANGES]
KINDS = ("approver", "page", "waiter")
LIMIT = 8 * 1024
ID = "of-this-frame"
# What cannot be read is replied to without an id; of what can, but not as a whole, the id is found.
UNREADABLE: dict[str, str | bytes] = {
    "nothing": " ",
    "no JSON": "ping",
    "half of it": '{"action": "ping", "id": 1',
    "two of them": '{"action": "ping"}{"action": "ping"}',
    "deep nesting": "[" * 8_000,
    "deep nesting in an id": '{"action": "ping", "id": ' + "[" * 3_000 + "]" * 3_000 + "}",
    "a lone surrogate": '{"action": "ping", "id": "\\ud800"}',
    "a lone surrogate elsewhere": '{"action": "ping", "id": 1, "x": "\\udfff"}',
    "NaN": '{"action": "ping", "id": NaN}',
    "NUL": '{"action": "ping", "id": 1}\0',
    "a raw control character": '{"action": "ping", "id": "\x01"}',
    "bytes that are no UTF-8": b"\xff\xfe\x00",
    "XML": "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
}
UNFIT: dict[str, str] = {
    "an array": f'[{{"action": "ping", "id": "{ID}"}}]',
    "a text": '"ping"',
    "a number": "7",
    "null": "null",
    "one byte too many": json.dumps({"action": "ping", "id": ID}).ljust(LIMIT + 1),
    "many bytes too many": json.dumps({"action": "ping", "id": ID, "x": "x" * 3 * LIMIT}),
    "deep nesting elsewhere": f'{{"action": "ping", "id": "{ID}", "x": {"[" * 500}{"]" * 500}}}',
    "a line feed behind an action": f'{{"action": "ping\\n", "id": "{ID}"}}',
    "a line feed behind a code": (
        f'{{"action": "answer", "id": "{ID}", "sign_in_id": "x", "decision": "allow", "code": "42\\n"}}'
    ),
    "two actions, the last unknown": f'{{"action": "ping", "action": "dance", "id": "{ID}"}}',
    "another case": f'{{"Action": "ping", "id": "{ID}"}}',
}


class Line:
    """One connection: each frame has one reply, which is judged."""

    def __init__(self, socket: Socket, frames: Frames) -> None:
        """What has been pushed up to now does not matter."""
        self._socket, self._frames = socket, frames
        socket.settled()

    def reply(self, raw: str | bytes) -> Any:
        """Send it, and get its reply, passing over what is pushed meanwhile; it holds nothing of the inside."""
        self._socket.connection.send(raw)
        while self._frames.is_push(reply := self._socket.receive(), after=raw):
            continue
        require_plain(json.dumps(reply))
        if reply["type"] == "welcome":
            # A page is also pushed its QR codes.
            assert all(self._frames.is_push(frame) for frame in self._socket.settled())
        return reply

    def judge(self, frame: Any) -> None:
        """Send a frame, of which the reply must be as described."""
        self._frames.require_reply(frame, self.reply(frame if isinstance(frame, bytes) else json.dumps(frame)))

    def require_open(self) -> None:
        """The connection goes on, and nothing has come that nobody asked for: no frame had two replies."""
        reply = self.reply('{"action": "ping", "id": "is anybody there"}')
        assert reply == {"type": "pong", "id": "is anybody there"}


@dataclass(frozen=True)
class Home:
    """Somebody's connections, by their kind, and what is true of their sign-ins and sessions."""

    lines: dict[str, Line]
    facts: list[Facts]


@pytest.fixture(scope="module")
def home(stack: Stack, frames: Frames) -> Iterator[Home]:
    """A connection of each kind."""
    with household(stack) as household_, household_.waiting.waiting() as waiter:
        other = stack.device()
        assert other.sign_in(household_.insider.person.login, PASSWORD).status_code == 201
        sockets = {"approver": household_.approver, "page": household_.page, "waiter": waiter}
        facts = [*household_.facts, {"session_id": other.session_id}]
        yield Home({kind: Line(socket, frames) for kind, socket in sockets.items()}, facts)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("action", ACTIONS)
def test_i1_i2_every_limit_is_as_described(home: Home, frames: Frames, action: str, kind: str) -> None:
    """I1, I2: at each limit of each field, and just beyond it, without it, and with another type in its place."""
    made = frames.boundaries(action)
    assert {frames.fits(frame) for frame in made} == {action, None}
    # What comes before the action is looked at is the same for all kinds.
    for frame in made if kind == "approver" else made[::4]:
        home.lines[kind].judge(frame)
    home.lines[kind].require_open()


@pytest.mark.parametrize("action", ACTIONS)
def test_i1_every_frame_has_its_one_reply(home: Home, frames: Frames, action: str) -> None:
    """I1: made-up frames, whether they fit or not, with true ids and codes in some: one reply each, as described."""
    fitting, unfitting = frames.fitting(action), frames.unfitting(action)
    kinds = st.sampled_from(KINDS)

    @always_the_same(12)
    @given(frame=st.one_of(fitting, unfitting), kind=kinds, true=st.sampled_from(home.facts), tells=st.booleans())
    def say(frame: Any, kind: str, true: Facts, tells: bool) -> None:
        if tells and isinstance(frame, dict):
            frame |= {name: true[name] for name in frame.keys() & true.keys()}
        home.lines[kind].judge(frame)

    say()
    for line in home.lines.values():
        line.require_open()


@pytest.mark.parametrize("case", [*UNREADABLE, *UNFIT])
def test_i2_a_frame_that_is_none_has_a_clear_refusal(home: Home, case: str) -> None:
    """I2: raw bytes, too many of them, nesting, lone surrogates: `invalid_request`, and the next frame is answered."""
    for line in home.lines.values():
        reply = line.reply(UNREADABLE.get(case) or UNFIT[case])
        assert (reply["type"], reply["code"]) == ("error", "invalid_request")
        assert reply["detail"]
        assert reply.get("id") == (ID if case in UNFIT and UNFIT[case].startswith("{") else None)
        line.require_open()
