"""Flow 3, on the phone: it asks for a QR code on a PC's page and scans it; the PC is then its approver (R4.2-R4.5)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Literal

import msgspec

from nod.concurrency import Afterwards, Together
from nod.domain.connections import Connection, pages_among, waiting_for
from nod.domain.device import Device, Network
from nod.domain.identifiers import new_identifier
from nod.domain.limits import HAND_OVERS_PER_LOGIN, starts_per_address
from nod.domain.logins import ALL_KINDS, HAND_OVER_KINDS, KnownLogin, parse_login
from nod.domain.prompts import NOBODY, Prompt, prompt_for
from nod.domain.pushes import Push, SignInResolved, closing, may_answer, prompt_push, qr_closing
from nod.domain.scanning import code_of, parse_scan_token
from nod.domain.sign_in import Overtaken, SignIn
from nod.domain.starting import start
from nod.domain.verification import Mode, Verification, draw, effective_mode
from nod.errors import (
    Denied,
    Forbidden,
    InvalidToken,
    NoPageOpen,
    SlowDown,
    UnknownLogin,
    UnknownSignIn,
    WrongScan,
)
from nod.flows.ports import Clock, Connections, Logins, Prompts, Sessions, SignIns, Throttles
from nod.flows.prompting import Telling
from nod.flows.showing import Showing, ShownCode
from nod.flows.starting import Started, waiter_for

NOTHING = Verification("none")
SIGNED_OUT = "the computer that showed this QR code has been signed out"


class HandOverPolicy(msgspec.Struct, frozen=True):
    """What the stack says about hand-overs. `confirmation`: how the PC's user confirms a scan (`none`: not at all)."""

    confirmation: Mode
    lifetime: timedelta
    starts_per_minute_per_address: int
    conceal: bool


class AskedByScan(msgspec.Struct, frozen=True):
    """What a phone asks for; `login` is its number, or `device:` and the id by which the account knows it."""

    login: str
    challenge: str
    device: Device


class Scan(msgspec.Struct, frozen=True):
    """What a device sends when it has read a QR code."""

    token: str
    login: str
    verifier: str


class Scanned(msgspec.Struct, frozen=True):
    """What became of the sign-in, and what the device shows for the PC's user to confirm it."""

    sign_in: SignIn
    verification: Verification


