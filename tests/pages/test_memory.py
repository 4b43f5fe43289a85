"""What a browser keeps, and what it does where it keeps nothing, or something else than it was given."""

import pytest
from playwright.sync_api import APIResponse, Route, expect

from tests.pages.devices import Devices, kept
from tests.pages.people import approver, ask, heading, is_in, pick, shown_code

pytestmark = pytest.mark.e2e

FORBIDDEN = """
  const forbid = () => { throw new DOMException("The operation is insecure.", "SecurityError"); };
  for (const name of ["localStorage", "sessionStorage", "indexedDB"]) {
    Object.defineProperty(window, name, { get: forbid });
  }
"""


def test_a_browser_that_keeps_nothing_signs_in_for_as_long_as_the_page_is_open(devices: Devices) -> None:
    """Some forbid pages to keep anything, as in the strictest private mode: nothing breaks, and nothing is kept."""
    login, phone = approver(devices)
    pc = devices.new()
    pc.add_init_script(FORBIDDEN)
    pc.goto("/sign-in")
    ask(pc, login)
    pick(phone, shown_code(pc))
    is_in(pc)
    pc.goto("/")
    expect(heading(pc)).to_have_text("Sign in without typing a password")
    expect(pc.get_by_text("This device is signed in.")).to_have_count(0)


@pytest.mark.parametrize("text", ["{", "7", "[]", '{"started": null}'])
def test_what_is_kept_of_a_sign_in_and_was_spoilt_is_as_if_it_were_not_there(devices: Devices, text: str) -> None:
    """The page opens with its form, and the next sign-in works."""
    login, phone = approver(devices)
    pc = devices.new("/sign-in")
    expect(heading(pc)).to_have_text("Sign in")
    pc.evaluate("(text) => localStorage.setItem('nod.pending.approval', text)", text)
    pc.reload()
    ask(pc, login)
    pick(phone, shown_code(pc))
    is_in(pc)


class Held(list[tuple[Route, APIResponse]]):
    """Answers to redeeming that the service has given, and that are on their way."""

    def take(self, route: Route) -> None:
        """Have the request answered, and keep the answer."""
        self.append((route, route.fetch()))


def test_who_gives_up_while_the_answer_is_on_its_way_is_not_signed_in(devices: Devices) -> None:
    """S2: the session that was made meanwhile is ended: the account's list has none that nobody knows of."""
    login, phone = approver(devices)
    pc, held = devices.new("/sign-in"), Held()
    pc.route("**/redeem", held.take)
    ask(pc, login)
    pick(phone, shown_code(pc))
    expect(phone.locator(".session")).to_have_count(2)
    devices.expect_statuses(409)
    pc.get_by_role("button", name="Cancel").click()
    expect(heading(pc)).to_have_text("Sign in")
    [(route, answer)] = held
    route.fulfill(response=answer)
    expect(phone.locator(".session")).to_have_count(1)
    assert kept(pc) is None


def test_an_answer_that_was_lost_is_got_again_after_a_reload(devices: Devices) -> None:
    """R1.6: the session was made and its answer lost with the page; the same request brings it once more."""
    login, phone = approver(devices)
    pc, held = devices.new("/sign-in"), Held()
    pc.route("**/redeem", held.take)
    ask(pc, login)
    pick(phone, shown_code(pc))
    expect(phone.locator(".session")).to_have_count(2)
    pc.unroute("**/redeem")
    devices.expect_resumed()
    pc.reload()
    is_in(pc)
    expect(phone.locator(".session")).to_have_count(2)
    session = kept(pc)
    assert session
    [(_, answer)] = held
    assert session["session_id"] == answer.json()["session_id"]
