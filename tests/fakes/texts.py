"""Text messages in memory, each claimed as it acts, and the logins that wait to be proven."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from nod.domain.accounts import Account
from nod.domain.bindings import Binding
from nod.domain.limits import Limit
from nod.domain.prompts import Prompt
from nod.domain.sign_in import SignIn
from nod.domain.stopping import undone_lately
from nod.domain.texts import LoginMoved, Message, Outcome, Repeated, SeenMessage
from nod.errors import Expired, InvalidToken, UnknownLogin
from tests.fakes.rows import LoginRow, Rows

replace = msgspec.structs.replace
WORK_TIME = timedelta(seconds=35)


@dataclass
class Bindings:
    """Logins that wait to be proven."""

    rows: Rows

    def get(self, binding_id: str) -> Binding | None:
        return self.rows.bindings.get(binding_id)

    def put(self, binding: Binding) -> None:
        self.rows.bindings[binding.binding_id] = binding

    def take_try(self, binding_id: str, now: datetime) -> Binding:
        binding = self.get(binding_id)
        if binding is None:
            raise UnknownLogin()
        if binding.expires_at <= now:
            raise Expired()
        if binding.tries_left < 1 or binding.done:
            raise UnknownLogin()
        self.rows.bindings[binding_id] = replace(binding, tries_left=binding.tries_left - 1)
        return self.rows.bindings[binding_id]

    def complete(self, binding: Binding, now: datetime) -> None:
        if not self.rows.is_alive(binding.account_id, binding.session_id, now):
            raise InvalidToken()
        complete(self.rows, binding, now)


def pending(rows: Rows, binding: Binding, now: datetime) -> Binding:
    """The binding as it is kept; `Expired` where it is done, or not in time."""
    kept = rows.bindings.get(binding.binding_id)
    if kept is None or kept.expires_at <= now or kept.done:
        raise Expired()
    return kept


def complete(rows: Rows, binding: Binding, now: datetime) -> None:
    """Bind a login, once and in time; nothing happens where that cannot be."""
    kept = pending(rows, binding, now)
    rows.bind(binding.account_id, binding.login, binding.bound_at(now))
    rows.bindings[binding.binding_id] = replace(kept, done=True)


@dataclass
class Messages:
    """Text messages. Each method looks at all of its conditions before it writes anything."""

    rows: Rows

    def seen(self, key: str) -> SeenMessage | None:
        return self.rows.messages.get(key)

    def let_in(
        self,
        message: Message,
        before: SignIn,
        after: SignIn,
        *,
        account: Account | None,
        prompt: Prompt | None,
        limit: Limit,
    ) -> None:
        self._require_new(message)
        self.rows.require_unchanged(before, message.received_at)
        self.rows.require_room(limit, after.login, message.received_at)
        if account:
            if after.login in self.rows.logins or account.account_id in self.rows.accounts:
                raise LoginMoved()
            self.rows.accounts[account.account_id] = account
            now = message.received_at
            self.rows.logins[after.login] = LoginRow(account.account_id, now, texted_at=now)
        else:
            login = self.rows.logins.get(after.login)
            if login is None or login.account_id != after.account_id:
                raise LoginMoved()
            login.texted_at = message.received_at
        self.rows.count(limit, after.login, message.received_at)
        self.rows.change(after)
        self.rows.open_prompt(prompt)
        self._keep(message, "asked" if prompt else "signed_in")

    def void(self, message: Message, before: SignIn, after: SignIn) -> None:
        self._require_new(message)
        self.rows.require_unchanged(before, message.received_at)
        self.rows.change(after)
        self.rows.close_prompt(before)
        self._keep(message, "two_numbers")

    def bind(self, message: Message, binding: Binding, limit: Limit) -> None:
        self._require_new(message)
        if not self.rows.is_alive(binding.account_id, binding.session_id, message.received_at):
            raise Expired()
        pending(self.rows, binding, message.received_at)
        self.rows.require_room(limit, binding.login, message.received_at)
        complete(self.rows, binding, message.received_at)
        self.rows.count(limit, binding.login, message.received_at)
        self._keep(message, "bound")

    def claim(self, message: Message, outcome: Outcome, account_id: str | None = None) -> None:
        self._require_new(message)
        self._keep(message, outcome, account_id)

    def carried_out(self, message: Message, outcome: Outcome) -> None:
        if kept := self.rows.messages.get(message.key):
            self.rows.messages[message.key] = replace(kept, outcome=outcome)

    def undone(self, message: Message, account: Account, number: str, at: datetime) -> None:
        if kept := self.rows.accounts.get(account.account_id):
            self.rows.accounts[account.account_id] = replace(kept, undone=undone_lately(account, number, at))
        self.carried_out(message, "undone")

    def undone_with(
        self, message: Message, account: Account, number: str, at: datetime, *, beside: str | None, now: datetime
    ) -> None:
        if beside and not self.rows.is_alive(account.account_id, beside, now):
            raise InvalidToken()
        with suppress(UnknownLogin):
            self.rows.unbind(account, number, or_way_in=beside is None)
        self.undone(message, account, number, at)

    def resume(self, key: str, seen: SeenMessage, now: datetime) -> bool:
        kept = self.rows.messages.get(key)
        if seen.work_until is None or now < seen.work_until or kept is None or kept.work_until != seen.work_until:
            return False
        self.rows.messages[key] = replace(kept, work_until=now + WORK_TIME)
        return True

    def give_up(self, key: str, now: datetime) -> None:
        kept = self.rows.messages.get(key)
        if kept and kept.work_until:
            self.rows.messages[key] = replace(kept, work_until=now)

    def finish(self, key: str) -> None:
        if kept := self.rows.messages.get(key):
            self.rows.messages[key] = replace(kept, work_until=None)

    def _require_new(self, message: Message) -> None:
        if message.key in self.rows.messages:
            raise Repeated()

    def _keep(self, message: Message, outcome: Outcome, account_id: str | None = None) -> None:
        work_until = message.received_at + WORK_TIME
        self.rows.messages[message.key] = SeenMessage(message.received_at, outcome, work_until, account_id)
        self.rows.messages_end[message.key] = message.forget_at
