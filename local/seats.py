"""Approvers' connections, each of which counts what comes over it, against what is to come."""

import asyncio
import json
import secrets
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import astuple, dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection

from local.device import WAIT_SECONDS, Device, SignIn

# What came over a connection: the type of the frame, and the sign-in or session that it is about.
Came = Counter[tuple[str, str]]
# A local cloud that does many things at once is slow in each of them.
PATIENCE = 6 * WAIT_SECONDS
_OPEN_SIGN_INS = 3


@dataclass
class Seat:
    """One approver's connection; `came` counts what was pushed to it, `prompted` has the time of each prompt."""

    connection: ClientConnection
    came: Came = field(default_factory=Counter)
    prompted: dict[str, float] = field(default_factory=dict)
    _awaited: dict[str, asyncio.Future[dict[str, Any]]] = field(default_factory=dict)

    async def listen(self) -> None:
        """Count what comes, until the connection ends."""
        async for text in self.connection:
            frame = json.loads(text)
            if "id" in frame:
                self._future(frame["id"]).set_result(frame)
                continue
            about = frame.get("sign_in_id") or frame.get("session_id", "")
            kind = frame.get("type", "")  # What the gateway itself says ("Forbidden") has none.
            self.came[kind, about] += 1
            if kind == "prompt":
                self.prompted.setdefault(about, time.perf_counter())
                if not (first := self._future(about)).done():
                    first.set_result(frame)

    async def ask(self, action: str, **fields: Any) -> dict[str, Any]:
        """Send a frame and wait for its reply."""
        frame_id = secrets.token_hex(8)
        await self.connection.send(json.dumps({"action": action, "id": frame_id, **fields}))
        return await asyncio.wait_for(self._future(frame_id), PATIENCE)

    async def prompt(self, sign_in: SignIn) -> dict[str, Any]:
        """The prompt for a sign-in, when it has come."""
        return await asyncio.wait_for(self._future(sign_in.id), PATIENCE)

    def _future(self, name: str) -> asyncio.Future[dict[str, Any]]:
        return self._awaited.setdefault(name, asyncio.get_running_loop().create_future())


@dataclass
class Household:
    """An account, its phone's connections, and what is to come over each of these by the end."""

    login: str
    phone: Device
    seats: list[Seat] = field(default_factory=list)
    expected: list[Came] = field(default_factory=list)
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_OPEN_SIGN_INS))

    def expect(self, kind: str, about: str, *, but: Seat | None = None) -> None:
        """Each connection is to get this once; but for one."""
        for seat, expected in zip(self.seats, self.expected, strict=True):
            if seat is not but:
                expected[kind, about] += 1

    def tallies(self, kind: str) -> Iterator["Tally"]:
        """How the frames of a type came to each connection, against what it was to get."""
        for seat, expected in zip(self.seats, self.expected, strict=True):
            due = {about for (what, about) in expected if what == kind}
            came = {about: count for (what, about), count in seat.came.items() if what == kind}
            yield Tally(
                due=len(due),
                delivered=len(due & came.keys()),
                twice=sum(count - 1 for about, count in came.items() if about in due),
                astray=sum(count for about, count in came.items() if about not in due),
            )


@dataclass(frozen=True)
class Tally:
    """Frames that were due, that came, that came once more, and that came to somebody else."""

    due: int = 0
    delivered: int = 0
    twice: int = 0
    astray: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(*(mine + its for mine, its in zip(astuple(self), astuple(other), strict=True)))

    @property
    def is_exact(self) -> bool:
        """Whether everything came once, and nowhere else."""
        return self == Tally(due=self.due, delivered=self.due)
