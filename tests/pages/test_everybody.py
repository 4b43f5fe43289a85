"""What holds on every page, in every state and both languages: for eyes, ears, fingers and small screens."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from local.cloud import ROOT
from local.stack import STACK_NAME
from tests.pages.conftest import Serve
from tests.pages.devices import devices_of
from tests.pages.scenes import SCENES, Stage
from tests.stacks import Stack

pytestmark = pytest.mark.e2e

LOCALES = ("en-GB", "zh-CN")
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
SMALL = ViewportSize(width=360, height=740)
SMALLEST_TARGET = 24
AXE = ROOT / "web/node_modules/axe-core/axe.min.js"
# What is the same in both languages: the brand, names and numbers, and the language's own name in the switch.
SAME = {"Nod", "English", "简体中文"}

AXE_RUN = """async (standards) => {
  const { violations } = await axe.run(document, { runOnly: standards });
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`);
}"""
TARGETS = """() => [...document.querySelectorAll("a, button, input, select, summary")]
  .filter((one) => one.checkVisibility() && !one.classList.contains("skip"))
  .map((one) => [one.outerHTML, one.getBoundingClientRect()])
  .map(([html, { width, height }]) => ({ html, width, height }))"""
WORDS = """async (path) => {
  const texts = (one) => typeof one === "string" ? [one] : Object.values(one).flatMap(texts);
  return texts(Object.values(await import(path))[0]);
}"""


@pytest.fixture(scope="module", params=[(name, locale) for name in SCENES for locale in LOCALES], ids="-".join)
def page(request: pytest.FixtureRequest, browser: Browser, stack: Stack, serve: Serve) -> Iterator[Page]:
    """One page in one state and language. The policy of the pages lets no script in from elsewhere; axe is one."""
    name, locale = request.param

    def modes(mode: str) -> Stack:
        return stack if mode == "choose" else serve(f"nod-{mode}", DefaultVerification=mode)

    assert stack.name == STACK_NAME
    with devices_of(browser, stack) as devices:
        options = {"locale": locale, "viewport": SMALL, "bypass_csp": True}
        shown = SCENES[name](Stage(devices, options, modes))
        yield shown


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(page: Page, scheme: str) -> None:
    """WCAG 2.2 AA, as far as a program can tell: contrasts, names, roles, labels, landmarks."""
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    if not page.evaluate("'axe' in globalThis"):
        page.evaluate(AXE.read_text())
    assert page.evaluate(AXE_RUN, STANDARDS) == []


def test_nothing_is_wider_than_a_small_screen(page: Page) -> None:
    """WCAG 1.4.10: 360 pixels are enough, without scrolling sideways."""
    assert page.evaluate("document.documentElement.scrollWidth") <= SMALL["width"]


def test_everything_to_be_pressed_is_large_enough(page: Page) -> None:
    """WCAG 2.5.8: no target is smaller than 24 pixels, either way."""
    targets = page.evaluate(TARGETS)
    assert targets
    assert [one["html"] for one in targets if min(one["width"], one["height"]) < SMALLEST_TARGET] == []


def test_the_page_speaks_one_language(page: Page) -> None:
    """The language that the browser prefers, with its tag; not a sentence of the other one."""
    is_chinese = page.evaluate("navigator.language") == "zh-CN"
    assert page.evaluate("document.documentElement.lang") == ("zh-Hans" if is_chinese else "en")
    seen = page.evaluate("document.title + '\\n' + document.querySelector('main').innerText") + "\n"
    seen += page.locator("header, dialog").first.inner_text()
    seen = re.sub(r"Ada's \w+", "", seen)
    own, other = ("/words/zh.js", "/words/en.js") if is_chinese else ("/words/en.js", "/words/zh.js")
    foreign = set(page.evaluate(WORDS, other)) - set(page.evaluate(WORDS, own)) - SAME
    parts = {part.strip() for text in foreign for part in re.split(r"\{\w+\}", text)}
    sentences = {part for part in parts if len(part) > (4 if is_chinese else 1)}
    assert sentences
    assert [text for text in sentences if re.search(rf"(?<!\w){re.escape(text)}(?!\w)", seen)] == []
