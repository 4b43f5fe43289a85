"""The logins of an account: any of them asks for the same approvers (R1.2). Each is proven before it is bound."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

import msgspec

from nod.domain.accounts import Account
from nod.domain.bindings import BINDING_LIFETIME, Binding, binding_of, mailed_code_hash
from nod.domain.device import Network
from nod.domain.identifiers import new_identifier
from nod.domain.limits import LOGINS_PER_ACCOUNT, MAILS_PER_MAILBOX, bindings_per_account, mails_from_address
from nod.domain.logins import ALL_KINDS, BoundLogin, Login, parse_login, parse_texting_number
from nod.domain.sessions import Session
from nod.domain.texts import SenderOfTexts, SmsToSend, binding_text
from nod.errors import AccountFull, Forbidden, InvalidToken, LoginTaken, UnknownLogin, WrongCode
from nod.flows.ports import Accounts, Bindings, Clock, Logins, Mailer, Throttles


class Unproven(msgspec.Struct, frozen=True):
    """A login that is bound once it is proven: by a text message (`sms`), or by the code that was mailed (None)."""

    expires_at: datetime
    sms: SmsToSend | None = None


@dataclass(frozen=True)
class LoginBinding:
    """Showing, binding and unbinding logins; `eviction_age` as in `Session.may_extend` and `may_unbind`.

    `asks_per_hour`: how many logins an account may ask for, and how many mails one network address may have sent.
    """

    accounts: Accounts
    logins: Logins
    bindings: Bindings
    throttles: Throttles
    mailer: Mailer | None
    app: SenderOfTexts
    eviction_age: timedelta
    asks_per_hour: int
    clock: Clock
    rng: Random

    def account(self, session: Session) -> Account:
        """The account of a session."""
        account = self.accounts.get(session.account_id)
        if account is None:
            raise InvalidToken()
        return account

    def bind(self, session: Session, login_text: str, network: Network) -> BoundLogin | Unproven:
        """Bind a username at once, a phone number or an email address once it is proven to be the account's.

        Raises `LoginTaken` where it belongs to an account, `InvalidRequest` for a device and for a number that cannot
        text, `SlowDown` past the limits, `AccountFull` where the account has 20 logins, and `Forbidden` where the stack
        has no number or sends no mail, and where the session is too fresh.
        """
        login = parse_login(login_text)
        now = self.clock()
        account = self.account(session)
        if not session.may_extend(now, self.eviction_age):
            raise Forbidden("a session may add logins only when it has been signed in for long enough")
        if len(account.logins) >= LOGINS_PER_ACCOUNT:
            raise AccountFull()
        if login.kind == "username":
            self._count(session, now)
            bound_at = _bound_at(session, now)
            self.accounts.bind(session, login.key, bound_at)
            return BoundLogin(login, bound_at)
        if login.kind == "phone":
            return self._await_text(session, login, now)
        return self._mail_code(session, login, network, now)

    def confirm(self, session: Session, login_text: str, code: str) -> BoundLogin:
        """Bind an email address by the code that was mailed to it.

        Raises `UnknownLogin` where none is under way, `WrongCode` (three tries), `Expired`, `LoginTaken`, and
        `AccountFull`.
        """
        now = self.clock()
        login = parse_login(login_text)
        binding = self.bindings.take_try(binding_of(session.account_id, login.key), now)
        if not binding.is_code(code):
            raise WrongCode(f"the code is wrong, {binding.tries_left or 'no'} more may be tried")
        bound_at = binding.bound_at(_bound_at(session, now))
        self.bindings.complete(binding, bound_at)
        return BoundLogin(login, bound_at)

    def unbind(self, session: Session, login_text: str) -> None:
        """Take a login from the account, or a device, which is not known to it any more.

        Raises `LastLogin` for the only login, `UnknownLogin` for one that is not bound, and `Forbidden` where the
        session is too fresh to take away what was bound before it began (S4).
        """
        login, now = parse_login(login_text, kinds=ALL_KINDS), self.clock()
        account = self.account(session)
        bound_at = account.bound_at(login.key)
        if bound_at is None:
            raise UnknownLogin()
        if not session.may_unbind(bound_at, now, self.eviction_age):
            raise Forbidden("a session may remove an older login only when it has been signed in for long enough")
        self.accounts.unbind(session, account, login.key, now)

    def _await_text(self, session: Session, login: Login, now: datetime) -> Unproven:
        if not self.app.number:
            raise Forbidden("this service has no number that texts could be sent to")
        parse_texting_number(login.value)
        self._require_free(session, login, now)
        binding = self._binding(new_identifier(self.rng), session, login, now)
        self.bindings.put(binding)
        return Unproven(binding.expires_at, binding_text(self.app, binding.binding_id))

    def _mail_code(self, session: Session, login: Login, network: Network, now: datetime) -> Unproven:
        if self.mailer is None:
            raise Forbidden("this service sends no mail")
        self._require_free(session, login, now)
        # The asker first: who is past that uses up nothing of a mailbox that is somebody else's.
        self.throttles.count(mails_from_address(self.asks_per_hour), network.counted_as, now)
        self.throttles.count(MAILS_PER_MAILBOX, login.key, now)
        code = f"{self.rng.randrange(1_000_000):06d}"
        binding = self._binding(binding_of(session.account_id, login.key), session, login, now)
        self.bindings.put(msgspec.structs.replace(binding, code_hash=mailed_code_hash(binding.binding_id, code)))
        self.mailer.send(login.value, f"Your code for {self.app.name}", _mail(self.app.name, code))
        return Unproven(binding.expires_at)

    def _count(self, session: Session, now: datetime) -> None:
        """Asking is counted, whatever the answer: it tells which logins there are."""
        self.throttles.count(bindings_per_account(self.asks_per_hour), session.account_id, now)

    def _require_free(self, session: Session, login: Login, now: datetime) -> None:
        """`LoginTaken` where it belongs to an account."""
        self._count(session, now)
        if self.logins.find(login.key) is not None:
            raise LoginTaken()

    @staticmethod
    def _binding(binding_id: str, session: Session, login: Login, now: datetime) -> Binding:
        return Binding(
            binding_id=binding_id,
            account_id=session.account_id,
            session_id=session.session_id,
            login=login.key,
            expires_at=_bound_at(session, now) + BINDING_LIFETIME,
        )


def _bound_at(session: Session, now: datetime) -> datetime:
    """However clocks differ, a login is no older than the session that binds it: NO undoes both (T7)."""
    return max(now, session.signed_in_at)


def _mail(app: str, code: str) -> str:
    return (
        f"Your code is {code}.\n\nSomebody who is signed in to {app} wants to sign in with this email address from now"
        f" on. If that is you, type the code where you asked for it, within ten minutes. If it is not, do nothing, and"
        f" never tell anybody the code.\n"
    )
