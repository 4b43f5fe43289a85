"""Binding a phone number or an email address to an account: pending until its owner has proven that it is theirs."""

from datetime import datetime, timedelta

import msgspec

from nod.domain.identifiers import fingerprint, matches

BINDING_LIFETIME = timedelta(minutes=10)
CODE_TRIES = 3


class Binding(msgspec.Struct, frozen=True, kw_only=True):
    """A login that session `session_id` of an account wants bound.

    `binding_id` is the identifier that the phone sends by text; for an email address it is `binding_of`. `code_hash` is
    of the code that was mailed, None for a phone number. One that is `done` is kept for a while: its identifier is
    nobody's sign-in.
    """

    binding_id: str
    account_id: str
    session_id: str
    login: str
    expires_at: datetime
    code_hash: str | None = None
    tries_left: int = CODE_TRIES
    done: bool = False

    def bound_at(self, now: datetime) -> datetime:
        """Since when the login is bound that is proven at `now`: not before it was asked for, however clocks differ.

        NO undoes both (T7).
        """
        return max(now, self.expires_at - BINDING_LIFETIME)

    def is_code(self, code: str) -> bool:
        """Whether this is the code that was mailed, in constant time."""
        salted = _salted(self.binding_id, code)
        return self.code_hash is not None and matches(salted, expected_fingerprint=self.code_hash)


def binding_of(account_id: str, login: str) -> str:
    """Under which an account's binding of an email address is kept: one at a time."""
    return fingerprint(f"{account_id} {login}")


def mailed_code_hash(binding_id: str, code: str) -> str:
    """What is stored of a mailed code. Against guessing stands the count of tries."""
    return fingerprint(_salted(binding_id, code))


def _salted(binding_id: str, code: str) -> str:
    return f"{binding_id}:{code}"
