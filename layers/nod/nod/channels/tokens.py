"""Access tokens: JWTs (RFC 9068) signed by a KMS key whose private half nobody holds."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

import msgspec

from nod.domain.identifiers import encoded, new_identifier
from nod.domain.sessions import AUTHENTICATION_METHODS, Session

LIFETIME = timedelta(minutes=10)
ALGORITHM = "RS256"
KMS_ALGORITHM = "RSASSA_PKCS1_V1_5_SHA_256"


class TokenProfile(msgspec.Struct, frozen=True):
    """Who issues tokens, for whom, and with which key (`key_id` is the KMS key's ARN)."""

    issuer: str
    audience: str
    client_id: str
    key_id: str

    @property
    def kid(self) -> str:
        """The public name of the key: the id at the end of its ARN."""
        return self.key_id.rsplit("/", 1)[-1]


class TokenSigner:
    """Signs access tokens."""

    lifetime = LIFETIME

    def __init__(self, kms: Any, profile: TokenProfile, rng: Random) -> None:
        """`kms`: botocore's client."""
        self._kms = kms
        self._profile = profile
        self._rng = rng

    def sign(self, session: Session, now: datetime) -> str:
        """The access token of a session, valid for `lifetime` from `now`. One KMS call."""
        issued_at = int(now.timestamp())
        claims = {
            "iss": self._profile.issuer,
            "sub": session.account_id,
            "aud": self._profile.audience,
            "client_id": self._profile.client_id,
            "iat": issued_at,
            "exp": issued_at + int(LIFETIME.total_seconds()),
            "jti": new_identifier(self._rng),
            "sid": session.session_id,
            "amr": AUTHENTICATION_METHODS[session.method],
            "auth_time": int(session.signed_in_at.timestamp()),
        }
        header = {"typ": "at+jwt", "alg": ALGORITHM, "kid": self._profile.kid}
        content = f"{encoded(msgspec.json.encode(header))}.{encoded(msgspec.json.encode(claims))}"
        answer = self._kms.sign(
            KeyId=self._profile.key_id,
            Message=content.encode(),
            MessageType="RAW",
            SigningAlgorithm=KMS_ALGORITHM,
        )
        return f"{content}.{encoded(answer['Signature'])}"
