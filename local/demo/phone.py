"""Flow 2 as a story: one text message signs a phone up and in."""

import secrets

import httpx

from local.demo.telling import check, expect, refused, say, scene
from local.device import Device, SignIn, new_identifier
from local.phone import Handset, PhoneNetwork


def fictional_numbers(count: int) -> list[str]:
    """Numbers of nobody: British mobiles from the range that is kept for plays."""
    return [f"+447700900{number:03d}" for number in secrets.SystemRandom().sample(range(900, 1000), count)]


class ByText:
    """The story: Bob has a phone, a tablet that he reads his texts on, and no account; Eve would like to have one."""

    def __init__(self, http: httpx.Client, network: PhoneNetwork) -> None:
        """`http` has the service's address as its base URL; `network` carries the texts."""
        self._network = network
        self._bob, self._eve = map(network.handset, fictional_numbers(2))
        self._phone = Device(http, "Bob's phone", "phone", app="demo")
        self._tablet = Device(http, "Bob's tablet", "tablet", app="demo")

    def run(self) -> None:
        """All scenes in order."""
        self._sign_up()
        self._sign_in_again()
        self._wrong_identifier()
        self._stolen_text()
        self._not_me()

    def _sign_up(self) -> None:
        scene("One tap, one text message: a new account")
        sign_in = self._tap(self._phone)
        with sign_in.waiting() as waiting:
            check(waiting.ask("hello")["status"] == "started", "the phone waits for its text to arrive")
            self._text(sign_in, self._bob)
            resolved = waiting.expect("signInResolved")
            check(resolved["status"] == "allowed", f"the waiting phone is told {resolved}")
        expect(self._phone.redeem(sign_in), 200)
        check(self._phone.grant.get("new_account"), "the account is new")
        say("The phone, waiting on its own connection, is told at once, and redeems a session of a new account.")
        self._told(self._bob)

    def _sign_in_again(self) -> None:
        scene("The same number again, written otherwise")
        sign_in = self._tap(self._tablet)
        with self._phone.approving() as connection:
            otherwise = self._bob.number.replace("+44", "0044 (0)")
            expect(self._network.send(sign_in.started["sms"]["body"], sender=otherwise), 200)
            expect(self._tablet.redeem(sign_in), 200)
            started = connection.expect("sessionStarted")
        same = self._tablet.grant["account_id"] == self._phone.grant["account_id"]
        check(same and "new_account" not in self._tablet.grant, "it is the same account")
        say(f"The tablet is signed in to the same account; the phone is told of {started['device']['name']}.")
        self._told(self._bob)

    def _wrong_identifier(self) -> None:
        scene("A code that nobody has registered")
        self._bob.send(f"Sign me in! Code: {new_identifier()}")
        self._told(self._bob)

    def _stolen_text(self) -> None:
        scene("Eve has seen the text before it was sent")
        sign_in = self._tap(self._phone)
        refused(sign_in.redeem(secrets.token_urlsafe(32)), 404, "unknown_sign_in")
        say("Without the verifier, which never leaves Bob's phone, the code is of no use to her.")
        self._text(sign_in, self._eve, whose="Eve's phone")
        self._told(self._eve)
        self._text(sign_in, self._bob)
        self._told(self._bob)
        refused(sign_in.redeem(), 403, "denied")

    def _not_me(self) -> None:
        scene("That was not me")
        self._bob.send("NO")
        say(f"{self._bob.number} texts: NO")
        self._told(self._bob)
        refused(self._tablet.call("GET", "/sessions"), 401, "invalid_token")

    def _tap(self, device: Device) -> SignIn:
        sign_in = device.start_by_text()
        say(f"{device.facts['name']} is tapped, and opens its messages with: {sign_in.started['sms']['body']}")
        return sign_in

    def _text(self, sign_in: SignIn, handset: Handset, whose: str = "Bob's phone") -> None:
        expect(handset.send(sign_in.started["sms"]["body"]), 200)
        say(f"{whose}, {handset.number}, sends it to {sign_in.started['sms']['to']}.")

    def _told(self, handset: Handset) -> None:
        say(f"{handset.number} is texted: {handset.next_text()}")


class WithApproval:
    """The story goes on where a signed-in device must allow it."""

    def __init__(self, http: httpx.Client, network: PhoneNetwork) -> None:
        """As above, of a stack that demands approval."""
        self._carol = network.handset(*fictional_numbers(1))
        self._phone = Device(http, "Carol's phone", "phone", app="demo")
        self._stranger = Device(http, "Somebody's phone", "phone", app="demo")

    def run(self) -> None:
        """The one scene."""
        scene("Text this for me, says a stranger: where approval is demanded")
        first = self._phone.start_by_text()
        self._carol.send(first.started["sms"]["body"])
        expect(self._phone.redeem(first), 200)
        say("Carol's phone signs up by text; nobody could be asked yet.")
        with self._phone.approving() as approver:
            sign_in = self._stranger.start_by_text()
            self._carol.send(sign_in.started["sms"]["body"])
            say("A stranger's phone shows a number, and Carol is talked into sending its text from hers.")
            prompt = approver.expect("prompt")
            check(prompt["sign_in_id"] == sign_in.id and prompt["method"] == "phone", "the prompt is for this sign-in")
            expect(sign_in.redeem(), 202)
            say(f"The text alone lets nobody in: Carol is prompted about {prompt['device']['name']} at {prompt['ip']}.")
            answered = approver.ask("answer", sign_in_id=sign_in.id, decision="deny")
            check(answered.get("status") == "denied", f"the answer denies it, not {answered}")
            say("She denies it.")
        refused(sign_in.redeem(), 403, "denied")