@dataclass(frozen=True)
class HandOver:
    """Starting a sign-in that a PC's page shows a QR code for, and scanning that."""

    logins: Logins
    throttles: Throttles
    sign_ins: SignIns
    connections: Connections
    prompts: Prompts
    sessions: Sessions
    showing: Showing
    telling: Telling
    together: Together
    afterwards: Afterwards
    policy: HandOverPolicy
    clock: Clock
    rng: Random

    def start(self, asked: AskedByScan, network: Network) -> Started:
        """Start a sign-in, and show a QR code on every page that a session of the account has open for that.

        Raises `UnknownLogin`, `NoPageOpen`, `SlowDown` past the limits and while reports hold the login back, and
        `Forbidden` where the stack has no page for phones. Where accounts are concealed, `NoPageOpen` stands for all
        that would tell whether there is one.
        """
        if not self.showing.phone_page:
            raise Forbidden("this service has no page that a QR code could lead to")
        now = self.clock()
        login = parse_login(asked.login, kinds=HAND_OVER_KINDS)
        device = asked.device.cleaned()
        per_address = starts_per_address(self.policy.starts_per_minute_per_address)
        self.throttles.recall(per_address, network.counted_as, now)
        _, known = self.together(
            lambda: self.throttles.count(per_address, network.counted_as, now),
            lambda: self.logins.find_for_stranger(login.key),
        )
        account_id = self._account_of(known, now)
        pages = pages_among(self.connections.of(account_id), now)
        if not pages:
            raise NoPageOpen()
        sign_in = start(
            sign_in_id=new_identifier(self.rng),
            method="qr",
            login=login.key,
            account_id=account_id,
            challenge=asked.challenge,
            device=device,
            network=network,
            message=None,
            verification=NOTHING,
            slot=None,
            now=now,
            lifetime=self.policy.lifetime,
        )
        return self._show(sign_in, self.showing.codes_for(sign_in.sign_in_id, pages, now), now)

    def scan(self, sign_in_id: str, scan: Scan) -> Scanned:
        """A device has read a QR code; the page that showed it is prompted, or has thereby let the device in.

        Raises `UnknownSignIn`, `WrongScan` where content, login or verifier are not those of this sign-in, or the PC's
        session was ended meanwhile (Q6), and `Denied` where another device has read a code of it too (Q3).
        """
        now = self.clock()
        login = parse_login(scan.login, kinds=ALL_KINDS)
        before = self.sign_ins.get(sign_in_id)
        if before is None:
            raise UnknownSignIn()
        token = parse_scan_token(scan.token)
        if token.sign_in_id != sign_in_id:
            # To the sign-in that the code was made for, this device is a stranger.
            before = self.sign_ins.get(token.sign_in_id)
            if before is None or before.is_of(scan.verifier):
                raise WrongScan()
        verification = self._drawn(before, token.secret, now)
        while before is not None:
            after = before.scan(token.secret, login.key, scan.verifier, verification, now)
            try:
                self._keep(before, after, verification, scan.verifier, now)
            except Overtaken as overtaken:
                before = overtaken.current
                continue
            return Scanned(after, verification)
        raise WrongScan()

    def _drawn(self, before: SignIn, secret: str, now: datetime) -> Verification:
        """What the device is to show: no number that another prompt offers to the PC's user.

        `WrongScan` where the session of the page that showed the code was ended: what it holds counts for nobody (Q6).
        """
        page = code_of(secret, before.codes, now)
        session, others = self.together(
            lambda: self.sessions.get(before.account_id, page.session_id),
            lambda: self.prompts.open_for(before.account_id, page.session_id, now),
        )
        if session is None or not session.is_alive(now):
            raise WrongScan(SIGNED_OUT)
        offered = frozenset(choice for other in others for choice in other.verification.choices)
        return draw(self.policy.confirmation, self.rng, apart_from=offered)

    def _account_of(self, known: KnownLogin | None, now: datetime) -> str:
        """Whose pages are to show a code; nobody's where that must stay concealed, which takes the same calls."""
        if known and not known.is_held(now):
            return known.account_id
        if self.policy.conceal:
            return new_identifier(self.rng)
        if known is None:
            raise UnknownLogin()
        raise SlowDown("requests for this login are held back after a report", retry_after=known.seconds_held(now))

    def _show(self, sign_in: SignIn, shown: list[ShownCode], now: datetime) -> Started:
        """Keep the sign-in, then post its codes: none is ever shown that nothing stands behind."""
        sign_in = msgspec.structs.replace(sign_in, codes=frozenset(one.code for one in shown))
        secret, waiter = waiter_for(sign_in, self.rng)
        self.sign_ins.open(sign_in, _prompt(sign_in, NOTHING, NOBODY), waiter, limit=HAND_OVERS_PER_LOGIN)
        frame = partial(self.showing.frame, device=sign_in.device, ends_at=sign_in.expires_at)
        if not self.telling.tell([(one.page, frame(one.token, one.code)) for one in shown], now):
            self._nobody_there(sign_in, now)
        return Started(sign_in, NOTHING, secret)

    def _nobody_there(self, sign_in: SignIn, now: datetime) -> None:
        """All pages turned out to be gone: it is as if none had been open, unless one came back meanwhile."""
        try:
            self.sign_ins.close(sign_in, sign_in.withdraw(), now)
        except Overtaken:
            return
        self.throttles.uncount(HAND_OVERS_PER_LOGIN, sign_in.login, now)
        raise NoPageOpen()

    def _keep(self, before: SignIn, after: SignIn, asked: Verification, verifier: str, now: datetime) -> None:
        if after.status == "denied":
            self._void(before, after, now)
            raise Denied("another device has scanned the QR code too") if before.is_of(verifier) else WrongScan()
        if after.approver is None:
            self.sign_ins.keep(before, after, None, now)
            raise WrongScan()
        prompt = _prompt(after, asked, after.approver) if after.status == "pending" else None
        try:
            connections, waiting, _ = self.together(
                self.afterwards.guarded(lambda: self.connections.of(after.account_id), []),
                self.afterwards.guarded(
                    lambda: [] if prompt else self.connections.of(waiting_for(after.sign_in_id)), []
                ),
                partial(self.sign_ins.scan, before, after, prompt, now),
            )
        except InvalidToken:
            raise WrongScan(SIGNED_OUT) from None
        told: list[tuple[Connection, Push]] = [(one, SignInResolved(after.sign_in_id, "allowed")) for one in waiting]
        if prompt:
            told = [(one, prompt_push(prompt)) for one in connections if may_answer(one, after)]
        self.afterwards(lambda: self.telling.tell(told, now))
        self.afterwards(lambda: self.telling.tell(qr_closing(after, connections), now))

    def _void(self, before: SignIn, after: SignIn, now: datetime) -> None:
        """Two devices have read its codes: nobody is let in, and everybody is told."""
        connections, waiting, _ = self.together(
            self.afterwards.guarded(lambda: self.connections.of(before.account_id), []),
            self.afterwards.guarded(lambda: self.connections.of(waiting_for(before.sign_in_id)), []),
            lambda: self.sign_ins.close(before, after, now),
        )
        resolved = SignInResolved(before.sign_in_id, "denied")
        told = [*closing(before, "denied", connections), *((one, resolved) for one in waiting)]
        self.afterwards(lambda: self.telling.tell(told, now))


def confirmation_mode(configured: Literal["none", "choose"], minimum: Mode) -> Mode:
    """How the PC's user confirms a scan: as strictly as the stack demands of approvals (A3), where at all.

    A stack that asks for nothing means it: the scan has transferred a secret already.
    """
    return "none" if configured == "none" else effective_mode("choose", default="choose", minimum=minimum)


def _prompt(sign_in: SignIn, verification: Verification, addressed_to: str) -> Prompt:
    return msgspec.structs.replace(prompt_for(sign_in, verification.shown), addressed_to=addressed_to)
