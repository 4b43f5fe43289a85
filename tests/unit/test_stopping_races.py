"""NO, texted back, while the thief goes on, and where it is delivered again (T4, T7)."""

from contextlib import suppress
from datetime import timedelta

import pytest

from nod.domain.pushes import SessionEnded
from nod.domain.sign_in import Approver
from nod.domain.texts import stopped_text
from nod.errors import Denied, Forbidden, NodError
from tests.builders import ADA, ADAS_NUMBER, APP, GRACES_NUMBER, HOME, LAPTOP
from tests.unit.bindings import to_send
from tests.unit.service import Service
from tests.unit.sessions import let_in_by
from tests.unit.stopping import living, shown, who
from tests.unit.texts import with_ada

# What was allowed and not collected yet.


def test_t7_what_was_allowed_before_no_cannot_be_redeemed() -> None:
    """T7: the text was sent, NO follows before the thief collects: then there is nothing to collect, nor later."""
    service = with_ada()
    started = service.start_phone()
    service.text(started)
    service.wait(1)
    service.text("NO")
    service.wait(1)
    for _ in range(2):
        with pytest.raises(Denied):
            service.redeem(started)
    assert living(service) == set()


def test_t7_what_is_texted_after_no_can_be_redeemed() -> None:
    """T7: NO is about what was; the owner's next text lets in."""
    service = with_ada()
    service.signed_in_by_text()
    service.text("NO")
    service.wait(1)
    assert service.signed_in_by_text().account_id == ADA


def test_t7_no_between_reading_and_redeeming_counts() -> None:
    """T7: where it comes while the thief's redeem is under way, no session is kept."""
    service = with_ada()
    started = service.start_phone()
    service.text(started)
    service.meanwhile["sign_ins.redeem"] = lambda: service.text("NO")
    with pytest.raises(Denied):
        service.redeem(started)
    assert living(service) == set()


@pytest.mark.parametrize("step", ["logins.stop", "sessions.of_account", "sessions.expire"])
def test_t7_what_is_collected_while_no_is_under_way_is_taken_back(step: str) -> None:
    """T7: where the thief collects a moment after NO arrived, there is nothing to collect, or that session ends too."""
    service = with_ada()
    service.signed_in_by_text()
    started = service.start_phone()
    service.text(started)

    def collect() -> None:
        service.wait(0.05)
        with suppress(Denied):
            service.redeem(started)

    service.meanwhile[step] = collect
    service.text("NO")
    assert living(service) == set()


@pytest.mark.parametrize("step", ["sessions.expire", "sockets.post"])
@pytest.mark.parametrize("seconds", [0, 0.05])
def test_t7_who_hears_of_no_lets_nobody_in_any_more(step: str, seconds: float) -> None:
    """T7: a thief with two sessions, one of which ends, uses the other to let a third in, which ends as well."""
    service = with_ada()
    service.signed_in_by_text()
    second = who(service.signed_in_by_text())
    service.connect(service.control.alive(second), "thief's socket")

    def react() -> None:
        service.wait(seconds)
        with suppress(NodError):
            started = service.start("ada")
            service.answer(started, "allow", by=second)
            service.redeem(started)

    service.meanwhile[step] = react
    service.text("NO")
    assert living(service) == set()


def test_t7_a_thief_cannot_hide_behind_a_session_that_it_ends() -> None:
    """T7: once NO has settled, a thief lets X in, and X lets Y in; X ends itself: Y ends as well."""
    service = with_ada()
    service.approver("PC")
    service.wait(1)
    thief = who(service.signed_in_by_text())

    def hide() -> None:
        service.wait(60)
        x = let_in_by(service, thief)
        let_in_by(service, x)
        service.control.end(x.session_id, by=x)

    service.meanwhile["sessions.of_account"] = hide
    service.text("NO")
    assert living(service) == {"PC"}


@pytest.mark.parametrize("seconds", [0, 0.05])
def test_t7_who_hears_of_no_adds_nothing_any_more(seconds: float) -> None:
    """T7: what a thief binds, or sets as password, before the last of its sessions ends is undone as well."""
    service = Service()
    founder = service.control.alive(who(service.signed_in_by_text()))
    service.wait(1)
    service.stores.passwords.set(founder, service.rows.accounts[founder.account_id], "first", service.now)

    def react() -> None:
        service.wait(seconds)
        kept = service.rows.accounts[founder.account_id]
        service.bind(founder, "mallory")
        service.stores.passwords.set(founder, kept, "second", service.now)

    service.meanwhile["sessions.of_account"] = react
    service.text("NO")
    assert living(service, founder.account_id) == set()
    assert shown(service, founder.account_id) == {ADAS_NUMBER}
    assert service.rows.accounts[founder.account_id].password_hash is None


