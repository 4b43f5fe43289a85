"""A crowd: hundreds of approvers' connections in one process, sign-ins through them, and a count of what came where."""

import asyncio
import json
import random
import secrets
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import astuple, dataclass, field
from functools import partial
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect

from local.device import WAIT_SECONDS, Device, SignIn, Unexpected

# What came over a connection: the type of the frame, and the sign-in or session that it is about.
Came = Counter[tuple[str, str]]
Thing = Callable[[], Coroutine[Any, Any, Any]]
# Hashing a password is all that making an account takes, and a processor.
_ACCOUNTS_AT_ONCE = 2
_OPEN_SIGN_INS = 3
_PATIENCE = 6 * WAIT_SECONDS


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
            self.came[frame["type"], about] += 1  # A frame of the gateway's own ("Forbidden") has no type.
            if frame["type"] == "prompt":
                self.prompted.setdefault(about, time.perf_counter())
                if not (first := self._future(about)).done():
                    first.set_result(frame)

    async def ask(self, action: str, **fields: Any) -> dict[str, Any]:
        """Send a frame and wait for its reply."""
        frame_id = secrets.token_hex(8)
        await self.connection.send(json.dumps({"action": action, "id": frame_id, **fields}))
        return await asyncio.wait_for(self._future(frame_id), _PATIENCE)

    async def prompt(self, sign_in: SignIn) -> dict[str, Any]:
        """The prompt for a sign-in, when it has come."""
        return await asyncio.wait_for(self._future(sign_in.id), _PATIENCE)

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


@dataclass(frozen=True)
class Asked:
    """One sign-in: when it was asked for and when its device had its session, by the clock of `Seat.prompted`."""

    sign_in: SignIn
    began: float
    redeemed: float


class Crowd:
    """Accounts with many connections each."""

    def __init__(self, http: httpx.Client, at_once: int) -> None:
        """`http` has the service's address as its base URL; so many things are under way `at_once`."""
        self._http = http
        self._at_once = at_once
        self._rng = random.Random(1)  # noqa: S311 - who answers is no secret.
        self._threads = ThreadPoolExecutor(at_once)
        self._open = AsyncExitStack()
        self._listeners: set[asyncio.Task[None]] = set()
        self.households: list[Household] = []

    async def move_in(self, accounts: int) -> None:
        """Make so many accounts, each with a phone."""
        self.households += await _all((self._household for _ in range(accounts)), _ACCOUNTS_AT_ONCE)

    async def connect(self, each: int) -> None:
        """Open so many connections for each account; each has said hello."""
        seats = (partial(self._seat, household) for household in self.households for _ in range(each))
        await _all(seats, self._at_once)

    async def let_in(self, households: Iterable[Household]) -> list[Asked]:
        """A device asks for each of these accounts, is let in over one of its connections, and redeems."""
        return await _all((partial(self._let_in, household) for household in households), self._at_once)

    async def settle(self) -> None:
        """Wait until each connection has got what was posted to it: a reply comes after that."""
        await _all((partial(seat.ask, "ping") for seat in self.seats), self._at_once)

    @property
    def seats(self) -> list[Seat]:
        """All connections."""
        return [seat for household in self.households for seat in household.seats]

    def tally(self, kind: str) -> "Tally":
        """How the frames of a type came to all connections, against what each was to get: each of its own, once."""
        tally = Tally()
        for household in self.households:
            for seat, expected in zip(household.seats, household.expected, strict=True):
                due = {about for (what, about) in expected if what == kind}
                came = {about: count for (what, about), count in seat.came.items() if what == kind}
                tally += Tally(
                    due=len(due),
                    delivered=len(due & came.keys()),
                    twice=sum(count - 1 for about, count in came.items() if about in due),
                    astray=sum(count for about, count in came.items() if about not in due),
                )
        return tally

    async def leave(self) -> None:
        """Close all connections."""
        await self._open.aclose()
        await asyncio.gather(*self._listeners)
        self._threads.shutdown()

    async def _household(self) -> Household:
        login = f"crowd-{secrets.token_hex(6)}"
        phone = Device(self._http, "Phone")
        response = await self._blocking(phone.sign_up, login, secrets.token_urlsafe(12))
        response.raise_for_status()
        return Household(login, phone)

    async def _seat(self, household: Household) -> None:
        url = await self._blocking(household.phone.ticket_url)
        seat = Seat(await self._open.enter_async_context(_connected(url)))
        listener = asyncio.create_task(seat.listen())
        self._listeners.add(listener)
        welcome = await seat.ask("hello")
        if welcome["type"] != "welcome" or welcome["prompts"]:
            raise Unexpected(f"expected an empty welcome, got {welcome}")
        household.seats.append(seat)
        household.expected.append(Counter())

    async def _let_in(self, household: Household) -> Asked:
        async with household.slots:
            return await self._let_one_in(household)

    async def _let_one_in(self, household: Household) -> Asked:
        device = Device(self._http, "PC", "desktop")
        began = time.perf_counter()
        sign_in: SignIn = await self._blocking(device.start, household.login)
        household.expect("prompt", sign_in.id)
        async with _connected(sign_in.started["waiter"]["url"]) as waiting:
            await waiting.send('{"action":"hello"}')
            await _expect(waiting, "pending")
            answering = self._rng.choice(household.seats)
            await answering.prompt(sign_in)
            await answering.ask("answer", sign_in_id=sign_in.id, decision="allow", code=sign_in.code)
            household.expect("promptClosed", sign_in.id, but=answering)
            await _expect(waiting, "allowed")
        response = await self._blocking(device.redeem, sign_in)
        response.raise_for_status()
        household.expect("sessionStarted", device.session_id)
        return Asked(sign_in, began, time.perf_counter())

    async def _blocking(self, call: Callable[..., Any], *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, call, *arguments)


@asynccontextmanager
async def crowd(http: httpx.Client, *, at_once: int) -> AsyncIterator[Crowd]:
    """A crowd that is nobody yet, for a service at the base URL of `http`; its connections close with the block.

    `at_once` is how many things are under way at a time. On the local cloud each brings workers of its own, which take
    a second to start.
    """
    gathering = Crowd(http, at_once)
    try:
        yield gathering
    finally:
        await gathering.leave()


async def _all(things: Iterable[Thing], at_once: int) -> list[Any]:
    turns = asyncio.Semaphore(at_once)

    async def in_turn(thing: Thing) -> Any:
        async with turns:
            return await thing()

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(in_turn(thing)) for thing in things]
    return [task.result() for task in tasks]


def _connected(url: str) -> connect:
    # Pings of its own would be a thousand more things to do, and keep nothing alive on AWS.
    return connect(url, compression=None, ping_interval=None, open_timeout=_PATIENCE)


async def _expect(waiting: ClientConnection, status: str) -> None:
    frame = json.loads(await asyncio.wait_for(waiting.recv(), _PATIENCE))
    if frame.get("status") != status:
        raise Unexpected(f"expected to be told {status}, got {frame}")
