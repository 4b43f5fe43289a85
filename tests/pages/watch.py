"""Watching what a browser says and asks for: no error, no other address, no secret in an address."""

import json
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response, WebError

from local.endpoints import Endpoints
from local.pages import security_headers
from tests.confidential import HEARD

_STATUS = re.compile(r"Failed to load resource: the server responded with a status of (\d+) ")
_UNREACHED = re.compile(r"Failed to load resource: net::ERR_|WebSocket connection to '[^']*' failed")
# Who is told at once by HTTP needs the connection no more, on which it was about to wait.
_NOT_NEEDED = re.compile(
    r"WebSocket connection to '[^']*' failed: WebSocket is closed before the connection is established"
)
_SHORTEST_SECRET = 20  # Shorter passwords may stand in an address by chance.
_SECRETS = ("verifier", "password", "refresh_token", "scan_token")


class Watch:
    """What the browsers of one test have said and asked for."""

    def __init__(self) -> None:
        """Nothing has happened yet."""
        self.problems: list[str] = []
        self.statuses: set[int] = set()
        self.unreached: list[str] = []
        self.urls: list[str] = []
        self.texts: list[str] = []
        self._secrets: set[str] = set()
        self._allowed: set[str] = set()
        self._headers: dict[str, dict[str, str]] = {}
        self.bare: list[str] = []

    def over(self, context: BrowserContext, endpoints: Endpoints) -> None:
        """Watch a browser that may speak with this stack and its pages only."""
        self._allowed |= {_origin(url) for url in (endpoints.web, endpoints.http, endpoints.websocket)}
        self._headers[_origin(endpoints.web)] = security_headers(endpoints)
        context.on("console", self._said)
        context.on("weberror", self._failed)
        context.on("request", self._asked)
        context.on("response", self._answered)
        context.on("page", self._opened)

    def strangers(self) -> list[str]:
        """The addresses that were asked for and belong to neither the pages nor the API."""
        return [url for url in self.urls if _origin(url) not in self._allowed]

    def leaks(self) -> list[str]:
        """The addresses that hold a secret which was sent in a request. The ticket of a WebSocket is none of these."""
        return [url for url in self.urls for secret in self._secrets if secret in url]

    @property
    def knows_secrets(self) -> bool:
        """Whether any secret went over the network, so that `leaks` had something to look for."""
        return bool(self._secrets)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning") or _NOT_NEEDED.match(message.text):
            return
        if status := _STATUS.match(message.text):
            self.statuses.add(int(status[1]))
        elif _UNREACHED.match(message.text):
            self.unreached.append(message.text)
        else:
            self.problems.append(f"{message.type}: {message.text}")

    def _failed(self, error: WebError) -> None:
        self.problems.append(f"not caught: {error.error}")

    def _asked(self, request: Request) -> None:
        self._take(request.url)
        self._secrets |= set(_secrets_of(request))
        HEARD.hear_headers(request.headers)
        HEARD.hear(request.post_data_buffer)

    def _answered(self, response: Response) -> None:
        expected = self._headers.get(_origin(response.url))
        if expected is not None and not response.from_service_worker:
            headers = response.headers
            wrong = [name for name, value in expected.items() if headers.get(name.lower()) != value]
            self.bare += [f"{response.url}: {name}" for name in wrong]

    def _opened(self, page: Page) -> None:
        page.on("websocket", lambda socket: self._take(socket.url))

    def _take(self, url: str) -> None:
        HEARD.hear(url)
        if urlsplit(url).scheme == "sms":
            # It leaves the browser, for the phone's messages.
            self.texts.append(url)
        elif urlsplit(url).scheme not in ("blob", "data"):
            # The fragment stays in the browser.
            self.urls.append(url.partition("#")[0])


def _secrets_of(request: Request) -> Iterable[str]:
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    if scheme == "Bearer":
        yield bearer
    if request.method == "POST" and (body := _json(request.post_data)):
        yield from (str(body[name]) for name in _SECRETS if len(str(body.get(name, ""))) >= _SHORTEST_SECRET)


def _json(text: str | None) -> dict[str, Any]:
    try:
        body = json.loads(text or "{}")
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
