"""The ways in which two screens are compared, each on a stack that asks for it (R1.7)."""

import pytest
from playwright.sync_api import Page, expect

from tests.pages.conftest import Serve
from tests.pages.devices import Devices
from tests.pages.people import approver, ask, ended, heading, is_in, prompts, shown_code

pytestmark = pytest.mark.e2e


def asked(devices: Devices, serve: Serve, mode: str) -> tuple[Page, Page]:
    """An approver's page, and that of a device which asks to be let in under this mode."""
    stack = serve(f"nod-{mode}", DefaultVerification=mode)
    login, phone = approver(devices, stack)
    pc = devices.new("/sign-in", stack=stack)
    ask(pc, login)
    return phone, pc


def test_r1_7_none_is_allowed_with_one_click(devices: Devices, serve: Serve) -> None:
    """R1.7 `none`: neither screen shows a code."""
    phone, pc = asked(devices, serve, "none")
    expect(pc.get_by_text("Allow it on a device that is signed in.")).to_be_visible()
    expect(pc.locator("output.code")).to_have_count(0)
    prompts(phone).get_by_role("button", name="Allow").click()
    is_in(pc)


def test_r1_7_compare_shows_the_same_code_on_both_screens(devices: Devices, serve: Serve) -> None:
    """R1.7 `compare`: six digits, on both screens, to be looked at before allowing."""
    phone, pc = asked(devices, serve, "compare")
    code = shown_code(pc)
    assert len(code) == 6
    expect(prompts(phone)).to_contain_text(f"Allow only if it shows the same code: {code}")
    prompts(phone).get_by_role("button", name="Allow").click()
    is_in(pc)


def test_r1_7_echo_asks_nobody_before_the_code_is_sent_back(devices: Devices, serve: Serve) -> None:
    """R1.7 `echo`: the device sends its code, and only then is anybody prompted, with that code."""
    phone, pc = asked(devices, serve, "echo")
    code = shown_code(pc)
    expect(phone.get_by_text("Nobody is asking right now.")).to_be_visible()
    pc.get_by_role("button", name="Send the code").click()
    expect(prompts(phone)).to_contain_text(f"It was answered with this code: {code}")
    expect(pc.get_by_role("button", name="Send the code")).to_be_disabled()
    prompts(phone).get_by_role("button", name="Allow").click()
    is_in(pc)


def test_r1_7_enter_takes_the_code_that_the_person_types(devices: Devices, serve: Serve) -> None:
    """R1.7 `enter`: a wrong code is said to be wrong and the field stays; the right one lets the device in."""
    phone, pc = asked(devices, serve, "enter")
    code = shown_code(pc)
    field = prompts(phone).get_by_label("Type the code that it shows:")
    field.fill(str((int(code) + 1) % 1_000_000).zfill(6))
    field.press("Enter")
    expect(prompts(phone).get_by_role("alert")).to_contain_text("The code is wrong")
    expect(field).to_be_focused()
    field.fill(code)
    field.press("Enter")
    is_in(pc)
    expect(ended(phone)).to_have_text("Chrome · Mac was let in.")


def test_r1_7_three_wrong_codes_refuse_the_device(devices: Devices, serve: Serve) -> None:
    """A2: guessing ends with the third code, and both screens say so."""
    phone, pc = asked(devices, serve, "enter")
    devices.expect_statuses(403)
    wrong = str((int(shown_code(pc)) + 1) % 1_000_000).zfill(6)
    for attempt in range(3):
        expect(prompts(phone).get_by_role("alert")).to_have_count(min(attempt, 1))
        prompts(phone).get_by_label("Type the code that it shows:").fill(wrong)
        prompts(phone).get_by_role("button", name="Allow").click()
        expect(prompts(phone).get_by_role("button", name="Allow", disabled=True)).to_have_count(0)
    expect(ended(phone)).to_have_text("That is not what it shows, so Chrome · Mac was refused.")
    expect(heading(pc)).to_have_text("Your request was refused")
