"""Logins and their one normal form (R1.1, R1.2, attack T6)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nod.domain.logins import (
    ALL_KINDS,
    HAND_OVER_KINDS,
    SCHEMES,
    Kind,
    KnownLogin,
    Login,
    login_from_key,
    parse_login,
    parse_texting_number,
)
from nod.errors import InvalidRequest
from tests.builders import NOW, after


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Ada", "user:ada"),
        ("  ada.lovelace \n", "user:ada.lovelace"),
        ("ＡＤＡ", "user:ada"),  # noqa: RUF001 - full-width letters are the point.
        ("STRASSE", "user:strasse"),
        ("Straße", "user:strasse"),
        ("r2-d2_", "user:r2-d2_"),
        ("कमला", "user:कमला"),
        ("007bond", "user:007bond"),
        ("a" * 64, "user:" + "a" * 64),
        ("a" * 64 + "@example.com", "mailto:" + "a" * 64 + "@example.com"),
        ("O'Brien.ada_l!#$&*+^`{|}~-@example.com", "mailto:o'brien.ada_l!#$&*+^`{|}~-@example.com"),
        ("Ada@Example.COM", "mailto:ada@example.com"),
        ("ada+new@mail.example.co.uk", "mailto:ada+new@mail.example.co.uk"),
        ("device:A1b2-C3", "device:A1b2-C3"),
        ("device:a@b", "device:a@b"),
    ],
)
def test_r1_1_a_login_has_one_normal_form(text: str, key: str) -> None:
    """R1.1: however a login is spelled, it is stored under one key."""
    assert parse_login(text, kinds=ALL_KINDS).key == key


@pytest.mark.parametrize(
    "text",
    [
        "+447700900123",
        "+44 7700 900123",
        "+44 (0)7700 900123",
        "0044 7700 900123",
        "00447700900123",
        "+44-7700-900-123",
        "+44.7700.900.123",
        "＋４４７７００９００１２３",  # noqa: RUF001 - so are full-width digits.
        " +44 7700\u00a0900123 ",
    ],
)
def test_t6_spellings_of_a_number_are_one_login(text: str) -> None:
    """T6: a phone number is the same login in all its spellings."""
    assert parse_login(text) == Login("phone", "+447700900123")


@pytest.mark.parametrize(
    ("text", "value"), [("+39 06 1234 5678", "+390612345678"), ("+31 0122 283405", "+31122283405")]
)
def test_t6_zeros_count_where_they_are_of_the_number(text: str, value: str) -> None:
    """T6: Italians dial theirs from abroad; elsewhere one is taken off, and what was taken for a login is one still."""
    assert parse_login(text).value == value
    assert parse_login(value) == parse_login(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "\u3000",
        "a" * 65,
        "a" * 255,
        "ada lovelace",
        "ada/lovelace",
        "ada:lovelace",
        "device:",
        "device:a b",
        "device:" + "x" * 129,
        "ada\u202egnp",
        "ada\u200bx",
        "ada\x00",
        "07700 900123",
        "12345",
        "...",
        "+",
        "00",
        "+44",
        "+44 12",
        "+44 7700 9001 2345 67",
        "+31 00 122 2834059",
        "+43000000",
        "a" * 243 + "@example.com",
        "+999999999999999999",
        "+44 7700 900123 ext. 5",
        "@",
        "ada@",
        "@example.com",
        "ada@example",
        "ada@@example.com",
        "ada@-example.com",
        "ada@exa mple.com",
        "ada <ada@example.com>",
        '"ada"@example.com',
        "ada,grace@example.com",
        "a" * 65 + "@example.com",
        "ада@example.com",
        "ada.@example.com",
        ".ada@example.com",
        "ada..l@example.com",
        "ada;grace@example.com",
        "ada:grace@example.com",
        "ada\\@example.com",
        "(ada)ada@example.com",
        "ada lovelace@example.com",
        "=?utf-8?q?ada?=@example.com",
        "a=b@example.com",
        "a?b@example.com",
        "ada%0d%0abcc@example.com\r\nbcc: eve@example.com",
        "ada\x00@example.com",
        "ada\u202e@example.com",
        "ada\u200b@example.com",
        "ada\ud800@example.com",
        "ada\ud800",
    ],
)
def test_what_is_no_login_is_refused(text: str) -> None:
    """Text that names nobody, or could name somebody else to the eye, is refused."""
    with pytest.raises(InvalidRequest):
        parse_login(text, kinds=ALL_KINDS)


EVERY_KIND: dict[Kind, str] = {
    "username": "Ada",
    "phone": "+44 7700 900123",
    "email": "Ada@example.com",
    "device": "device:A1",
}


@pytest.mark.parametrize(("kind", "text"), EVERY_KIND.items())
def test_r4_1_a_login_is_of_a_kind_that_is_wanted(kind: Kind, text: str) -> None:
    """R4.1: nobody signs in with a device id, nor asks for a QR code with a username; the refusal says what goes."""
    assert set(EVERY_KIND) == set(SCHEMES) == ALL_KINDS
    assert parse_login(text, kinds=ALL_KINDS).kind == kind
    if kind == "device":
        with pytest.raises(InvalidRequest, match="a device id cannot be used here, only a username or"):
            parse_login(text)
    else:
        assert parse_login(text).kind == kind
    if kind in ("phone", "device"):
        assert parse_login(text, kinds=HAND_OVER_KINDS).kind == kind
    else:
        with pytest.raises(InvalidRequest, match="cannot be used here, only a phone number or a device id"):
            parse_login(text, kinds=HAND_OVER_KINDS)


@given(st.text(min_size=1, max_size=70) | st.emails())
def test_a_normal_form_is_its_own_normal_form(text: str) -> None:
    """Whatever is accepted as a login is accepted again as it is shown, as the same login."""
    try:
        login = parse_login(text, kinds=ALL_KINDS)
    except InvalidRequest:
        return
    assert parse_login(login.shown, kinds=ALL_KINDS) == login
    assert login_from_key(login.key) == login


@pytest.mark.parametrize(
    ("text", "shown"),
    [("Ada", "ada"), ("+44 7700 900123", "+447700900123"), ("A@b.org", "a@b.org"), ("device:X", "device:X")],
)
def test_a_login_is_shown_as_people_write_it(text: str, shown: str) -> None:
    """People see the normal form without the scheme, except that of a device."""
    assert parse_login(text, kinds=ALL_KINDS).shown == shown


def test_kinds_never_share_a_key() -> None:
    """The same characters as another kind of login are another key."""
    assert login_from_key("user:ada") != login_from_key("device:ada")
    assert len({Login(kind, "x").key for kind in ("username", "phone", "email", "device")}) == 4


def test_what_is_no_key_is_refused() -> None:
    """A key without a known scheme is an error of ours, not of a caller."""
    with pytest.raises(ValueError, match="not the key"):
        login_from_key("ada")


@pytest.mark.parametrize("hidden", ["\u034f", "\ufe0f", "\u115f", "\u3164"])
def test_a11_a_username_has_no_twin_that_looks_the_same(hidden: str) -> None:
    """A11: a letter or mark that shows nothing makes no other name."""
    with pytest.raises(InvalidRequest):
        parse_login(f"alice{hidden}")


def test_r1_2_no_address_can_change_the_mail_that_goes_to_it() -> None:
    """R1.2: what stands before the @ has only signs that neither mail headers nor paths give a meaning to, of ASCII."""
    taken = set()
    for number in range(0x500):
        try:
            login = parse_login(f"a{chr(number)}b@example.com")
        except InvalidRequest:
            continue
        taken |= set(login.value.removesuffix("@example.com"))
    assert taken == set("abcdefghijklmnopqrstuvwxyz0123456789.!#$&'*+^_`{|}~-")


# Numbers that text.


@pytest.mark.parametrize(
    "text",
    [
        "+447700900123",
        "+44 (0)7700 900123",
        "0044 7700 900123",
        "00447700900123",
        "+44-7700-900-123",
        " +44 7700\u00a0900123\n",
        "＋４４７７００９００１２３",  # noqa: RUF001 - full-width digits are the point.
    ],
)
def test_t6_spellings_of_a_sender_are_one_login(text: str) -> None:
    """T6: however a gateway writes the number that a message came from, it is the login that people type."""
    assert parse_texting_number(text) == parse_login("+447700900123")


@pytest.mark.parametrize(
    "text",
    [
        "+12025550123",
        "+14155552671",
        "+4915123456789",
        "+8613800138000",
        "+819012345678",
        "+5511961234567",
        "+33612345678",
        "+18005550199",
        "+447000000000",
    ],
)
def test_t6_numbers_of_phones_are_taken(text: str) -> None:
    """T6: mobiles, American numbers (which do not tell), free numbers, and ranges that no table knows yet."""
    assert parse_texting_number(text).key == f"tel:{text}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Nod",
        "MYBANK",
        "ada",
        "ada@example.com",
        "device:+447700900123",
        "60700",
        "+60700",
        "07700 900123",
        "447700900123",
        "+44",
        "+",
        "00",
        "+44MYBANK",
        "+447700900123;ext=1",
        "+447700900123 ext. 1",
        "tel:+447700900123",
        "+44 7700\u202e900123",
        "+442079460123",
        "+4930123456",
        "+449098790123",
        "+" + "4" * 300,
        "+4915123456" + " " * 250 + "789",
    ],
)
def test_t6_what_no_phone_in_a_hand_sends_is_refused(text: str) -> None:
    """T6: names in letters, short codes, national numbers, landlines and premium numbers sign nobody in."""
    with pytest.raises(InvalidRequest):
        parse_texting_number(text)


@given(st.text() | st.text("+0123456789 ()-./"))
def test_i1_any_sender_is_read_or_refused(text: str) -> None:
    """I1: whatever a gateway calls the sender, it is a number in its one normal form, or refused."""
    try:
        login = parse_texting_number(text)
    except InvalidRequest:
        return
    assert login == parse_login(login.value)
    assert login.kind == "phone"


def test_a12_a_login_is_held_until_its_hold_is_over() -> None:
    """A12: up to that moment, and not from it on; one that was never reported is not held."""
    held = KnownLogin("ACCOUNT", NOW, after(900))
    assert held.is_held(NOW)
    assert held.is_held(after(899.9))
    assert not held.is_held(after(900))
    assert not KnownLogin("ACCOUNT", NOW).is_held(NOW)
