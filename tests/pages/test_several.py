"""Several approvers, and several who ask, at once."""

import time

import pytest
from playwright.sync_api import expect

from tests.pages.devices import Devices
from tests.pages.people import (
    account,
    approver,
    asking,
    connection,
    ended,
    one_more,
    pick,
    prompts,
    wrong_number,
)

pytestmark = pytest.mark.e2e

PRESS_AT = """([number, at]) => {
  const button = [...document.querySelectorAll(".number")].find((one) => one.innerText === number);
  setTimeout(() => button.click(), at - Date.now());
}"""


def test_a5_what_another_device_has_answered_cannot_be_pressed_any_more(devices: Devices) -> None:
    """R1.5, A5: the first answer decides; the other's card closes under the finger, and its number is gone."""
    login, first = approver(devices)
    second = devices.new("/approve", signed_in=one_more(devices.stack, login, "Ada's PC"))
    expect(connection(second)).to_have_text("Connected")
    with asking(devices.stack, login, "Ada's tablet") as sign_in:
        for page in (first, second):
            expect(prompts(page)).to_have_count(1)
        pick(first, sign_in.code)
        expect(ended(second)).to_have_text("Ada's tablet was let in.")
        assert second.locator(".prompt button").count() == 0
        expect(second.locator(".prompt")).to_have_count(0)
        expect(second.get_by_text("Nobody is asking right now.")).to_be_visible()


def test_a5_of_two_answers_at_the_same_time_one_decides(devices: Devices) -> None:
    """A5: both press at once; the slower one is told that another device has answered, or what it was."""
    login, first = approver(devices)
    second = devices.new("/approve", signed_in=one_more(devices.stack, login, "Ada's PC"))
    expect(connection(second)).to_have_text("Connected")
    device = devices.stack.device("Ada's tablet", "tablet")
    sign_in = device.start(login)
    for page in (first, second):
        expect(prompts(page)).to_have_count(1)
    soon = (time.time() + 0.5) * 1000
    for page, number in ((first, sign_in.code), (second, wrong_number(second, sign_in.code))):
        page.evaluate(PRESS_AT, [number, soon])
    said = [ended(page).inner_text() for page in (first, second)]
    if device.redeem(sign_in).status_code == 200:
        assert said[0] == "Ada's tablet was let in."
        assert said[1] in (said[0], "Another device has answered.")
    else:
        assert said[1] == "That is not what it shows, so Ada's tablet was refused."
        assert said[0] in ("Ada's tablet was refused.", "Another device has answered.")


def test_several_who_ask_have_a_card_each(devices: Devices) -> None:
    """R1.7: who asked first stands on top, so nothing moves under the finger; each answer goes to its own."""
    login, page = approver(devices)
    expect(page).to_have_title("My devices · Nod")
    with asking(devices.stack, login, "Tablet") as tablet, asking(devices.stack, login, "Laptop") as laptop:
        expect(prompts(page)).to_have_count(2)
        expect(page).to_have_title("(2) My devices · Nod")
        expect(prompts(page).first).to_contain_text("Tablet")
        assert tablet.code != laptop.code
        prompts(page).filter(has_text="Tablet").get_by_role("button", name=f"Allow: it shows {tablet.code}").click()
        expect(ended(page)).to_have_text("Tablet was let in.")
        expect(prompts(page)).to_contain_text("Laptop")
        expect(page).to_have_title("(1) My devices · Nod")
        prompts(page).get_by_role("button", name="Deny").click()
        expect(page).to_have_title("My devices · Nod")
        assert tablet.redeem().status_code == 200
        assert laptop.redeem().status_code == 403


def test_a8_a_prompt_whose_time_is_over_closes_by_itself(devices: Devices) -> None:
    """A8: it counts down, and there is nothing to press afterwards."""
    login, device = account(devices.stack)
    page = devices.new(signed_in=device)
    page.clock.install()
    page.goto("/approve")
    expect(connection(page)).to_have_text("Connected")
    with asking(devices.stack, login):
        expect(prompts(page).get_by_role("timer")).to_contain_text(" s")
        page.clock.fast_forward(122_000)
        expect(ended(page)).to_have_text("Ada's PC got no answer in time.")
        expect(prompts(page)).to_have_count(0)


def test_a_clock_that_is_wrong_closes_no_prompt(devices: Devices) -> None:
    """The time left is counted by the service's clock: a device that is an hour ahead answers like any other."""
    login, device = account(devices.stack)
    page = devices.new(signed_in=device)
    page.add_init_script("const real = Date.now; Date.now = () => real() + 3_600_000;")
    page.goto("/approve")
    expect(connection(page)).to_have_text("Connected")
    with asking(devices.stack, login) as sign_in:
        expect(prompts(page).get_by_role("timer")).to_contain_text(" s")
        pick(page, sign_in.code)
        expect(ended(page)).to_have_text("Ada's PC was let in.")


def test_a10_an_account_sees_its_own_prompts_only(devices: Devices) -> None:
    """A10, S1: what is asked of one account does not appear at another's, nor do its sessions."""
    login, page = approver(devices)
    _, stranger = approver(devices)
    with asking(devices.stack, login):
        expect(prompts(page)).to_have_count(1)
        expect(stranger.locator(".session")).to_have_count(1)
        expect(prompts(stranger)).to_have_count(0)
