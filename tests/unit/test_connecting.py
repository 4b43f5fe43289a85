"""WebSocket connections: tickets, what is kept, and what was missed (R1.8, R1.9; attack A13)."""

from datetime import timedelta

import pytest

from nod.domain.device import Device
from nod.domain.identifiers import fingerprint
from nod.domain.prompts import ShownPrompt
from nod.domain.pushes import SessionStarted
from nod.domain.sign_in import Approver
from nod.errors import InvalidToken, NoApproverOnline, SlowDown, UnknownSignIn
from tests.builders import ADA, GRACE, LONGEST, NOW, PHONE, after
from tests.unit.service import Service

ADAS, GRACES = Approver(ADA, "PHONE"), Approver(GRACE, "GRACES")


def service_with_accounts() -> Service:
    """Ada and Grace have accounts, and nobody is connected."""
    service = Service()
    service.account("ada")
    service.account("grace", account_id=GRACE)
    return service


# Tickets.


def test_r1_9_a_session_s_ticket_stands_for_it() -> None:
    """R1.9: it carries the session's facts, so that the handshake needs to look nothing up."""
    service = service_with_accounts()
    mine = service.session("PHONE")
    service.wait(5)
    ticket = service.ticketing.use(service.ticketing.issue(mine, "approve"))
    assert (ticket.owner, ticket.session_id, ticket.purpose) == (ADA, "PHONE", "approve")
    assert (ticket.device, ticket.signed_in_at, ticket.session_ends_at) == (PHONE, NOW, NOW + LONGEST)
    assert ticket.expires_at == service.now + timedelta(seconds=30)


def test_a13_a_ticket_works_once() -> None:
    """A13: the second handshake with the same address is refused."""
    service = service_with_accounts()
    secret = service.ticketing.issue(service.session("PHONE"), "approve")
    service.ticketing.use(secret)
    with pytest.raises(InvalidToken):
        service.ticketing.use(secret)


def test_a13_a_ticket_lasts_thirty_seconds() -> None:
    """A13: one that was not used in time opens nothing."""
    service = service_with_accounts()
    mine = service.session("PHONE")
    for seconds, works in ((29, True), (30, False)):
        secret = service.ticketing.issue(mine, "approve")
        service.wait(seconds)
        if works:
            assert service.ticketing.use(secret).session_id == "PHONE"
        else:
            with pytest.raises(InvalidToken):
                service.ticketing.use(secret)


def test_a1_a_session_opens_so_many_connections() -> None:
    """A1, S2: a thief's is not to have more than can be closed; another session of the account opens its own."""
    service = Service(starts_per_minute=2)
    service.account("ada")
    mine = service.session("PHONE")
    for _ in range(2):
        service.ticketing.issue(mine, "approve")
    with pytest.raises(SlowDown) as refusal:
        service.ticketing.issue(mine, "hand_over")
    assert 0 < (refusal.value.retry_after or 0) <= 600
    service.ticketing.issue(service.session("TABLET"), "approve")
    service.wait(600)
    service.ticketing.issue(mine, "approve")


@pytest.mark.parametrize("guess", ["", "guess"])
def test_a13_a_made_up_ticket_opens_nothing(guess: str) -> None:
    """A13: an unknown ticket is refused, and so is the hash under which a real one is kept."""
    service = service_with_accounts()
    secret = service.ticketing.issue(service.session("PHONE"), "approve")
    for one in (guess, fingerprint(secret)):
        with pytest.raises(InvalidToken):
            service.ticketing.use(one)
    assert secret not in str(service.rows.tickets)


def test_a_waiter_s_ticket_lasts_as_long_as_its_sign_in() -> None:
    """The requesting device may open its connection until its sign-in expires."""
    service = service_with_accounts()
    service.approver("PHONE")
    first, second = service.start(), service.start()
    service.wait(119)
    assert service.ticketing.use(first.waiter_ticket).owner == first.sign_in.sign_in_id
    service.wait(1)
    with pytest.raises(InvalidToken):
        service.ticketing.use(second.waiter_ticket)


# Connections.


def test_r1_8_a_connection_records_who_it_is() -> None:
    """R1.8: device type, name and id, the address of the handshake, the sign-in time and the connected time."""
    service = service_with_accounts()
    mine = service.session("PHONE", device=Device("tablet", "Kitchen", "tablet-1"))
    service.wait(60)
    ticket = service.ticketing.use(service.ticketing.issue(mine, "approve"))
    service.connecting.open("socket", ticket, "2a00:1450::7")
    (kept,) = service.stores.connections.of(ADA)
    assert (kept.connection_id, kept.session_id, kept.purpose) == ("socket", "PHONE", "approve")
    assert kept.device == Device("tablet", "Kitchen", "tablet-1")
    assert (kept.ip, kept.signed_in_at, kept.connected_at) == ("2a00:1450::7", NOW, service.now)


