"""How every flow ends: the device that started a sign-in collects its session, once, or gives up."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from random import Random

from nod.concurrency import Afterwards, Together
from nod.domain.connections import Connection
from nod.domain.identifiers import Derived
from nod.domain.limits import Limit, asks_per_login, sessions_per_account
from nod.domain.logins import login_from_key
from nod.domain.pushes import closing
from nod.domain.refusals import StillWaiting, too_fast
from nod.domain.sessions import Lifetimes, Session
from nod.domain.sign_in import REDEEM_WINDOW, Overtaken, SignIn
from nod.errors import AlreadyRedeemed, UnknownSignIn
from nod.flows.granting import Grant, Newcomer, grant_for, know_device, new_session
from nod.flows.ports import Accounts, Clock, Connections, Logins, Sessions, SignIns, Slots, Throttles, TokenSigner
from nod.flows.prompting import Telling


@dataclass(frozen=True)
class Redeeming:
    """Redeeming and cancelling sign-ins. `sessions_per_hour`: how many an account may get by one method."""

    sign_ins: SignIns
    sessions: Sessions
    accounts: Accounts
    logins: Logins
    slots: Slots
    throttles: Throttles
    connections: Connections
    telling: Telling
    signer: TokenSigner
    together: Together
    afterwards: Afterwards
    lifetimes: Lifetimes
    sessions_per_hour: int
    clock: Clock
    rng: Random

    def redeem(self, sign_in_id: str, verifier: str, key: str | None = None) -> Grant:
        """Collect the session of an allowed sign-in (R1.6).

        Raises `StillWaiting` or `SlowDown` while nobody has answered, `SlowDown` where the account has got too many
        sessions lately, and otherwise what `SignIn.redeem` raises. A device that has not heard the answer repeats the
        request with the same idempotency `key`, and gets the very session: it follows from the key and the verifier.
        Without a key a sign-in is redeemed once (A7).
        """
        before = self._get(sign_in_id)
        now = self.clock()
        drawn_from = Derived(verifier, f"{sign_in_id}:{key}") if key else self.rng
        try:
            after = before.redeem(verifier, now)
            now = before.session_begins_at(now)
            session, refresh = new_session(_newcomer(before), lifetimes=self.lifetimes, now=now, rng=drawn_from)
            access_token, connections = self._sign_beside_keeping(before, after, session, now, key)
        except StillWaiting:
            self._count_poll(before, now)
            raise
        except AlreadyRedeemed:
            if key is None:
                raise
            return self._hand_out_again(before, Derived(verifier, f"{sign_in_id}:{key}"), now)
        self.afterwards(
            lambda: self.telling.tell_of_new_session(session, connections, now),
            lambda: know_device(self.accounts, session),
            lambda: self.logins.trust(before.login),
            lambda: self.throttles.forget(asks_per_login(before.method), before.login, now),
        )
        return grant_for(session, access_token, refresh, new_account=before.new_account or None)

    def cancel(self, sign_in_id: str, verifier: str) -> None:
        """Give a sign-in up; its prompts close. Raises what `SignIn.cancel` raises."""
        before = self._get(sign_in_id)
        now = self.clock()
        while (after := before.cancel(verifier, now)) is not before:
            try:
                connections, _ = self.together(
                    self.afterwards.guarded(partial(self.connections.of, before.account_id), []),
                    partial(self.sign_ins.close, before, after, now),
                )
            except Overtaken as overtaken:
                before = self._existing(overtaken.current)
                continue
            # Of what was never asked about there is nothing to close.
            was_shown = before.method == "qr" or before.standing(now) != "started"
            self._close(after, connections if was_shown else [], now)
            return

    def _hand_out_again(self, before: SignIn, drawn_from: Derived, now: datetime) -> Grant:
        """The session that this very request has brought before; `AlreadyRedeemed` where it is another, or was used."""
        session, refresh = new_session(_newcomer(before), lifetimes=self.lifetimes, now=now, rng=drawn_from)
        kept = self.sessions.get(session.account_id, session.session_id)
        if kept is None or not (kept.is_alive(now) and kept.is_current(refresh)):
            raise AlreadyRedeemed()
        access_token, connections = self.together(
            lambda: self.signer.sign(kept, now),
            self.afterwards.guarded(partial(self.connections.of, kept.account_id), []),
        )
        if now < kept.signed_in_at + REDEEM_WINDOW:
            # The request that brought it may have died before it came to this.
            self.afterwards(
                lambda: self.telling.tell_of_new_session(kept, connections, now),
                lambda: know_device(self.accounts, kept),
            )
        return grant_for(kept, access_token, refresh, new_account=before.new_account or None)

    def _sign_beside_keeping(
        self, before: SignIn, after: SignIn, session: Session, now: datetime, key: str | None
    ) -> tuple[str, list[Connection]]:
        """The token is signed while the session is kept: a session whose token could not be signed is taken back.

        With an idempotency `key` it stays: the request that is repeated brings it, and may have done so already.
        """
        kept = False

        def keep() -> None:
            nonlocal kept
            self._keep(before, after, session, now)
            kept = True

        try:
            _, token, connections = self.together(
                keep,
                lambda: self.signer.sign(session, now),
                self.afterwards.guarded(lambda: self.connections.of(session.account_id), []),
            )
        except Exception:
            if kept and key is None:
                self.sign_ins.take_back(after, session, now)
                if limit := self._limit(session):
                    self.throttles.uncount(limit, session.account_id, now)
            raise
        return token, connections

    def _keep(self, before: SignIn, after: SignIn, session: Session, now: datetime) -> None:
        """Keep the session, once. Where another request was faster, the sign-in as it is now says what it came to."""
        try:
            self.sign_ins.redeem(before, after, session, now, self._limit(session))
        except Overtaken as overtaken:
            current = self._existing(overtaken.current)
            raise current.refusal(now) from None

    def _limit(self, session: Session) -> Limit | None:
        return sessions_per_account(session.method, self.sessions_per_hour)

    def _count_poll(self, before: SignIn, now: datetime) -> None:
        """Count a poll; `SlowDown` for one that came too early, or beside another."""
        after, in_time = before.polled(now)
        counted = self.sign_ins.count_poll(before, after)
        if not (in_time and counted):
            raise too_fast(after.poll_interval)

    def _close(self, sign_in: SignIn, connections: list[Connection], now: datetime) -> None:
        self.afterwards(
            lambda: self.telling.tell(closing(sign_in, "cancelled", connections), now),
            lambda: self.slots.release(sign_in.login, sign_in.slot) if sign_in.slot else None,
        )

    def _get(self, sign_in_id: str) -> SignIn:
        return self._existing(self.sign_ins.get(sign_in_id))

    @staticmethod
    def _existing(sign_in: SignIn | None) -> SignIn:
        if sign_in is None:
            raise UnknownSignIn()
        return sign_in


def _newcomer(sign_in: SignIn) -> Newcomer:
    return Newcomer(
        account_id=sign_in.account_id,
        login=login_from_key(sign_in.login).shown,
        method=sign_in.method,
        device=sign_in.device,
        network=sign_in.network,
        let_in_by=sign_in.let_in_by,
        founding=sign_in.new_account,
    )
