"""Identifiers and secrets (RFC 7636, R3.1)."""

import hmac
import re
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nod.domain.identifiers import (
    IDENTIFIER_PATTERN,
    Derived,
    challenge_of,
    encoded,
    fingerprint,
    matches,
    new_identifier,
    new_secret,
)


class Counting(Random):
    """A source of randomness that tells how many bits were drawn."""

    def __init__(self, value: int) -> None:
        super().__init__()
        self.value = value
        self.drawn: list[int] = []

    def getrandbits(self, count: int, /) -> int:
        """The same bits each time."""
        self.drawn.append(count)
        bits: int = self.value % 2**count
        return bits


def test_a6_the_challenge_is_that_of_rfc_7636() -> None:
    """A6: the vector of RFC 7636 appendix B."""
    assert challenge_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_base64url_is_that_of_rfc_7515() -> None:
    """The vector of RFC 7515 appendix C."""
    assert encoded(bytes([3, 236, 255, 224, 193])) == "A-z_4ME"


@given(st.integers(0))
def test_identifiers_are_crockford_base32(seed: int) -> None:
    """An identifier is 26 characters of an alphabet without look-alikes."""
    identifier = new_identifier(Random(seed))
    assert re.fullmatch(IDENTIFIER_PATTERN, identifier)
    assert not set("ILOU") & set(identifier)


def test_identifiers_use_all_their_bits() -> None:
    """An identifier is drawn from 130 bits, each of which counts."""
    source = Counting(0)
    assert new_identifier(source) == "0" * 26
    assert source.drawn == [130]
    assert len({new_identifier(Counting(1 << bit)) for bit in range(130)}) == 130


def test_secrets_use_all_their_bits() -> None:
    """A secret is drawn from 256 bits, each of which counts, and has 43 characters."""
    source = Counting(0)
    assert new_secret(source) == "A" * 43
    assert source.drawn == [256]
    assert len({new_secret(Counting(1 << bit)) for bit in range(256)}) == 256


@given(st.text(), st.text())
def test_only_the_secret_itself_matches(secret: str, other: str) -> None:
    """A fingerprint is matched by its secret and by nothing else, not even by itself."""
    kept = fingerprint(secret)
    assert matches(secret, expected_fingerprint=kept)
    assert matches(other, expected_fingerprint=kept) == (other == secret)
    assert not matches(kept, expected_fingerprint=kept)


@pytest.mark.parametrize("given_text", ["0" * 25, "0" * 27, "0" * 25 + "I", "0" * 25 + "a", "0" * 25 + " "])
def test_what_is_no_identifier(given_text: str) -> None:
    """Anything else does not match the pattern of identifiers."""
    assert not re.search(IDENTIFIER_PATTERN, given_text)


def test_who_has_secret_and_key_draws_the_same_once_more() -> None:
    """In the same order; another key, another secret and another turn give something else."""
    drawn = Derived("secret", "key")
    first, second = new_secret(drawn), new_identifier(drawn)
    again = Derived("secret", "key")
    assert (new_secret(again), new_identifier(again)) == (first, second)
    assert (
        len({first, new_secret(again), new_secret(Derived("secret", "yek")), new_secret(Derived("terces", "key"))}) == 4
    )


def test_what_is_derived_is_the_hmac_of_its_turn() -> None:
    """HMAC-SHA512 (RFC 2104) of the key and the turn, keyed by the secret; its first bits are taken."""
    digest = hmac.digest(b"secret", b"key:1", "sha512")
    assert Derived("secret", "key").getrandbits(256) == int.from_bytes(digest[:32], "big")
