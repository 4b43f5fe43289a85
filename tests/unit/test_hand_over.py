"""A phone asks for a QR code on a page that a signed-in PC has open (R4.1-R4.3; attacks Q5, A1, A4, A12)."""

from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest

from nod.domain.connections import CONNECTION_LIFETIME
from nod.domain.identifiers import fingerprint
from nod.domain.pushes import QrPush
from nod.domain.scanning import parse_scan_token
from nod.errors import Forbidden, InvalidRequest, NoPageOpen, SlowDown, UnknownLogin
from tests.builders import ADA, ADAS_NUMBER, GRACE, GRACES_NUMBER, LIFETIME, NOW, PHONE
from tests.unit.hand_over import (
    LAPTOP,
    LAPTOPS_PAGE,
    LOGIN,
    PC,
    PCS_PAGE,
    TABLET,
    begun,
    code_on,
    counted,
    open_prompts,
    scanned,
    status,
    with_ada,
)
from tests.unit.service import Service

# Codes appear.


def test_r4_3_an_open_page_shows_a_code() -> None:
    """R4.3: it says which device asks, holds a picture of the link, and is good for 30 seconds."""
    service = with_ada("PC")
    started = service.start_qr()
    (code,) = service.pushed(PCS_PAGE)
    assert isinstance(code, QrPush)
    assert (code.sign_in_id, code.device) == (started.sign_in.sign_in_id, PHONE)
    assert code.url.startswith("https://app.example.com/phone#scan_token=")
    assert code.svg == f"picture of {code.url}"
    assert code.expires_at == NOW + timedelta(seconds=30)
    kept = service.sign_in(started)
    assert (kept.method, kept.status, kept.account_id, kept.login) == ("qr", "started", ADA, LOGIN)
    assert kept.expires_at == NOW + LIFETIME
    assert started.verification.code is None


def test_r4_3_no_code_is_shown_before_it_is_kept() -> None:
    """R4.3: when a page gets its code, the sign-in and what is kept of the code are there."""
    service = with_ada("PC")
    kept: list[int] = []
    service.meanwhile["sockets.post"] = lambda: kept.extend(len(one.codes) for one in service.rows.sign_ins.values())
    service.start_qr()
    assert kept == [1]


def test_r4_3_each_page_shows_a_code_of_its_own() -> None:
    """R4.3: so that the one that is read says which session it was on, two pages of one session included."""
    service = with_ada("PC", "LAPTOP")
    service.connect(service.control.alive(PC), "second page of PC", "hand_over")
    started = service.start_qr()
    pages = {PCS_PAGE: "PC", "second page of PC": "PC", LAPTOPS_PAGE: "LAPTOP"}
    tokens = {page: code_on(service, page).url.partition("#scan_token=")[2] for page in pages}
    assert len(set(tokens.values())) == 3
    assert {parse_scan_token(token).sign_in_id for token in tokens.values()} == {started.sign_in.sign_in_id}
    hashes = {page: fingerprint(parse_scan_token(token).secret) for page, token in tokens.items()}
    kept = {code.secret_hash: code.session_id for code in service.sign_in(started).codes}
    assert kept == {hashes[page]: session_id for page, session_id in pages.items()}


def test_r4_3_several_phones_are_shown_beside_each_other() -> None:
    """R4.3: each of them by a code of its own sign-in, which tells the device that asks."""
    service = with_ada("PC")
    tablet = msgspec.structs.replace(PHONE, type="tablet", name="Ada's tablet")
    phone, other = service.start_qr(), service.start_qr(TABLET, device=tablet)
    codes = service.shown(PCS_PAGE)
    assert [code.sign_in_id for code in codes] == [one.sign_in.sign_in_id for one in (phone, other)]
    assert [code.device.name for code in codes] == ["Ada's phone", "Ada's tablet"]
    assert service.scan(other, codes[1], login=TABLET).sign_in.status == "pending"
    assert service.scan(phone, codes[0]).sign_in.status == "pending"


@pytest.mark.parametrize("spelling", ["+44 7700 900123", "0044 7700 900123", "+44 (0)7700 900123"])
def test_r4_2_a_number_is_known_in_any_spelling(spelling: str) -> None:
    """R4.2: as with any login; what the phone sends with the scan may be spelled otherwise, too."""
    service = with_ada("PC")
    started = service.start_qr(spelling)
    assert service.scan(started, code_on(service), login=spelling).sign_in.status == "pending"


