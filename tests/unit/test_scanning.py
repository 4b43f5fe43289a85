"""QR codes: what they hold, and for how long (R4.3, R4.4; attacks Q1, Q2)."""

from datetime import timedelta
from random import Random
from urllib.parse import urlsplit

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nod.domain.identifiers import fingerprint
from nod.domain.scanning import ScanCode, ScanToken, code_of, draw_code, parse_scan_token
from nod.errors import WrongScan
from tests.builders import NOW, after

PAGE = "https://app.example.com/phone"
INSTANT = timedelta(microseconds=1)


def drawn(seed: int = 1, session_id: str = "PC") -> tuple[ScanToken, ScanCode]:
    """A code for a page, drawn just now."""
    return draw_code("SIGN-IN", session_id, NOW, Random(seed))


def test_r4_3_the_token_is_in_the_fragment() -> None:
    """R4.3: opening the link sends the page's address to a server, and nothing of the token."""
    token, _ = drawn()
    link = urlsplit(token.link(PAGE))
    assert link._replace(fragment="").geturl() == PAGE
    assert link.fragment == f"scan_token={token.text}"
    assert parse_scan_token(link.fragment.removeprefix("scan_token=")) == token


def test_r4_3_what_is_kept_does_not_hold_what_is_shown() -> None:
    """I3: from the row nobody can make the content of a code."""
    token, code = drawn()
    assert token.secret not in msgspec.json.encode(code).decode()
    assert (code.secret_hash, code.session_id) == (fingerprint(token.secret), "PC")
    with pytest.raises(WrongScan):
        code_of(code.secret_hash, [code], NOW)


@given(st.integers(0), st.integers(0))
def test_q1_no_two_codes_are_alike(seed: int, other: int) -> None:
    """Q1: each code has a secret of its own, of 26 characters, whichever page it is for."""
    one, two = drawn(seed), draw_code("SIGN-IN", "PC", NOW, Random(other))
    assert (one == two) == (seed == other)
    rng = Random(seed)
    secrets = {draw_code("SIGN-IN", "PC", NOW, rng)[0].secret for _ in range(5)}
    assert {len(secret) for secret in secrets} == {26}
    assert len(secrets) == 5


@pytest.mark.parametrize("age", [timedelta(0), timedelta(seconds=29), timedelta(seconds=30) - INSTANT])
def test_q1_a_code_is_good_for_30_seconds(age: timedelta) -> None:
    """Q1: to the last microsecond."""
    token, code = drawn()
    assert code_of(token.secret, [code], NOW + age) == code


@pytest.mark.parametrize("age", [timedelta(seconds=30), timedelta(seconds=30) + INSTANT, timedelta(days=1)])
def test_q1_a_code_is_good_no_longer(age: timedelta) -> None:
    """Q1: from the 30th second on it is none."""
    token, code = drawn()
    with pytest.raises(WrongScan):
        code_of(token.secret, [code], NOW + age)


def test_r4_3_a_secret_says_which_page_it_was_on() -> None:
    """R4.3: among the codes of several pages each secret finds its own, and the age of others does not matter."""
    one, two = drawn(1, "ONE"), drawn(2, "TWO")
    old = msgspec.structs.replace(one[1], expires_at=NOW)
    assert code_of(one[0].secret, [two[1], one[1]], NOW).session_id == "ONE"
    assert code_of(two[0].secret, [one[1], two[1]], NOW).session_id == "TWO"
    assert code_of(two[0].secret, [old, two[1]], after(29)).session_id == "TWO"
    with pytest.raises(WrongScan):
        code_of(one[0].secret, [old, two[1]], NOW)


@pytest.mark.parametrize("secret", ["", "guess", drawn(2)[0].secret, drawn(1)[0].secret.lower()])
def test_q2_another_secret_is_none(secret: str) -> None:
    """Q2: nothing, a guess, the secret of another code, and one that was spelled otherwise find no code."""
    with pytest.raises(WrongScan):
        code_of(secret, [drawn(1)[1]], NOW)


def test_q1_where_nothing_is_shown_nothing_is_read() -> None:
    """Q1: without codes every secret is wrong."""
    with pytest.raises(WrongScan):
        code_of(drawn()[0].secret, [], NOW)


@pytest.mark.parametrize(
    "text", ["", ".", "..", "sign-in", "sign-in.", ".secret", "sïgn-in.secret", "sign-in.secrèt", "\ud800.secret"]
)
def test_i2_what_is_no_token_is_refused(text: str) -> None:
    """I2: it is a wrong scan, as a guess is."""
    with pytest.raises(WrongScan):
        parse_scan_token(text)


@given(st.text() | st.text("AB.", max_size=6))
def test_i2_any_text_is_a_token_or_refused(text: str) -> None:
    """I2: whatever a device sends is read as what it is, or refused as a wrong scan."""
    try:
        token = parse_scan_token(text)
    except WrongScan:
        first, dot, rest = text.partition(".")
        assert not (first and dot and rest and text.isascii())
        return
    assert token.text == text
    assert token.sign_in_id
    assert token.secret
