"""Where an account is signed in, as its devices show it, and signing out from afar (R2.1, R2.2)."""

import pytest
from playwright.sync_api import Locator, Page, expect

from local.device import Device
from tests.pages.devices import Devices, keep, kept
from tests.pages.people import account, approver, connection, heading, is_in, one_more
from tests.stacks import PASSWORD, Stack

pytestmark = pytest.mark.e2e


def row(page: Page, name: str) -> Locator:
    """A device in the list."""
    return page.locator(".session").filter(has=page.get_by_role("heading", name=name))


def sign_out(page: Page, name: str, button: str = "Sign out") -> Locator:
    """Ask for a device to be signed out; what the page asks back."""
    row(page, name).get_by_role("button", name=button, exact=True).click()
    return page.get_by_role("dialog")


def yes(dialog: Locator) -> None:
    """Confirm it."""
    dialog.get_by_role("button", name="Sign out").click()
    expect(dialog).to_have_count(0)


def let_in(stack: Stack, by: Device, login: str, name: str) -> Device:
    """A device that another one has let in."""
    device = stack.device(name, "desktop")
    with by.approving() as socket:
        sign_in = device.start(login)
        socket.ask("answer", sign_in_id=sign_in.id, decision="allow", code=sign_in.code)
    assert device.redeem(sign_in).status_code == 200
    return device


def opened(devices: Devices, device: Device) -> Page:
    """The page of a signed-in device."""
    page = devices.new("/approve", signed_in=device)
    expect(connection(page)).to_have_text("Connected")
    return page


def test_r2_1_the_list_tells_who_let_each_device_in(devices: Devices) -> None:
    """R2.1: how it signed in, from where, when, and by whom; a host that is gone is said to be gone."""
    login, first = account(devices.stack)
    pc = let_in(devices.stack, first, login, "Ada's PC")
    let_in(devices.stack, pc, login, "Ada's tablet")
    page = opened(devices, first)
    expect(page.locator(".session")).to_have_count(3)
    expect(row(page, "Ada's phone")).to_contain_text("this device")
    expect(row(page, "Ada's phone")).to_contain_text(f"with a password · {login} · 127.0.0.1")
    expect(row(page, "Ada's PC")).to_contain_text("let in by this device")
    expect(row(page, "Ada's tablet")).to_contain_text("let in by Ada's PC")
    yes(sign_out(page, "Ada's PC"))
    expect(row(page, "Ada's PC")).to_have_count(0)
    expect(row(page, "Ada's tablet")).to_contain_text("let in by a device that is signed out")


def test_r2_2_one_device_is_signed_out_and_its_open_page_says_so(devices: Devices) -> None:
    """R2.2: the page of the ended session is told at once, whatever it was doing; keeping it changes nothing."""
    login, page = approver(devices)
    pc = opened(devices, one_more(devices.stack, login, "Ada's PC"))
    dialog = sign_out(page, "Ada's PC")
    expect(dialog).to_contain_text("Sign Ada's PC out?")
    dialog.get_by_role("button", name="Keep").click()
    expect(page.locator(".session")).to_have_count(2)
    yes(sign_out(page, "Ada's PC"))
    expect(page.locator(".session")).to_have_count(1)
    expect(heading(pc)).to_have_text("You are signed out")
    expect(pc.get_by_role("alert")).to_contain_text("This device was signed out")
    assert kept(pc) is None


def test_r2_2_a_device_goes_with_all_that_it_let_in(devices: Devices) -> None:
    """R2.2: the question says how many; the others stay."""
    login, first = account(devices.stack)
    pc = let_in(devices.stack, first, login, "Ada's PC")
    let_in(devices.stack, pc, login, "Ada's tablet")
    let_in(devices.stack, first, login, "Ada's TV")
    page = opened(devices, first)
    dialog = sign_out(page, "Ada's PC", "Sign out, and what it let in (1)")
    expect(dialog).to_contain_text("Sign Ada's PC out, and what it let in (1)?")
    yes(dialog)
    expect(page.locator(".session")).to_have_count(2)
    expect(row(page, "Ada's TV")).to_be_visible()


def test_r2_2_all_others_are_signed_out_with_one_question(devices: Devices) -> None:
    """R2.2: this device stays, alone."""
    login, page = approver(devices)
    for name in ("Ada's PC", "Ada's tablet"):
        one_more(devices.stack, login, name)
    page.reload()
    page.get_by_role("button", name="Sign out all others").click()
    expect(page.get_by_role("dialog")).to_contain_text("Sign out all other devices (2)?")
    yes(page.get_by_role("dialog"))
    expect(page.locator(".session")).to_have_count(1)
    expect(row(page, "Ada's phone")).to_contain_text("this device")
    expect(page.get_by_role("button", name="Sign out all others")).to_have_count(0)


def test_r2_2_this_device_signs_itself_out_in_all_its_tabs(devices: Devices) -> None:
    """R2.2, S2: both tabs say so, the tokens are gone, and the pages lead to the sign-in."""
    _, page = approver(devices)
    other = page.context.new_page()
    other.goto("/hand-over")
    expect(connection(other)).to_have_text("Connected")
    # The other tab's connection is ended too, and it may ask for its next one before it hears why.
    devices.tolerate_statuses(401)
    yes(sign_out(page, "Ada's phone"))
    for tab in (page, other):
        expect(heading(tab)).to_have_text("You are signed out")
    assert kept(page) is None
    other.reload()
    other.wait_for_url("**/sign-in")


