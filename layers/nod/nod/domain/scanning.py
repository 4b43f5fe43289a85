"""QR codes: what they hold, how long they are good for, and what is kept of them (R4.3, R4.4).

A code is made for one sign-in and one page. Its content is a link to the phone's page whose fragment, which no browser
sends to a server, holds the token: opening the link changes nothing.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from random import Random

import msgspec

from nod.domain.identifiers import fingerprint, matches, new_identifier
from nod.errors import WrongScan

CODE_LIFETIME = timedelta(seconds=30)
# What pages may ask for while one sign-in lives: seven of them, each renewing in time for ten minutes, need 168.
CODES_PER_SIGN_IN = 200


class ScanToken(msgspec.Struct, frozen=True):
    """What a device reads in a QR code: the sign-in it was made for, and a secret (130 bits, which keeps it small)."""

    sign_in_id: str
    secret: str

    @property
    def text(self) -> str:
        """The token as devices send it: opaque to them."""
        return f"{self.sign_in_id}.{self.secret}"

    def link(self, phone_page: str) -> str:
        """The content of the QR code."""
        return f"{phone_page}#scan_token={self.text}"


class ScanCode(msgspec.Struct, frozen=True):
    """What is kept of a QR code: the fingerprint of its secret, and the session whose page shows it."""

    secret_hash: str
    session_id: str
    expires_at: datetime


def draw_code(sign_in_id: str, session_id: str, now: datetime, rng: Random) -> tuple[ScanToken, ScanCode]:
    """A fresh code for a page of `session_id`, good for 30 seconds."""
    token = ScanToken(sign_in_id, new_identifier(rng))
    return token, ScanCode(fingerprint(token.secret), session_id, now + CODE_LIFETIME)


def parse_scan_token(text: str) -> ScanToken:
    """Read a token; `WrongScan` where it is none."""
    sign_in_id, _, secret = text.partition(".")
    if not sign_in_id or not secret or not text.isascii():
        raise WrongScan()
    return ScanToken(sign_in_id, secret)


def code_of(secret: str, codes: Collection[ScanCode], now: datetime) -> ScanCode:
    """The code that a secret was read in; `WrongScan` where it is none of these, or too old (Q1)."""
    for code in codes:
        if matches(secret, expected_fingerprint=code.secret_hash) and now < code.expires_at:
            return code
    raise WrongScan()