def test_s2_a_session_ended_after_its_ticket_cannot_connect() -> None:
    """S2: a ticket does not outlive its session."""
    service = service_with_accounts()
    mine = service.session("PHONE")
    ticket = service.ticketing.use(service.ticketing.issue(mine, "approve"))
    service.stores.sessions.expire(ADA, "PHONE", service.now)
    with pytest.raises(InvalidToken):
        service.connecting.open("socket", ticket, "81.2.69.160")
    assert service.stores.connections.of(ADA) == []


def test_a13_whose_session_is_over_hears_nothing_more() -> None:
    """A13: a connection that outlives its session's 90 days is neither asked nor told."""
    service = service_with_accounts()
    service.connect(service.session("PHONE", ends_at=after(60)), "socket")
    service.wait(60)
    with pytest.raises(NoApproverOnline):
        service.start()
    tablet = service.approver("TABLET")
    started = service.start()
    service.answer(started, "allow", by=tablet)
    service.redeem(started)
    assert [type(one) for one in service.pushed("socket of TABLET")][-1] is SessionStarted
    assert service.pushed("socket") == []


def test_a_closed_connection_is_forgotten() -> None:
    """Closing forgets that connection, and twice is no error."""
    service = service_with_accounts()
    service.approver("PHONE")
    service.approver("TABLET")
    for _ in range(2):
        service.connecting.close("socket of PHONE", ADA)
    assert [one.session_id for one in service.stores.connections.of(ADA)] == ["TABLET"]


# What was missed.


def test_r1_3_who_connects_late_misses_nothing() -> None:
    """R1.3: `hello` brings the prompts that are open now, oldest first, as they are shown."""
    service = service_with_accounts()
    service.approver("PHONE")
    started = []
    for _ in range(3):
        started.append(service.start().sign_in.sign_in_id)
        service.wait(1)
    late = service.approver("TABLET")
    prompts = service.connecting.open_prompts(late)
    assert [one.sign_in_id for one in prompts] == started
    assert all(type(one) is ShownPrompt for one in prompts)


def test_what_is_over_was_not_missed() -> None:
    """Answered, cancelled and expired sign-ins have no prompt any more."""
    service = service_with_accounts()
    phone = service.approver("PHONE")
    answered, cancelled, left = service.start(), service.start(), service.start()
    service.answer(answered, "deny", by=phone)
    service.cancel(cancelled)
    assert [one.sign_in_id for one in service.connecting.open_prompts(phone)] == [left.sign_in.sign_in_id]
    service.wait(120)
    assert service.connecting.open_prompts(phone) == []


def test_a10_prompts_of_another_account_are_not_shown() -> None:
    """A10: each account sees its own."""
    service = service_with_accounts()
    service.approver("PHONE")
    graces = service.approver("GRACES", GRACE)
    service.start("ada")
    assert service.connecting.open_prompts(graces) == []


@pytest.mark.parametrize("who", [Approver(ADA, "NEVER WAS"), Approver(ADA, "GRACES"), Approver(GRACE, "PHONE")])
def test_a13_a_dead_session_is_shown_nothing(who: Approver) -> None:
    """A13: a connection whose session was ended gets no prompts, nor does one under a foreign name."""
    service = service_with_accounts()
    service.approver("PHONE")
    service.approver("GRACES", GRACE)
    service.start("ada")
    with pytest.raises(InvalidToken):
        service.connecting.open_prompts(who)


def test_r1_6_the_waiting_device_asks_how_it_stands() -> None:
    """R1.6: after a reconnect it learns what it has missed."""
    service = service_with_accounts()
    phone = service.approver("PHONE")
    started = service.start()
    sign_in_id = started.sign_in.sign_in_id
    seen = [service.connecting.standing(sign_in_id)]
    service.answer(started, "allow", by=phone)
    seen.append(service.connecting.standing(sign_in_id))
    service.redeem(started)
    seen.append(service.connecting.standing(sign_in_id))
    assert seen == ["pending", "allowed", "redeemed"]


def test_an_unknown_sign_in_has_no_standing() -> None:
    """There is nothing to tell of a sign-in that is not there."""
    with pytest.raises(UnknownSignIn):
        service_with_accounts().connecting.standing("NONE")
