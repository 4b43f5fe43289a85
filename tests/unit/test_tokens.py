"""Access tokens: how long they live, and what is refused though the right key has signed it (S5)."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from nod.channels.keys import PublicKeys
from nod.channels.tokens import TokenProfile, TokenSigner
from nod.domain.sign_in import Approver
from nod.errors import InvalidToken
from tests.builders import NOW, session
from tests.forgeries import forgeries, parts_of, signed

PROFILE = TokenProfile("https://nod.example", "nod", "nod", "arn:aws:kms:eu-west-2:123456789012:key/key-1")
SESSION = session("SESSION")
SPOKEN_FOR = Approver(SESSION.account_id, "SESSION")


class Kms:
    """A key as KMS has it."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(65537, 2048)

    def sign(self, *, Message: bytes, **_: Any) -> dict[str, bytes]:  # noqa: N803 - as AWS calls it.
        return {"Signature": self._key.sign(Message, padding.PKCS1v15(), hashes.SHA256())}

    def get_public_key(self, **_: Any) -> dict[str, bytes]:
        public = self._key.public_key()
        der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        return {"PublicKey": der}


@pytest.fixture(scope="module")
def kms() -> Kms:
    return Kms()


@pytest.fixture(scope="module")
def token(kms: Kms) -> str:
    """What the session gets at `NOW`."""
    return TokenSigner(kms, PROFILE, Random(1)).sign(SESSION, NOW)


def test_s5_a_token_lives_for_ten_minutes(kms: Kms, token: str) -> None:
    """S5: 600 seconds, to the last, and no longer."""
    _, claims = parts_of(token)
    assert claims["exp"] - claims["iat"] == 600
    assert claims["iat"] == int(NOW.timestamp())
    end = datetime.fromtimestamp(claims["exp"], UTC)
    keys = PublicKeys(kms, PROFILE)
    for in_time in (NOW, end - timedelta(seconds=1), end - timedelta(microseconds=1)):
        assert keys.verify(token, in_time) == SPOKEN_FOR
    for late in (end, end + timedelta(seconds=1), end + timedelta(days=1)):
        with pytest.raises(InvalidToken):
            keys.verify(token, late)


@pytest.mark.parametrize("wrong", forgeries({}, {"iat": 0}))
def test_s5_one_wrong_thing_is_enough(kms: Kms, token: str, wrong: str) -> None:
    """S5: although our own key has signed it; signed in the same way with nothing wrong, it is good."""
    keys, right = PublicKeys(kms, PROFILE), parts_of(token)
    assert keys.verify(signed(kms, PROFILE.key_id, *right), NOW) == SPOKEN_FOR
    with pytest.raises(InvalidToken):
        keys.verify(signed(kms, PROFILE.key_id, *forgeries(*right)[wrong]), NOW)


def test_s5_another_key_signs_nothing_of_ours(token: str) -> None:
    """S5: the same claims under the same name, by a key that is not the stack's."""
    with pytest.raises(InvalidToken):
        PublicKeys(Kms(), PROFILE).verify(token, NOW)
