"""English and Chinese: what the browser prefers, and what the person chooses."""

import pytest
from playwright.sync_api import expect

from tests.pages.devices import Devices
from tests.pages.people import heading

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize(("locale", "title"), [("zh-CN", "登录"), ("zh-TW", "登录"), ("de-DE", "Sign in")])
def test_a_page_speaks_what_the_browser_prefers(devices: Devices, locale: str, title: str) -> None:
    """Chinese for those who read any of it, English for everybody else."""
    expect(heading(devices.new("/sign-in", locale=locale))).to_have_text(title)


def test_the_switch_holds_on_all_pages_from_then_on(devices: Devices) -> None:
    """What was chosen is kept, over what the browser prefers, until something else is chosen."""
    page = devices.new("/sign-in")
    page.get_by_role("combobox", name="Language").select_option("简体中文")
    expect(heading(page)).to_have_text("登录")
    expect(page).to_have_title("登录 · Nod")
    page.goto("/phone")
    expect(heading(page)).to_have_text("短信登录")
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    page.get_by_role("combobox", name="语言").select_option("English")
    expect(heading(page)).to_have_text("Sign in by text message")
