"""Devices of people as browsers: each is a browser context of its own, with its own storage."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize

from local.device import Device
from tests.pages.watch import Watch
from tests.stacks import Stack

ANDROID = (
    "Mozilla/5.0 (Linux; Android 16; Pixel 10) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0 Mobile Safari/537.36"
)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/19.0 Mobile/15E148 Safari/604.1"
)
MACINTOSH = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0 Safari/537.36"
)
DESKTOP = ViewportSize(width=1100, height=900)
PHONE = ViewportSize(width=390, height=844)
ACCESS_TOKEN_SECONDS = 600


class Devices:
    """The browsers of one test; when it is over, `close` says whether they have kept to what is allowed."""

    def __init__(self, browser: Browser, stack: Stack) -> None:
        """`stack` is where devices are at home that are not told otherwise."""
        self._browser = browser
        self.stack = stack
        self.watch = Watch()
        self._contexts: list[BrowserContext] = []
        self._statuses: set[int] = set()
        self._breaks = False
        self._tolerated: set[int] = set()

    def new(
        self,
        path: str | None = None,
        *,
        stack: Stack | None = None,
        signed_in: Device | None = None,
        agent: str = MACINTOSH,
        viewport: ViewportSize = DESKTOP,
        locale: str = "en-GB",
        **options: Any,
    ) -> Page:
        """A browser nobody has used yet, with one page, at `path` where one is given.

        `signed_in` gives it the session of a device that is signed in already.
        """
        stack = stack or self.stack
        web = stack.endpoints.web
        context = self._browser.new_context(base_url=web, user_agent=agent, viewport=viewport, locale=locale, **options)
        self._contexts.append(context)
        if signed_in:
            _sign_in(context, signed_in)
        self.watch.over(context, stack.endpoints)
        page = context.new_page()
        if path is not None:
            page.goto(path)
        return page

    def expect_statuses(self, *statuses: int) -> None:
        """The test makes the service answer with these, and Chromium's console tell of them."""
        self._statuses |= set(statuses)

    def tolerate_statuses(self, *statuses: int) -> None:
        """The service may answer with these as well: it depends on which of two things comes first."""
        self._tolerated |= set(statuses)

    def expect_resumed(self) -> None:
        """The test goes on with a sign-in after a reload: it may ask too soon, and its address works once."""
        self._breaks = True
        self.tolerate_statuses(429)

    def expect_breaks(self) -> None:
        """The test cuts connections, of which Chromium's console may tell."""
        self._breaks = True

    def close(self) -> None:
        """Close all browsers; whatever they have said or asked for must have been expected."""
        for context in self._contexts:
            context.close()
        watch = self.watch
        assert watch.problems == []
        assert watch.statuses - self._tolerated == self._statuses
        assert self._breaks or watch.unreached == []
        assert watch.strangers() == []
        assert watch.leaks() == []
        assert watch.bare == []


@contextmanager
def devices_of(browser: Browser, stack: Stack) -> Iterator[Devices]:
    """The devices of one test, looked at when it has passed."""
    devices = Devices(browser, stack)
    yield devices
    devices.close()


def kept(page: Page) -> dict[str, Any] | None:
    """What the page's browser keeps of its session, None where it is not signed in."""
    session: dict[str, Any] | None = page.evaluate(
        "async () => new (await import('/nod/storage.js')).SessionStorage().read()"
    )
    return session


def keep(page: Page, session: dict[str, Any]) -> None:
    """Have the page's browser keep this."""
    page.evaluate(
        "async (kept) => new (await import('/nod/storage.js')).SessionStorage().write(kept)",
        session,
    )


def _sign_in(context: BrowserContext, device: Device) -> None:
    """Give a browser the session of a device, before it has any page of its own.

    The pages' own storage writes it, which waits for the end of the transaction: Playwright's `storage_state` does not.
    """
    names = ("account_id", "session_id", "access_token", "refresh_token")
    session: dict[str, Any] = {name: device.grant[name] for name in names}
    page = context.new_page()
    # Of the same origin, and without a script that would find nobody signed in.
    page.goto("/config.json")
    keep(page, session | {"expires_at": int((time.time() + ACCESS_TOKEN_SECONDS) * 1000)})
    page.close()
