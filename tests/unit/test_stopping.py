"""NO, texted back: whoever was talked into sending a text takes back what it has led to (T7)."""

from datetime import timedelta

import pytest

from nod.domain.limits import ANSWERS_TO_NO_PER_NUMBER
from nod.domain.pushes import SessionEnded
from nod.domain.sign_in import Approver
from nod.domain.texts import stopped_text
from nod.errors import InvalidCredentials, InvalidToken
from tests.builders import ADA, ADAS_NUMBER, APP, GRACE, GRACES_NUMBER, HOME, LAPTOP
from tests.unit.bindings import to_send
from tests.unit.service import Service
from tests.unit.stopping import living, shown, who, with_hers
from tests.unit.texts import with_ada


def test_t7_no_ends_the_session_that_a_text_let_in() -> None:
    """T7: its tokens are dead at once, its socket is closed, and the account's others are told."""
    service = with_ada()
    service.approver("PC")
    service.wait(1)
    grant = service.signed_in_by_text()
    socket = service.connect(service.control.alive(who(grant)), "thief's socket")
    service.pushed("socket of PC")
    service.replies()
    service.text("NO")
    assert living(service) == {"PC"}
    with pytest.raises(InvalidToken):
        service.control.alive(who(grant))
    with pytest.raises(InvalidToken):
        service.refreshing.refresh(grant.refresh_token)
    assert socket not in service.sockets.open
    assert service.pushed("socket of PC") == [SessionEnded(grant.session_id)]
    assert service.replies() == [stopped_text(APP, done=True)]


def test_t7_no_ends_whatever_began_since() -> None:
    """T7: by descent or not, by whichever login and method; who ends the session that the text let in is not spared."""
    service = with_ada()
    service.session("PC")
    service.wait(1)
    grant = service.signed_in_by_text()
    for session_id, method, login in (("A", "approval", "ada"), ("B", "qr", "ada"), ("C", "password", "ada")):
        service.session(session_id, method=method, login=login, let_in_by=grant.session_id)
    service.session("D", method="phone", login="+447700900999")
    service.stores.sessions.expire(ADA, grant.session_id, service.now)
    service.wait(3600)
    service.text("NO")
    assert living(service) == {"PC"}


@pytest.mark.parametrize("someone_is_in", [True, False])
def test_t7_no_leaves_no_account_to_nobody(*, someone_is_in: bool) -> None:
    """T7: a number that was bound lately goes, but where it is all that could still get in: then the account is its."""
    service = Service()
    service.account("ada", password_hash="hers")
    mine = service.session("PC", founding=True)
    service.wait(60)
    service.text(to_send(service.bind(mine, ADAS_NUMBER)).body)
    service.stores.passwords.set(mine, service.rows.accounts[ADA], "another", service.now)
    if not someone_is_in:
        service.control.end("PC", by=Approver(ADA, mine.session_id))
    service.text("NO")
    assert service.rows.accounts[ADA].password_hash is None
    assert (f"tel:{ADAS_NUMBER}" in service.rows.logins) != someone_is_in
    service.wait(1)
    assert (service.signed_in_by_text().account_id == ADA) != someone_is_in


@pytest.mark.parametrize("order", [1, -1])
def test_t7_of_two_numbers_the_one_that_says_no_stays(order: int) -> None:
    """T7: where both were bound lately, and nobody is in: the thief's goes first, however they are listed."""
    service = Service(eviction_age=timedelta(0))
    service.account("ada")
    mine = service.session("PC", founding=True)
    service.wait(60)
    for number in (ADAS_NUMBER, GRACES_NUMBER)[::order]:
        service.text(to_send(service.bind(mine, number)).body, number)
    service.control.end("PC", by=Approver(ADA, "PC"))
    service.text("NO")
    assert shown(service) == {"ada", ADAS_NUMBER}


def test_t7_all_numbers_of_a_thief_go() -> None:
    """T7: however many it has bound, none is left to get in by."""
    service = Service()
    founder = service.control.alive(who(service.signed_in_by_text()))
    numbers = [f"+4477009001{number:02d}" for number in range(5)]
    for number in numbers:
        service.wait(1)
        service.text(to_send(service.bind(founder, number)).body, number)
    service.text("NO")
    assert shown(service, founder.account_id) == {ADAS_NUMBER}
    assert {service.signed_in_by_text(number).new_account for number in numbers} == {True}


