"""Many approvers at once: a thousand connections on one machine, and two hundred sign-ins through them, counted."""

import asyncio
import statistics
import time
from pathlib import Path

import httpx

from local.crowd import Asked, Crowd, crowd
from local.device import Unexpected
from local.stack import LocalStack

ACCOUNTS, CONNECTIONS_EACH, SIGN_INS = 100, 10, 200
# The others see nothing at all of the sign-ins.
ASKED_FOR = 80
AT_ONCE = 8
PUSHES = ("prompt", "promptClosed", "sessionStarted")


def measure(directory: Path, _: int) -> None:
    """Print what each connection got against what it was to get, and how long that took; once, whatever the rounds.

    Raises:
        Unexpected: a frame was lost, came twice, or came to a stranger.
    """
    with (
        LocalStack.start(directory, parameters={"StartsPerMinutePerAddress": "100000"}) as running,
        httpx.Client(base_url=running.endpoints.http, timeout=120) as http,
    ):
        asyncio.run(_play(http))


async def _play(http: httpx.Client) -> None:
    async with crowd(http, at_once=AT_ONCE) as everybody:
        await everybody.move_in(ACCOUNTS)
        began = time.perf_counter()
        await everybody.connect(CONNECTIONS_EACH)
        connected = time.perf_counter()
        asked = await everybody.let_in(everybody.households[number % ASKED_FOR] for number in range(SIGN_INS))
        let_in = time.perf_counter()
        await everybody.settle()
        count = f"{len(everybody.seats):,}"
        print(f"\n{count} approvers' connections and {len(asked)} sign-ins through them, in one process\n")
        print(f"  {'connections opened in':<24}{connected - began:>8.0f} s")
        print(f"  {'devices let in in':<24}{let_in - connected:>8.0f} s")
        warm = asked[AT_ONCE:]  # The first ones start functions.
        _print_times("ask -> each prompt", _until_prompts(everybody, warm))
        _print_times("ask -> session", [one.redeemed - one.began for one in warm])
        print(f"\n  {'':<18}{'due':>8}{'came':>8}{'twice':>8}{'astray':>8}")
        tallies = {kind: everybody.tally(kind) for kind in PUSHES}
        for kind, tally in tallies.items():
            print(f"  {kind:<18}{tally.due:>8}{tally.delivered:>8}{tally.twice:>8}{tally.astray:>8}")
        if not all(tally.is_exact for tally in tallies.values()):
            raise Unexpected("not each connection got what it was to get")


def _until_prompts(everybody: Crowd, asked: list[Asked]) -> list[float]:
    began = {one.sign_in.id: one.began for one in asked}
    prompts = [prompt for seat in everybody.seats for prompt in seat.prompted.items()]
    return [at - began[sign_in_id] for sign_in_id, at in prompts if sign_in_id in began]


def _print_times(name: str, seconds: list[float]) -> None:
    print(f"  {name:<24}{statistics.median(seconds) * 1000:>7.0f} ms median, {max(seconds) * 1000:.0f} ms at most")
