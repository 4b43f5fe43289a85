"""A device as a program: what a phone or a PC does over HTTP and WebSocket. The demo and the tests play with it."""

import base64
import hashlib
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect

WAIT_SECONDS = 10.0


class Unexpected(AssertionError):
    """The service answered something else than was to be expected."""


class Socket:
    """An open WebSocket connection."""

    def __init__(self, connection: ClientConnection) -> None:
        """`connection` as `websockets` opened it."""
        self.connection = connection

    def send(self, action: str, **fields: Any) -> None:
        """Send a frame."""
        self.connection.send(json.dumps({"action": action, **fields}))

    def receive(self, timeout: float = WAIT_SECONDS) -> dict[str, Any]:
        """The next frame, whatever it is; `TimeoutError` where none comes in `timeout` seconds."""
        frame: dict[str, Any] = json.loads(self.connection.recv(timeout=timeout))
        return frame

    def expect(self, kind: str, timeout: float = WAIT_SECONDS) -> dict[str, Any]:
        """The next frame, which must be of this type."""
        frame = self.receive(timeout)
        if frame.get("type") != kind:
            raise Unexpected(f"expected a frame of type {kind}, got {frame}")
        return frame

    def ask(self, action: str, **fields: Any) -> dict[str, Any]:
        """Send a frame and wait for its reply, passing over what is pushed meanwhile."""
        frame_id = secrets.token_hex(4)
        self.send(action, id=frame_id, **fields)
        while (frame := self.receive()).get("id") != frame_id:
            continue
        return frame

    def settled(self) -> list[dict[str, Any]]:
        """Everything that was pushed up to now: what came before the reply to a ping."""
        frame_id, pushed = secrets.token_hex(4), []
        self.send("ping", id=frame_id)
        while (frame := self.receive()).get("id") != frame_id:
            pushed.append(frame)
        return pushed


class SignIn:
    """A sign-in that a device has started, with the verifier that only this device knows."""

    def __init__(self, http: httpx.Client, response: httpx.Response, verifier: str) -> None:
        """`response` is the 201."""
        self._http = http
        self.verifier = verifier
        self.started: dict[str, Any] = response.json()
        self.id: str = self.started["sign_in_id"]

    @property
    def code(self) -> str:
        """The code that the device shows."""
        code: str = self.started["verification"]["code"]
        return code

    def redeem(self, verifier: str | None = None, key: str | None = None) -> httpx.Response:
        """Ask for the session, `key` being the request's idempotency key."""
        body = {"verifier": verifier or self.verifier}
        return self._http.post(f"/sign-ins/{self.id}/redeem", json=body, headers=_repeatable(key))

    def confirm(self, code: str) -> httpx.Response:
        """Send the `echo` code back."""
        return self._http.post(f"/sign-ins/{self.id}/confirm", json={"code": code})

    def scan(self, scan_token: str, login: str, verifier: str | None = None) -> httpx.Response:
        """Send what was read in a QR code; the code that the device is to show is then its own."""
        body = {"scan_token": scan_token, "login": login, "verifier": verifier or self.verifier}
        response = self._http.post(f"/sign-ins/{self.id}/scan", json=body)
        if response.is_success:
            self.started |= response.json()
        return response

    def cancel(self) -> httpx.Response:
        """Give up."""
        return self._http.delete(f"/sign-ins/{self.id}", headers={"Authorization": f"Bearer {self.verifier}"})

    @contextmanager
    def waiting(self) -> Iterator[Socket]:
        """The connection on which the device waits for its answer."""
        with connect(self.started["waiter"]["url"]) as connection:
            yield Socket(connection)


