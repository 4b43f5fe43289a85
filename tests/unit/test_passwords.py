"""Passwords and how they are kept (R1.9)."""

import time
from base64 import b64encode
from random import Random

import pytest

from nod.domain.passwords import hash_password, password_matches

# The second vector of RFC 7914 section 12, cut to the 32 bytes that are kept here.
RFC_7914_DIGEST = bytes.fromhex("fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162")
RFC_7914 = f"scrypt$1024$8$16${b64encode(b'NaCl').decode()}${b64encode(RFC_7914_DIGEST).decode()}"


@pytest.fixture(scope="module")
def stored() -> str:
    """A password as it is kept, hashed once for all tests since that is slow on purpose."""
    return hash_password("correct horse", Random(1))


def test_r1_9_the_hash_is_scrypt() -> None:
    """R1.9: the vector of RFC 7914 section 12."""
    assert password_matches("password", RFC_7914)
    assert not password_matches("Password", RFC_7914)


def test_r1_9_only_the_password_matches(stored: str) -> None:
    """R1.9: a password opens its own hash, another one does not."""
    assert password_matches("correct horse", stored)
    assert not password_matches("correct horsf", stored)


def test_r1_9_the_parameters_are_kept_with_the_hash(stored: str) -> None:
    """R1.9: what is kept names its parameters, which are as strong as OWASP asks, and not the password."""
    scheme, cost, block_size, parallelism, _, _ = stored.split("$")
    assert (scheme, cost, block_size, parallelism) == ("scrypt", "32768", "8", "3")
    assert "correct" not in stored


def test_each_hash_has_a_salt_of_its_own(stored: str) -> None:
    """The same password is kept as two different texts."""
    assert stored.split("$")[4:] != hash_password("correct horse", Random(2)).split("$")[4:]


def test_a_password_is_the_same_on_every_keyboard() -> None:
    """A composed and a decomposed accent are one password (RFC 8265 section 4.2)."""
    composed, decomposed = "caf\u00e9 cr\u00e8me", "cafe\u0301 cre\u0300me"
    assert password_matches(decomposed, hash_password(composed, Random(1)))


def test_a4_no_password_takes_as_long_as_a_wrong_one(stored: str) -> None:
    """A4: where there is nothing to compare with, the same work is done, and nothing matches."""

    def seconds(kept: str | None) -> float:
        begin = time.process_time()
        assert not password_matches("wrong password", kept)
        return time.process_time() - begin

    assert seconds(None) > seconds(stored) / 3
