"""Codes on a page: renewed while their sign-in lives, and there again when the page is opened again (R4.3; Q1, Q5)."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from nod.domain.pushes import QrPush
from nod.domain.scanning import CODES_PER_SIGN_IN
from nod.domain.sign_in import Approver
from nod.errors import InvalidToken, NodError, NotAnswerable, UnknownSignIn, WrongScan
from nod.flows.starting import Started
from tests.builders import ADA, GRACE, LIFETIME, NOW, PHONE
from tests.unit.hand_over import (
    LAPTOP,
    LAPTOPS_PAGE,
    PC,
    PCS_PAGE,
    TABLET,
    begun,
    scanned,
    status,
    stranger_scans,
    with_ada,
)
from tests.unit.service import Service


def renew(service: Service, started: Started, by: Approver = PC) -> QrPush:
    """A page asks for a fresh code."""
    return service.showing.renew(started.sign_in.sign_in_id, by)


def greet(service: Service, who: Approver = PC) -> tuple[list[str], list[QrPush]]:
    """A page says hello: the sign-ins that it is to answer, and the codes that it is to show."""
    prompts, to_scan = service.connecting.open_page(who, f"page of {who.session_id}")
    return [one.sign_in_id for one in prompts], service.showing.show_again(to_scan, who)


# Renewing.


def test_r4_3_a_page_gets_a_fresh_code() -> None:
    """R4.3: of the same sign-in and device, with another token, good for 30 seconds from now."""
    service = with_ada("PC")
    started, first = begun(service)
    service.wait(25)
    second = renew(service, started)
    assert (second.sign_in_id, second.device) == (first.sign_in_id, PHONE)
    assert second.url != first.url
    assert second.svg == f"picture of {second.url}"
    assert second.expires_at == NOW + timedelta(seconds=55)
    assert service.sign_in(started).version == 0


@pytest.mark.parametrize("which", [0, 1])
def test_r4_3_the_code_before_stays_good(which: int) -> None:
    """R4.3: a phone that has just read it is not turned away, though a fresh one is shown."""
    service = with_ada("PC")
    started, first = begun(service)
    service.wait(25)
    codes = [first, renew(service, started)]
    assert service.scan(started, codes[which]).sign_in.status == "pending"


def test_q1_an_old_code_stays_old() -> None:
    """Q1: a fresh one does not make it good again, and is good itself."""
    service = with_ada("PC")
    started, first = begun(service)
    service.wait(30)
    second = renew(service, started)
    with pytest.raises(WrongScan):
        service.scan(started, first)
    assert service.scan(started, second).sign_in.status == "pending"


def test_a8_the_last_code_ends_with_its_sign_in() -> None:
    """A8: the page is told when to take it away."""
    service = with_ada("PC")
    started, _ = begun(service)
    service.wait(100)
    assert renew(service, started).expires_at == NOW + LIFETIME


def test_r4_3_each_page_renews_for_itself() -> None:
    """R4.3: who reads the fresh code of the laptop is to be allowed there, though it opened its page later."""
    service = with_ada("PC")
    started, _ = begun(service)
    service.page("LAPTOP")
    assert service.scan(started, renew(service, started, LAPTOP)).sign_in.approver == "LAPTOP"


def test_r4_3_a_stranger_s_scan_does_not_take_the_code_away() -> None:
    """Q3: what was noted does not show; the page goes on, until a second device scans."""
    service = with_ada("PC")
    started, code = begun(service)
    stranger_scans(service, started, code)
    assert renew(service, started).url != code.url


def test_r4_3_a_sign_in_has_at_most_200_codes() -> None:
    """R4.3: the next one is refused, and those that there are stay good."""
    service = with_ada("PC")
    started, _ = begun(service)
    last = [renew(service, started) for _ in range(CODES_PER_SIGN_IN - 1)][-1]
    with pytest.raises(NotAnswerable) as refusal:
        renew(service, started)
    assert "200" in refusal.value.detail
    assert len(service.sign_in(started).codes) == CODES_PER_SIGN_IN
    assert greet(service) == ([], [])
    assert service.scan(started, last).sign_in.status == "pending"


def scan_it(service: Service, started: Started, code: QrPush) -> None:
    """Its own device scans."""
    service.scan(started, code)


def give_up(service: Service, started: Started, code: QrPush) -> None:
    """The phone gives up."""
    service.cancel(started)


def run_out(service: Service, started: Started, code: QrPush) -> None:
    """Its time runs out."""
    service.wait(LIFETIME.total_seconds())


def void(service: Service, started: Started, code: QrPush) -> None:
    """Two devices scan."""
    stranger_scans(service, started, code)
    with pytest.raises(NodError):
        service.scan(started, code)


@pytest.mark.parametrize("end", [scan_it, give_up, run_out, void])
def test_q1_once_scanned_or_over_there_is_no_further_code(end: Callable[[Service, Started, QrPush], None]) -> None:
    """Q1: neither for a page that renews nor for one that is opened again, and nothing is kept."""
    service = with_ada("PC", "LAPTOP")
    started, code = begun(service)
    end(service, started, code)
    before = service.sign_in(started)
    for session in (PC, LAPTOP):
        with pytest.raises(NotAnswerable):
            renew(service, started, session)
        assert greet(service, session)[1] == []
    assert service.sign_in(started) == before


def test_q5_another_account_s_page_shows_nothing() -> None:
    """Q5: to it the sign-in does not exist, as one that there is not."""
    service = with_ada("PC")
    graces = service.page("GRACES", GRACE)
    started, _ = begun(service)
    with pytest.raises(UnknownSignIn):
        renew(service, started, graces)
    assert greet(service, graces) == ([], [])
    assert service.sign_in(started) == started.sign_in
    with pytest.raises(UnknownSignIn):
        service.showing.renew("NONE", PC)


def test_q5_a_sign_in_of_another_method_has_no_code() -> None:
    """Q5: a page cannot make one of it."""
    service = with_ada("PC")
    service.approver("PHONE")
    approval = service.start()
    with pytest.raises(UnknownSignIn):
        renew(service, approval)
    assert greet(service) == ([], [])


def test_q6_an_ended_session_shows_nothing() -> None:
    """Q6: its page gets no fresh code, also where it has ended since the frame was authorised."""
    service = with_ada("PC", "LAPTOP")
    started, _ = begun(service)
    service.control.end("PC", by=PC)
    with pytest.raises(InvalidToken):
        renew(service, started)
    with pytest.raises(InvalidToken):
        greet(service)
    assert service.sign_in(started) == started.sign_in
    service.meanwhile["sign_ins.add_code"] = lambda: service.control.end("LAPTOP", by=LAPTOP)
    assert greet(service, LAPTOP) == ([], [])


# At the same time.


def test_q1_a_scan_while_a_code_is_renewed_comes_first() -> None:
    """Q1: the page is told that there is nothing to show any more."""
    service = with_ada("PC")
    started, code = begun(service)
    service.meanwhile["sign_ins.add_code"] = lambda: service.scan(started, code)
    with pytest.raises(NotAnswerable):
        renew(service, started)


def test_r4_3_a_renewal_while_it_is_scanned_does_no_harm() -> None:
    """R4.3: the scan goes through; the fresh code is kept, and read by a second device it voids as any other."""
    service = with_ada("PC")
    started, code = begun(service)
    fresh: list[QrPush] = []
    service.meanwhile["sign_ins.scan"] = lambda: fresh.append(renew(service, started))
    assert service.scan(started, code).sign_in.status == "pending"
    assert len(service.sign_in(started).codes) == 2
    stranger_scans(service, started, fresh[0])
    assert status(service, started) == "denied"


# A page that is opened, or opened again.


def test_r1_8_a_page_that_opens_later_shows_what_waits() -> None:
    """R1.8: a code of its own for each phone, oldest first, which works as those that were pushed."""
    service = with_ada("PC")
    phone, _ = begun(service)
    service.wait(5)
    tablet = service.start_qr(TABLET)
    service.page("LAPTOP")
    prompts, codes = greet(service, LAPTOP)
    assert prompts == []
    assert [code.sign_in_id for code in codes] == [one.sign_in.sign_in_id for one in (phone, tablet)]
    assert {code.expires_at for code in codes} == {service.now + timedelta(seconds=30)}
    assert codes[0].device == PHONE
    assert service.scan(phone, codes[0]).sign_in.approver == "LAPTOP"
    assert service.scan(tablet, codes[1], login=TABLET).sign_in.approver == "LAPTOP"


def test_r1_8_the_page_that_was_read_finds_its_prompt_again() -> None:
    """R1.8: and no other page does, which has no code of it to show either."""
    service = with_ada("PC", "LAPTOP")
    started, _, _ = scanned(service)
    assert greet(service) == ([started.sign_in.sign_in_id], [])
    assert greet(service, LAPTOP) == ([], [])


@pytest.mark.parametrize("policy", ["all", "latest"])
def test_q5_a_page_is_asked_of_no_approval(policy: str) -> None:
    """Q5: that is for the approver's connection of the same session, which sees both; other approvers see no scan."""
    service = with_ada("PC", policy=policy)
    phone = service.approver("PHONE")
    service.wait(1)
    service.connect(service.control.alive(PC), "socket of PC", "approve")
    approval = service.start().sign_in.sign_in_id
    scan = scanned(service)[0].sign_in.sign_in_id
    assert greet(service)[0] == [scan]
    assert {one.sign_in_id for one in service.connecting.open_prompts(PC)} == {approval, scan}
    seen = {one.sign_in_id for one in service.connecting.open_prompts(phone)}
    assert seen == ({approval} if policy == "all" else set())


def test_r1_8_what_is_scanned_while_a_page_opens_is_left_out() -> None:
    """R1.8: the other codes are shown."""
    service = with_ada("PC")
    started, code = begun(service)
    service.wait(1)
    tablet = service.start_qr(TABLET)
    service.meanwhile["sign_ins.add_code"] = lambda: service.scan(started, code)
    service.page("LAPTOP")
    _, codes = greet(service, LAPTOP)
    assert [code.sign_in_id for code in codes] == [tablet.sign_in.sign_in_id]


def test_r1_8_a_page_that_greets_is_known_to_be_open() -> None:
    """R1.8: from then on "gone" means gone."""
    service = with_ada("PC", "LAPTOP")
    greet(service)
    assert service.rows.connections[ADA, PCS_PAGE].opened
    service.sockets.open.clear()
    service.start_qr()
    assert [one.connection_id for one in service.rows.connections.values()] == [LAPTOPS_PAGE]
