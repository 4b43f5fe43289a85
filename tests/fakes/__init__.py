"""Stand-ins for the outside, in memory, with the semantics of the real stores.

What they promise is written down in `tests/contract`, which runs on them and on the stores alike.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from nod.flows import ports
from tests.fakes.outside import Mail, Sockets, Texts, TokenSigner
from tests.fakes.people import Accounts, Connections, Passwords, Sessions, Tickets
from tests.fakes.rows import Rows
from tests.fakes.sign_ins import Logins, Prompts, SignIns, Slots, Throttles
from tests.fakes.texts import Bindings, Messages

__all__ = ["Mail", "Rows", "Sockets", "Stores", "Texts", "TokenSigner", "one_by_one", "stores_over", "watched"]

T = TypeVar("T")


@dataclass(frozen=True)
class Stores:
    """All stores over the same rows."""

    logins: ports.Logins
    slots: ports.Slots
    throttles: ports.Throttles
    sign_ins: ports.SignIns
    prompts: ports.Prompts
    connections: ports.Connections
    sessions: ports.Sessions
    accounts: ports.Accounts
    passwords: ports.Passwords
    tickets: ports.Tickets
    bindings: ports.Bindings
    messages: ports.Messages


def stores_over(rows: Rows, note: Callable[[str], object] | None = None) -> Stores:
    """The fakes. `note` is told of each call before it is made, such as `slots.take`."""
    unread: list[str] = []
    note = note or unread.append
    return Stores(
        logins=watched(Logins(rows), "logins", note),
        slots=watched(Slots(rows), "slots", note),
        throttles=watched(Throttles(rows), "throttles", note),
        sign_ins=watched(SignIns(rows), "sign_ins", note),
        prompts=watched(Prompts(rows), "prompts", note),
        connections=watched(Connections(rows), "connections", note),
        sessions=watched(Sessions(rows), "sessions", note),
        accounts=watched(Accounts(rows), "accounts", note),
        passwords=watched(Passwords(rows), "passwords", note),
        tickets=watched(Tickets(rows), "tickets", note),
        bindings=watched(Bindings(rows), "bindings", note),
        messages=watched(Messages(rows), "messages", note),
    )


def watched(part: T, name: str, note: Callable[[str], object]) -> T:
    """The part itself, each call of which is noted before it is made."""

    class Watched:
        def __getattr__(self, method: str) -> Callable[..., Any]:
            def call(*args: Any, **kwargs: Any) -> Any:
                note(f"{name}.{method}")
                return getattr(part, method)(*args, **kwargs)

            return call

    return cast("T", Watched())


def one_by_one(*calls: Callable[[], Any]) -> list[Any]:
    """`Together` without threads: every call is made, in order, and the first error in order is raised."""
    results: list[Any] = []
    errors: list[Exception] = []
    for call in calls:
        try:
            results.append(call())
        except Exception as error:  # noqa: BLE001 - kept, and raised once every call is over, as `Threads` does.
            errors.append(error)
    if errors:
        raise errors[0]
    return results
