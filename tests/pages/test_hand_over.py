"""Flow 3 on the pages: a signed-in computer shows QR codes, and lets the phone in that read one (R4.1-R4.5)."""

import io

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from local.camera import QR_CODES, Unreadable
from tests.pages.devices import ANDROID, PHONE, Devices
from tests.pages.people import account, connection, heading, is_in, pick, prompts, shown_code, wrong_number
from tests.stacks import PASSWORD, fresh_number

pytestmark = pytest.mark.e2e


def computer(devices: Devices) -> tuple[str, Page]:
    """A number, and the hand-over page of a computer that a text of that number has signed in."""
    handset = devices.stack.handset()
    page = devices.new("/hand-over", signed_in=devices.stack.texted_in(handset, "Ada's PC"))
    expect(connection(page)).to_have_text("Connected")
    return handset.number, page


def phone_of(devices: Devices, path: str = "/scan") -> Page:
    """A phone that is not signed in."""
    return devices.new(path, agent=ANDROID, viewport=PHONE)


def ask_for_code(phone: Page, number: str) -> None:
    """Say who the phone belongs to."""
    phone.get_by_label("Phone number with its country code").fill(number)
    phone.get_by_role("button", name="Show me a code").click()
    expect(heading(phone)).to_have_text("Point the camera at the code on your computer")


def codes(page: Page) -> Locator:
    """The pictures on a hand-over page."""
    return page.locator(".qr img")


def scanned(picture: Locator) -> str:
    """What a camera reads on the screen, pixel by pixel."""
    picture.scroll_into_view_if_needed()
    expect(picture).to_have_js_property("complete", value=True)
    with Image.open(io.BytesIO(picture.screenshot())) as seen:
        found = zxingcpp.read_barcodes(seen.convert("L"), formats=QR_CODES)
    if len(found) != 1:
        raise Unreadable(f"there are {len(found)} QR codes on the screen")
    link: str = found[0].text
    return link


def test_r4_5_a_phone_reads_the_code_and_is_let_in(devices: Devices) -> None:
    """R4.1-R4.5: from the number to the session; the link's fragment leaves the address bar at once."""
    number, pc = computer(devices)
    phone = phone_of(devices)
    ask_for_code(phone, number)
    expect(pc.get_by_role("heading", name="Chrome · Android wants to be let in")).to_be_visible()
    devices.expect_resumed()
    phone.goto(scanned(codes(pc)))
    code = shown_code(phone)
    assert phone.url == f"{devices.stack.endpoints.web}/scan"
    expect(codes(pc)).to_have_count(0)
    expect(prompts(pc)).to_contain_text("Chrome · Android has read the code on this computer")
    pick(pc, code)
    is_in(phone)
    phone.get_by_role("link", name="Go to my devices").click()
    expect(phone.locator(".session", has_text="this device")).to_contain_text("let in by Ada's PC")


def test_q3_a_wrong_number_refuses_the_phone(devices: Devices) -> None:
    """R4.5: who picks another number than the phone shows lets nobody in, and the phone is told."""
    number, pc = computer(devices)
    devices.expect_statuses(403)
    devices.expect_resumed()
    phone = phone_of(devices)
    ask_for_code(phone, number)
    phone.goto(scanned(codes(pc)))
    pick(pc, wrong_number(pc, shown_code(phone)))
    expect(heading(phone)).to_have_text("Your request was refused")


def test_q4_a_phone_that_asked_for_nothing_is_told_to_ask_first(devices: Devices) -> None:
    """Q4: the link alone does nothing; the page says so, clears the address, and asks who the person is."""
    number, pc = computer(devices)
    ask_for_code(phone_of(devices), number)
    stranger = phone_of(devices, scanned(codes(pc)))
    expect(stranger.get_by_role("alert")).to_contain_text("Say first who you are")
    assert "#" not in stranger.url
    expect(codes(pc)).to_have_count(1)
    ask_for_code(stranger, number)
    expect(codes(pc)).to_have_count(2)


def test_r4_3_a_code_is_renewed_before_it_grows_old(devices: Devices) -> None:
    """R4.3: after 25 of its 30 seconds another picture stands there, in the same place, and works."""
    handset = devices.stack.handset()
    pc = devices.new(signed_in=devices.stack.texted_in(handset, "Ada's PC"))
    pc.clock.install()
    pc.goto("/hand-over")
    expect(connection(pc)).to_have_text("Connected")
    phone = phone_of(devices)
    ask_for_code(phone, handset.number)
    old = scanned(codes(pc))
    address = codes(pc).get_attribute("src") or ""
    pc.clock.fast_forward(26_000)
    expect(codes(pc)).not_to_have_attribute("src", address)
    fresh = scanned(codes(pc))
    assert fresh != old
    devices.expect_resumed()
    phone.goto(fresh)
    pick(pc, shown_code(phone))
    is_in(phone)


def test_r4_3_a_reload_loses_no_code(devices: Devices) -> None:
    """R4.3: the page that was loaded anew shows a code for the phone that waits."""
    number, pc = computer(devices)
    ask_for_code(phone_of(devices), number)
    expect(codes(pc)).to_have_count(1)
    pc.reload()
    expect(codes(pc)).to_have_count(1)
    assert scanned(codes(pc)).startswith(f"{devices.stack.endpoints.web}/scan#scan_token=")


