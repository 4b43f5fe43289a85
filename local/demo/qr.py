"""Flow 3 as a story: a signed-in computer lets a phone in by QR code."""

import secrets
from collections.abc import Mapping
from typing import Any

import httpx

from local import camera
from local.demo.telling import check, expect, refused, say, scene
from local.device import Device, SignIn, Socket


class ByQr:
    """The story: Dora's PC is signed in, her phone was once and is no more; Eve stands behind her."""

    def __init__(self, http: httpx.Client) -> None:
        """`http` has the service's address as its base URL."""
        self._login, self._password = f"dora-{secrets.token_hex(3)}", secrets.token_urlsafe(12)
        self._pc = Device(http, "Dora's PC", "desktop", app="demo")
        self._phone = Device(http, "Dora's phone", "phone", app="demo", id=secrets.token_hex(8))
        self._eve = Device(http, "Eve's phone", "phone", app="demo")
        self._name = f"device:{self._phone.facts['id']}"

    def run(self) -> None:
        """All scenes in order."""
        self._known_device()
        self._no_page()
        with self._pc.handing_over() as page:
            self._handed_over(page)
        with self._pc.handing_over() as page:
            self._two_devices(page)
        self._ended_together()

    def _known_device(self) -> None:
        scene("A computer that is signed in, and a phone that once was")
        expect(self._pc.sign_up(self._login, self._password), 201)
        expect(self._phone.sign_in(self._login, self._password), 201)
        expect(self._phone.call("DELETE", "/sessions/current"), 200)
        say("The phone has signed out again; the account still knows it by its device id.")

    def _no_page(self) -> None:
        scene("No page open")
        refused(self._phone.request_qr_start(self._name, secrets.token_urlsafe(32)), 409, "no_page_open")

    def _handed_over(self, page: Socket) -> None:
        scene("The PC opens its hand-over page, and the phone asks")
        sign_in = self._phone.start_qr(self._name)
        first = self._shown(page, sign_in)
        renewed = page.ask("renewQr", sign_in_id=sign_in.id)
        check(renewed["url"] != first["url"], "a renewed code is another one")
        say("Nobody has scanned it yet: the page asks for the next one before it expires.")
        link = camera.read(renewed["svg"])
        say(f"The phone's camera reads the picture: {link}")
        token = camera.scan_token(link)
        say("Sent under another name, it is of no use.")
        refused(sign_in.scan(token, "device:another"), 403, "wrong_scan")
        expect(sign_in.scan(token, self._name), 200)
        say(f"Sent under its own name, it is right: the phone shows {sign_in.code}.")
        prompt = page.expect("prompt")
        choices = prompt["verification"]["choices"]
        check(prompt["sign_in_id"] == sign_in.id and sign_in.code in choices, "the prompt offers its number")
        say(f"The PC: let {prompt['device']['name']} at {prompt['ip']} in? Pick {', '.join(choices)}.")
        answered = page.ask("answer", sign_in_id=sign_in.id, decision="allow", code=sign_in.code)
        check(answered.get("status") == "allowed", f"the answer allows it, not {answered}")
        expect(self._phone.redeem(sign_in), 200)
        say("Dora picks the number, and the phone has its session. The code is used up:")
        refused(sign_in.scan(token, self._name), 403, "wrong_scan")

    def _two_devices(self, page: Socket) -> None:
        scene("Eve reads the code over Dora's shoulder")
        sign_in = self._phone.start_qr(self._name)
        token = camera.scan_token(camera.read(self._shown(page, sign_in)["svg"]))
        say("What it holds is of no use to her phone, which did not ask for it.")
        refused(sign_in.scan(token, self._name, verifier=secrets.token_urlsafe(32)), 403, "wrong_scan")
        say("But the service has noticed. When Dora's own phone scans it, nobody is let in:")
        refused(sign_in.scan(token, self._name), 403, "denied")
        closed = page.expect("qrClosed")
        check(closed["status"] == "denied", f"the page is told {closed}")
        refused(sign_in.redeem(), 403, "denied")

    def _ended_together(self) -> None:
        scene("The PC is signed out, with all that it let in")
        ended = self._pc.call("DELETE", "/sessions/current?and_let_in=true")
        expect(ended, 200)
        check(ended.json()["ended"] == [self._pc.session_id, self._phone.session_id], f"both ended: {ended.text}")
        say("Both are signed out; the phone's token is dead as well.")
        refused(self._phone.call("GET", "/sessions"), 401, "invalid_token")

    @staticmethod
    def _shown(page: Socket, sign_in: SignIn) -> Mapping[str, Any]:
        shown = page.expect("qr")
        check(shown["sign_in_id"] == sign_in.id, "the page shows the code of this sign-in")
        say(f"A QR code appears on the PC, for {shown['device']['name']}, good for half a minute.")
        return shown
