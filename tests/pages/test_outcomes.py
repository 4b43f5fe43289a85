"""Every way in which a sign-in can fail, as the person reads it: what happened, and what to do next."""

import pytest
from playwright.sync_api import Page, expect

from tests.pages.conftest import Serve
from tests.pages.devices import Devices
from tests.pages.people import account, approver, ask, expire, fresh_login, heading, pending, shown_code
from tests.stacks import PASSWORD, fresh_number

pytestmark = pytest.mark.e2e

LOGIN = "Username, email address or phone number"


def says(page: Page, title: str, advice: str) -> None:
    """The form says what is wrong, in words, and is still there to be tried again."""
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text(title)
    expect(alert).to_contain_text(advice)


def test_r1_6_an_unknown_login_is_to_be_corrected(devices: Devices) -> None:
    """R1.6: the login stays in its field."""
    devices.expect_statuses(404)
    page, login = devices.new("/sign-in"), fresh_login()
    ask(page, login)
    says(page, "There is no account with this name", "Check the spelling. If you are new here, make an account below.")
    expect(page.get_by_label(LOGIN)).to_have_value(login)


def test_r1_6_nobody_online_says_to_open_nod_elsewhere(devices: Devices) -> None:
    """R1.6: the account is there, but none of its devices can be asked; asking again works once one can."""
    devices.expect_statuses(409)
    login, device = account(devices.stack)
    page = devices.new("/sign-in")
    ask(page, login)
    says(page, "None of your devices can be asked", "Open “My devices” on a device that is signed in and try again")
    with device.approving():
        page.get_by_role("button", name="Sign in with my device").click()
        shown_code(page)


def test_r1_6_nobody_answered_in_time(devices: Devices) -> None:
    """R1.6: the page says so when the time is over, and not half a minute later."""
    devices.expect_statuses(410)
    login, _ = approver(devices)
    page = devices.new()
    page.clock.install()
    page.goto("/sign-in")
    ask(page, login)
    shown_code(page)
    expire(devices.stack, pending(page))
    page.clock.fast_forward(122_000)
    expect(heading(page)).to_have_text("Nobody answered in time")
    expect(page.get_by_role("alert")).to_have_text("Have the other device at hand, and try again.")
    expect(page.get_by_role("link", name="Sign in by text message")).to_be_visible()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_label(LOGIN)).to_have_value(login)


def test_r1_6_cancelled_elsewhere_is_said(devices: Devices) -> None:
    """R1.6: the same browser's other tab has given up what this one waits for."""
    devices.expect_statuses(410)
    devices.expect_resumed()
    login, _ = approver(devices)
    page = devices.new()
    page.clock.install()
    page.goto("/sign-in")
    ask(page, login)
    shown_code(page)
    other = page.context.new_page()
    other.goto("/sign-in")
    with other.expect_response(lambda answer: answer.request.method == "DELETE"):
        other.get_by_role("button", name="Cancel").click()
    expect(heading(other)).to_have_text("Sign in")
    page.clock.fast_forward(31_000)
    expect(heading(page)).to_have_text("The request was cancelled")


def test_a_wrong_password_is_not_told_from_a_wrong_name(devices: Devices) -> None:
    """A4: one sentence for both."""
    devices.expect_statuses(401)
    login, _ = account(devices.stack)
    page = devices.new("/sign-in")
    page.get_by_text("Use a password instead").click()
    for name in (login, fresh_login()):
        page.get_by_label(LOGIN).fill(name)
        page.get_by_label("Password", exact=True).fill("not the password")
        page.get_by_role("button", name="Sign in with password").click()
        says(page, "Name or password is wrong", "Check both, and try again.")


def test_a_taken_name_is_said_to_be_taken(devices: Devices) -> None:
    """R1.9: the name and the password stay in their fields."""
    devices.expect_statuses(409)
    login, _ = account(devices.stack)
    page = devices.new("/sign-in")
    page.get_by_text("New here? Make an account").click()
    page.get_by_label("A username of your choice").fill(login)
    page.get_by_label("A password, at least 8 characters").fill(PASSWORD)
    page.get_by_role("button", name="Make the account").click()
    says(page, "This name is taken", "Sign in with it, or choose another.")
    expect(page.get_by_label("A username of your choice")).to_have_value(login)


