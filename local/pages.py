"""The pages of `web/` on loopback, with the headers that they have behind CloudFront, and a phone to play with."""

import json
import threading
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import urlsplit

from local.cloud import ROOT, Cloud
from local.endpoints import Endpoints
from local.phone import PhoneNetwork

WEB = ROOT / "web"
PLAY = "/play"
# The parts of `web/` that are not published: tests, and what checks the sources.
_HIDDEN = ("/tests/", "/node_modules/", "/package", "/tsconfig")
_LONGEST_TEXT = 2000


def security_headers(endpoints: Endpoints) -> dict[str, str]:
    """The headers of every answer: scripts of our own only, nothing from elsewhere, no HTML made of strings."""
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' blob:",
        "media-src": "'self' blob:",
        "manifest-src": "'self'",
        "connect-src": f"'self' {_origin(endpoints.http)} {_origin(endpoints.websocket)}",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {sources}" for name, sources in policy.items()),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-cache",
    }


def parameters_of(web: str) -> dict[str, str]:
    """What a stack must know of its pages, which are at the address `web`."""
    localhost = web.replace("127.0.0.1", "localhost")
    return {"AllowedOrigins": f"{localhost},{web}", "PhonePage": f"{web}/scan"}


class Pages:
    """A server for the pages of whatever stack `endpoints.json` names; it ends with the block."""

    def __init__(self, cloud: Cloud, port: int | None = None) -> None:
        """`cloud` is what the stack runs on; `port` on loopback, None for any free one. `OSError` where it is taken."""
        self._server = ThreadingHTTPServer(("127.0.0.1", port or 0), partial(_Handler, cloud))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def serve(self) -> None:
        """Begin to answer: `endpoints.json` is there."""
        self._thread.start()

    def __enter__(self) -> Self:
        """The port is taken; who comes before `serve` waits."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop, and free the port."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()


class _Handler(SimpleHTTPRequestHandler):
    def __init__(self, cloud: Cloud, *args: Any) -> None:
        self._cloud = cloud
        # Read anew for each request: a stack that was deployed again has other addresses.
        self._endpoints = Endpoints.read(cloud.directory)
        super().__init__(*args, directory=str(WEB))

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == "/config.json":
            self._answer({"http": self._endpoints.http, "play": PLAY})
            return
        if path.startswith(_HIDDEN):
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        # As they are published: a page is called by its name alone.
        if path != "/" and "." not in path and (WEB / f"{path[1:]}.html").is_file():
            self.path = f"{path}.html"
        super().do_GET()

    def do_POST(self) -> None:
        """Play the phone: `{"from","text"}` is texted; `{"reply"}` is what the phone gets back."""
        if urlsplit(self.path).path != PLAY or self.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        length = min(int(self.headers.get("Content-Length", 0)), _LONGEST_TEXT)
        asked = json.loads(self.rfile.read(length))
        handset = PhoneNetwork(self._endpoints, self._cloud).handset(asked["from"])
        answer = handset.send(asked["text"])
        texts = handset.unread() if answer.is_success else []
        self._answer({"reply": " ".join(texts) or f"{answer.status_code} {answer.text}"})

    def end_headers(self) -> None:
        for name, value in security_headers(self._endpoints).items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing: the terminal is the stack's."""

    def _answer(self, content: dict[str, str]) -> None:
        data = json.dumps(content).encode()
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
