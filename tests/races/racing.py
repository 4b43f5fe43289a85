"""Actors who do something at the same moment, each over a connection of its own, and what each of them is answered."""

import os
import ssl
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from threading import Barrier
from typing import Any, NamedTuple, Self, TypeVar

import httpx

from local.device import Socket

ACTORS = 50
# `make races` has twenty; the tests of every day are to be through while somebody waits.
ROUNDS = range(int(os.environ.get("NOD_RACE_ROUNDS", "2")))
# The service closes a connection that was idle for five seconds; a request must not meet that.
_IDLE_SECONDS = 2.0

A = TypeVar("A")
T = TypeVar("T")


class Told(NamedTuple):
    """What an actor was answered: `said` is the status and the error's code, of a frame its type and the code."""

    said: str
    content: dict[str, Any]


# Gets ready, over the connection of its actor, and gives what is then to be done.
Deed = Callable[[httpx.Client], Callable[[], Told]]


def over_http(method: str, path: str, body: Any = None, *, token: str | None = None) -> Deed:
    """A request, `token` being a session's access token."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return _sending(method=method, url=path, json=body, headers=headers)


def posting(url: str, content: bytes, headers: dict[str, str]) -> Deed:
    """A request with a body as it stands."""
    return _sending(method="POST", url=url, content=content, headers=headers)


def over_socket(socket: Socket, action: str, **fields: Any) -> Deed:
    """A frame on a connection that this actor alone has, and its reply."""

    def act() -> Told:
        reply = socket.ask(action, **fields)
        return _told(reply["type"], reply)

    return lambda _: act


class Actors:
    """Fifty of them; their connections stay open from race to race."""

    def __init__(self, clients: Sequence[httpx.Client], threads: ThreadPoolExecutor) -> None:
        """A client for each actor, and as many threads."""
        self._clients, self._threads = clients, threads

    @classmethod
    @contextmanager
    def assembled(cls, base_url: str) -> Iterator[Self]:
        """Actors at the address of a service."""
        limits, trusted = httpx.Limits(keepalive_expiry=_IDLE_SECONDS), ssl.create_default_context()
        with ExitStack() as opened:
            clients = [
                opened.enter_context(
                    httpx.Client(base_url=base_url, timeout=60, limits=limits, verify=trusted, trust_env=False)
                )
                for _ in range(ACTORS)
            ]
            yield cls(clients, opened.enter_context(ThreadPoolExecutor(ACTORS)))

    def race(self, deeds: Sequence[Deed]) -> list[Told]:
        """Let every actor do its deed once all are ready; what each was answered, in the order of the deeds."""
        assert len(deeds) == ACTORS, "everybody takes part"
        all_ready = Barrier(ACTORS)

        def act(deed: Deed, http: httpx.Client) -> Told:
            do = deed(http)
            all_ready.wait()
            return do()

        return list(self._threads.map(act, deeds, self._clients))

    def side_by_side(self, work: Callable[[A], T], of: Sequence[A]) -> list[T]:
        """What comes before a race, done sooner."""
        return list(self._threads.map(work, of))


def _sending(**request: Any) -> Deed:
    def ready(http: httpx.Client) -> Callable[[], Told]:
        built = http.build_request(**request)

        def act() -> Told:
            response = http.send(built)
            return _told(str(response.status_code), response.json())

        return act

    return ready


def _told(kind: str, content: dict[str, Any]) -> Told:
    return Told(f"{kind} {content.get('code', '')}".strip(), content)
