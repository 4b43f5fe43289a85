"""The published half of the signing key: the JWK set, and checking access tokens against it."""

from base64 import b64encode
from datetime import datetime
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from nod.channels.tokens import ALGORITHM, TokenProfile
from nod.domain.sign_in import Approver
from nod.errors import InvalidToken

MAX_TOKEN_LENGTH = 4096


class PublicKeys:
    """The public key of the KMS key, fetched once for the life of the process."""

    def __init__(self, kms: Any, profile: TokenProfile) -> None:
        """`kms`: botocore's client."""
        self._kms = kms
        self._profile = profile
        self._key: RSAKey | None = None

    def jwks(self) -> dict[str, Any]:
        """The JWK set (RFC 7517) that `/.well-known/jwks.json` answers."""
        public = self._public_key().as_dict(private=False)
        return {"keys": [{**public, "kid": self._profile.kid, "use": "sig", "alg": ALGORITHM}]}

    def verify(self, token: str, now: datetime) -> Approver:
        """Whose session an access token speaks for; `InvalidToken` for anything but a valid token of ours (S5).

        That the session still lives is for the caller to find out.
        """
        if len(token) > MAX_TOKEN_LENGTH or not token.isascii():
            raise InvalidToken()
        try:
            decoded = jwt.decode(token, self._public_key(), algorithms=[ALGORITHM])
            if decoded.header.get("typ") != "at+jwt" or decoded.header.get("kid") != self._profile.kid:
                raise InvalidToken()
            self._claims(now).validate(decoded.claims)
        except (JoseError, ValueError, TypeError):  # TypeError: a `crit` header of a strange type.
            raise InvalidToken() from None
        return Approver(decoded.claims["sub"], decoded.claims["sid"])

    def _claims(self, now: datetime) -> jwt.JWTClaimsRegistry:
        return jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=0,
            iss={"essential": True, "value": self._profile.issuer},
            aud={"essential": True, "value": self._profile.audience},
            sub={"essential": True},
            sid={"essential": True},
            exp={"essential": True},
        )

    def _public_key(self) -> RSAKey:
        if self._key is None:
            der = self._kms.get_public_key(KeyId=self._profile.key_id)["PublicKey"]
            lines = b64encode(der).decode()
            self._key = RSAKey.import_key(f"-----BEGIN PUBLIC KEY-----\n{lines}\n-----END PUBLIC KEY-----\n")
        return self._key