def test_r2_1_a_device_that_signs_in_appears_by_itself(devices: Devices) -> None:
    """R2.1: the list is true without a reload."""
    login, page = approver(devices)
    expect(page.locator(".session")).to_have_count(1)
    one_more(devices.stack, login, "Ada's PC")
    expect(row(page, "Ada's PC")).to_be_visible()


def test_s3_two_tabs_share_one_session_and_refresh_once(devices: Devices) -> None:
    """S3: both find the access token too old at the same time; one refreshes, and both go on with what it got."""
    _, page = approver(devices)
    before = kept(page)
    assert before
    keep(page, before | {"expires_at": 0})
    other = page.context.new_page()
    refreshed: list[str] = []
    page.context.on("request", lambda request: refreshed.append(request.url) if "refresh" in request.url else None)
    for tab in (page, other):
        tab.goto("/approve", wait_until="commit")
    for tab in (page, other):
        expect(connection(tab)).to_have_text("Connected")
        expect(tab.locator(".session")).to_have_count(1)
    after = kept(page)
    assert after
    assert len(refreshed) == 1
    assert after["refresh_token"] != before["refresh_token"]
    assert after["session_id"] == before["session_id"]


def test_a_list_that_is_drawn_anew_keeps_the_focus(devices: Devices) -> None:
    """WCAG 2.4.3: while a device signs in elsewhere, who stands on a button goes on standing there."""
    login, page = approver(devices)
    button = row(page, "Ada's phone").get_by_role("button", name="Sign out", exact=True)
    button.focus()
    other = one_more(devices.stack, login, "Ada's PC")
    expect(row(page, "Ada's PC")).to_be_visible()
    expect(button).to_be_focused()
    row(page, "Ada's PC").get_by_role("button", name="Sign out").focus()
    assert other.call("DELETE", "/sessions/current").is_success
    expect(row(page, "Ada's PC")).to_have_count(0)
    expect(heading(page)).to_be_focused()


def test_a_tab_follows_when_the_browser_signs_in_as_somebody_else(devices: Devices) -> None:
    """S1: what is shown of one account does not stay there for another; the session before is over."""
    login, page = approver(devices)
    before = kept(page)
    assert before
    another, _ = account(devices.stack)
    tab = page.context.new_page()
    tab.goto("/sign-in")
    expect(tab.get_by_text("This device is signed in.")).to_be_visible()
    tab.get_by_label("Username, email address or phone number").fill(another)
    tab.get_by_text("Use a password instead").click()
    tab.get_by_label("Password", exact=True).fill(PASSWORD)
    tab.get_by_role("button", name="Sign in with password").click()
    is_in(tab)
    expect(page.get_by_text(f"Signed in as {another}")).to_be_visible()
    expect(page.get_by_text(login)).to_have_count(0)
    device = devices.stack.device()
    device.grant = before
    assert device.call("GET", "/sessions").status_code == 401


def test_a_password_that_was_texted_is_changed(devices: Devices) -> None:
    """R3.4: the one that works once is replaced, without the one before; from then on that is needed."""
    handset = devices.stack.handset()
    page = opened(devices, devices.stack.texted_in(handset))
    page.get_by_text("Set a password").click()
    fresh = page.get_by_label("A password, at least 8 characters")
    fresh.fill(PASSWORD)
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_text("The password is set.")).to_be_visible()
    assert devices.stack.device().sign_in(handset.number, PASSWORD).status_code == 201
    devices.expect_statuses(401)
    fresh.fill("another password")
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_role("alert")).to_contain_text("The password until now is wrong")
    page.get_by_label("The password you have set before, if any").fill(PASSWORD)
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_text("The password is set.")).to_be_visible()
    assert devices.stack.device().sign_in(handset.number, "another password").status_code == 201


def test_s4_a_password_is_removed(devices: Devices) -> None:
    """S4: the page says that there is one, and removes it without asking for it; kept, it stays."""
    handset = devices.stack.handset()
    device = devices.stack.texted_in(handset)
    assert device.call("PUT", "/account/password", {"new": PASSWORD}).status_code == 204
    page = opened(devices, device)
    page.get_by_text("Set a password").click()
    expect(page.get_by_text("Password set")).to_be_visible()
    button = page.locator("details").get_by_role("button", name="Remove the password")
    dialog = page.get_by_role("dialog")
    button.click()
    dialog.get_by_role("button", name="Keep").click()
    expect(dialog).to_have_count(0)
    assert devices.stack.device().sign_in(handset.number, PASSWORD).status_code == 201
    button.click()
    expect(dialog).to_contain_text("Remove the password? Nobody can then sign in with it.")
    dialog.get_by_role("button", name="Remove the password").click()
    expect(page.get_by_text("The password was removed.")).to_be_visible()
    expect(button).to_have_count(0)
    expect(page.get_by_text("Set a password")).to_be_focused()
    assert devices.stack.device().sign_in(handset.number, PASSWORD).status_code == 401


def test_r1_2_a_password_that_is_the_only_way_in_stays(devices: Devices) -> None:
    """R1.2: the page says what to do first."""
    devices.expect_statuses(409)
    _, page = approver(devices)
    page.get_by_text("Set a password").click()
    page.get_by_role("button", name="Remove the password").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove the password").click()
    expect(page.get_by_role("alert")).to_contain_text("The password is your only way in")
