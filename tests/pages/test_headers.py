"""What the pages' server says with every answer, and what a browser keeps to because of it."""

import httpx
import pytest
from playwright.sync_api import expect

from local.pages import security_headers
from tests.pages.devices import Devices, kept
from tests.pages.people import approver, ask, is_in, pick, shown_code
from tests.stacks import Stack

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/approve", 200),
        ("GET", "/config.json", 200),
        ("GET", "/ui/dom.js", 200),
        ("GET", "/icons/nod.svg", 200),
        ("HEAD", "/sign-in", 200),
        ("GET", "/nothing", 404),
        ("GET", "/package.json", 404),
        ("GET", "/tests/service.js", 404),
        ("GET", "/node_modules/axe-core/axe.min.js", 404),
        ("POST", "/approve", 403),
        ("PUT", "/", 501),
    ],
)
def test_every_answer_has_the_headers(stack: Stack, method: str, path: str, status: int) -> None:
    """Pages, modules, pictures, refusals: none comes without its policy; what is not published does not come at all."""
    answer = httpx.request(method, stack.endpoints.web + path, trust_env=False)
    expected = security_headers(stack.endpoints)
    assert answer.status_code == status
    assert {name: answer.headers.get(name) for name in expected} == expected
    assert expected["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self';")


def test_the_policy_keeps_out_what_is_not_the_pages_own(devices: Devices) -> None:
    """No script in the markup, no markup made of text, and nothing to be fetched from elsewhere."""
    page = devices.new("/")
    expect(page.locator("h1")).to_be_visible()
    tried = """() => {
      document.body.append(Object.assign(document.createElement("script"), { type: "module", src: "x:y" }));
    }"""
    with pytest.raises(Exception, match="TrustedScriptURL"):
        page.evaluate(tried)
    with pytest.raises(Exception, match="TrustedHTML"):
        page.evaluate("() => { document.body.innerHTML = '<p>hello</p>'; }")
    blocked = page.evaluate("fetch('http://example.com/').then(() => false, () => true)")
    assert blocked
    told = devices.watch.problems
    assert told
    assert all("policy" in text or "Policy" in text or "Trusted" in text for text in told), told
    told.clear()


def test_a6_no_secret_stands_in_an_address(devices: Devices) -> None:
    """A6: verifiers and tokens went over the network, and in no address; only the ticket of a connection is in one."""
    login, phone = approver(devices)
    pc = devices.new("/sign-in")
    ask(pc, login)
    pick(phone, shown_code(pc))
    is_in(pc)
    session = kept(pc)
    assert session
    assert devices.watch.knows_secrets
    assert devices.watch.leaks() == []
    assert devices.watch.strangers() == []
    assert not any(session[name] in url for url in devices.watch.urls for name in ("access_token", "refresh_token"))
    assert sum(url.startswith("ws:") for url in devices.watch.urls) == 2
