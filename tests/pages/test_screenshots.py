"""Pictures of the pages, as the README shows them: `make screenshots` keeps them, other runs only take them."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.pages.conftest import Serve
from tests.pages.devices import ANDROID, DESKTOP, IPHONE, PHONE, Devices
from tests.pages.people import ask, connection, heading, prompts
from tests.stacks import PASSWORD

pytestmark = pytest.mark.e2e

ASKED_FOR = "NOD_SCREENSHOTS"
Take = Callable[[Page, str], None]


@pytest.fixture
def take(tmp_path: Path) -> Take:
    """Takes a picture of what a page shows, without what blinks."""
    folder = Path(os.environ.get(ASKED_FOR) or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)

    def taken(page: Page, name: str) -> None:
        page.mouse.move(0, 0)
        page.evaluate("scrollTo(0, 0)")
        picture = page.screenshot(path=folder / f"{name}.png", animations="disabled", caret="hide")
        assert picture.startswith(b"\x89PNG")

    return taken


def test_every_page_has_its_picture(devices: Devices, serve: Serve, take: Take) -> None:
    """Ada's phone lets her computer in; that shows a code, and her other phone asks to be let in."""
    stack = serve("nod-shots", StartsPerMinutePerAddress="60")
    small: dict[str, Any] = {"stack": stack, "viewport": PHONE, "device_scale_factor": 2}
    page = devices.new("/", **small)
    expect(page.locator(".way")).to_have_count(3)
    take(page, "start")

    ada = stack.device("Ada's phone", "phone", app="Nod")
    assert ada.sign_up("ada", PASSWORD).status_code == 201
    tablet = stack.device("Ada's tablet", "tablet", app="Nod")
    assert tablet.sign_in("ada", PASSWORD).status_code == 201
    phone = devices.new("/approve", signed_in=ada, **small)
    expect(connection(phone)).to_have_text("Connected")
    pc = devices.new("/sign-in", **small)
    ask(pc, "ada")
    expect(heading(pc)).to_have_text("Waiting for your device")
    take(pc, "sign-in")
    expect(prompts(phone)).to_have_count(1)
    take(phone, "approve")
    phone.emulate_media(color_scheme="dark")
    take(phone, "approve-dark")

    texting = devices.new("/phone", agent=IPHONE, **small)
    texting.get_by_role("button", name="Text to sign in").click()
    expect(heading(texting)).to_have_text("Waiting for your text message")
    texting.evaluate("document.querySelector('.play').remove()")
    take(texting, "phone")

    handset = stack.handset("+447700900123")
    desk = devices.new("/hand-over", stack=stack, signed_in=stack.texted_in(handset, "Ada's PC"), viewport=DESKTOP)
    expect(connection(desk)).to_have_text("Connected")
    scanning = devices.new("/scan", agent=ANDROID, **small)
    scanning.get_by_label("Phone number").fill("+44 7700 900123")
    take(scanning, "scan")
    scanning.get_by_role("button", name="Show me a code").click()
    expect(desk.locator(".qr img")).to_have_js_property("complete", value=True)
    desk.evaluate("document.querySelector('.play').remove()")
    take(desk, "hand-over")
