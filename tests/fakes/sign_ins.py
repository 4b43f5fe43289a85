"""Sign-ins in memory, with what is asked for and what is prompted."""

from dataclasses import dataclass
from datetime import datetime

import msgspec

from nod.domain.limits import FIRST_HOLD, OPEN_SIGN_INS_PER_LOGIN, Limit, Slot, hold_length, parse_slot, stale
from nod.domain.logins import KnownLogin
from nod.domain.prompts import Prompt
from nod.domain.scanning import CODES_PER_SIGN_IN, ScanCode
from nod.domain.sessions import Session
from nod.domain.sign_in import REDEEM_WINDOW, Approver, Overtaken, SignIn
from nod.domain.status import Decision, Status
from nod.domain.stopping import Stop
from nod.domain.tickets import Ticket
from nod.domain.verification import code_hash
from nod.errors import Denied, IdentifierUsed, InvalidToken, SlowDown
from tests.fakes.rows import LoginRow, Rows, count_key

replace = msgspec.structs.replace


@dataclass
class Logins:
    """Who a login belongs to, and how reports hold it back."""

    rows: Rows

    def find(self, login: str) -> KnownLogin | None:
        row = self.rows.logins.get(login)
        return KnownLogin(row.account_id, row.bound_at, _held_until(row), row.stopped_at) if row else None

    def find_for_stranger(self, login: str) -> KnownLogin | None:
        return self.find(login)

    def hold(self, login: str, now: datetime) -> None:
        row = self.rows.logins.get(login)
        if row and row.held_from != now:
            length = hold_length(row.next_hold)
            row.held_from, row.held_for, row.next_hold = now, length, length * 2

    def trust(self, login: str) -> None:
        if row := self.rows.logins.get(login):
            row.next_hold = FIRST_HOLD

    def stop(self, login: str, account_id: str, asked_at: datetime, now: datetime) -> Stop:
        row = self.rows.logins.get(login)
        stop = Stop(number=login, account_id=account_id, asked_at=asked_at, held_at=asked_at)
        if row is None or row.account_id != account_id:
            return stop
        if row.stopped_at is None or row.stopped_at < asked_at:
            row.stopped_at = now
        return replace(stop, held_at=row.stopped_at, texted_at=row.texted_at)


def _held_until(row: LoginRow) -> datetime | None:
    return row.held_from + hold_length(row.held_for) if row.held_from else None


@dataclass
class Slots:
    """What a login has open."""

    rows: Rows

    def take(self, login: str, slot: Slot, now: datetime) -> frozenset[str]:
        slots = self.rows.slots.setdefault(login, set())
        slots.discard(slot.text)
        if len(slots) >= OPEN_SIGN_INS_PER_LOGIN:
            slots -= stale(slots, now)
        if len(slots) >= OPEN_SIGN_INS_PER_LOGIN:
            soonest = min(parse_slot(text).expires_at for text in slots)
            raise SlowDown(retry_after=max(1, soonest - int(now.timestamp())))
        others = frozenset(parse_slot(text).mark for text in slots)
        slots.add(slot.text)
        return others

    def release(self, login: str, slot: str) -> None:
        self.rows.slots.get(login, set()).discard(slot)


@dataclass
class Throttles:
    """Counts of what is limited."""

    rows: Rows

    def recall(self, limit: Limit, subject: str, now: datetime) -> None:
        if count_key(limit, subject, now) in self.rows.refused:
            raise limit.exceeded(now)

    def count(self, limit: Limit, subject: str, now: datetime) -> None:
        try:
            self.rows.count(limit, subject, now)
        except SlowDown:
            if limit.lasting:
                self.rows.refused.add(count_key(limit, subject, now))
            raise

    def uncount(self, limit: Limit, subject: str, now: datetime) -> None:
        key = count_key(limit, subject, now)
        if self.rows.counts.get(key, 0) > 0:
            self.rows.counts[key] -= 1

    def forget(self, limit: Limit, subject: str, now: datetime) -> None:
        self.rows.counts.pop(count_key(limit, subject, now), None)


