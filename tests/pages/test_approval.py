"""Flow 1 on the pages: an account is made with a password, and its devices let others in."""

import pytest
from playwright.sync_api import expect

from tests.pages.devices import PHONE, Devices
from tests.pages.people import (
    approver,
    ask,
    connection,
    ended,
    fresh_login,
    heading,
    is_in,
    pick,
    prompts,
    shown_code,
    wrong_number,
)
from tests.stacks import PASSWORD

pytestmark = pytest.mark.e2e


def test_r1_9_somebody_new_makes_an_account_and_lets_a_second_device_in(devices: Devices) -> None:
    """R1.1-R1.9: from the start page of the first device to the second one being signed in, by clicks only."""
    login, phone, pc = fresh_login(), devices.new("/", viewport=PHONE), devices.new("/")
    phone.get_by_role("link", name="New here? Make an account").click()
    phone.get_by_label("A username of your choice").fill(login)
    phone.get_by_label("A password, at least 8 characters").fill(PASSWORD)
    phone.get_by_role("button", name="Make the account").click()
    is_in(phone)
    phone.get_by_role("link", name="Go to my devices").click()
    expect(connection(phone)).to_have_text("Connected")
    expect(phone.get_by_text("Nobody is asking right now.")).to_be_visible()

    pc.get_by_role("link", name="Sign in with my device").click()
    ask(pc, login)
    card = prompts(phone)
    expect(card).to_contain_text(f"Chrome · Mac wants to sign in as {login}")
    expect(card).to_contain_text("From127.0.0.1")
    pick(phone, shown_code(pc))
    is_in(pc)
    expect(ended(phone)).to_have_text("Chrome · Mac was let in.")
    expect(phone.locator(".session")).to_have_count(2)
    pc.get_by_role("link", name="Go to my devices").click()
    expect(pc.locator(".session", has_text="this device")).to_contain_text("let in by Chrome · Mac")
    expect(pc.get_by_text(f"Signed in as {login}")).to_be_visible()


def test_r1_4_a_wrong_number_refuses_the_device(devices: Devices) -> None:
    """R1.4, A2: who picks blindly lets nobody in; both devices say what happened."""
    login, phone = approver(devices)
    devices.expect_statuses(403)
    pc = devices.new("/sign-in")
    ask(pc, login)
    pick(phone, wrong_number(phone, shown_code(pc)))
    expect(heading(pc)).to_have_text("Your request was refused")
    expect(ended(phone)).to_have_text("That is not what it shows, so Chrome · Mac was refused.")


@pytest.mark.parametrize(
    ("button", "said"),
    [("Deny", "Chrome · Mac was refused."), ("It wasn't me", "Noted. Nobody is told, and nobody can ask for this")],
)
def test_r1_4_a_device_is_refused(devices: Devices, button: str, said: str) -> None:
    """R1.4: the card says what the answer did, and the device what to do now.

    A report, which is asked about once more, the device is not told of (A12).
    """
    login, phone = approver(devices)
    pc = devices.new("/sign-in")
    ask(pc, login)
    shown_code(pc)
    prompts(phone).get_by_role("button", name=button).click()
    if button == "It wasn't me":
        question = phone.get_by_role("dialog")
        expect(question).to_contain_text(f"Nobody can then ask for {login} for 15 minutes or longer, not even you.")
        question.get_by_role("button", name="Not now").click()
        expect(prompts(phone)).to_have_count(1)
        prompts(phone).get_by_role("button", name=button).click()
        question.get_by_role("button", name=button).click()
    expect(ended(phone)).to_contain_text(said)
    expect(prompts(phone)).to_have_count(0)
    if button == "Deny":
        devices.expect_statuses(403)
        expect(heading(pc)).to_have_text("Your request was refused")
        pc.get_by_role("button", name="Try again").click()
        expect(pc.get_by_label("Username, email address or phone number")).to_have_value(login)
    else:
        expect(heading(pc)).to_have_text("Waiting for your device")


def test_r1_4_who_gives_up_is_not_asked_about_any_more(devices: Devices) -> None:
    """R1.4: cancelling closes the prompt, and the form is there again with the login."""
    login, phone = approver(devices)
    pc = devices.new("/sign-in")
    ask(pc, login)
    expect(prompts(phone)).to_have_count(1)
    pc.get_by_role("button", name="Cancel").click()
    expect(ended(phone)).to_have_text("Chrome · Mac gave up.")
    expect(pc.get_by_label("Username, email address or phone number")).to_have_value(login)


def test_a12_who_gave_up_at_once_can_be_reported_still(devices: Devices) -> None:
    """A12: the card of a request that is over has the button still, and the login is held back by it."""
    login, phone = approver(devices)
    device = devices.stack.device("Somebody", "desktop")
    device.start(login).cancel()
    expect(ended(phone)).to_have_text("Somebody gave up.")
    phone.get_by_role("button", name="It wasn't me").click()
    dialog = phone.get_by_role("dialog")
    expect(dialog).to_contain_text(f"ask for {login}")
    dialog.get_by_role("button", name="It wasn't me").click()
    expect(ended(phone)).to_contain_text("Noted.")
    devices.expect_statuses(429)
    pc = devices.new("/sign-in")
    ask(pc, login)
    expect(pc.get_by_role("alert")).to_contain_text("Too many requests")


def test_a_password_signs_in_where_no_device_is_at_hand(devices: Devices) -> None:
    """R1.9: the password form is folded away under the login, and does without any other device."""
    login, _ = approver(devices)
    pc = devices.new("/sign-in")
    pc.get_by_label("Username, email address or phone number").fill(login)
    pc.get_by_text("Use a password instead").click()
    pc.get_by_label("Password", exact=True).fill(PASSWORD)
    pc.get_by_role("button", name="Sign in with password").click()
    is_in(pc)
    pc.goto("/")
    expect(pc.get_by_text("This device is signed in.")).to_be_visible()


def test_a_device_name_is_text_and_never_markup(devices: Devices) -> None:
    """A11: what a device calls itself stands on the card, on the list and in the picture's description as it is."""
    login, phone = approver(devices)
    name = "<img src=x onerror=alert(1)>"
    device = devices.stack.device(name, "desktop")
    sign_in = device.start(login, message="<b>hello</b>")
    expect(prompts(phone)).to_contain_text(f"{name} wants to sign in")
    expect(prompts(phone)).to_contain_text("says: “<b>hello</b>”")
    pick(phone, sign_in.code)
    expect(ended(phone)).to_have_text(f"{name} was let in.")
    assert device.redeem(sign_in).status_code == 200
    expect(phone.locator(".session", has_text=name)).to_have_count(1)
    assert phone.locator("main img").count() == 0