def test_t7_an_initial_password_of_whoever_made_the_account_goes_with_it() -> None:
    """T7: it was texted to their number, which is no longer the account's."""
    service = Service(texts_account=True, eviction_age=timedelta(0))
    grant = service.signed_in_by_text(GRACES_NUMBER)
    pusher = service.control.alive(who(grant))
    password = service.replies(GRACES_NUMBER)[0].split("password ")[1].split(" ")[0]
    service.wait(60)
    service.text(to_send(service.bind(pusher, ADAS_NUMBER)).body)
    service.binding.unbind(pusher, GRACES_NUMBER)
    service.text("NO")
    assert living(service, grant.account_id) == set()
    with pytest.raises(InvalidCredentials):
        service.passwords.sign_in(ADAS_NUMBER, password, LAPTOP, HOME)


def test_t7_an_account_that_only_the_number_is_left_of_is_the_number_s() -> None:
    """T7: whoever talked it into their account, and left that no other login, is out of it, with their password."""
    service = Service(eviction_age=timedelta(0))
    grant = service.passwords.sign_up("mallory", "the thief's own", LAPTOP, HOME)
    thief = service.control.alive(who(grant))
    service.wait(60)
    service.text(to_send(service.bind(thief, ADAS_NUMBER)).body)
    service.binding.unbind(thief, "mallory")
    service.connect(thief, "thief's socket")
    service.text("NO")
    assert living(service, grant.account_id) == set()
    assert "thief's socket" not in service.sockets.open
    assert service.rows.accounts[grant.account_id].password_hash is None
    assert shown(service, grant.account_id) == {ADAS_NUMBER}
    with pytest.raises(InvalidCredentials):
        service.passwords.sign_in(ADAS_NUMBER, "the thief's own", LAPTOP, HOME)
    service.wait(1)
    assert service.signed_in_by_text().account_id == grant.account_id


def test_t7_no_leaves_all_else_alone() -> None:
    """T7: what began before the first text, and other accounts, logins and passwords."""
    service = with_ada()
    service.stores.passwords.set(service.session("PC"), service.rows.accounts[ADA], "hers", service.now)
    service.wait(1)
    service.signed_in_by_text()
    graces = service.signed_in_by_text(GRACES_NUMBER)
    service.text("NO")
    assert living(service) == {"PC"}
    assert living(service, GRACE) == {graces.session_id}
    assert shown(service) == {"ada", ADAS_NUMBER}
    assert service.rows.accounts[ADA].password_hash == "hers"


def test_t7_no_counts_from_the_first_text_of_the_day() -> None:
    """T7: also where the owner's own texts came between; what is older than a day is not undone."""
    service = with_ada()
    old = service.signed_in_by_text()
    service.wait(24 * 3600)
    for _ in range(3):
        service.signed_in_by_text()
        service.wait(3600)
    service.text("NO")
    assert living(service) == {old.session_id}


@pytest.mark.parametrize("owner_texts_again", [False, True])
def test_t7_an_older_text_hides_no_later_one(owner_texts_again: bool) -> None:
    """T7: NO undoes what a text of the last 24 hours has let in, whatever came before it, and after it."""
    service = with_ada()
    service.signed_in_by_text()
    service.wait(23 * 3600)
    thief = service.signed_in_by_text()
    if owner_texts_again:
        service.wait(2 * 3600)
        service.signed_in_by_text()
    service.wait(1.5 * 3600)
    service.replies()
    service.text("NO")
    assert thief.session_id not in living(service)
    assert service.replies() == [stopped_text(APP, done=True)]


def test_t7_after_a_day_there_is_nothing_to_end() -> None:
    """T7: up to the last moment of 24 hours NO ends a session, and not from then on."""
    for seconds, done in ((24 * 3600 - 0.001, True), (24 * 3600, False)):
        service = with_ada()
        grant = service.signed_in_by_text()
        service.replies()
        service.wait(seconds)
        service.text("NO")
        assert (grant.session_id in living(service)) is not done
        assert service.replies() == [stopped_text(APP, done=done)]


def test_t7_no_unbinds_what_was_bound_since() -> None:
    """T7: the thief's own number is out of the account, and what it has signed in since; the account's others stay."""
    service = Service()
    founder = service.control.alive(who(service.signed_in_by_text()))
    service.wait(1)
    service.bind(founder, "mallory")
    service.text(to_send(service.bind(founder, GRACES_NUMBER)).body, GRACES_NUMBER)
    assert service.signed_in_by_text(GRACES_NUMBER).account_id == founder.account_id
    service.wait(60)
    service.text("NO")
    assert living(service, founder.account_id) == set()
    assert shown(service, founder.account_id) == {ADAS_NUMBER}
    assert set(service.rows.logins) == {f"tel:{ADAS_NUMBER}"}
    assert service.signed_in_by_text(GRACES_NUMBER).new_account is True


