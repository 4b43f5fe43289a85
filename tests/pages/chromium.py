"""The browser that the tests drive: the Chromium of this machine."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, expect, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
WAIT_MS = 15_000


class NoBrowser(AssertionError):
    """There is no Chromium here."""


def path() -> str:
    """Where Chromium is; `NoBrowser` says how to get it."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        raise NoBrowser("these tests drive Chromium, and there is none. Install it: sudo apt-get install chromium")
    return found


@contextmanager
def running() -> Iterator[Browser]:
    """A browser without a window. Chromium's own sandbox does not work for root."""
    executable = path()
    expect.set_options(timeout=WAIT_MS)
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=executable, args=arguments)
        try:
            yield browser
        finally:
            browser.close()
