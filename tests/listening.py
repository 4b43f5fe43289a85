"""Listening to what the clients of this process send and get, whichever of them does it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from websockets.sync.connection import Connection

from tests.confidential import HEARD


@contextmanager
def listening() -> Iterator[None]:
    """While the block runs, all that goes over `httpx` and `websockets` is heard."""
    ask, send, receive = httpx.Client.send, Connection.send, Connection.recv

    def asked(client: httpx.Client, request: httpx.Request, **options: Any) -> httpx.Response:
        HEARD.hear_headers(request.headers)
        HEARD.hear(str(request.url))
        HEARD.hear(request.content)
        response = ask(client, request, **options)
        HEARD.hear(response.content)
        return response

    def sent(connection: Connection, message: Any, **options: Any) -> None:
        if isinstance(message, str | bytes):
            HEARD.hear(message)
        send(connection, message, **options)

    def received(connection: Connection, *arguments: Any, **options: Any) -> Any:
        message = receive(connection, *arguments, **options)
        HEARD.hear(message)
        return message

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpx.Client, "send", asked)
        patch.setattr(Connection, "send", sent)
        patch.setattr(Connection, "recv", received)
        yield
