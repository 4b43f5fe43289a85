"""Binding email addresses by a code that is mailed (R1.2; attacks A1, S2)."""

from datetime import timedelta

import pytest

from nod.domain.device import Network
from nod.domain.logins import BoundLogin, KnownLogin, parse_login
from nod.errors import Expired, Forbidden, InvalidToken, LoginTaken, NodError, SlowDown, UnknownLogin, WrongCode
from nod.flows.binding import Unproven
from tests.builders import ADA, GRACE, GRACES_NUMBER, after
from tests.unit.bindings import bound, with_ada
from tests.unit.service import Service

ADDRESS = "ada@example.com"
ADDRESS_KEY = f"mailto:{ADDRESS}"


def mailed_code(service: Service) -> str:
    """The code in the last mail."""
    return service.mail.sent[-1][2].removeprefix("Your code is ")[:6]


def wrong(code: str) -> str:
    """Another code."""
    return "111111" if code != "111111" else "222222"


def test_r1_2_an_address_is_bound_by_the_code_that_was_mailed() -> None:
    """R1.2: the mail names the application and warns; with its code the address leads to the account."""
    service, mine = with_ada()
    asked = service.bind(mine, "Ada@Example.com")
    assert asked == Unproven(service.now + timedelta(minutes=10))
    ((address, subject, text),) = service.mail.sent
    assert (address, subject) == (ADDRESS, "Your code for Nod")
    assert "never tell anybody the code" in text
    code = mailed_code(service)
    assert code.isdigit()
    assert bound(service) == {"ada"}
    service.wait(5)
    assert service.binding.confirm(mine, ADDRESS, code) == BoundLogin(parse_login(ADDRESS), after(5))
    assert bound(service) == {"ada", ADDRESS}
    with pytest.raises(UnknownLogin):
        service.binding.confirm(mine, ADDRESS, code)


def test_a_taken_address_is_not_mailed() -> None:
    """The address of another account gets no mail by this."""
    service, mine = with_ada()
    service.stores.accounts.bind(service.session("GRACES", GRACE), ADDRESS_KEY, service.now)
    with pytest.raises(LoginTaken):
        service.bind(mine, ADDRESS)
    assert service.mail.sent == []


def test_a_mailed_code_is_kept_as_a_hash_and_never_answered() -> None:
    """I3: neither the answer nor the tables hold it."""
    service, mine = with_ada()
    asked = service.bind(mine, ADDRESS)
    assert mailed_code(service) not in repr(asked)
    assert mailed_code(service) not in repr([binding.code_hash for binding in service.rows.bindings.values()])


def test_mailed_codes_have_three_tries() -> None:
    """R1.2: two wrong ones leave a third; after three wrong ones the right code is worth nothing."""
    service, mine = with_ada()
    service.bind(mine, ADDRESS)
    code = mailed_code(service)
    for left in ("2 more", "1 more"):
        with pytest.raises(WrongCode) as refusal:
            service.binding.confirm(mine, ADDRESS, wrong(code))
        assert left in refusal.value.detail
    service.binding.confirm(mine, ADDRESS, code)
    service, mine = with_ada()
    service.bind(mine, ADDRESS)
    for _ in range(3):
        with pytest.raises(WrongCode):
            service.binding.confirm(mine, ADDRESS, wrong(mailed_code(service)))
    with pytest.raises(UnknownLogin):
        service.binding.confirm(mine, ADDRESS, mailed_code(service))
    assert bound(service) == {"ada"}


def test_mailed_codes_have_three_tries_at_once() -> None:
    """R1.2: tries that are made at the same moment are counted before they are looked at."""
    service, mine = with_ada()
    service.bind(mine, ADDRESS)
    code = mailed_code(service)
    errors: list[type[NodError]] = []

    def guess(others: int) -> None:
        if others:
            service.meanwhile["bindings.take_try"] = lambda: guess(others - 1)
        with pytest.raises(NodError) as refusal:
            service.binding.confirm(mine, ADDRESS, wrong(code))
        errors.append(type(refusal.value))

    guess(4)
    assert errors == [WrongCode] * 3 + [UnknownLogin] * 2


def test_a_code_that_was_asked_for_anew_replaces_the_old() -> None:
    """R1.2: the code of the first mail is wrong once a second was sent."""
    service, mine = with_ada()
    service.bind(mine, ADDRESS)
    first = mailed_code(service)
    service.bind(mine, ADDRESS)
    assert first != mailed_code(service)
    with pytest.raises(WrongCode):
        service.binding.confirm(mine, ADDRESS, first)
    service.binding.confirm(mine, ADDRESS, mailed_code(service))


