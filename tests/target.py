"""A service as everybody can reach it: over HTTP and WebSocket, with people and devices of its own making."""

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import httpx
import pytest

from local import gateways
from local.device import Device, SignIn, new_identifier

PASSWORD = "correct horse battery staple"
# Numbers that are kept for plays: 555-0100 to 555-0199 of any American area code. The British have a thousand, of which
# two runs against one stack would soon draw the same. No code ends in 11, and the service's own number is in 202.
_AREAS = [area for area in range(201, 500) if area % 100 != 11 and area != 202]
_ALL_NUMBERS = [f"+1{area}55501{last:02d}" for area in _AREAS for last in range(100)]
_NUMBERS = iter(secrets.SystemRandom().sample(_ALL_NUMBERS, len(_ALL_NUMBERS)))


def fresh_number() -> str:
    """A number that no other test of this run has, and no other run is likely to have had."""
    return next(_NUMBERS)


def body_of(sign_in: SignIn) -> str:
    """What the phone is told to text."""
    body: str = sign_in.started["sms"]["body"]
    return body


def outcome(response: httpx.Response) -> tuple[int, str]:
    """The status, and the error's code."""
    return response.status_code, response.json().get("code", "")


def wrong_code(sign_in: SignIn, asked: Mapping[str, Any]) -> str:
    """Another code than the device shows: of those that the approver is offered, where it is offered any."""
    offered: list[str] = asked.get("choices") or [f"{(int(sign_in.code) + 1) % 1_000_000:06d}"]
    return next(code for code in offered if code != sign_in.code)


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

    def call(
        self, text: str, *, ago: float = 0, keys: Mapping[str, str] | None = None, message_id: str | None = None
    ) -> gateways.Call:
        """The gateway's call, signed so many seconds ago; `keys` and `message_id` in place of its own."""
        return gateways.call(
            "generic",
            keys or self.keys,
            public_url=self.public_url,
            sender=self.number,
            to=self.to,
            text=text,
            message_id=message_id or secrets.token_hex(16),
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

    @cached_property
    def conceals(self) -> bool:
        """Whether the stack conceals accounts: who asks for nobody is answered as for somebody."""
        verifier = secrets.token_urlsafe(32)
        response = self.device().request_start(f"nobody-{secrets.token_hex(6)}", verifier)
        if response.status_code == 201:
            SignIn(self.client, response, verifier).cancel()
        return response.status_code == 201

    @cached_property
    def has_sign_up(self) -> bool:
        """Whether anybody may make an account with a password. Asked with a login that nobody can sign up with."""
        return outcome(self.device().sign_up("nobody@example.com", PASSWORD)) != (403, "forbidden")

    @cached_property
    def has_number(self) -> bool:
        """Whether phones can text the stack."""
        verifier = secrets.token_urlsafe(32)
        response = self.device().request_phone_start(new_identifier(), verifier)
        if response.status_code == 201:
            SignIn(self.client, response, verifier).cancel()
        return outcome(response) != (403, "forbidden")

    @cached_property
    def has_phone_page(self) -> bool:
        """Whether the stack's QR codes lead to a page. Asked for the codes of a number that nobody has."""
        return outcome(self.device().request_qr_start(fresh_number(), secrets.token_urlsafe(32))) != (403, "forbidden")

    def require_texts(self) -> None:
        """Skip where no text message can be sent in a gateway's name."""
        if not self.has_number:
            pytest.skip("no phone can text the stack: it has no SmsNumber")
        if not self.generic:
            pytest.skip("the secret of the stack's gateway `generic` is not known: pass SMS_SECRET=...")

    def person(self) -> Person:
        """A new account, signed up on its first phone; by text where the stack has no sign-up with a password."""
        phone = self.device("Alice's phone", "phone", id=secrets.token_hex(8), app="tests")
        if self.has_sign_up:
            login = f"alice-{secrets.token_hex(6)}"
            response = phone.sign_up(login, PASSWORD)
            assert response.status_code == 201, response.text
            return Person(login, phone)
        if not self.generic or not self.has_number:
            pytest.skip(
                "no account can be made: pass SMS_SECRET=... where the stack has an SmsNumber,"
                " or deploy it with PasswordSignUp=true meanwhile"
            )
        number = fresh_number()
        return Person(number, self.text_in(phone, number))

    def another(self, person: Person, name: str) -> Device:
        """One more device that is signed in to a person's account, without being asked about."""
        device = self.device(name)
        if person.login.startswith("+"):
            return self.text_in(device, person.login)
        response = device.sign_in(person.login, PASSWORD)
        assert response.status_code == 201, response.text
        return device

    def sender(self, number: str | None = None) -> Sender:
        """A phone with a number that nobody else has."""
        return Sender(number or fresh_number(), self.generic, self.http)

    def texted(self, number: str, name: str = "Bob's phone") -> Device:
        """A device that a text from this number has signed in."""
        return self.text_in(self.device(name, "phone"), number)

    def text_in(self, device: Device, number: str) -> Device:
        """Sign a device in by a text from this number."""
        sign_in = device.start_by_text()
        assert self.sender(number).send(body_of(sign_in)).status_code == 200
        response = device.redeem(sign_in)
        assert response.status_code == 200, response.text
        return device

    def sessions_of(self, device: Device) -> list[dict[str, Any]]:
        """The living sessions of a device's account."""
        sessions: list[dict[str, Any]] = device.call("GET", "/sessions").json()["sessions"]
        return sessions