def test_t7_a_password_of_the_thief_s_lets_nobody_in_while_no_is_under_way() -> None:
    """T7: whoever signs in with it after the sessions were ended, and before it is dropped, is out as well."""
    service = Service()
    founder = service.control.alive(who(service.signed_in_by_text()))
    service.passwords.change(founder, None, "the thief's own")
    service.wait(1)

    def sign_in() -> None:
        service.wait(0.05)
        service.passwords.sign_in(ADAS_NUMBER, "the thief's own", LAPTOP, HOME)

    service.meanwhile["passwords.drop"] = sign_in
    service.text("NO")
    assert living(service, founder.account_id) == set()


@pytest.mark.parametrize("step", ["sessions.expire", "sockets.post", "passwords.drop", "sessions.of_account"])
def test_t7_no_outlasts_a_thief_however_long_it_takes(step: str) -> None:
    """T7: while it ends many sessions a thief sets the password anew, signs in by it, and adds a name and a number."""
    service = Service()
    founder = service.control.alive(who(service.signed_in_by_text()))
    service.passwords.change(founder, None, "the thief's own")
    for _ in range(3):
        service.passwords.sign_in(ADAS_NUMBER, "the thief's own", LAPTOP, HOME)
    service.connect(founder, "thief's socket")
    service.wait(60)

    def go_on() -> None:
        service.wait(60)
        with suppress(NodError):
            service.bind(founder, "mallory")
            service.text(to_send(service.bind(founder, GRACES_NUMBER)).body, GRACES_NUMBER)
        with suppress(NodError):
            service.passwords.change(founder, "the thief's own", "another of the thief's")
        with suppress(NodError):
            service.passwords.sign_in(ADAS_NUMBER, "another of the thief's", LAPTOP, HOME)
        with suppress(NodError):
            service.passwords.sign_in(ADAS_NUMBER, "the thief's own", LAPTOP, HOME)

    service.meanwhile[step] = go_on
    service.text("NO")
    assert living(service, founder.account_id) == set()
    assert shown(service, founder.account_id) == {ADAS_NUMBER}
    assert service.rows.accounts[founder.account_id].password_hash is None
    assert "thief's socket" not in service.sockets.open


@pytest.mark.parametrize("breaks_off", [True, False])
@pytest.mark.parametrize("method", ["by its session", "by a password"])
def test_t7_a_thief_that_signs_itself_out_leaves_nothing(method: str, *, breaks_off: bool) -> None:
    """T7: before NO has looked, or where it broke off and comes again: what was added goes, though nobody is in."""
    service = Service()
    founder = service.control.alive(who(service.signed_in_by_text()))
    if method == "by a password":
        service.passwords.change(founder, None, "the thief's own")

    def slip_away() -> None:
        service.wait(60)
        if method == "by a password":
            service.passwords.sign_in(ADAS_NUMBER, "the thief's own", LAPTOP, HOME)
        else:
            service.passwords.change(founder, None, "the thief's own")
        service.bind(founder, "mallory")
        service.text(to_send(service.bind(founder, GRACES_NUMBER)).body, GRACES_NUMBER)
        service.control.end(founder.session_id, by=Approver(founder.account_id, founder.session_id))

    if breaks_off:
        service.failing(0, "sessions.of_account")
        with pytest.raises(ConnectionError):
            service.text("NO", message_id="STOP")
        slip_away()
    else:
        service.meanwhile["sessions.of_account"] = slip_away
    service.text("NO", message_id="STOP")
    assert living(service, founder.account_id) == set()
    assert shown(service, founder.account_id) == {ADAS_NUMBER}
    assert service.rows.accounts[founder.account_id].password_hash is None


def test_t7_no_takes_back_what_waits_for_an_approver() -> None:
    """T7: whoever allows it after the NO lets nobody in."""
    service = with_ada(asks_about_phones=True)
    pc = service.approver("PC")
    service.wait(1)
    started = service.start_phone()
    service.text(started)
    service.wait(1)
    service.text("NO")
    service.wait(1)
    service.answer(
        started, "allow", by=pc, code=service.rows.prompts[ADA, started.sign_in.sign_in_id].verification.code
    )
    with pytest.raises(Denied):
        service.redeem(started)
    assert living(service) == {"PC"}


def test_t7_no_beside_the_text_it_is_about_undoes_it() -> None:
    """T7: what the text lets in until NO itself is written down counts as what was there before it."""
    service = with_ada()
    started = service.start_phone()
    service.meanwhile["logins.stop"] = lambda: service.text(started)
    service.text("NO")
    with pytest.raises(Denied):
        service.redeem(started)
    assert service.replies()[-1] == stopped_text(APP, done=True)