def test_another_account_s_code_confirms_nothing() -> None:
    """R1.2: each account has a binding of its own; the code that was mailed for one is nothing to the other."""
    service, mine = with_ada()
    graces = service.session("GRACES", GRACE, founding=True)
    service.bind(mine, ADDRESS)
    code = mailed_code(service)
    with pytest.raises(UnknownLogin):
        service.binding.confirm(graces, ADDRESS, code)
    service.bind(graces, ADDRESS)
    with pytest.raises(WrongCode):
        service.binding.confirm(graces, ADDRESS, code)
    assert bound(service, GRACE) == {"grace", GRACES_NUMBER}


def test_a_code_is_good_for_one_address() -> None:
    """R1.2: it does not confirm another address that the same account has under way."""
    service, mine = with_ada()
    service.bind(mine, ADDRESS)
    code = mailed_code(service)
    service.bind(mine, "mallory@example.com")
    with pytest.raises(WrongCode):
        service.binding.confirm(mine, "mallory@example.com", code)
    with pytest.raises(UnknownLogin):
        service.binding.confirm(mine, "other@example.com", code)


def test_a1_an_address_has_so_many_mails_sent() -> None:
    """A1: whichever accounts ask for them, and to whichever mailboxes; from elsewhere mails are sent still."""
    service = Service(starts_per_minute=2)
    asking = []
    for name in ("one", "two", "three"):
        service.account(name, account_id=name)
        asking.append(service.session(name, name, founding=True))
    for mine in asking[:2]:
        service.bind(mine, f"ada+{mine.session_id}@example.com")
    with pytest.raises(SlowDown):
        service.bind(asking[2], "ada+three@example.com")
    assert len(service.mail.sent) == 2
    assert [name for name, _, _ in service.rows.counts].count("mails") == 2
    service.bind(asking[2], "ada+three@example.com", Network("198.51.100.7"))
    service.wait(3600)
    service.bind(asking[2], "ada+four@example.com")
    assert len(service.mail.sent) == 4


def test_a_code_expires() -> None:
    """R1.2: ten minutes after the mail it is worth nothing."""
    service, mine = with_ada()
    service.bind(mine, ADDRESS)
    service.wait(600)
    with pytest.raises(Expired):
        service.binding.confirm(mine, ADDRESS, mailed_code(service))
    assert bound(service) == {"ada"}


def test_an_address_that_was_taken_meanwhile_is_not_bound() -> None:
    """R1.2: whoever proves it first has it."""
    service, mine = with_ada()
    service.bind(mine, ADDRESS)
    code = mailed_code(service)
    graces = service.session("GRACES", GRACE, founding=True)
    service.bind(graces, ADDRESS)
    service.binding.confirm(graces, ADDRESS, mailed_code(service))
    with pytest.raises(LoginTaken):
        service.binding.confirm(mine, ADDRESS, code)
    assert service.stores.logins.find(ADDRESS_KEY) == KnownLogin(GRACE, service.now)


def test_s2_a_code_is_worth_nothing_once_the_session_that_asked_is_ended() -> None:
    """S2: also where another session of the account brings it."""
    service, mine = with_ada()
    service.bind(mine, ADDRESS)
    service.stores.sessions.expire(ADA, "PHONE", service.now)
    with pytest.raises(InvalidToken):
        service.binding.confirm(service.session("OTHER"), ADDRESS, mailed_code(service))
    assert bound(service) == {"ada"}


def test_a1_an_address_gets_three_mails_an_hour() -> None:
    """A1: from all accounts together, so that nobody's mailbox is filled; the next hour there may be more."""
    service, mine = with_ada()
    graces = service.session("GRACES", GRACE, founding=True)
    for session in (mine, graces, mine):
        service.bind(session, ADDRESS)
    for session in (mine, graces):
        with pytest.raises(SlowDown):
            service.bind(session, "ADA@example.com")
    assert len(service.mail.sent) == 3
    service.bind(mine, "other@example.com")
    service.wait(3600)
    service.bind(mine, ADDRESS)
    assert len(service.mail.sent) == 5


def test_a_stack_that_sends_no_mail_binds_no_address() -> None:
    """R1.2: it says so, and counts nothing."""
    service, mine = with_ada(sends_mail=False)
    with pytest.raises(Forbidden):
        service.bind(mine, ADDRESS)
    assert service.rows.counts == {}
    assert service.rows.bindings == {}
