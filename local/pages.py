"""The pages of `web/` on loopback, with the headers that they have behind CloudFront, and a phone to play with."""

import json
import sys
import threading
from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import urlsplit

import msgspec

from local import template
from local.cloud import Cloud
from local.endpoints import Endpoints
from local.phone import PhoneNetwork
from publish import pages

PLAY = "/play"
_LONGEST_TEXT = 2000
_JSON = "application/json"


def security_headers(endpoints: Endpoints) -> dict[str, str]:
    """The headers of every answer, as the template says them to CloudFront; but for those that need TLS."""
    policy = template.read()["Resources"]["PagesHeaders"]["Properties"]["ResponseHeadersPolicyConfig"]
    security, custom = policy["SecurityHeadersConfig"], policy["CustomHeadersConfig"]["Items"]
    sources, _ = security["ContentSecurityPolicy"]["ContentSecurityPolicy"]
    for name, url in (("${Http}", endpoints.http), ("${WebSocket}", endpoints.websocket)):
        sources = sources.replace(name, _origin(url))
    return {
        "Content-Security-Policy": sources,
        "Referrer-Policy": security["ReferrerPolicy"]["ReferrerPolicy"],
        "X-Content-Type-Options": "nosniff",
        **{item["Header"]: item["Value"] for item in custom},
    }


def parameters_of(web: str) -> dict[str, str]:
    """What a stack must know of its pages, which are at the address `web`."""
    localhost = web.replace("127.0.0.1", "localhost")
    return {"AllowedOrigins": f"{localhost},{web}", "PhonePage": f"{web}/scan"}


class Pages:
    """A server for the pages of a stack; it ends with the block."""

    def __init__(self, cloud: Cloud, port: int | None = None) -> None:
        """`cloud` is what the stack runs on; `port` on loopback, None for any free one. `OSError` where it is taken."""
        self.cloud = cloud
        self.stack = ""
        self._server = _Server(("127.0.0.1", port or 0), partial(_Handler, self))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.names = [f"{name}:{self._server.server_port}" for name in ("127.0.0.1", "localhost")]
        self.url = f"http://{self.names[0]}"

    def serve(self, stack: str) -> None:
        """Begin to answer, for the stack of this name: `endpoints.json` is there."""
        self.stack = stack
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


class _Texted(msgspec.Struct, frozen=True):
    """What a phone is to send."""

    sender: str = msgspec.field(name="from")
    text: str


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: Any) -> None:
        """A browser that has left is no news, and the terminal is the stack's."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(*_)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, site: Pages, *args: Any) -> None:
        self._site = site
        super().__init__(*args)

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        if not self._is_ours():
            self._refuse(HTTPStatus.MISDIRECTED_REQUEST)
            return
        key = pages.key_of(urlsplit(self.path).path)
        files = pages.files()
        if key == pages.CONFIG:
            config = self._config()
            status = HTTPStatus.OK if config else HTTPStatus.SERVICE_UNAVAILABLE
            self._answer(status, _JSON, json.dumps(config).encode())
        elif key in files:
            self._answer(HTTPStatus.OK, pages.content_type(key), files[key].read_bytes())
        else:
            missing = files[pages.NOT_FOUND].read_bytes()
            self._answer(HTTPStatus.NOT_FOUND, pages.content_type(pages.NOT_FOUND), missing)

    def do_POST(self) -> None:
        """Play the phone: `{"from","text"}` is texted; `{"reply"}` is what the phone gets back."""
        length = self.headers.get("Content-Length", "")
        if self.path != PLAY or not self._is_ours() or not self._comes_from_a_page():
            self._refuse(HTTPStatus.FORBIDDEN)
        elif "Transfer-Encoding" in self.headers or not length.isdecimal() or int(length) > _LONGEST_TEXT:
            self._refuse(HTTPStatus.BAD_REQUEST)
        else:
            try:
                texted = msgspec.json.decode(self.rfile.read(int(length)), type=_Texted)
                reply = self._reply_to(texted)
            except msgspec.MsgspecError:
                self._refuse(HTTPStatus.BAD_REQUEST)
            else:
                self._answer(HTTPStatus.OK, _JSON, json.dumps({"reply": reply}).encode())

    def send_error(self, code: int, *_: Any) -> None:
        """Refuse what no page asks for."""
        self._refuse(HTTPStatus(code))

    def log_message(self, *_: Any) -> None:
        """Say nothing: the terminal is the stack's."""

    @property
    def _endpoints(self) -> Endpoints:
        # Read anew for each request: a stack that was deployed again has other addresses.
        return Endpoints.read(self._site.cloud.directory)

    def _is_ours(self) -> bool:
        """Whether the browser knows us by a name of this machine: another's name could be anybody's (DNS rebinding)."""
        return self.headers.get("Host") in self._site.names

    def _comes_from_a_page(self) -> bool:
        """Whether a page of ours has sent it: what other sites may send without asking has another origin or type."""
        origin, content_type = f"http://{self.headers.get('Host')}", self.headers.get_content_type()
        return self.headers.get("Origin") == origin and content_type == _JSON

    def _reply_to(self, texted: "_Texted") -> str:
        handset = PhoneNetwork(self._endpoints, self._site.cloud).handset(texted.sender)
        answer = handset.send(texted.text)
        if answer.is_success:
            return " ".join(handset.unread())
        detail: str = answer.json()["detail"]
        return detail

    def _config(self) -> Mapping[str, Any]:
        """What pages are told; nothing while the stack is being deployed anew."""
        described = self._site.cloud.client("cloudformation").describe_stacks(StackName=self._site.stack)
        try:
            return {**pages.config_of(described["Stacks"][0]), "play": PLAY}
        except KeyError:
            return {}

    def _refuse(self, status: HTTPStatus) -> None:
        # Whatever else was sent is not read, so nothing can follow on this connection.
        self.close_connection = True
        self._answer(status, _JSON, b"{}")

    def _answer(self, status: HTTPStatus, content_type: str, content: bytes) -> None:
        self.send_response(status)
        for name, value in security_headers(self._endpoints).items():
            self.send_header(name, value)
        self.send_header("Cache-Control", "no-cache")
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
