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
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect

from local.device import Device, SignIn, Unexpected
from local.seats import PATIENCE, Household, Seat, Tally

Thing = Callable[[], Coroutine[Any, Any, Any]]
# Hashing a password is all that making an account takes, and a processor.
_ACCOUNTS_AT_ONCE = 2


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

    def tally(self, kind: str) -> Tally:
        """How the frames of a type came to all connections: each is to get those of its own account once."""
        return sum((tally for household in self.households for tally in household.tallies(kind)), Tally())

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
    return connect(url, compression=None, ping_interval=None, open_timeout=PATIENCE)


async def _expect(waiting: ClientConnection, status: str) -> None:
    frame = json.loads(await asyncio.wait_for(waiting.recv(), PATIENCE))
    if frame.get("status") != status:
        raise Unexpected(f"expected to be told {status}, got {frame}")
