"""A stack somewhere else: whether it is one, asking it politely, and leaving as little behind as can be."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Self

import httpx
import msgspec

from nod.domain.verification import WEAKEST_TO_STRONGEST, Mode
from tests.target import Target

# A stack lets one address start 30 sign-ins, and try 30 passwords, in a minute: each is counted by itself. With this
# pause there are 20, which leaves room for the nine that one test starts at once.
PAUSE_SECONDS = 3.0
COUNTED = {"sign-ins": "starts", "accounts": "passwords", "sessions": "passwords"}
KEYS = "/.well-known/jwks.json"


class NoTarget(Exception):
    """Why what was named cannot be attacked, in one sentence."""


class Named(msgspec.Struct, frozen=True):
    """What `make attack` was given: the stack's address, the secret of its gateway `generic`, its minimum mode."""

    url: str
    secret: str
    minimum: str

    @classmethod
    def given(cls) -> Self | None:
        """What the environment names; None where the kit is to play against a local stack."""
        url, secret, minimum = (os.environ.get(f"NOD_ATTACK_{name}", "") for name in ("URL", "SMS_SECRET", "MINIMUM"))
        return cls(url, secret, minimum) if url else None

    def require(self) -> None:
        """Raise `NoTarget` where no Nod answers there, or what was said of it cannot be right."""
        if self.minimum and not self.minimum_mode:
            raise NoTarget(f"MINIMUM={self.minimum} is no mode: it is one of {', '.join(WEAKEST_TO_STRONGEST)}.")
        try:
            with httpx.Client(base_url=self.url, timeout=10) as client:
                self._require_of(client)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise NoTarget(f"Nothing answers at URL={self.url}: {str(error).rstrip('.')}.") from None

    @property
    def minimum_mode(self) -> Mode | None:
        """The minimum, None where it is not known."""
        return next((mode for mode in WEAKEST_TO_STRONGEST if mode == self.minimum), None)

    @property
    def keys(self) -> dict[str, str]:
        """The keys of the gateway `generic`, empty where they are not known."""
        return {"secret": self.secret} if self.secret else {}

    def _require_of(self, client: httpx.Client) -> None:
        answer = client.get(KEYS)
        if not _are_keys(answer):
            raise NoTarget(
                f"What answers at URL={self.url} is no Nod: GET {KEYS} gives {answer.status_code} and no keys."
                " The address is the stack's output HttpUrl."
            )
        # The sender is no phone: refused, but only after the signature was looked at, and nobody is texted.
        if self.secret and Target(client, self.keys).sender("BANK").send("").status_code == httpx.codes.UNAUTHORIZED:
            raise NoTarget("SMS_SECRET is not the secret of the stack's gateway `generic`.")


class Polite(httpx.HTTPTransport):
    """Sends requests, leaving a pause between two that are counted together under their address."""

    def __init__(self) -> None:
        """Nothing was sent yet."""
        super().__init__()
        self._next: dict[str, float] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one."""
        counted = COUNTED.get(request.url.path.rpartition("/")[2]) if request.method == "POST" else None
        if counted:
            time.sleep(max(0.0, self._next.get(counted, 0.0) - time.monotonic()))
        response = super().handle_request(request)
        # What is malformed is refused before it is counted.
        if counted and response.status_code != httpx.codes.BAD_REQUEST:
            self._next[counted] = time.monotonic() + PAUSE_SECONDS
        return response


class Visit:
    """What a run leaves behind: the accounts that it made, and its sessions, which it ends."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.accounts: set[str] = set()
        self.ended = 0
        self._open: dict[str, str] = {}

    def note(self, response: httpx.Response) -> None:
        """A hook of the client: a session that an answer brings."""
        if response.request.method == "POST" and response.is_success:
            response.read()
            with suppress(ValueError):
                grant = response.json()
                if isinstance(grant, dict) and "access_token" in grant:
                    self.accounts.add(grant["account_id"])
                    self._open[grant["session_id"]] = grant["access_token"]

    def tidy(self, client: httpx.Client) -> None:
        """End the sessions that are open, each by itself: that a session may always."""
        while self._open:
            _, token = self._open.popitem()
            answer = client.delete("/sessions/current", headers={"Authorization": f"Bearer {token}"})
            self.ended += answer.is_success


@contextmanager
def visited(named: Named, visit: Visit) -> Iterator[Target]:
    """The stack, asked politely, and all that it grants noted."""
    hooks = {"response": [visit.note]}
    with httpx.Client(base_url=named.url, timeout=60, transport=Polite(), event_hooks=hooks) as client:
        yield Target(client, named.keys)


def _are_keys(answer: httpx.Response) -> bool:
    try:
        return answer.status_code == httpx.codes.OK and bool(answer.json()["keys"])
    except (ValueError, KeyError, TypeError):
        return False
