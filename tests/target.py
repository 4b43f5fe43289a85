"""A service as everybody can reach it: over HTTP and WebSocket, with people and devices of its own making."""

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from local import gateways
from local.device import Device, SignIn

PASSWORD = "correct horse battery staple"
# British numbers that are kept for plays; the last hundred are the demo's.
_NUMBERS = (f"+447700900{number:03d}" for number in range(900))


def fresh_number() -> str:
    """A number that no other test of this run has."""
    return next(_NUMBERS)


def body_of(sign_in: SignIn) -> str:
    """What the phone is told to text."""
    body: str = sign_in.started["sms"]["body"]
    return body


def outcome(response: httpx.Response) -> tuple[int, str]:
    """The status, and the error's code."""
    return response.status_code, response.json().get("code", "")


@dataclass(frozen=True)
class Person:
    """Somebody with an account and a phone that is signed in."""

    login: str
    phone: Device

    @property
    def account_id(self) -> str:
        """The id of the account."""
        account_id: str = self.phone.grant["account_id"]
        return account_id


@dataclass(frozen=True)
class Sender:
    """A phone that can text the service, through the gateway `generic`."""

    number: str
    keys: Mapping[str, str]
    public_url: str
    to: str = "+12025550142"

    def send(self, text: str) -> httpx.Response:
        """Text the service; what the gateway is answered."""
        return self.deliver(self.call(text))

    def call(self, text: str, *, ago: float = 0, keys: Mapping[str, str] | None = None) -> gateways.Call:
        """The gateway's call, signed so many seconds ago; `keys` in place of its own."""
        return gateways.call(
            "generic",
            keys or self.keys,
            public_url=self.public_url,
            sender=self.number,
            to=self.to,
            text=text,
            message_id=secrets.token_hex(16),
            now=datetime.fromtimestamp(time.time() - ago, UTC),
        )

    @staticmethod
    def deliver(call: gateways.Call) -> httpx.Response:
        """Make a gateway's call."""
        return httpx.post(call.url, content=call.body, headers=call.headers, timeout=60, trust_env=False)


@dataclass(frozen=True)
class Target:
    """Where it answers. `generic` has the secret of the gateway of that name, and is empty where it is not known."""

    client: httpx.Client
    generic: Mapping[str, str] = field(default_factory=dict)

    @property
    def http(self) -> str:
        """The address of the HTTP API."""
        return str(self.client.base_url).rstrip("/")

    def device(self, name: str = "Alice's PC", kind: str = "desktop", **facts: str) -> Device:
        """A device that is not signed in."""
        return Device(self.client, name, kind, **facts)

    def person(self) -> Person:
        """A new account, signed up on its first phone."""
        login = f"alice-{secrets.token_hex(6)}"
        phone = self.device("Alice's phone", "phone", id=secrets.token_hex(8), app="tests")
        response = phone.sign_up(login, PASSWORD)
        if outcome(response) == (403, "forbidden"):
            pytest.skip("the stack has no password sign-up: deploy it with PasswordSignUp=true meanwhile")
        assert response.status_code == 201, response.text
        return Person(login, phone)

    def sender(self, number: str | None = None) -> Sender:
        """A phone with a number that nobody else has."""
        if not self.generic:
            pytest.skip("the secret of the gateway `generic` is not known: SMS_SECRET=...")
        return Sender(number or fresh_number(), self.generic, self.http)

    def texted(self, number: str, name: str = "Bob's phone") -> Device:
        """A device that a text from this number has signed in."""
        device = self.device(name, "phone")
        sign_in = device.start_by_text()
        assert self.sender(number).send(body_of(sign_in)).status_code == 200
        response = device.redeem(sign_in)
        assert response.status_code == 200, response.text
        return device

    def sessions_of(self, device: Device) -> list[dict[str, Any]]:
        """The living sessions of a device's account."""
        sessions: list[dict[str, Any]] = device.call("GET", "/sessions").json()["sessions"]
        return sessions
