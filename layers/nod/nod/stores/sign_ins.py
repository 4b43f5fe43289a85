"""The SignIns table: every change of a sign-in is one conditional write, or one transaction with what goes with it."""

from contextlib import suppress
from datetime import datetime, timedelta

import msgspec
from pynamodb.attributes import BooleanAttribute, UnicodeAttribute
from pynamodb.connection import Connection
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from nod.domain.device import Device, Network
from nod.domain.limits import Limit
from nod.domain.prompts import Prompt
from nod.domain.scanning import CODES_PER_SIGN_IN, ScanCode
from nod.domain.sessions import Session
from nod.domain.sign_in import REDEEM_WINDOW, Approver, Overtaken, SignIn
from nod.domain.status import Decision, Status
from nod.domain.texts import UNDERWAY
from nod.domain.tickets import Ticket
from nod.domain.verification import ShownVerification, code_hash
from nod.errors import Denied, IdentifierUsed, InvalidToken
from nod.stores import prompts, sessions, throttles, tickets
from nod.stores.attributes import Json, JsonSet, Moment, Span, Whole
from nod.stores.logins import LoginRow, vouches_for
from nod.stores.prompts import PromptRow
from nod.stores.sessions import SessionRow, is_alive
from nod.stores.table import Refused, Row, Transaction, elements, update_if
from nod.stores.throttles import ThrottleRow

# How long a row outlives its sign-in, so that a late client is told "expired" and not "unknown".
AFTERLIFE = timedelta(hours=1)
DECIDED: dict[Decision, Status] = {"allow": "allowed", "deny": "denied", "report": "reported"}


class SignInRow(Row):
    """sign_in_id."""

    class Meta:
        """Bound when the function starts."""

        table_name = "SignIns"

    sign_in_id = UnicodeAttribute(hash_key=True)
    method = UnicodeAttribute()
    status = UnicodeAttribute()
    login = UnicodeAttribute()
    account_id = UnicodeAttribute()
    challenge = UnicodeAttribute()
    device = Json(Device)
    network = Json(Network)
    message = UnicodeAttribute(null=True)
    mode = UnicodeAttribute()
    created_at = Moment()
    expires_at = Moment()
    next_poll_at = Moment()
    poll_interval = Span()
    confirm_hash = UnicodeAttribute(null=True)
    answer_hash = UnicodeAttribute(null=True)
    tries_left = Whole()
    let_in_by = UnicodeAttribute(null=True)
    slot = UnicodeAttribute(null=True)
    offer = Json(ShownVerification, null=True)
    new_account = BooleanAttribute(default=False)
    codes = JsonSet(ScanCode)
    texted_at = Moment(null=True)
    scanned_by = UnicodeAttribute(null=True)
    approver = UnicodeAttribute(null=True)
    version = Whole()
    forget_at = Whole()


# Written apart, by `count_poll` and `add_code`, beside whatever else happens to the sign-in.
APART = frozenset({"next_poll_at", "poll_interval", "codes"})


def change(transaction: Transaction, before: SignIn, after: SignIn, now: datetime) -> None:
    """Add to a transaction what makes `before` into `after`, if it is still as it was and in time."""
    unchanged = SignInRow.version == before.version
    in_time = SignInRow.expires_at > now
    values = {name: getattr(after, name) for name in SignIn.__struct_fields__ if name not in APART}
    changed = {name: value for name, value in values.items() if value != getattr(before, name)}
    actions: list[Action] = [getattr(SignInRow, name).set(value) for name, value in changed.items()]
    transaction.update(SignInRow(before.sign_in_id), actions, unchanged & in_time)


def commit(transaction: Transaction) -> None:
    """Write everything; `Overtaken` where the sign-in is not as the write expected it, `Refused` otherwise."""
    try:
        transaction.commit()
    except Refused as refused:
        if SignInRow not in refused.items or SessionRow in refused.items:
            raise
        raise overtaken(refused) from None


def overtaken(refused: Refused) -> Overtaken:
    """The sign-in as it stood when a transaction that was to change it was refused."""
    item = refused.items[SignInRow]
    return Overtaken(SignInRow.from_raw_data(item).to(SignIn) if item else None)


