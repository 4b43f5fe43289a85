"""The stores that the contracts are about, and what several of them need."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Protocol

from nod.domain.limits import Limit
from nod.domain.prompts import prompt_for
from nod.domain.sessions import Session
from nod.domain.sign_in import SignIn
from nod.domain.verification import Mode, Verification
from nod.flows import ports
from tests.builders import (
    ADA,
    ADAS_PHONE,
    GRACES_PHONE,
    NOW,
    session,
    sign_in,
    verification_of,
    waiter_ticket,
)


class Stores(Protocol):
    """All stores, over the same tables."""

    @property
    def logins(self) -> ports.Logins: ...
    @property
    def slots(self) -> ports.Slots: ...
    @property
    def throttles(self) -> ports.Throttles: ...
    @property
    def sign_ins(self) -> ports.SignIns: ...
    @property
    def prompts(self) -> ports.Prompts: ...
    @property
    def connections(self) -> ports.Connections: ...
    @property
    def sessions(self) -> ports.Sessions: ...
    @property
    def accounts(self) -> ports.Accounts: ...
    @property
    def passwords(self) -> ports.Passwords: ...
    @property
    def tickets(self) -> ports.Tickets: ...
    @property
    def bindings(self) -> ports.Bindings: ...
    @property
    def messages(self) -> ports.Messages: ...


DEATHS = ("ended", "idle", "over", "unknown")


def died(stores: Stores, death: str) -> Session:
    """A session of Ada's that is dead in one of several ways."""
    ways: dict[str, dict[str, Any]] = {"ended": {}, "idle": {"expires_at": NOW}, "over": {"ends_at": NOW}}
    if death in ways:
        stores.sessions.put(session("DEAD", **ways[death]))
    if death == "ended":
        stores.sessions.expire(ADA, "DEAD", NOW)
    return session("DEAD")


# Some limit on something.
LIMIT = Limit("some", 3, timedelta(minutes=1))
# Everything that stands in the tables, to be compared.
Snapshot = Callable[[], object]


def opened(stores: Stores, begun: SignIn, verification: Verification) -> SignIn:
    """A sign-in that is kept, with its prompt, and the sessions that may answer it."""
    prompt = prompt_for(begun, verification.shown) if begun.status == "pending" else None
    stores.sign_ins.open(begun, prompt, waiter_ticket(begun))
    for who in (ADAS_PHONE, GRACES_PHONE):
        stores.sessions.put(session(who.session_id, who.account_id))
    return begun


def pending(stores: Stores, mode: Mode = "none") -> SignIn:
    """A sign-in of that mode, kept and answerable."""
    verification = verification_of(mode)
    return opened(stores, sign_in(mode, verification=verification, status="pending"), verification)


def allowed(stores: Stores) -> SignIn:
    """A sign-in that Ada's phone has allowed, as it is kept."""
    begun = pending(stores)
    stores.sign_ins.decide(begun.sign_in_id, "allow", None, by=ADAS_PHONE, now=NOW)
    return current(stores, begun)


def current(stores: Stores, begun: SignIn) -> SignIn:
    """The sign-in as it is kept now."""
    kept = stores.sign_ins.get(begun.sign_in_id)
    assert kept is not None
    return kept


def open_prompts(stores: Stores, now: datetime = NOW) -> list[str]:
    """The sign-ins whose prompts Ada's phone sees."""
    return [one.sign_in_id for one in stores.prompts.open_for(ADA, ADAS_PHONE.session_id, now)]
