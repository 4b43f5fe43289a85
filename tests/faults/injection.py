"""Faults of AWS, one at a time: injected into botocore at the wire, where its own retries still do their work."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError
from moto.core.models import botocore_stubber

ONCE, ALWAYS = 1, 1000
# `make faults` has every call fail in every way; the tests of every day are to be through while somebody waits.
EVERY = "NOD_EVERY_FAULT" in os.environ
# All pairs of failing calls, of a request and its retry: thousands, which take a quarter of an hour.
EVERY_PAIR = "NOD_EVERY_PAIR" in os.environ


class Killed(BaseException):
    """The function is gone: no handler of its own sees this."""


@dataclass(frozen=True)
class Fault:
    """One way to fail.

    `acts`: the call has had its effect before the failure; `times`: how many of botocore's attempts fail; `only`: the
    operation that can fail so, any where empty; `turn`: which one of how many that come to the same for
    most callers.
    """

    name: str
    fail: Callable[[Any], Any]
    acts: bool = False
    times: int = ALWAYS
    only: str = ""
    turn: tuple[int, int] = (0, 1)

    @property
    def kills(self) -> bool:
        """Whether the function is gone, so that nothing can be done about it."""
        return self.name.startswith("killed")

    @property
    def may_lose(self) -> bool:
        """Whether a change may have happened of which its caller does not hear."""
        return self.acts or self.kills

    def befalls(self, at: int, call: str, of: int) -> bool:
        """Whether the call at `at`, `of` how many, is to fail so. Day by day those that take turns do so."""
        which, turns = self.turn
        turns = min(turns, of)
        return (EVERY or at % turns == which % turns) and self.only in call


def _response(request: Any, status: int, body: bytes, headers: dict[str, str]) -> AWSResponse:
    return AWSResponse(request.url, status, HTTPHeaders.from_dict(headers), _Body(body))


def answering(status: int, code: str, more: Mapping[str, Any] | None = None) -> Callable[[Any], AWSResponse]:
    """Every attempt is answered with this error of AWS; `more` are further fields of it."""

    def fail(request: Any) -> AWSResponse:
        body = json.dumps({"__type": f"com.amazonaws#{code}", "message": code, **(more or {})}).encode()
        return _response(request, status, body, {"x-amzn-ErrorType": code})

    return fail


def _raises(make: Callable[[Any], BaseException]) -> Callable[[Any], Any]:
    def fail(request: Any) -> Any:
        raise make(request)

    return fail


def _timeout(request: Any) -> BaseException:
    return ReadTimeoutError(endpoint_url=request.url)


FAULTS = (
    Fault("throttled", answering(400, "ThrottlingException"), turn=(0, 4)),
    Fault("a server error", answering(500, "InternalServerError"), turn=(1, 4)),
    Fault("no connection", _raises(lambda request: ConnectTimeoutError(endpoint_url=request.url)), turn=(2, 4)),
    Fault("timeout after the effect, once", _raises(_timeout), acts=True, times=ONCE, turn=(1, 2)),
    Fault("timeout after the effect", _raises(_timeout), acts=True, turn=(0, 2)),
    Fault("killed before", _raises(lambda _: Killed()), turn=(3, 4)),
    Fault("killed after", _raises(lambda _: Killed()), acts=True, turn=(1, 2)),
    Fault("gone", answering(410, "GoneException"), only="PostToConnection"),
)
# What is left half done: the function dies once a call has acted, or sees it fail and does what it does then.
BREAKING = tuple(fault for fault in FAULTS if fault.name in ("killed after", "a server error"))[::-1]


@dataclass
class Injector:
    """Makes one call of those that are counted from `arm` on fail; all calls go through it to moto."""

    calls: list[str] = field(default_factory=list)
    # What got through: frames, each with its connection, connections that were closed, and numbers that were texted.
    heard: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    texted: list[str] = field(default_factory=list)
    # Connections that are gone, though they are listed.
    gone: set[str] = field(default_factory=set)
    _fault: Fault | None = None
    _at: int = -1
    _failed: int = 0
    # As DynamoDB does: a transaction that is sent again has its first answer.
    _transactions: dict[str, tuple[int, bytes]] = field(default_factory=dict)

    def watch(self, client: Any) -> None:
        """Take a botocore client under control."""
        events = client.meta.events
        events.unregister("before-send", botocore_stubber)
        events.register("before-parameter-build", self._begun)
        events.register("before-send", self._send)

    def arm(self, fault: Fault | None = None, at: int = -1) -> None:
        """Count calls from here, from 0; the one at `at` fails."""
        self.calls.clear()
        self._fault, self._at, self._failed = fault, at, 0

    @property
    def failed(self) -> int:
        """How often the call that was to fail was tried."""
        return self._failed

    def _begun(self, model: Any, params: dict[str, Any], **_: Any) -> None:
        tables = params.get("TableName") or ", ".join(
            f"{kind} {request['TableName']}"
            for item in params.get("TransactItems", ())
            for kind, request in item.items()
        )
        self.calls.append(f"{model.name} {tables}".strip())

    def _send(self, request: Any, **_: Any) -> Any:
        fault = self._fault
        failing = fault is not None and len(self.calls) - 1 == self._at and self._failed < fault.times
        if not failing or fault is None:
            return self._answer(request)
        if fault.acts:
            self._answer(request)
        self._failed += 1
        return fault.fail(request)

    def _answer(self, request: Any) -> Any:
        token = _token(request)
        if token and token in self._transactions:
            status, body = self._transactions[token]
            return _response(request, status, body, {})
        if self.calls[-1] == "PostToConnection" and _connection(request) in self.gone:
            return answering(410, "GoneException")(request)
        self._note(request)
        answer = botocore_stubber("before-send", request=request)
        if token and answer and answer.status_code == 200:
            self._transactions[token] = (200, answer.content)
            return _response(request, 200, answer.content, dict(answer.headers))
        return answer

    def _note(self, request: Any) -> None:
        match self.calls[-1]:
            case "PostToConnection":
                self.heard.append((_connection(request), json.loads(request.body)))
            case "DeleteConnection":
                self.closed.append(_connection(request))
            case "Publish":
                self.texted += parse_qs(_text(request.body))["PhoneNumber"]


def _token(request: Any) -> str | None:
    body = _text(request.body or "")
    return json.loads(body)["ClientRequestToken"] if "ClientRequestToken" in body else None


def _connection(request: Any) -> str:
    return unquote(request.url).rpartition("/@connections/")[2]


def _text(body: str | bytes) -> str:
    return body if isinstance(body, str) else body.decode()


class _Body:
    """A response body as botocore reads it."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, **_: Any) -> Any:
        """All of it."""
        yield self._content
