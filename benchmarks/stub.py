"""AWS on loopback, answering at once with what one signed-in account would bring: for measuring our own part alone."""

import json
import threading
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from local.cloud import ROOT

ID = "7ZZZZZZZZZZZZZZZZZZZZZZZZZ"
# The one that the sample event brings.
REFRESH_TOKEN: str = json.loads(json.loads((ROOT / "events/account/refresh.json").read_text())["body"])["refresh_token"]
DEVICE = '{"type":"phone","name":"Phone"}'


@contextmanager
def running() -> Iterator[str]:
    """Serve on a free port; gives the address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """One call, told by its target; posting to a connection has none and wants no content."""
        request = self.rfile.read(int(self.headers.get("content-length", 0)))
        action = self.headers.get("x-amz-target", "").rpartition(".")[2]
        body = json.dumps(_answer(action, json.loads(request)) if action else {}).encode()
        if request.startswith(b"Action=Publish"):
            body = b"<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>"
        self.send_response(200)
        self.send_header("content-type", "application/x-amz-json-1.0")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's.
        """Say nothing."""


def _hash(secret: str) -> str:
    return urlsafe_b64encode(sha256(secret.encode()).digest()).rstrip(b"=").decode()


def _answer(action: str, request: dict[str, Any]) -> dict[str, Any]:
    if action == "Sign":
        return {"KeyId": "bench", "Signature": b64encode(bytes(256)).decode(), "SigningAlgorithm": "bench"}
    table = request.get("TableName", "")
    if action == "Query":
        items = [_row(table)] if table == "Connections" else []
        return {"Items": items, "Count": len(items), "ScannedCount": len(items)}
    if action == "GetItem":
        # No message came before, and its identifier is not known.
        return {"Item": _row(table)} if table not in ("Messages", "SignIns", "Bindings") else {}
    return {"Attributes": _row(table)} if action in ("UpdateItem", "DeleteItem") else {}


def _row(table: str) -> dict[str, Any]:
    """The one row of a table."""
    now = datetime.now(UTC)
    texts = {
        "Logins": {"login": "user:alice", "account_id": ID},
        "Throttles": {"key": "starts:bench"},
        "Connections": {"owner": ID, "connection_id": "one", "purpose": "approve", "ip": "192.0.2.1", "session_id": ID},
        "Tickets": {"ticket_hash": ID, "purpose": "approve", "owner": ID, "session_id": ID, "device": DEVICE},
        "Sessions": {
            "account_id": ID,
            "session_id": ID,
            "login": "alice",
            "method": "password",
            "device": DEVICE,
            "network": '{"ip":"192.0.2.1"}',
            "family_hash": _hash(REFRESH_TOKEN.split(".")[2]),
            "refresh_hash": _hash(REFRESH_TOKEN.split(".")[3]),
        },
    }.get(table, {})
    times = {
        "Connections": {"connected_at": now},
        "Tickets": {"expires_at": now + timedelta(seconds=30), "signed_in_at": now},
        "Sessions": dict.fromkeys(("signed_in_at", "last_seen_at"), now)
        | dict.fromkeys(("expires_at", "ends_at"), now + timedelta(days=1)),
    }.get(table, {})
    numbers = {name: {"N": str(int(time.timestamp()) * 1_000_000)} for name, time in times.items()}
    counted = {"window": {"N": "1"}, "happened": {"N": "1"}} if table == "Throttles" else {}
    return {name: {"S": text} for name, text in texts.items()} | numbers | counted | {"forget_at": {"N": "1"}}