def test_t7_no_undoes_a_binding_by_text() -> None:
    """T7: whoever was talked into binding their number to a stranger's account is free of it, with what it let in."""
    service, mine = with_hers()
    service.wait(60)
    service.text(to_send(service.bind(mine, ADAS_NUMBER)).body)
    service.signed_in_by_text()
    service.replies()
    service.text("NO")
    assert service.replies() == [stopped_text(APP, done=True)]
    assert shown(service) == {"ada"}
    assert living(service) == {mine.session_id}
    assert service.signed_in_by_text().new_account is True


def test_t7_a_day_after_a_binding_it_stays() -> None:
    """T7: a number that was bound by text 24 hours ago, and has signed nobody in since, has nothing to undo."""
    service, mine = with_hers()
    service.text(to_send(service.bind(mine, ADAS_NUMBER)).body)
    service.wait(24 * 3600)
    service.replies()
    service.text("NO")
    assert service.replies() == [stopped_text(APP, done=False)]
    assert shown(service) == {"ada", ADAS_NUMBER}


def test_t7_no_undoes_a_password() -> None:
    """T7: one that was set since is gone, and lets nobody in; the number does, as before."""
    service = Service(texts_account=True)
    founder = service.control.alive(who(service.signed_in_by_text()))
    service.passwords.change(founder, None, "the thief's own")
    service.wait(60)
    service.text("NO")
    kept = service.rows.accounts[founder.account_id]
    assert (kept.password_hash, kept.initial, kept.password_set_at) == (None, None, None)
    with pytest.raises(InvalidCredentials):
        service.passwords.sign_in(ADAS_NUMBER, "the thief's own", LAPTOP, HOME)
    service.wait(1)
    assert service.signed_in_by_text().account_id == founder.account_id


def test_t7_an_initial_password_is_not_undone() -> None:
    """T7, R3.6: the one that was texted to the number itself has come to no thief; its owner may use it."""
    service = Service(texts_account=True)
    service.signed_in_by_text()
    password = service.replies()[0].split("password ")[1].split(" ")[0]
    service.text("NO")
    service.passwords.sign_in(ADAS_NUMBER, password, LAPTOP, HOME)


def test_t7_what_begins_once_no_was_carried_out_is_left_alone() -> None:
    """T7: should the same NO come once again, because only its answer was lost, it is answered, and undoes no more."""
    service = with_ada()
    service.signed_in_by_text()
    service.failing(0, "texts.send")
    with pytest.raises(ConnectionError):
        service.text("NO", message_id="STOP")
    service.session("LATER")
    service.replies()
    service.text("NO", message_id="STOP")
    assert living(service) == {"LATER"}
    assert service.replies() == [stopped_text(APP, done=True)]


def test_t7_a_stranger_s_no_ends_nothing() -> None:
    """T7: a number without an account has nothing to end, and gets no account by it."""
    service = with_ada()
    grant = service.signed_in_by_text()
    service.text("NO", "+447700900999")
    assert living(service) == {grant.session_id}
    assert service.replies("+447700900999") == [stopped_text(APP, done=False)]
    assert "tel:+447700900999" not in service.rows.logins


def test_t7_no_works_past_the_limit_of_replies() -> None:
    """T7: however often the number was told why not, NO is answered; and past its own limit it ends sessions still."""
    service = with_ada()
    for _ in range(4):
        service.text("Hello")
    service.replies()
    for _ in range(ANSWERS_TO_NO_PER_NUMBER.count):
        service.text("NO")
    assert len(service.replies()) == ANSWERS_TO_NO_PER_NUMBER.count
    service.wait(1)
    grant = service.signed_in_by_text()
    service.replies()
    service.text("NO")
    assert grant.session_id not in living(service)
    assert service.replies() == []


def test_t7_no_is_understood_in_whatever_sentence_follows() -> None:
    """T7: the rest of the message does not matter, even where it happens to be as long as an identifier."""
    service = with_ada()
    service.signed_in_by_text()
    service.text("No that was not me please cancel")
    assert living(service) == set()


@pytest.mark.parametrize("said", ["No problem! ", "NO\n\n> ", "Not me: "])
def test_t7_no_counts_before_a_code_in_the_same_message(said: str) -> None:
    """T7: whoever quotes the text that they were sent behind their NO has said NO, and lets nobody in by it."""
    service = with_ada()
    grant = service.signed_in_by_text()
    started = service.start_phone()
    service.text(f"{said}{started.sms.body if started.sms else ''}")
    assert service.sign_in(started).status == "started"
    assert grant.session_id not in living(service)