def test_r4_3_two_pages_show_codes_of_their_own(devices: Devices) -> None:
    """R4.3, Q5: two computers, two codes; the one that was read is asked, and both codes are gone."""
    handset = devices.stack.handset()
    pages = [devices.new("/hand-over", signed_in=devices.stack.texted_in(handset, name)) for name in ("Desk", "Laptop")]
    for page in pages:
        expect(connection(page)).to_have_text("Connected")
    phone = phone_of(devices)
    ask_for_code(phone, handset.number)
    links = [scanned(codes(page)) for page in pages]
    assert len(set(links)) == 2
    devices.expect_resumed()
    phone.goto(links[1])
    code = shown_code(phone)
    for page in pages:
        expect(codes(page)).to_have_count(0)
    expect(prompts(pages[0])).to_have_count(0)
    pick(pages[1], code)
    is_in(phone)


def test_r4_1_a_phone_that_was_signed_in_before_asks_without_a_number(devices: Devices) -> None:
    """R4.1: the account is found by the id that this browser gave when it was signed in."""
    phone = devices.new("/phone")
    phone.get_by_role("button", name="Text to sign in").click()
    number = fresh_number()
    devices.stack.handset(number).send(phone.locator("#sms-body").inner_text())
    is_in(phone)
    pc = devices.new("/hand-over", signed_in=devices.stack.texted_in(devices.stack.handset(number), "Ada's PC"))
    expect(connection(pc)).to_have_text("Connected")
    phone.goto("/approve")
    row = phone.locator(".session", has_text="this device")
    row.get_by_role("button", name="Sign out", exact=True).click()
    phone.get_by_role("dialog").get_by_role("button", name="Sign out").click()
    expect(heading(phone)).to_have_text("You are signed out")
    phone.goto("/scan")
    phone.get_by_role("button", name="This phone was signed in before").click()
    devices.expect_resumed()
    phone.goto(scanned(codes(pc)))
    pick(pc, shown_code(phone))
    is_in(phone)
    phone.get_by_role("link", name="Go to my devices").click()
    expect(row).to_contain_text("by QR code")
    expect(row).not_to_contain_text("device:")


def test_a_phone_that_gives_up_takes_its_code_off_the_page(devices: Devices) -> None:
    """The page says that there is no phone any more, also where it has shown its number already."""
    number, pc = computer(devices)
    phone = phone_of(devices)
    ask_for_code(phone, number)
    expect(codes(pc)).to_have_count(1)
    phone.get_by_role("button", name="Cancel").click()
    expect(codes(pc)).to_have_count(0)
    expect(pc.get_by_text("No phone is asking now.")).to_be_visible()
    ask_for_code(phone, number)
    devices.expect_resumed()
    phone.goto(scanned(codes(pc)))
    shown_code(phone)
    phone.get_by_role("button", name="Cancel").click()
    expect(heading(phone)).to_have_text("Sign in by QR code")
    expect(prompts(pc)).to_have_count(0)


def test_r4_1_an_account_without_a_number_adds_one_and_lets_its_phone_in(devices: Devices) -> None:
    """R4.1: a username leads no phone here; the page says so, and takes a number that a text proves."""
    _, device = account(devices.stack, "Ada's PC", "desktop")
    pc = devices.new("/hand-over", signed_in=device)
    expect(pc.get_by_text("add its number to your account first")).to_be_visible()
    pc.get_by_text("Add my phone number").click()
    number = fresh_number()
    pc.get_by_label("Phone number with its country code").fill("ada")
    pc.get_by_role("button", name="Add the number").click()
    expect(pc.get_by_role("alert")).to_contain_text("This is no phone number")
    pc.get_by_label("Phone number with its country code").fill(number)
    pc.get_by_role("button", name="Add the number").click()
    devices.stack.handset(number).send(pc.locator("#sms-body").inner_text())
    expect(pc.get_by_text(f"the number is {number}")).to_be_visible()
    phone = phone_of(devices)
    ask_for_code(phone, number)
    devices.expect_resumed()
    phone.goto(scanned(codes(pc)))
    pick(pc, shown_code(phone))
    is_in(phone)


def test_what_is_no_code_is_not_sent(devices: Devices) -> None:
    """R4.4: a code that is none of ours is said to be the wrong one, and the next one is read."""
    number, pc = computer(devices)
    phone = phone_of(devices)
    ask_for_code(phone, number)
    link = scanned(codes(pc))
    for wrong in ("https://example.com/menu", "https://example.com/#scan=1"):
        phone.get_by_label("Link").fill(wrong)
        phone.get_by_role("button", name="Read it").click()
        expect(phone.get_by_role("alert")).to_contain_text("That was not the right code")
    assert not any(url.endswith("/scan") and "/sign-ins/" in url for url in devices.watch.urls)
    phone.get_by_label("Link").fill(link)
    phone.get_by_role("button", name="Read it").click()
    pick(pc, shown_code(phone))
    is_in(phone)


def test_who_was_led_to_sign_in_goes_on_where_it_wanted(devices: Devices) -> None:
    """R4.3: the computer's page leads to the sign-in, and that leads back to it."""
    login, _ = account(devices.stack)
    pc = devices.new("/hand-over")
    pc.wait_for_url("**/sign-in")
    pc.get_by_label("Username, email address or phone number").fill(login)
    pc.get_by_text("Use a password instead").click()
    pc.get_by_label("Password", exact=True).fill(PASSWORD)
    pc.get_by_role("button", name="Sign in with password").click()
    is_in(pc)
    pc.get_by_role("link", name="Let a phone in").click()
    expect(heading(pc)).to_have_text("Let a phone in")
