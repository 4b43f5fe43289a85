"""Flow 2 on the pages: one text message signs a phone up and in (R3.1-R3.6)."""

import re
from urllib.parse import unquote

import pytest
from playwright.sync_api import Page, expect

from local.demo import DEMANDING
from tests.pages.conftest import Serve
from tests.pages.devices import ANDROID, IPHONE, PHONE, Devices
from tests.pages.people import connection, heading, is_in, pick, prompts, shown_code
from tests.stacks import Stack, fresh_number

pytestmark = pytest.mark.e2e


def text_of(page: Page) -> str:
    """The text that the page says to send; it is waiting for it."""
    expect(heading(page)).to_have_text("Waiting for your text message")
    return page.locator("#sms-body").inner_text()


def play(page: Page, number: str) -> None:
    """Send the text with the phone that a local stack's page has."""
    page.get_by_label("From number").fill(number)
    page.get_by_role("button", name="Send the text").click()


def test_r3_4_a_text_makes_the_account_and_a_second_one_finds_it(devices: Devices, stack: Stack) -> None:
    """R3.1-R3.5: a computer and then another are signed in by texts of one number, into one account."""
    number = fresh_number()
    for count in (1, 2):
        pc = devices.new("/phone")
        pc.get_by_role("button", name="Text to sign in").click()
        assert "Never send this for somebody else" in text_of(pc)
        assert pc.locator("a[href^=sms]").count() == 0
        play(pc, number)
        is_in(pc)
        pc.get_by_role("link", name="Go to my devices").click()
        expect(pc.locator(".session")).to_have_count(count)
        expect(pc.locator(".session", has_text="this device")).to_contain_text(f"by text message · {number}")


@pytest.mark.parametrize(("agent", "mark"), [(ANDROID, "?"), (IPHONE, "&")])
def test_r3_1_a_phone_opens_its_messages_with_the_text_in_it(devices: Devices, agent: str, mark: str) -> None:
    """R3.1: one tap leads to the messages, addressed and written, as Android and iPhones want it (RFC 5724)."""
    phone = devices.new("/phone", agent=agent, viewport=PHONE, has_touch=True)
    phone.get_by_role("button", name="Text to sign in").tap()
    body = text_of(phone)
    link = phone.get_by_role("link", name="Open my messages").get_attribute("href") or ""
    start, _, text = link.partition(f"{mark}body=")
    assert (start, unquote(text)) == (f"sms:{devices.stack.network.number}", body)
    assert devices.watch.texts == [link]
    assert re.search(r"Code: [0-9A-Z]{26}\.$", body)


def test_r3_5_a_phone_that_was_left_for_its_messages_goes_on_when_it_comes_back(devices: Devices) -> None:
    """R3.5: the page was loaded anew meanwhile: it shows the same text, and is signed in when that arrives."""
    phone = devices.new("/phone", agent=ANDROID, viewport=PHONE)
    phone.get_by_role("button", name="Text to sign in").click()
    body = text_of(phone)
    devices.expect_resumed()
    phone.reload()
    assert text_of(phone) == body
    devices.stack.handset().send(body)
    is_in(phone)


def test_the_text_can_be_copied(devices: Devices) -> None:
    """The button puts exactly the text into the clipboard, and says that it did."""
    pc = devices.new("/phone", permissions=["clipboard-read", "clipboard-write"])
    pc.get_by_role("button", name="Text to sign in").click()
    body = text_of(pc)
    pc.get_by_role("button", name="Copy the text").click()
    expect(pc.get_by_role("button", name="Copied")).to_be_visible()
    assert pc.evaluate("navigator.clipboard.readText()") == body


def test_t7_a_signed_in_device_must_allow_what_a_text_asks_for(devices: Devices, serve: Serve) -> None:
    """T7: where approval is demanded, the page shows the number to pick, and the prompt says that a text came."""
    stack = serve("nod-asking", **DEMANDING)
    handset = stack.handset()
    first = stack.texted_in(handset)
    approver = devices.new("/approve", stack=stack, signed_in=first)
    expect(connection(approver)).to_have_text("Connected")
    pc = devices.new("/phone", stack=stack)
    pc.get_by_role("button", name="Text to sign in").click()
    play(pc, handset.number)
    expect(prompts(approver)).to_contain_text("has sent a text message")
    pick(approver, shown_code(pc))
    is_in(pc)


def test_what_the_played_phone_is_answered_stays_to_be_read(devices: Devices) -> None:
    """R6.3: the page goes on when the text has arrived; the answer, or why it was refused, stands beside it."""
    pc = devices.new("/phone")
    pc.get_by_role("button", name="Text to sign in").click()
    text_of(pc)
    play(pc, fresh_number())
    is_in(pc)
    expect(pc.get_by_text("The phone got this answer: ")).to_contain_text("Chrome Mac")
    pc = devices.new("/phone")
    pc.get_by_role("button", name="Text to sign in").click()
    play(pc, "INFO")
    expect(pc.get_by_role("status").filter(has_text="The phone got this answer")).not_to_contain_text("{")
    pc.get_by_role("button", name="Cancel").click()
    expect(pc.get_by_role("complementary")).to_have_count(0)
