"""What the pages' server says with every answer, and what a browser keeps to because of it."""

from contextlib import closing
from http.client import HTTPConnection

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


def test_another_sites_name_for_this_machine_gets_nothing(stack: Stack) -> None:
    """DNS rebinding: a page of another site that was led here reads neither pages nor addresses."""
    answer = httpx.get(f"{stack.endpoints.web}/config.json", headers={"Host": "evil.example.com"}, trust_env=False)
    assert (answer.status_code, answer.text) == (421, "{}")


@pytest.mark.parametrize(
    ("headers", "content", "status"),
    [
        ({"Origin": "http://evil.example.com"}, "{}", 403),
        ({"Origin": "null"}, "{}", 403),
        ({"Content-Type": "text/plain"}, "{}", 403),
        ({"Host": "evil.example.com", "Origin": "http://evil.example.com"}, "{}", 403),
        ({}, "", 400),
        ({}, "{", 400),
        ({}, '{"from": 1, "text": 2}', 400),
        ({}, "x" * 2001, 400),
        ({"Content-Length": "-1"}, "{}", 400),
        ({"Content-Length": "two"}, "{}", 400),
        ({"Transfer-Encoding": "chunked", "Content-Length": "2"}, "{}", 400),
    ],
)
def test_only_a_page_of_ours_plays_the_phone(stack: Stack, headers: dict[str, str], content: str, status: int) -> None:
    """What other sites can send without asking is refused, and so is what is no text; nothing follows on that line."""
    web = stack.endpoints.web
    usual = {"Origin": web, "Content-Type": "application/json"}
    # httpx would mend what is wrong here.
    with closing(HTTPConnection(web.removeprefix("http://"), timeout=10)) as connection:
        connection.request("POST", "/play", content, usual | headers)
        answer = connection.getresponse()
        assert answer.status == status
        assert answer.getheader("Connection") == "close"


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
