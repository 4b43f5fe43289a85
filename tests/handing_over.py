"""A signed-in PC and a phone that it is to let in, for the tests of the QR hand-over."""

import secrets
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from local import camera
from local.device import Device, SignIn, Socket
from tests.target import Target, fresh_number


@dataclass(frozen=True)
class Pair:
    """A PC that is signed in, and a phone of the same person, which is not; `login` is what the phone calls itself."""

    pc: Device
    phone: Device
    login: str

    def ask(self) -> SignIn:
        """The phone asks for a QR code."""
        return self.phone.start_qr(self.login)

    def scan(self, sign_in: SignIn, svg: str) -> httpx.Response:
        """The phone reads a QR code from its picture, and sends what it holds."""
        return sign_in.scan(token_in(svg), self.login)

    def scan_to_be_asked(self, sign_in: SignIn, svg: str) -> None:
        """The same, where the PC's user must then pick a number; skip where a scan alone lets in."""
        response = self.scan(sign_in, svg)
        assert response.status_code == 200, response.text
        if response.json()["status"] == "allowed":
            pytest.skip("a scan alone lets in on this stack: HandOverConfirmation is none")


def pair(target: Target) -> Pair:
    """A person whose PC was signed in by a text message from the phone's number."""
    number = fresh_number()
    return Pair(target.texted(number, "Ada's PC"), target.device("Ada's phone", "phone", app="tests"), number)


def token_in(svg: str) -> str:
    """What a phone gets out of a QR code, by looking at it."""
    return camera.scan_token(camera.read(svg))


def shown(page: Socket, sign_in: SignIn) -> dict[str, Any]:
    """The next frame on a page, which must show the code of this sign-in."""
    frame = page.expect("qr")
    assert frame["sign_in_id"] == sign_in.id
    return frame


def stranger() -> str:
    """The verifier of a device that has started nothing."""
    return secrets.token_urlsafe(32)


def confirm(page: Socket, sign_in: SignIn, decision: str = "allow") -> str:
    """The PC's user answers, with the number that the phone shows; the status it is told."""
    code = {"code": sign_in.code} if decision == "allow" else {}
    answered = page.ask("answer", sign_in_id=sign_in.id, decision=decision, **code)
    status: str = answered["code"] if answered["type"] == "error" else answered["status"]
    return status