@dataclass
class SignIns:
    """The sign-ins and their conditional changes."""

    rows: Rows

    def get(self, sign_in_id: str) -> SignIn | None:
        return self.rows.sign_ins.get(sign_in_id)

    def open(self, sign_in: SignIn, prompt: Prompt | None, waiter: Ticket, *, limit: Limit | None = None) -> None:
        if limit:
            self.rows.require_room(limit, sign_in.login, sign_in.created_at)
        if sign_in.sign_in_id in self.rows.sign_ins:
            raise IdentifierUsed()
        if limit:
            self.rows.count(limit, sign_in.login, sign_in.created_at)
        self.rows.sign_ins[sign_in.sign_in_id] = sign_in
        self.rows.tickets[waiter.ticket_hash] = waiter
        self.rows.open_prompt(prompt)

    def decide(self, sign_in_id: str, decision: Decision, code: str | None, *, by: Approver, now: datetime) -> Status:
        self._require_alive(by, now)
        row = self.get(sign_in_id)
        if row is None or row.account_id != by.account_id or row.status != "pending" or row.expires_at <= now:
            raise Overtaken(row)
        if row.approver not in (None, by.session_id):
            raise Overtaken(row)
        decided: dict[Decision, Status] = {"allow": "allowed", "deny": "denied", "report": "reported"}
        after = row.moved(decided[decision])
        if decision == "allow":
            given = code_hash(sign_in_id, code) if code is not None else None
            if row.answer_hash is not None and given != row.answer_hash:
                raise Overtaken(row)
            after = replace(after, let_in_by=by.session_id, expires_at=now + REDEEM_WINDOW)
        self.rows.sign_ins[sign_in_id] = after
        self.rows.close_prompt(row)
        return after.status

    def decide_as(self, before: SignIn, after: SignIn, *, by: Approver, now: datetime) -> None:
        self._require_alive(by, now)
        self._keep(before, after, now)
        if after.status != "pending":
            self.rows.close_prompt(before)

    def keep(self, before: SignIn, after: SignIn, prompt: Prompt | None, now: datetime) -> None:
        self._keep(before, after, now)
        self.rows.open_prompt(prompt)

    def add_code(self, sign_in_id: str, code: ScanCode, *, by: Approver, now: datetime) -> None:
        self._require_alive(by, now)
        row = self.get(sign_in_id)
        if row is None or row.account_id != by.account_id or row.method != "qr" or row.status != "started":
            raise Overtaken(row)
        if row.expires_at <= now or len(row.codes) >= CODES_PER_SIGN_IN:
            raise Overtaken(row)
        self.rows.sign_ins[sign_in_id] = replace(row, codes=row.codes | {code})

    def scan(self, before: SignIn, after: SignIn, prompt: Prompt | None, now: datetime) -> None:
        self._require_alive(Approver(after.account_id, after.approver or ""), now)
        self._keep(before, after, now)
        self.rows.close_prompt(before)
        self.rows.open_prompt(prompt)

    def redeem(
        self, before: SignIn, after: SignIn, session: Session, now: datetime, limit: Limit | None = None
    ) -> None:
        if before.let_in_by and not self.rows.is_alive(before.account_id, before.let_in_by, now):
            raise Denied()
        self.rows.require_unchanged(before, now)
        if before.method in ("phone", "qr"):
            self._require_vouched_for(before)
        if limit:
            self.rows.require_room(limit, session.account_id, now)
        self._keep(before, after, now)
        if limit:
            self.rows.count(limit, session.account_id, now)
        self.rows.sessions[session.account_id, session.session_id] = session

    def take_back(self, redeemed: SignIn, session: Session, now: datetime) -> None:
        if not self.rows.is_alive(session.account_id, session.session_id, now):
            return
        self._keep(redeemed, replace(redeemed, status="allowed", version=redeemed.version + 1), now)
        self.rows.sessions.pop((session.account_id, session.session_id), None)

    def close(self, before: SignIn, after: SignIn, now: datetime) -> None:
        self._keep(before, after, now)
        self.rows.close_prompt(before)

    def count_poll(self, before: SignIn, after: SignIn) -> bool:
        row = self.get(before.sign_in_id)
        if row is None or row.next_poll_at != before.next_poll_at:
            return False
        polls = {"next_poll_at": after.next_poll_at, "poll_interval": after.poll_interval}
        self.rows.sign_ins[row.sign_in_id] = replace(row, **polls)
        return True

    def _keep(self, before: SignIn, after: SignIn, now: datetime) -> None:
        self.rows.require_unchanged(before, now)
        self.rows.change(after)

    def _require_vouched_for(self, allowed: SignIn) -> None:
        """`Denied` where the number is no longer the account's, or has said NO since."""
        login = Logins(self.rows).find(allowed.login)
        if login is None or login.account_id != allowed.account_id:
            raise Denied()
        texted_at = allowed.texted_at or allowed.allowed_at
        if allowed.method == "phone" and not login.vouches_for(allowed.account_id, texted_at):
            raise Denied()

    def _require_alive(self, by: Approver, now: datetime) -> None:
        if not self.rows.is_alive(by.account_id, by.session_id, now):
            raise InvalidToken("the session was ended")


@dataclass
class Prompts:
    """The prompts an account has open."""

    rows: Rows

    def open_for(self, account_id: str, session_id: str, now: datetime) -> list[Prompt]:
        return [one for one in self._oldest_first(account_id) if one.is_for(session_id, now)]

    def to_scan(self, account_id: str, now: datetime) -> list[Prompt]:
        return [one for one in self._oldest_first(account_id) if one.is_to_scan(now)]

    def _oldest_first(self, account_id: str) -> list[Prompt]:
        own = [one for one in self.rows.prompts.values() if one.account_id == account_id]
        return sorted(own, key=lambda one: one.created_at)

    def address(self, prompt: Prompt, session_id: str) -> None:
        key = prompt.account_id, prompt.sign_in_id
        if key in self.rows.prompts:
            self.rows.prompts[key] = replace(self.rows.prompts[key], addressed_to=session_id)
