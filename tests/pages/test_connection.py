"""What an open page does when its connection breaks, and when it is loaded anew in the middle of something."""

from typing import Any

import botocore.session
import pytest
from playwright.sync_api import Page, expect

from tests.pages.devices import Devices
from tests.pages.people import (
    account,
    approver,
    ask,
    asking,
    connection,
    ended,
    heading,
    is_in,
    pick,
    prompts,
    shown_code,
)
from tests.stacks import Stack

pytestmark = pytest.mark.e2e


def cut(stack: Stack, account_id: str) -> None:
    """End an account's connections from the side of the service, as API Gateway does after two hours."""
    address = stack.websocket.replace("ws://", "http://")
    gateway: Any = botocore.session.Session().create_client(
        "apigatewaymanagementapi",
        region_name="us-east-1",
        endpoint_url=address,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    for row in stack.items("Connections", "owner", account_id):
        gateway.delete_connection(ConnectionId=row["connection_id"]["S"])


def states(page: Page) -> list[str]:
    """What the line about the connection has said since `record`."""
    said: list[str] = page.evaluate("window.said")
    return said


def record(page: Page) -> None:
    """Write down from now on what the line about the connection says."""
    page.evaluate(
        """() => {
          const line = document.querySelector(".connection");
          window.said = [line.textContent];
          new MutationObserver(() => window.said.push(line.textContent)).observe(line, { childList: true });
        }"""
    )


def test_r1_9_a_connection_that_the_service_ends_comes_back_and_nothing_is_missed(devices: Devices) -> None:
    """R1.9: the line says that there is no connection, then that there is one again, and the prompt is there."""
    login, device = account(devices.stack)
    page = devices.new("/approve", signed_in=device)
    expect(connection(page)).to_have_text("Connected")
    record(page)
    cut(devices.stack, device.grant["account_id"])
    page.wait_for_function("() => window.said.at(-1) === 'Connected' && window.said.length > 3")
    assert states(page) == ["Connected", "No connection. Trying again…", "Connecting…", "Connected"]
    with asking(devices.stack, login):
        expect(prompts(page)).to_have_count(1)


def test_r1_9_what_came_while_the_device_was_offline_is_shown_afterwards(devices: Devices) -> None:
    """R1.9: a prompt that was answered meanwhile is over, and one that came meanwhile is there."""
    devices.expect_breaks()
    login, device = account(devices.stack)
    page = devices.new("/approve", signed_in=device)
    expect(connection(page)).to_have_text("Connected")
    with asking(devices.stack, login, "Early") as early:
        expect(prompts(page)).to_contain_text("Early")
        page.context.set_offline(offline=True)
        cut(devices.stack, device.grant["account_id"])
        expect(connection(page)).to_have_text("No connection. Trying again…")
        early.cancel()
        with device.approving(), asking(devices.stack, login, "Late"):
            page.context.set_offline(offline=False)
            expect(connection(page)).to_have_text("Connected")
            expect(prompts(page)).to_contain_text("Late")
            expect(prompts(page)).to_have_count(1)
            expect(ended(page)).to_have_text("Early is not asking any more.")


def test_a12_what_was_given_up_while_the_device_was_offline_can_be_reported(devices: Devices) -> None:
    """A12: also where reporting does not work at once; the last word stands for its time, and then the card goes."""
    devices.expect_breaks()
    login, device = account(devices.stack)
    page = devices.new("/approve", signed_in=device)
    expect(connection(page)).to_have_text("Connected")
    with asking(devices.stack, login, "W" * 64) as asked:
        expect(prompts(page)).to_have_count(1)
        page.context.set_offline(offline=True)
        cut(devices.stack, device.grant["account_id"])
        expect(connection(page)).to_have_text("No connection. Trying again…")
        asked.cancel()
    page.context.set_offline(offline=False)
    expect(ended(page)).to_contain_text("is not asking any more.")
    assert page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth"), "a long name wraps"
    page.context.set_offline(offline=True)
    cut(devices.stack, device.grant["account_id"])
    expect(connection(page)).to_have_text("No connection. Trying again…")
    over = page.locator(".prompt.over")
    for tries in range(2):
        over.get_by_role("button", name="It wasn't me").click()
        page.get_by_role("dialog").get_by_role("button", name="It wasn't me").click()
        if not tries:
            expect(over.get_by_role("alert")).to_contain_text("The service cannot be reached")
            page.context.set_offline(offline=False)
            expect(connection(page)).to_have_text("Connected")
    expect(ended(page)).to_contain_text("Noted.")
    expect(over).to_have_count(0)


def test_an_answer_that_cannot_be_sent_says_so_and_can_be_given_again(devices: Devices) -> None:
    """R1.4: without a connection the card stays, with its buttons."""
    devices.expect_breaks()
    login, device = account(devices.stack)
    page = devices.new("/approve", signed_in=device)
    expect(connection(page)).to_have_text("Connected")
    with asking(devices.stack, login) as sign_in:
        expect(prompts(page)).to_have_count(1)
        page.context.set_offline(offline=True)
        cut(devices.stack, device.grant["account_id"])
        expect(connection(page)).to_have_text("No connection. Trying again…")
        pick(page, sign_in.code)
        expect(prompts(page).get_by_role("alert")).to_contain_text("The service cannot be reached")
        page.context.set_offline(offline=False)
        expect(connection(page)).to_have_text("Connected")
        pick(page, sign_in.code)
        expect(ended(page)).to_have_text("Ada's PC was let in.")


def test_r1_9_a_reload_of_the_approver_loses_no_prompt(devices: Devices) -> None:
    """R1.9: the open prompt is drawn again, and its answer counts."""
    login, page = approver(devices)
    with asking(devices.stack, login) as sign_in:
        expect(prompts(page)).to_have_count(1)
        page.reload()
        pick(page, sign_in.code)
        expect(ended(page)).to_have_text("Ada's PC was let in.")


def test_r1_6_a_reload_of_the_waiting_device_loses_nothing(devices: Devices) -> None:
    """R1.6: the same number stands there again, and the session comes to this browser."""
    devices.expect_resumed()
    login, phone = approver(devices)
    pc = devices.new("/sign-in")
    ask(pc, login)
    code = shown_code(pc)
    pc.reload()
    assert shown_code(pc) == code
    pick(phone, code)
    is_in(pc)


def test_a_browser_that_is_not_signed_in_is_led_to_where_it_can(devices: Devices) -> None:
    """The pages of signed-in devices lead to the sign-in page; a bookmark goes nowhere else."""
    page = devices.new()
    for path in ("/approve", "/hand-over"):
        page.goto(path)
        page.wait_for_url("**/sign-in")
        expect(heading(page)).to_have_text("Sign in")