class Device:
    """One device of a person. Once it is signed in it has a grant."""

    def __init__(self, http: httpx.Client, name: str, kind: str = "phone", **facts: str) -> None:
        """`http` has the service's address as its base URL; `facts` may be `id` and `app`."""
        self.http = http
        self.facts = {"type": kind, "name": name, **facts}
        self.grant: dict[str, Any] = {}

    @property
    def session_id(self) -> str:
        """The id of the device's session."""
        session_id: str = self.grant["session_id"]
        return session_id

    def sign_up(self, login: str, password: str) -> httpx.Response:
        """Make an account in the ordinary way."""
        return self._granted(
            self.http.post("/accounts", json={"login": login, "password": password, "device": self.facts})
        )

    def sign_in(self, login: str, password: str) -> httpx.Response:
        """Sign in in the ordinary way."""
        return self._granted(
            self.http.post("/sessions", json={"login": login, "password": password, "device": self.facts})
        )

    def request_start(self, login: str, verifier: str, **fields: Any) -> httpx.Response:
        """Ask to be let in, with only a login."""
        body = {"method": "approval", "login": login, "challenge": challenge_of(verifier), "device": self.facts}
        return self.http.post("/sign-ins", json=body | fields)

    def start(self, login: str, **fields: Any) -> SignIn:
        """Ask to be let in; `Unexpected` where the service refuses to start."""
        verifier = secrets.token_urlsafe(32)
        return self._begun(self.request_start(login, verifier, **fields), verifier)

    def request_phone_start(self, identifier: str, verifier: str, **fields: Any) -> httpx.Response:
        """Register an identifier that is about to be texted."""
        body = {"method": "phone", "identifier": identifier, "challenge": challenge_of(verifier), "device": self.facts}
        return self.http.post("/sign-ins", json=body | fields)

    def start_by_text(self) -> SignIn:
        """Register a fresh identifier; `started["sms"]` is what to send. `Unexpected` where the service refuses."""
        verifier = secrets.token_urlsafe(32)
        return self._begun(self.request_phone_start(new_identifier(), verifier), verifier)

    def request_qr_start(self, login: str, verifier: str, **fields: Any) -> httpx.Response:
        """Ask for a QR code on the page that a computer of this account has open."""
        body = {"method": "qr", "login": login, "challenge": challenge_of(verifier), "device": self.facts}
        return self.http.post("/sign-ins", json=body | fields)

    def start_qr(self, login: str) -> SignIn:
        """Ask for a QR code; `Unexpected` where the service refuses."""
        verifier = secrets.token_urlsafe(32)
        return self._begun(self.request_qr_start(login, verifier), verifier)

    def redeem(self, sign_in: SignIn) -> httpx.Response:
        """Collect the session of an allowed sign-in, and keep its grant."""
        return self._granted(sign_in.redeem())

    def refresh(self) -> httpx.Response:
        """Trade the refresh token for the next grant, and keep it."""
        return self._granted(self.request_refresh())

    def request_refresh(self, key: str | None = None) -> httpx.Response:
        """Ask for the next grant, `key` being the request's idempotency key; the device does not hear the answer."""
        body = {"refresh_token": self.grant["refresh_token"]}
        return self.http.post("/sessions/refresh", json=body, headers=_repeatable(key))

    def call(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """A request with the access token."""
        headers = {"Authorization": f"Bearer {self.grant['access_token']}"}
        return self.http.request(method, path, json=body, headers=headers)

    def ticket_url(self, purpose: str = "approve") -> str:
        """A WebSocket address that works once."""
        response = self.call("POST", "/tickets", {"purpose": purpose})
        if response.status_code != 201:
            raise Unexpected(f"expected a ticket, got {response.status_code} {response.text}")
        url: str = response.json()["url"]
        return url

    @contextmanager
    def approving(self) -> Iterator[Socket]:
        """The device's connection as approver; it has said hello."""
        with self._connected("approve") as socket:
            yield socket

    @contextmanager
    def handing_over(self) -> Iterator[Socket]:
        """The device's hand-over page, on which QR codes appear; it has said hello."""
        with self._connected("hand_over") as socket:
            yield socket

    @contextmanager
    def _connected(self, purpose: str) -> Iterator[Socket]:
        with connect(self.ticket_url(purpose)) as connection:
            socket = Socket(connection)
            socket.send("hello")
            socket.expect("welcome")
            yield socket

    def _begun(self, response: httpx.Response, verifier: str) -> SignIn:
        if response.status_code != 201:
            raise Unexpected(f"expected 201, got {response.status_code} {response.text}")
        return SignIn(self.http, response, verifier)

    def _granted(self, response: httpx.Response) -> httpx.Response:
        if response.is_success and response.status_code != 202:
            self.grant = response.json()
        return response


def _repeatable(key: str | None) -> dict[str, str]:
    return {"Idempotency-Key": key} if key else {}


def new_identifier() -> str:
    """An identifier as a phone makes it: 26 random characters of Crockford's base32."""
    return "".join(secrets.choice("0123456789ABCDEFGHJKMNPQRSTVWXYZ") for _ in range(26))


def challenge_of(verifier: str) -> str:
    """The PKCE S256 challenge of a verifier (RFC 7636 section 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
