"""Every page in every state that people see, one function each: it brings a browser there and returns its page.

The functions know no language: they find their way by the structure of the pages.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page, expect

from local.device import Device
from tests.pages.devices import PHONE, Devices
from tests.pages.people import account, fresh_login, one_more
from tests.stacks import PASSWORD, Stack


@dataclass(frozen=True)
class Stage:
    """Where a scene is set: its browsers, how they are opened, and a stack for each mode of verification."""

    devices: Devices
    options: dict[str, Any]
    modes: Callable[[str], Stack]

    @property
    def stack(self) -> Stack:
        """Where a scene is set that needs no mode of its own."""
        return self.devices.stack

    def open(self, path: str, device: Device | None = None, stack: Stack | None = None) -> Page:
        """A browser with this page open, signed in as a device where one is given."""
        return self.devices.new(path, signed_in=device, stack=stack, **{"viewport": PHONE, **self.options})

    def asking(self, login: str, stack: Stack | None = None) -> Page:
        """A browser that has asked to be let in."""
        page = self.open("/sign-in", stack=stack)
        page.locator("input[name=login]").fill(login)
        page.locator("main > form button").click()
        return page


Scene = Callable[[Stage], Page]
SCENES: dict[str, Scene] = {}


def scene(play: Scene) -> Scene:
    """Keep a scene under its name."""
    SCENES[play.__name__] = play
    return play


def connected(page: Page) -> Page:
    """The page, once its connection is open and its lists are drawn."""
    expect(page.locator(".connection[data-state=open]")).to_be_visible()
    return page


@scene
def start(stage: Stage) -> Page:
    """The start page of somebody who is signed in: it has all that the other one has."""
    _, device = account(stage.stack)
    page = stage.open("/", device)
    expect(page.locator(".way")).to_have_count(3)
    return page


@scene
def sign_in(stage: Stage) -> Page:
    """The sign-in page, with its folded parts open."""
    page = stage.open("/sign-in")
    expect(page.locator("summary")).to_have_count(2)
    for summary in page.locator("summary").all():
        summary.click()
    return page


@scene
def sign_in_refused(stage: Stage) -> Page:
    """A login that nobody has."""
    stage.devices.expect_statuses(404)
    page = stage.asking(fresh_login())
    expect(page.locator(".problem")).to_be_visible()
    return page


def _waiting(stage: Stage, mode: str) -> Page:
    stack = stage.modes(mode)
    login, device = account(stack)
    with device.approving():
        page = stage.asking(login, stack)
        expect(page.locator(".countdown")).to_be_visible()
    return page


@scene
def waiting(stage: Stage) -> Page:
    """A number to be picked."""
    return _waiting(stage, "choose")


@scene
def waiting_echo(stage: Stage) -> Page:
    """A code to be sent back."""
    return _waiting(stage, "echo")


@scene
def refused(stage: Stage) -> Page:
    """An approver has said no."""
    stage.devices.expect_statuses(403)
    login, device = account(stage.stack)
    with device.approving() as socket:
        page = stage.asking(login)
        prompt = socket.expect("prompt")
        expect(page.locator("output.code")).to_be_visible()
        socket.ask("answer", sign_in_id=prompt["sign_in_id"], decision="deny")
        expect(page.locator("h1 + p[role=alert]")).to_be_visible()
    return page


@scene
def signed_in(stage: Stage) -> Page:
    """Signed in, with a password."""
    login, _ = account(stage.stack)
    page = stage.open("/sign-in")
    page.locator("input[name=login]").fill(login)
    page.locator("summary").first.click()
    page.locator("details[open] input").fill(PASSWORD)
    page.locator("details[open] button").click()
    expect(page.locator("a[href='/approve']")).to_be_visible()
    return page


def _asked(stage: Stage, mode: str, name: str = "Ada's PC") -> tuple[str, Device, Page]:
    stack = stage.modes(mode)
    login, device = account(stack)
    page = connected(stage.open("/approve", device, stack))
    stack.device(name, "desktop", app="Nod").start(login, message="It is me, in the kitchen")
    return login, device, page


@scene
def approve(stage: Stage) -> Page:
    """A prompt with numbers, several sessions, and a card that is over."""
    login, _, page = _asked(stage, "choose")
    one_more(stage.stack, login, "Ada's tablet, which has a rather long name for such a thing")
    expect(page.locator(".prompt")).to_have_count(1)
    expect(page.locator(".session")).to_have_count(2)
    return page


@scene
def approve_password(stage: Stage) -> Page:
    """A password that may be replaced or removed."""
    _, device = account(stage.stack)
    page = connected(stage.open("/approve", device))
    page.locator("summary").first.click()
    expect(page.locator("details time")).to_be_visible()
    return page


@scene
def approve_enter(stage: Stage) -> Page:
    """A prompt with a field, after a wrong code."""
    _, _, page = _asked(stage, "enter")
    page.locator(".prompt input").fill("000000")
    page.locator(".prompt form button").click()
    expect(page.locator(".prompt .problem")).to_be_visible()
    return page


@scene
def approve_echo(stage: Stage) -> Page:
    """A prompt with a code to compare."""
    stack = stage.modes("echo")
    login, device = account(stack)
    page = connected(stage.open("/approve", device, stack))
    asked = stack.device("Ada's PC", "desktop").start(login)
    assert asked.confirm(asked.code).is_success
    expect(page.locator(".prompt b.code")).to_be_visible()
    return page


@scene
def approve_over(stage: Stage) -> Page:
    """A card that says how it ended."""
    _, _, page = _asked(stage, "choose")
    page.clock.install()
    page.locator(".prompt .deny").click()
    expect(page.locator(".prompt .ended")).to_be_visible()
    return page


@scene
def approve_question(stage: Stage) -> Page:
    """The dialog before a device is signed out."""
    _, device = account(stage.stack)
    page = connected(stage.open("/approve", device))
    page.locator(".session button").click()
    expect(page.locator("dialog")).to_be_visible()
    return page


@scene
def signed_out(stage: Stage) -> Page:
    """The session has ended."""
    page = approve_question(stage)
    page.locator("dialog button[value=yes]").click()
    expect(page.locator("h1 + p[role=alert]")).to_be_visible()
    return page


@scene
def phone(stage: Stage) -> Page:
    """Before the text."""
    page = stage.open("/phone")
    expect(page.locator("button.large")).to_be_visible()
    return page


@scene
def phone_waiting(stage: Stage) -> Page:
    """The text to be sent, and the phone to play with."""
    page = phone(stage)
    page.locator("button.large").click()
    expect(page.locator("#sms-body")).to_be_visible()
    return page


@scene
def scan(stage: Stage) -> Page:
    """Somebody else's link was opened: the page asks who the person is."""
    page = stage.open("/scan#scan_token=1111.2222")
    expect(page.locator(".problem")).to_be_visible()
    return page


def _computer(stage: Stage) -> tuple[str, Device]:
    handset = stage.stack.handset()
    return handset.number, stage.stack.texted_in(handset, "Ada's PC")


@scene
def scan_reading(stage: Stage) -> Page:
    """The phone waits for its code to be read."""
    number, pc = _computer(stage)
    with pc.handing_over():
        page = stage.open("/scan")
        page.locator("input[type=tel]").fill(number)
        page.locator("form button.primary").click()
        expect(page.locator(".countdown")).to_be_visible()
    return page


@scene
def hand_over(stage: Stage) -> Page:
    """A code that waits to be read."""
    number, pc = _computer(stage)
    page = connected(stage.open("/hand-over", pc))
    stage.stack.device("Ada's phone", "phone").start_qr(number)
    expect(page.locator(".qr img")).to_be_visible()
    return page


@scene
def hand_over_empty(stage: Stage) -> Page:
    """Nobody has asked yet."""
    _, pc = _computer(stage)
    return connected(stage.open("/hand-over", pc))
