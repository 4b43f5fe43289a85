"""One HTTP operation: what it takes, what it answers, and the errors that it may raise."""

from typing import Any, Literal

import msgspec

from nod.channels import gateways
from nod.errors import InvalidRequest, InvalidToken, NodError, Overloaded, TooLarge

Security = Literal["nothing", "session", "verifier"]
Part = Literal["request", "answer"]
SIGN_INS, SESSIONS, APPROVING, TEXTS = "Sign-ins", "Accounts and sessions", "Approving", "Text messages"
TAGS = {
    SIGN_INS: "For a device that wants in. It needs no session: it proves by PKCE (RFC 7636) that it is the one that"
    " started the sign-in.",
    SESSIONS: "The ordinary way in, and what a signed-in person has: sessions, logins, keys.",
    APPROVING: "For a signed-in device that lets others in: over a WebSocket connection, or by these alone.",
    TEXTS: "For SMS gateways, which call these addresses for each text message that arrives. No app calls them.",
}
PARAMETERS = {
    "sign_in_id": "The sign-in, as named by the answer that started it or by its prompt.",
    "session_id": "The session, or `current` for the caller's own.",
    "login": "The login, percent-encoded.",
    "gateway": "The name of a gateway that the stack has secrets of.",
    "and_let_in": "Whether to end also the sessions that it let in, those that they let in, and so on.",
    "Idempotency-Key": "Drawn for this request and kept until its answer has arrived: the request that is repeated with"
    " it gets its answer again, where that was lost. 22 to 128 letters, digits, `-` and `_`, which nobody can guess.",
    "path_secret": "The secret end of the address, as the gateway was given it.",
}
# Parts of a path that are one of a few names.
CHOICES = {"gateway": sorted(gateways.NAMES)}


class OwnFormat(msgspec.Struct, frozen=True):
    """What is in the caller's own format, in place of a struct: its media types, and what it is."""

    media_types: tuple[str, ...]
    description: str


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One operation.

    `flags`: query parameters that are true or false, and false where they are missing. `repeatable`: it takes an
    `Idempotency-Key`. `request` and what is answered are structs or of `OwnFormat`. `answers`: status -> its content,
    None where it has none. `errors`: its own ones only.
    """

    method: str
    path: str
    name: str
    tag: str
    summary: str
    description: str = ""
    security: Security = "nothing"
    flags: tuple[str, ...] = ()
    repeatable: bool = False
    request: Any = None
    answers: dict[int, Any]
    errors: tuple[type[NodError], ...] = ()
    cached: bool = False

    @property
    def all_errors(self) -> tuple[type[NodError], ...]:
        """The errors, with those that every operation with a body, a token or code of ours may have."""
        of_body = (InvalidRequest, TooLarge) if self.request else ()
        of_query = (InvalidRequest,) if self.flags else ()
        of_token = (InvalidToken,) if self.security != "nothing" else ()
        return (*of_body, *of_query, *of_token, *self.errors, NodError, Overloaded)

    @property
    def own_format(self) -> frozenset[Part]:
        """What of it is in the caller's own format."""
        parts: dict[Part, list[Any]] = {"request": [self.request], "answer": [*self.answers.values()]}
        return frozenset(part for part, of in parts.items() if any(isinstance(one, OwnFormat) for one in of))
