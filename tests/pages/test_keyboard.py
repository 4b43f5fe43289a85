"""The pages without a mouse: what has the focus, and where it goes."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.pages.devices import Devices
from tests.pages.people import approver, asking, ended, heading, is_in, prompts, shown_code

pytestmark = pytest.mark.e2e

MOST_STOPS = 30


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until this has the focus; it must show that it has."""
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        if target.evaluate("(element) => element === document.activeElement"):
            break
    expect(target).to_be_focused()
    assert target.evaluate("(element) => getComputedStyle(element).outlineStyle") != "none"


def test_a_sign_in_is_asked_for_and_allowed_by_keys_only(devices: Devices) -> None:
    """WCAG 2.1.1: typing, Tab and Enter do it all on both devices, and the focus follows what is new."""
    login, phone = approver(devices)
    pc = devices.new("/sign-in")
    tab_to(pc, pc.get_by_label("Username, email address or phone number"))
    pc.keyboard.type(login)
    pc.keyboard.press("Enter")
    code = shown_code(pc)
    expect(heading(pc)).to_have_text("Waiting for your device")
    expect(heading(pc)).to_be_focused()
    tab_to(phone, prompts(phone).get_by_role("button", name=f"Allow: it shows {code}"))
    phone.keyboard.press("Enter")
    is_in(pc)
    expect(heading(pc)).to_be_focused()
    expect(ended(phone)).to_be_focused()
    expect(phone.locator(".prompt")).to_have_count(0)
    expect(heading(phone)).to_be_focused()


def test_a_card_that_closes_under_the_focus_keeps_it(devices: Devices) -> None:
    """WCAG 2.4.3: the focus goes to what the card says now; nobody is thrown to the top of the page."""
    login, phone = approver(devices)
    with asking(devices.stack, login) as sign_in:
        tab_to(phone, prompts(phone).get_by_role("button", name="Deny"))
        sign_in.cancel()
        expect(ended(phone)).to_have_text("Ada's PC gave up.")
        expect(ended(phone)).to_be_focused()


def test_the_first_stop_skips_to_the_content(devices: Devices) -> None:
    """WCAG 2.4.1: the link shows up when it is reached, and takes the focus past the header; nothing is drawn anew."""
    for path in ("/", "/scan"):
        page = devices.new(path)
        expect(heading(page)).to_be_visible()
        page.evaluate("document.querySelector('h1').dataset.mark = 'same'")
        page.keyboard.press("Tab")
        link = page.get_by_role("link", name="Skip to the content")
        expect(link).to_be_focused()
        expect(link).to_be_in_viewport()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.querySelector('main').contains(document.activeElement)")
        expect(heading(page)).to_have_attribute("data-mark", "same")


def test_a_question_is_asked_in_a_dialog_that_escape_leaves(devices: Devices) -> None:
    """WCAG 2.1.2: the focus is in the dialog, stays there, and is back where it was afterwards."""
    _, page = approver(devices)
    button = page.locator(".session").get_by_role("button", name="Sign out")
    tab_to(page, button)
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Keep")).to_be_focused()
    page.keyboard.press("Tab")
    expect(dialog.get_by_role("button", name="Sign out")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(button).to_be_focused()
    expect(page.locator(".session")).to_have_count(1)