@pytest.mark.parametrize("login", ["ada", "ada@example.com", "device:", "device:a b", "07700 900123"])
def test_r4_2_only_a_number_or_a_device_asks(login: str) -> None:
    """R4.2: other logins are refused before anything is looked up."""
    service = with_ada("PC")
    service.calls.clear()
    with pytest.raises(InvalidRequest):
        service.start_qr(login)
    assert service.calls == []


def test_r4_3_without_a_page_for_phones_there_is_no_hand_over() -> None:
    """R4.3: a stack that names no such page refuses before anything is looked up."""
    service = with_ada("PC", phone_page="")
    service.calls.clear()
    with pytest.raises(Forbidden):
        service.start_qr()
    assert service.calls == []


def test_r4_4_nothing_can_be_answered_before_the_scan() -> None:
    """R4.4: while the code is shown no session of the account sees a prompt."""
    service = with_ada("PC", "LAPTOP")
    service.start_qr()
    assert open_prompts(service, PC) == open_prompts(service, LAPTOP) == []


# Whose pages.


def test_q5_only_open_pages_of_the_account_show_codes() -> None:
    """Q5: not approvers of the account, not the device that waits, not another account's page."""
    service = with_ada("PC")
    service.approver("PHONE")
    service.page("GRACES", GRACE)
    service.connect(service.control.alive(PC), "socket of PC", "approve")
    waiter = service.waiting(service.start_qr())
    service.start_qr(TABLET)
    for connection_id in ("socket of PHONE", "page of GRACES", "socket of PC", waiter):
        assert service.pushed(connection_id) == []
    assert len(service.shown(PCS_PAGE)) == 2


@pytest.mark.parametrize("others", [[], ["approve"], ["page of Grace"], ["approve", "page of Grace"]])
def test_q5_without_a_page_nothing_happens(others: list[str]) -> None:
    """Q5: opening the page is the consent; without it nothing is pushed, kept or counted, and the phone is told."""
    service = with_ada()
    if "approve" in others:
        service.approver("PHONE")
    if "page of Grace" in others:
        service.page("GRACES", GRACE)
    with pytest.raises(NoPageOpen):
        service.start_qr()
    assert service.sockets.posted == {}
    assert (service.rows.sign_ins, service.rows.prompts) == ({}, {})
    assert counted(service) == 0


def test_q5_a_page_that_should_be_closed_by_now_is_none() -> None:
    """Q5: after the two hours that a connection lives its row stands for nothing."""
    service = with_ada("PC")
    service.wait(CONNECTION_LIFETIME.total_seconds())
    with pytest.raises(NoPageOpen):
        service.start_qr()
    assert service.pushed(PCS_PAGE) == []


def test_q5_pages_that_turn_out_to_be_gone_are_none() -> None:
    """Q5: the phone is told so, nothing stays open, and it costs the login nothing."""
    service = with_ada("PC", "LAPTOP")
    service.hang_up(PCS_PAGE, LAPTOPS_PAGE)
    for _ in range(11):
        with pytest.raises(NoPageOpen):
            service.start_qr()
        for session in (PC, LAPTOP):
            service.connect(service.control.alive(session), f"another page of {session.session_id}", "hand_over")
        service.hang_up("another page of PC", "another page of LAPTOP")
    assert {one.status for one in service.rows.sign_ins.values()} == {"cancelled"}
    assert service.rows.prompts == {}
    assert counted(service) == 0
    assert (ADA, PCS_PAGE) not in service.rows.connections


def test_q5_one_page_is_enough() -> None:
    """Q5: where some are gone the others show their codes, and those that are gone are forgotten."""
    service = with_ada("PC", "LAPTOP")
    service.hang_up(PCS_PAGE)
    started = service.start_qr()
    assert service.scan(started, code_on(service, LAPTOPS_PAGE)).sign_in.approver == "LAPTOP"
    assert [one.connection_id for one in service.rows.connections.values()] == [LAPTOPS_PAGE]


def test_r1_8_a_page_that_is_about_to_open_counts() -> None:
    """R1.8: one whose handshake is under way is not given up; its `hello` brings the code."""
    service = with_ada("PC")
    service.sockets.open.clear()
    started = service.start_qr()
    assert status(service, started) == "started"
    assert (ADA, PCS_PAGE) in service.rows.connections


# Limits.


def test_a1_ten_codes_in_ten_minutes() -> None:
    """A1: the eleventh phone in ten minutes is shown to nobody, and told when to come again; so is any other."""
    service = with_ada("PC")
    for _ in range(10):
        service.cancel(service.start_qr())
    service.pushed(PCS_PAGE)
    with pytest.raises(SlowDown) as refusal:
        service.start_qr()
    assert refusal.value.retry_after is not None
    assert service.pushed(PCS_PAGE) == []
    assert counted(service) == 10
    assert len(service.rows.sign_ins) == 10
    service.wait(refusal.value.retry_after)
    service.start_qr()
    assert len(service.shown(PCS_PAGE)) == 1