def test_a1_too_many_requests_say_how_long_to_wait(devices: Devices, serve: Serve) -> None:
    """A1: seconds where they are few, minutes where they are many."""
    stack = serve("nod-few", StartsPerMinutePerAddress="1")
    devices.expect_statuses(404, 429)
    page = devices.new("/sign-in", stack=stack)
    for _ in range(3):
        # A minute may end between two requests; not twice.
        ask(page, fresh_login())
        expect(page.get_by_role("alert")).to_be_visible()
    says(page, "Too many requests", "Please wait ")
    expect(page.get_by_role("alert")).to_contain_text(" s, then try again, or sign in another way.")


def test_a1_after_a_report_the_login_is_held_back(devices: Devices) -> None:
    """A12: who was reported cannot ask again, and is told to wait."""
    devices.expect_statuses(429)
    login, device = account(devices.stack)
    with device.approving() as socket:
        sign_in = devices.stack.device().start(login)
        socket.ask("answer", sign_in_id=sign_in.id, decision="report")
        page = devices.new("/sign-in")
        ask(page, login)
        says(page, "Too many requests", "Please wait 15 min, then try again, or sign in another way.")


def test_r4_2_no_page_open_says_which_to_open(devices: Devices) -> None:
    """R4.2: the computer's page is named with its address."""
    devices.expect_statuses(409)
    handset = devices.stack.handset()
    devices.stack.texted_in(handset)
    page = devices.new("/scan")
    page.get_by_label("Phone number").fill(handset.number)
    page.get_by_role("button", name="Show me a code").click()
    host = devices.stack.endpoints.web.removeprefix("http://")
    says(page, "Your computer does not show the page", f"Open {host}/hand-over on a computer that is signed in")


def test_r4_2_a_number_that_is_none_is_to_be_corrected(devices: Devices) -> None:
    """R4.2: a number nobody has, a name, and a browser that was never signed in, are told apart."""
    devices.expect_statuses(400, 404)
    page = devices.new("/scan")
    for number, title in ((fresh_number(), "There is no account with this number"), ("ada", "This is no phone number")):
        page.get_by_label("Phone number").fill(number)
        page.get_by_role("button", name="Show me a code").click()
        expect(page.get_by_role("alert")).to_contain_text(title)
    page.get_by_role("button", name="This phone was signed in before").click()
    expect(page.get_by_role("alert").last).to_contain_text("This phone is not known yet")
    expect(page.get_by_role("link", name="Sign in with my device")).to_be_visible()


def test_r4_4_a_code_of_somebody_else_is_refused(devices: Devices) -> None:
    """Q2: the phone is told to read the code that the computer shows now, and may do so."""
    devices.expect_statuses(403)
    devices.expect_resumed()
    handset = devices.stack.handset()
    pc = devices.stack.texted_in(handset)
    page = devices.new("/scan")
    with pc.handing_over() as shown:
        page.get_by_label("Phone number").fill(handset.number)
        page.get_by_role("button", name="Show me a code").click()
        shown.expect("qr")
        expect(heading(page)).to_have_text("Point the camera at the code on your computer")
        page.goto("/scan#scan_token=1111111111111111111111.2222222222222222222222222")
        says(page, "That was not the right code", "Read the code that the computer shows now.")
        assert "#" not in page.url


def test_the_service_being_down_is_said_and_the_form_works_again_afterwards(devices: Devices) -> None:
    """The connection is missing: the page says so, and what was typed stays."""
    devices.expect_breaks()
    login, _ = approver(devices)
    page = devices.new("/sign-in")
    expect(heading(page)).to_be_visible()
    page.context.set_offline(offline=True)
    ask(page, login)
    says(page, "The service cannot be reached", "Check your connection, and try again.")
    page.context.set_offline(offline=False)
    page.get_by_role("button", name="Sign in with my device").click()
    shown_code(page)


def test_a_page_that_cannot_find_its_service_says_so(devices: Devices) -> None:
    """Without its configuration a page does nothing: it says that, and begins anew with one click."""
    devices.expect_breaks()
    page = devices.new()
    page.route("**/config.json", lambda route: route.abort())
    page.goto("/sign-in")
    expect(heading(page)).to_have_text("The service cannot be reached")
    page.unroute("**/config.json")
    page.get_by_role("button", name="Try again").click()
    expect(heading(page)).to_have_text("Sign in")


def test_a_failure_of_the_service_is_said_in_plain_words(devices: Devices) -> None:
    """I1: whatever comes back, the person reads a sentence and no code."""
    devices.expect_statuses(500)
    page = devices.new("/sign-in")
    page.route("**/sign-ins", lambda route: route.fulfill(status=500, body="oops"))
    ask(page, "ada")
    says(page, "Something went wrong", "Please try again in a moment.")
