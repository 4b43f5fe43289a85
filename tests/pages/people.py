"""What people do on the pages, and what they see there."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Locator, Page, expect

from local.device import Device, SignIn
from tests.pages.devices import Devices
from tests.stacks import PASSWORD, Stack


def fresh_login(name: str = "ada") -> str:
    """A login that nobody has."""
    return f"{name}-{secrets.token_hex(4)}"


def account(stack: Stack, name: str = "Ada's phone", kind: str = "phone") -> tuple[str, Device]:
    """A new account: its login, and its first device, which is signed in. It is made past the pages."""
    login, device = fresh_login(), stack.device(name, kind)
    response = device.sign_up(login, PASSWORD)
    assert response.status_code == 201, response.text
    return login, device


def one_more(stack: Stack, login: str, name: str, kind: str = "desktop") -> Device:
    """Another signed-in device of an account, by its password and past the pages."""
    device = stack.device(name, kind)
    response = device.sign_in(login, PASSWORD)
    assert response.status_code == 201, response.text
    return device


def approver(devices: Devices, stack: Stack | None = None, **options: Any) -> tuple[str, Page]:
    """A new account whose first device has the approvers' page open and connected."""
    login, device = account(stack or devices.stack)
    page = devices.new("/approve", stack=stack, signed_in=device, **options)
    expect(connection(page)).to_have_text("Connected")
    return login, page


def ask(page: Page, login: str) -> None:
    """Ask on the sign-in page to be let in."""
    page.get_by_label("Username, email address or phone number").fill(login)
    page.get_by_role("button", name="Sign in with my device").click()


def shown_code(page: Page) -> str:
    """The number that a device shows."""
    code = page.locator("output.code")
    expect(code).to_be_visible()
    return code.inner_text()


def connection(page: Page) -> Locator:
    """The line that says how the connection stands."""
    return page.locator(".connection")


def prompts(page: Page) -> Locator:
    """The prompts that wait for an answer."""
    return page.locator(".prompt:not(.over)")


def ended(page: Page) -> Locator:
    """What the cards of prompts say that are over."""
    return page.locator(".prompt .ended")


def pick(page: Page, number: str) -> None:
    """Allow, with the number that the other device shows."""
    page.get_by_role("button", name=f"Allow: it shows {number}").click()


def wrong_number(page: Page, right: str) -> str:
    """A number that a prompt offers and that is not the right one."""
    offered = prompts(page).locator(".number").all_inner_texts()
    return next(number for number in offered if number != right)


def heading(page: Page) -> Locator:
    """The page's heading."""
    return page.locator("h1")


def is_in(page: Page) -> None:
    """The device says that it is signed in."""
    expect(heading(page)).to_have_text("You are signed in")


def expire(stack: Stack, sign_in_id: str) -> None:
    """Let the time of a sign-in run out, past the service."""
    stack.cloud.client("dynamodb").update_item(
        TableName=stack.resources["SignInsTable"],
        Key={"sign_in_id": {"S": sign_in_id}},
        UpdateExpression="SET expires_at = :past",
        ExpressionAttributeValues={":past": {"N": "1000000"}},
    )


def pending(page: Page, method: str = "approval") -> str:
    """The id of the sign-in that a browser has under way."""
    identifier: str = page.evaluate(
        "(key) => JSON.parse(localStorage.getItem(key)).started.sign_in_id", f"nod.pending.{method}"
    )
    return identifier


@contextmanager
def asking(stack: Stack, login: str, name: str = "Ada's PC") -> Iterator[SignIn]:
    """A device, no browser, that asks to be let in, and gives up in the end where nobody has answered."""
    sign_in = stack.device(name, "desktop").start(login)
    yield sign_in
    sign_in.cancel()