class SignIns:
    """Reads and writes of sign-ins."""

    def __init__(self, connection: Connection, table_name: str) -> None:
        """`table_name` as deployed. The tables that change along (Prompts, Sessions, Tickets) are bound by theirs."""
        self._connection = connection
        SignInRow.bind(connection, table_name)

    def get(self, sign_in_id: str) -> SignIn | None:
        """The sign-in, read consistently."""
        try:
            return SignInRow.get(sign_in_id, consistent_read=True).to(SignIn)
        except SignInRow.DoesNotExist:
            return None

    def open(self, sign_in: SignIn, prompt: Prompt | None, waiter: Ticket, *, limit: Limit | None = None) -> None:
        """Keep a new sign-in, the prompt it has open, and the ticket of the device that waits.

        `IdentifierUsed` where there is, or was lately, one of the same id; `SlowDown` where its login is past `limit`.
        """
        transaction = Transaction(self._connection)
        transaction.put(_row(sign_in), SignInRow.sign_in_id.does_not_exist())
        if prompt:
            transaction.put(prompts.row_of(prompt))
        transaction.put(tickets.row_of(waiter))
        if limit:
            throttles.count(transaction, limit, sign_in.login, sign_in.created_at)
        try:
            transaction.commit()
        except Refused as refused:
            if limit and ThrottleRow in refused.items:
                raise limit.exceeded(sign_in.created_at) from None
            raise IdentifierUsed() from None

    def decide(self, sign_in_id: str, decision: Decision, code: str | None, *, by: Approver, now: datetime) -> Status:
        """Decide a sign-in unseen: the conditions of the one write are the rules of `SignIn.answer`.

        `Overtaken` where one does not hold, for the domain to say which; `InvalidToken` where the approver's session
        is dead (A9).
        """
        of_this_account = SignInRow.account_id == by.account_id
        may_answer = SignInRow.approver.does_not_exist() | (SignInRow.approver == by.session_id)
        is_pending = SignInRow.status == "pending"
        in_time = SignInRow.expires_at > now
        condition = of_this_account & may_answer & is_pending & in_time
        actions: list[Action] = [SignInRow.status.set(DECIDED[decision]), SignInRow.version.set(SignInRow.version + 1)]
        if decision == "allow":
            condition &= _code_is_right(sign_in_id, code)
            actions.append(SignInRow.let_in_by.set(by.session_id))
            actions.append(SignInRow.expires_at.set(now + REDEEM_WINDOW))
        transaction = Transaction(self._connection)
        transaction.update(SignInRow(sign_in_id), actions, condition)
        transaction.delete(PromptRow(by.account_id, sign_in_id))
        self._commit_for(transaction, by, now)
        return DECIDED[decision]

    def decide_as(self, before: SignIn, after: SignIn, *, by: Approver, now: datetime) -> None:
        """Keep what the domain made of an answer. `Overtaken` where the sign-in is not as it was."""
        transaction = self._changed(before, after, now)
        if after.status != "pending":
            transaction.delete(PromptRow(by.account_id, before.sign_in_id))
        self._commit_for(transaction, by, now)

    def keep(self, before: SignIn, after: SignIn, prompt: Prompt | None, now: datetime) -> None:
        """Keep what its own device made of a sign-in, and the prompt that this opened. `Overtaken` as above."""
        transaction = self._changed(before, after, now)
        if prompt:
            transaction.put(prompts.row_of(prompt))
        commit(transaction)

    def add_code(self, sign_in_id: str, code: ScanCode, *, by: Approver, now: datetime) -> None:
        """Keep one more code of a sign-in that waits to be scanned.

        `Overtaken` where it does not, or has 200 of them; `InvalidToken` where the session that shows it is dead.
        """
        transaction = Transaction(self._connection)
        of_this_account = SignInRow.account_id == by.account_id
        is_to_scan = (SignInRow.method == "qr") & (SignInRow.status == "started")
        has_room = SignInRow.codes.does_not_exist() | (elements("codes") < CODES_PER_SIGN_IN)
        in_time = SignInRow.expires_at > now
        added = SignInRow.codes.add(frozenset({code}))
        transaction.update(SignInRow(sign_in_id), [added], of_this_account & is_to_scan & has_room & in_time)
        self._commit_for(transaction, by, now)

    def scan(self, before: SignIn, after: SignIn, prompt: Prompt | None, now: datetime) -> None:
        """Keep that its code was scanned, and the prompt for the page that showed it (None: no answer is asked for).

        `Overtaken` as above; `InvalidToken` where the session of that page was ended (Q6).
        """
        transaction = self._changed(before, after, now)
        if prompt:
            transaction.put(prompts.row_of(prompt))
        else:
            transaction.delete(PromptRow(after.account_id, after.sign_in_id))
        self._commit_for(transaction, Approver(after.account_id, after.approver or ""), now)

    def redeem(
        self, before: SignIn, after: SignIn, session: Session, now: datetime, limit: Limit | None = None
    ) -> None:
        """Keep the new session and the sign-in as redeemed, once (A7). `Overtaken` where somebody was faster.

        `Denied` where the session that allowed it was ended meanwhile (S2), or the number that texted it says NO (T7)
        or the login is no longer the account's. `limit` counts for the account: `SlowDown` past it.
        """
        transaction = self._changed(before, after, now)
        if limit:
            throttles.count(transaction, limit, session.account_id, now)
        if before.let_in_by:
            transaction.check(SessionRow, before.account_id, before.let_in_by, is_alive(now))
        if before.method == "phone":
            still_vouched_for = vouches_for(before.account_id, before.texted_at or before.allowed_at)
            transaction.check(LoginRow, before.login, None, still_vouched_for)
        if before.method == "qr":
            transaction.check(LoginRow, before.login, None, LoginRow.account_id == before.account_id)
        transaction.put(sessions.row_of(session))
        try:
            commit(transaction)
        except Refused as refused:
            if limit and set(refused.items) == {ThrottleRow}:
                raise limit.exceeded(now) from None
            raise Denied("who allowed this sign-in has taken it back") from None

    def take_back(self, redeemed: SignIn, session: Session, now: datetime) -> None:
        """Undo a redeem whose session could not be handed out: the sign-in is allowed again, the session gone.

        One that was ended meanwhile stays ended, and its sign-in redeemed.
        """
        again = msgspec.structs.replace(redeemed, status="allowed", version=redeemed.version + 1)
        transaction = self._changed(redeemed, again, now)
        transaction.delete(SessionRow(session.account_id, session.session_id), is_alive(now))
        with suppress(Refused):
            commit(transaction)

    def close(self, before: SignIn, after: SignIn, now: datetime) -> None:
        """Keep what became of a sign-in without an answer, and close its prompt. `Overtaken` where it was answered."""
        transaction = self._changed(before, after, now)
        transaction.delete(PromptRow(before.account_id, before.sign_in_id))
        commit(transaction)

    def count_poll(self, before: SignIn, after: SignIn) -> bool:
        """Keep when the next poll may come; False where another poll was counted meanwhile."""
        unchanged = SignInRow.next_poll_at == before.next_poll_at
        actions: list[Action] = [
            SignInRow.next_poll_at.set(after.next_poll_at),
            SignInRow.poll_interval.set(after.poll_interval),
        ]
        return update_if(SignInRow(before.sign_in_id), actions, unchanged)

    def _changed(self, before: SignIn, after: SignIn, now: datetime) -> Transaction:
        transaction = Transaction(self._connection)
        change(transaction, before, after, now)
        return transaction

    @staticmethod
    def _commit_for(transaction: Transaction, by: Approver, now: datetime) -> None:
        """Write everything on behalf of a session; `InvalidToken` where it is dead (A9)."""
        transaction.check(SessionRow, by.account_id, by.session_id, is_alive(now))
        try:
            commit(transaction)
        except Refused:
            raise InvalidToken("the session was ended") from None


def _row(sign_in: SignIn) -> SignInRow:
    afterlife = UNDERWAY if sign_in.method == "phone" else AFTERLIFE
    row: SignInRow = SignInRow.of(sign_in, forget_at=sign_in.expires_at + afterlife)
    return row


def _code_is_right(sign_in_id: str, code: str | None) -> Condition:
    not_asked = SignInRow.answer_hash.does_not_exist()
    return not_asked if code is None else not_asked | (SignInRow.answer_hash == code_hash(sign_in_id, code))
