"""Somebody who is signed in whenever a request needs it, and sign-ins in every state that one can be in."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from local.camera import scan_token
from local.device import SignIn, Socket
from tests.stacks import PASSWORD, Stack

Facts = dict[str, Any]


class Insider:
    """Signs up anew where a request has ended the session."""

    def __init__(self, stack: Stack) -> None:
        """Nobody is signed in yet."""
        self._stack = stack
        self.begin()

    def begin(self) -> None:
        """Sign up."""
        self.person = self._stack.person()

    @property
    def token(self) -> str:
        """An access token."""
        token: str = self.person.phone.grant["access_token"]
        return token

    @property
    def facts(self) -> Facts:
        """What is true of the person: a request with it gets further than one with anything else."""
        grant = self.person.phone.grant
        return {
            "login": self.person.login,
            "password": PASSWORD,
            "current": PASSWORD,
            "refresh_token": grant["refresh_token"],
            "session_id": "current",
            "device": {"type": "phone", "name": "Alice's phone"},
        }


@dataclass(frozen=True)
class Household:
    """Somebody with sign-ins of all kinds and states: `facts` is what is true of each, `waiting` is one's own address.

    `approver` and `page` are connections that are open.
    """

    insider: Insider
    facts: list[Facts]
    waiting: SignIn
    approver: Socket
    page: Socket


@contextmanager
def household(stack: Stack) -> Iterator[Household]:
    """Open the connections, start the sign-ins, and answer some of them."""
    insider = Insider(stack)
    phone, login = insider.person.phone, insider.person.login
    with phone.approving() as approver, phone.handing_over() as page:
        device, known = stack.device(), f"device:{phone.facts['id']}"
        pending, by_text = device.start(login), stack.device().start_by_text()
        made = [pending, device.start(login, verification="echo"), by_text]
        facts = [_facts(sign_in, login) for sign_in in [*made, *_over(stack, login, approver)]]
        scanned = stack.device().start_qr(known)
        facts.append({**_facts(scanned, known), "scan_token": scan_token(_shown(page, scanned.id)["url"])})
        yield Household(insider, facts, pending, approver, page)


def _over(stack: Stack, login: str, approver: Socket) -> Iterator[SignIn]:
    """Sign-ins that were allowed, redeemed, denied and cancelled."""

    def answered(decision: str) -> SignIn:
        sign_in = stack.device().start(login)
        approver.ask("answer", sign_in_id=sign_in.id, decision=decision, code=sign_in.code)
        return sign_in

    allowed, redeemed, denied, cancelled = (*map(answered, ("allow", "allow", "deny")), stack.device().start(login))
    assert redeemed.redeem().status_code == 200
    assert cancelled.cancel().status_code == 204
    yield from (allowed, redeemed, denied, cancelled)


def _facts(sign_in: SignIn, login: str) -> Facts:
    code = sign_in.started.get("verification", {}).get("code", "00")
    return {"sign_in_id": sign_in.id, "verifier": sign_in.verifier, "login": login, "code": code}


def _shown(page: Socket, sign_in_id: str) -> dict[str, Any]:
    while (frame := page.receive()).get("sign_in_id") != sign_in_id or frame["type"] != "qr":
        continue
    return frame