def test_t7_a_session_is_younger_than_the_text_that_let_it_in() -> None:
    """T7, S4: also where the clock of whoever redeems it is behind: NO ends it, and it takes no number away."""
    service = Service()
    started = service.start_phone()
    service.wait(5)
    service.text(started)
    service.now -= timedelta(seconds=3)
    thief = service.control.alive(who(service.redeem(started)))
    service.stores.accounts.bind(thief, "user:mallory", thief.signed_in_at)
    service.stores.passwords.set(thief, service.rows.accounts[thief.account_id], "the thief's", thief.signed_in_at)
    with pytest.raises(Forbidden):
        service.binding.unbind(thief, ADAS_NUMBER)
    service.wait(60)
    service.text("NO")
    assert living(service, thief.account_id) == set()


def test_t7_what_lost_its_number_cannot_be_redeemed() -> None:
    """T7, R1.2: a number that is unbound after its text arrived lets nobody into the account that it has left."""
    service = with_ada()
    started = service.start_phone()
    service.text(started)
    service.binding.unbind(service.session("PC"), ADAS_NUMBER)
    with pytest.raises(Denied):
        service.redeem(started)
    assert living(service) == {"PC"}


def test_t4_no_delivered_again_ends_nothing_more() -> None:
    """T4: a session that began after the NO outlives its second delivery."""
    service = with_ada()
    service.signed_in_by_text()
    service.text("NO", message_id="STOP")
    service.wait(60)
    later = service.signed_in_by_text()
    service.text("NO", message_id="STOP")
    assert living(service) == {later.session_id}


def test_t4_no_that_is_resumed_ends_nothing_more() -> None:
    """T4: where the reply failed, the next delivery tells, and undoes nothing that came after NO first arrived."""
    service = Service()
    founder = service.control.alive(who(service.signed_in_by_text()))
    service.wait(60)
    service.failing(0, "texts.send")
    with pytest.raises(ConnectionError):
        service.text("NO", message_id="STOP")
    service.wait(60)
    later = service.signed_in_by_text()
    session = service.control.alive(who(later))
    service.wait(24 * 3600 - 120)
    service.stores.accounts.bind(session, "user:ada", service.now)
    account = service.rows.accounts[founder.account_id]
    service.stores.passwords.set(session, account, "hers", service.now)
    service.replies()
    service.text("NO", message_id="STOP")
    assert service.replies() == [stopped_text(APP, done=True)]
    assert living(service, founder.account_id) == {later.session_id}
    assert shown(service, founder.account_id) == {ADAS_NUMBER, "ada", "device:phone-1"}
    assert service.rows.accounts[founder.account_id].password_hash == "hers"


@pytest.mark.parametrize(
    "step", ["accounts.get", "logins.stop", "sessions.of_account", "sessions.expire", "accounts.release"]
)
def test_t4_no_that_breaks_off_is_finished_by_the_next_delivery(step: str) -> None:
    """T4, T7: wherever it fails, the gateway's next delivery undoes the rest."""
    service = Service()
    founder = service.control.alive(who(service.signed_in_by_text()))
    service.wait(1)
    service.stores.accounts.bind(founder, "user:mallory", service.now)
    service.failing(0, step)
    with pytest.raises(ConnectionError):
        service.text("NO", message_id="STOP")
    service.wait(1)
    service.text("NO", message_id="STOP")
    assert living(service, founder.account_id) == set()
    assert shown(service, founder.account_id) == {ADAS_NUMBER}


def test_t7_a_no_whose_reply_failed_has_ended_all_the_same() -> None:
    """T7: where only the text could not be sent the sessions are ended, and the next delivery replies."""
    service = with_ada()
    service.signed_in_by_text()
    service.replies()
    service.texts.out_of_order = True
    with pytest.raises(ConnectionError):
        service.text("NO", message_id="STOP")
    assert living(service) == set()
    service.texts.out_of_order = False
    service.text("NO", message_id="STOP")
    assert len(service.replies()) == 1


def test_t7_what_ends_meanwhile_is_no_error() -> None:
    """T7: a session that its owner ends at the same moment is told of once."""
    service = with_ada()
    service.approver("PC")
    service.wait(1)
    grant = service.signed_in_by_text()
    service.pushed("socket of PC")
    service.meanwhile["sessions.expire"] = lambda: service.control.end(grant.session_id, by=Approver(ADA, "PC"))
    service.text("NO")
    assert service.pushed("socket of PC") == [SessionEnded(grant.session_id)]
