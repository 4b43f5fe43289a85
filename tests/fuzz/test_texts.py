"""Whatever stands in a text message, and whoever has sent it: it acts only where it names a sign-in (I1)."""

import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nod.domain.identifiers import ALPHABET, IDENTIFIER_LENGTH
from nod.domain.logins import parse_login, parse_texting_number
from nod.domain.texts import identifier_in, means_stop
from nod.errors import InvalidRequest
from tests.fuzz.bodies import identifiers, numbers, texts
from tests.fuzz.looking import anew_each_time
from tests.unit.service import Service
from tests.unit.texts import status

LOOK_ALIKES = str.maketrans("OIL", "011")


@anew_each_time(250)
@given(text=numbers())
def test_i1_t6_a_sender_is_a_number_in_its_one_form_or_refused(text: str) -> None:
    """I1, T6: in whatever spelling and script; what was read once is read so again, and is E.164 in ASCII."""
    for parse in (parse_texting_number, parse_login):
        try:
            login = parse(text)
        except InvalidRequest:
            continue
        assert parse(login.value) == login
        if login.kind == "phone":
            assert login.value.isascii()
            assert login.value[0] == "+"
            assert login.value[1:].isdigit()


@anew_each_time(250)
@given(data=st.data())
def test_r3_3_what_is_found_in_a_text_stands_in_it(data: st.DataObject) -> None:
    """R3.3, T2: no identifier is made up of other letters, nor of letters in another order."""
    text = data.draw(texts(data.draw(identifiers())))
    found = identifier_in(text)
    assume(found is not None)
    assert found is not None
    assert len(found) == IDENTIFIER_LENGTH
    assert set(found) <= set(ALPHABET)
    letters = iter(unicodedata.normalize("NFKC", text).upper().translate(LOOK_ALIKES))
    assert all(letter in letters for letter in found)


@anew_each_time(100)
@given(one=identifiers(), other=identifiers(), between=st.text(" \n.,!?", min_size=1, max_size=5))
def test_r3_3_of_two_identifiers_none_is_taken(one: str, other: str, between: str) -> None:
    """R3.3: nobody can tell which was meant."""
    assert (identifier_in(one + between + other) is None) == (one != other)


@pytest.mark.parametrize("asks", [True, False])
@anew_each_time(100)
@given(data=st.data())
def test_i1_a_text_acts_only_on_the_sign_in_that_it_names(asks: bool, data: st.DataObject) -> None:
    """I1, R3.3: any text from any sender: it lets a device in where it names its sign-in, and else changes nothing."""
    service = Service(asks_about_phones=asks)
    started = service.start_phone()
    text, sender = data.draw(texts(started.sign_in.sign_in_id)), data.draw(numbers())
    try:
        service.text(text, sender)
    except InvalidRequest:
        assert service.texts.sent == []
        assert status(service, started) == "started"
        return
    named = not means_stop(text) and identifier_in(text) == started.sign_in.sign_in_id
    assert status(service, started) == ("allowed" if named else "started")
    assert {number for number, _ in service.texts.sent} <= {parse_texting_number(sender).value}