def test_a1_each_login_and_each_way_is_counted_by_itself() -> None:
    """A1: what was asked for by number holds back neither the tablet, nor prompts, nor another account."""
    service = with_ada("PC")
    service.page("GRACES", GRACE)
    service.approver("PHONE")
    for _ in range(10):
        service.cancel(service.start_qr())
    assert service.start_qr(TABLET).sign_in.status == "started"
    assert service.start_qr(GRACES_NUMBER).sign_in.status == "started"
    assert service.start(ADAS_NUMBER).sign_in.status == "pending"
    assert counted(service, "prompts") == 1


def test_a1_a_success_is_forgotten() -> None:
    """A1: who was let in starts counting afresh."""
    service = with_ada("PC")
    for _ in range(9):
        service.cancel(service.start_qr())
    service.pushed(PCS_PAGE)
    started, _, done = scanned(service)
    service.answer(started, "allow", by=PC, code=done.verification.code)
    assert counted(service) == 10
    service.redeem(started)
    assert counted(service) == 0


def test_a1_an_address_starts_so_many_a_minute() -> None:
    """A1: across logins, and whether they exist or not."""
    service = with_ada("PC", starts_per_minute=3)
    service.start_qr()
    service.start_qr(TABLET)
    with pytest.raises(UnknownLogin):
        service.start_qr("+447700900999")
    for login in (ADAS_NUMBER, "+447700900999"):
        with pytest.raises(SlowDown):
            service.start_qr(login)
    assert len(service.shown(PCS_PAGE)) == 2


def report(service: Service) -> None:
    """What Ada's number asked for is reported by her PC."""
    started, _, _ = scanned(service)
    service.answer(started, "report", by=PC)
    service.pushed(PCS_PAGE)


def test_a12_a_report_holds_further_codes_back() -> None:
    """A12: for 15 minutes no page shows a code for that number; the tablet is another login."""
    service = with_ada("PC")
    report(service)
    with pytest.raises(SlowDown) as refusal:
        service.start_qr()
    assert refusal.value.retry_after == 901
    assert service.pushed(PCS_PAGE) == []
    assert counted(service) == 1
    with pytest.raises(SlowDown):
        service.start(ADAS_NUMBER)
    service.start_qr(TABLET)
    service.wait(900)
    service.start_qr()
    assert len(service.shown(PCS_PAGE)) == 2


# Concealed accounts.


def no_page(service: Service) -> str:
    """Nobody has a page open."""
    service.connecting.close(PCS_PAGE, ADA)
    return ADAS_NUMBER


def held_back(service: Service) -> str:
    """Reports hold the number back, and a page is open."""
    report(service)
    return ADAS_NUMBER


def unknown(service: Service) -> str:
    """There is no such number."""
    return "+447700900999"


@pytest.mark.parametrize("prepare", [no_page, held_back, unknown])
def test_a4_whether_there_is_an_account_stays_concealed(prepare: Callable[[Service], str]) -> None:
    """A4: no page, a hold and an unknown number give the same answer, by the same calls, and keep nothing."""
    service = with_ada("PC", conceal=True)
    login = prepare(service)
    kept, count = dict(service.rows.sign_ins), counted(service)
    service.calls.clear()
    with pytest.raises(NoPageOpen) as refusal:
        service.start_qr(login)
    assert (refusal.value.detail, refusal.value.retry_after) == (NoPageOpen().detail, None)
    assert service.calls == ["throttles.recall", "throttles.count", "logins.find_for_stranger", "connections.of"]
    assert (service.rows.sign_ins, counted(service)) == (kept, count)
    assert service.pushed(PCS_PAGE) == []


def test_a4_where_nothing_is_concealed_the_phone_is_told_why() -> None:
    """A4: an unknown login is 404 on other stacks."""
    service = with_ada("PC")
    with pytest.raises(UnknownLogin):
        service.start_qr("+447700900999")
    with pytest.raises(UnknownLogin):
        service.start_qr("device:nobody-s")


def test_a4_a_page_shows_codes_where_accounts_are_concealed() -> None:
    """A4: whoever has a page open for it is handed over to all the same."""
    service = with_ada("PC", conceal=True)
    started, code = begun(service)
    assert service.scan(started, code).sign_in.status == "pending"
