"""Flow 1 as a story: a signed-in device lets a new one in."""

import secrets
from collections.abc import Mapping
from typing import Any

import httpx

from local.demo.telling import check, expect, refused, say, scene
from local.device import Device, SignIn, Socket


class ByApproval:
    """The story: Alice has a phone that is signed in, and a new PC that is not."""

    def __init__(self, http: httpx.Client) -> None:
        """`http` has the service's address as its base URL."""
        self._login = f"alice-{secrets.token_hex(3)}"
        self._nickname = f"wonder-{secrets.token_hex(3)}"
        self._password = secrets.token_urlsafe(12)
        self._phone = Device(http, "Alice's phone", "phone", app="demo")
        self._pc = Device(http, "Alice's new PC", "desktop", app="demo")

    def run(self) -> None:
        """All scenes in order."""
        self._first_device()
        self._nobody_online()
        with self._phone.approving() as approver:
            say("The phone opens its connection as approver.")
            self._unknown_login()
            self._allowed(approver)
            self._remote_sign_out(approver)
            self._denied(approver)
            self._wrong_choice(approver)
            self._through_bound_login(approver)

    def _first_device(self) -> None:
        scene("An account, and its first device")
        expect(self._phone.sign_up(self._login, self._password), 201)
        say(f"The phone signs up as {self._login} with a password, the ordinary way.")
        expect(self._phone.call("POST", "/account/logins", {"login": self._nickname}), 201)
        say(f"It binds a second login to the account: {self._nickname}.")

    def _nobody_online(self) -> None:
        scene("Nobody online")
        response = self._pc.request_start(self._login, secrets.token_urlsafe(32))
        refused(response, 409, "no_approver_online")

    def _unknown_login(self) -> None:
        scene("An unknown login")
        refused(self._pc.request_start("no-such-person", secrets.token_urlsafe(32)), 404, "unknown_login")

    def _allowed(self, approver: Socket) -> None:
        scene("A new device asks with only the login, and is allowed")
        sign_in = self._ask(self._login)
        prompt = self._prompted(approver, sign_in)
        with sign_in.waiting() as waiting:
            welcome = waiting.ask("hello")
            check(welcome["status"] == "pending", f"the waiting PC is told {welcome}")
            self._answer(approver, prompt, "allow", sign_in.code, expected="allowed")
            resolved = waiting.expect("signInResolved")
            check(resolved["status"] == "allowed", f"the waiting PC is told {resolved}")
            say("The PC, waiting on its own connection, is told at once: allowed.")
        expect(self._pc.redeem(sign_in), 200)
        say(f"The PC redeems the sign-in for a session of its own: {self._pc.session_id}.")
        refused(sign_in.redeem(), 409, "already_redeemed")

    def _remote_sign_out(self, approver: Socket) -> None:
        scene("The sessions, and signing one out from afar")
        approver.expect("sessionStarted")
        sessions = approver.ask("listSessions")["sessions"]
        check(len(sessions) == 2, f"two sessions are listed, not {len(sessions)}")
        for one in sessions:
            by = "let in by " + one["let_in_by"] if one["let_in_by"] else "nobody let it in"
            say(f"{one['device']['name']}: {one['method']}, {one['ip']} ({one['place']}), {by}.")
        ended = approver.ask("endSession", session_id=self._pc.session_id)
        check(ended.get("ended") == [self._pc.session_id], f"the PC's session is ended, not {ended}")
        say("The phone signs the PC out.")
        refused(self._pc.call("GET", "/sessions"), 401, "invalid_token")

    def _denied(self, approver: Socket) -> None:
        scene("A new device asks, and is denied")
        sign_in = self._ask(self._login)
        self._answer(approver, self._prompted(approver, sign_in), "deny", None, expected="denied")
        refused(sign_in.redeem(), 403, "denied")

    def _wrong_choice(self, approver: Socket) -> None:
        scene("The wrong number is picked")
        sign_in = self._ask(self._login)
        prompt = self._prompted(approver, sign_in)
        wrong = next(choice for choice in prompt["verification"]["choices"] if choice != sign_in.code)
        self._answer(approver, prompt, "allow", wrong, expected="denied")
        refused(sign_in.redeem(), 403, "denied")

    def _through_bound_login(self, approver: Socket) -> None:
        scene("Asking with the other login of the same account")
        sign_in = self._ask(self._nickname)
        self._answer(approver, self._prompted(approver, sign_in), "allow", sign_in.code, expected="allowed")
        expect(self._pc.redeem(sign_in), 200)
        say("The PC is signed in to the same account.")

    def _ask(self, login: str) -> SignIn:
        sign_in = self._pc.start(login, verification="choose", message="It's me, at my new desk")
        say(f"The PC asks to be let in as {login} and shows the number {sign_in.code}.")
        return sign_in

    def _prompted(self, approver: Socket, sign_in: SignIn) -> dict[str, Any]:
        prompt = approver.expect("prompt")
        choices = prompt["verification"]["choices"]
        check(prompt["sign_in_id"] == sign_in.id, "the prompt is for this sign-in")
        check(sign_in.code in choices and len(choices) == 3, "three numbers are offered, the PC's among them")
        device = prompt["device"]
        say(
            f"The phone is prompted: {prompt['login']} on {device['name']} ({device['type']}) "
            f"at {prompt['ip']} ({prompt['place']}) - pick one of {', '.join(choices)}."
        )
        return prompt

    def _answer(
        self, approver: Socket, prompt: Mapping[str, Any], decision: str, code: str | None, *, expected: str
    ) -> None:
        fields = {"code": code} if code else {}
        answered = approver.ask("answer", sign_in_id=prompt["sign_in_id"], decision=decision, **fields)
        check(answered.get("status") == expected, f"the answer makes the sign-in {expected}, not {answered}")
        say(f"On the phone: {decision}{f', picking {code}' if code else ''}. The sign-in is {expected}.")
