"""NO, texted back: whoever was talked into sending a code ends what it let in (T7)."""

from typing import Any

import pytest

from nod.domain.pushes import SessionEnded
from nod.domain.sign_in import Approver
from nod.domain.texts import stopped_text
from nod.errors import InvalidToken
from nod.flows.granting import Grant
from tests.builders import ADA, ADAS_NUMBER, APP, GRACE, GRACES_NUMBER
from tests.unit.service import Service


def with_ada(**parameters: Any) -> Service:
    """A service where Ada's number has an account, as has Grace's."""
    service = Service(**parameters)
    service.account("ada", ADAS_NUMBER)
    service.account("grace", GRACES_NUMBER, account_id=GRACE)
    return service


def who(grant: Grant) -> Approver:
    """Whom a grant speaks for."""
    return Approver(grant.account_id, grant.session_id)


def living(service: Service, account_id: str = ADA) -> set[str]:
    """The sessions of an account."""
    return {one.session_id for one in service.rows.sessions.values() if one.account_id == account_id}


def test_t7_no_ends_the_session_that_a_text_let_in() -> None:
    """T7: its tokens are dead at once, its socket is closed, and the account's others are told."""
    service = with_ada()
    service.approver("PC")
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
    assert service.replies() == [stopped_text(APP, 1)]


def test_t7_no_ends_what_the_session_has_let_in() -> None:
    """T7: whom the thief has let in meanwhile is out too, and what they let in."""
    service = with_ada()
    grant = service.signed_in_by_text()
    child = service.session("CHILD", let_in_by=grant.session_id, method="approval")
    service.session("GRANDCHILD", let_in_by=child.session_id, method="qr")
    service.session("PC")
    service.text("NO")
    assert living(service) == {"PC"}


def test_t7_no_leaves_all_others_alone() -> None:
    """T7: sessions that came otherwise, by another number, for another account, or more than a day ago."""
    service = with_ada()
    service.signed_in_by_text()
    service.wait(24 * 3600)
    old = living(service)
    service.session("PASSWORD")
    service.session("OTHER NUMBER", method="phone", login="+447700900999")
    graces = service.signed_in_by_text(GRACES_NUMBER)
    service.replies()
    service.text("NO")
    assert living(service) == {"PASSWORD", "OTHER NUMBER", *old}
    assert living(service, GRACE) == {graces.session_id}
    assert service.replies() == [stopped_text(APP, 0)]


def test_t7_a_stranger_s_no_ends_nothing() -> None:
    """T7: a number without an account has nothing to end, and gets no account by it."""
    service = with_ada()
    grant = service.signed_in_by_text()
    service.text("NO", "+447700900999")
    assert living(service) == {grant.session_id}
    assert service.replies("+447700900999") == [stopped_text(APP, 0)]
    assert "tel:+447700900999" not in service.rows.logins


def test_t4_no_delivered_again_ends_nothing_more() -> None:
    """T4: a session that began after the NO outlives its second delivery."""
    service = with_ada()
    service.signed_in_by_text()
    service.text("NO", message_id="STOP")
    later = service.signed_in_by_text()
    service.text("NO", message_id="STOP")
    assert living(service) == {later.session_id}


def test_t7_no_works_past_the_limit_of_replies() -> None:
    """T7: however many texts the number has had, NO ends the session; only the reply is left out."""
    service = with_ada()
    grant = service.signed_in_by_text()
    for _ in range(3):
        service.text("Hello")
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


def test_t7_a_code_in_the_same_message_counts_first() -> None:
    """R3.3: a message with the identifier of a sign-in is that, whatever it begins with."""
    service = with_ada()
    started = service.start_phone()
    service.text(f"No problem! {started.sms.body if started.sms else ''}")
    assert service.sign_in(started).status == "allowed"


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
    grant = service.signed_in_by_text()
    service.pushed("socket of PC")
    service.meanwhile["sessions.delete"] = lambda: service.control.end(grant.session_id, by=Approver(ADA, "PC"))
    service.text("NO")
    assert service.pushed("socket of PC") == [SessionEnded(grant.session_id)]
