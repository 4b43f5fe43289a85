"""The HTTP edge: the resolver that every HTTP function shares, and how outcomes become responses."""

import re
from base64 import b64decode
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from nod.api.decoding import MAX_BODY_BYTES, decode
from nod.api.origin import network_of
from nod.api.responses import Problem
from nod.domain.device import Network
from nod.domain.identifiers import IDENTIFIER_PATTERN
from nod.errors import InvalidRequest, InvalidToken, NodError, NotFound
from nod.observability import log_unexpected, logger

JSON = "application/json"
PROBLEM_JSON = "application/problem+json"
# Answers hold tokens and codes: nothing on the way may keep them.
NO_STORE = {"Cache-Control": "no-store"}
IDENTIFIER = re.compile(IDENTIFIER_PATTERN)
IDEMPOTENCY_KEY = re.compile(r"[A-Za-z0-9_-]{22,128}")
T = TypeVar("T")


def resolver() -> APIGatewayHttpResolver:
    """A resolver that turns errors of ours into problem responses, in this one place."""
    app = APIGatewayHttpResolver()
    app.exception_handler(NodError)(_refused)
    app.exception_handler(Exception)(_unexpected)
    app.not_found(lambda _: problem(NotFound()))
    return app


def resolve(app: APIGatewayHttpResolver, event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one request. The path comes decoded; encoded again, every script fits the resolver's patterns."""
    answered: dict[str, Any] = app.resolve(event | {"rawPath": quote(event["rawPath"])}, context)
    return answered


def body(app: APIGatewayHttpResolver, struct: type[T]) -> T:
    """The request's body as a struct; `InvalidRequest` or `TooLarge` otherwise."""
    return decode(raw_body(app), struct, limit=MAX_BODY_BYTES)


def raw_body(app: APIGatewayHttpResolver) -> bytes:
    """The request's body, byte for byte: API Gateway encodes those that it does not take for text, such as forms."""
    event = app.current_event
    text = event.body or ""
    try:
        return b64decode(text, validate=True) if event.is_base64_encoded else text.encode()
    except ValueError:
        raise InvalidRequest("the body cannot be read") from None


def identifier(text: str, unknown: type[NodError]) -> str:
    """An identifier from the path; the error `unknown` for what cannot be one, which no table need be asked about."""
    if not IDENTIFIER.fullmatch(text):
        raise unknown()
    return text


def flag(app: APIGatewayHttpResolver, name: str) -> bool:
    """A query parameter that is `true` or `false`, and false where it is missing; `InvalidRequest` otherwise."""
    text = (app.current_event.query_string_parameters or {}).get(name, "false")
    if text not in {"true", "false"}:
        raise InvalidRequest(f"{name} is true or false")
    return text == "true"


def bearer(app: APIGatewayHttpResolver) -> str:
    """The bearer token of the request (RFC 6750 section 2.1); `InvalidToken` where there is none."""
    scheme, _, token = app.current_event.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise InvalidToken("send Authorization: Bearer, and the token (to cancel a sign-in: its verifier)")
    return token.strip()


def idempotency_key(app: APIGatewayHttpResolver) -> str | None:
    """What the caller has drawn for this request and its repetitions; None where it sends none.

    As in draft-ietf-httpapi-idempotency-key-header, in quotes or without; `InvalidRequest` where it could be guessed.
    """
    given = app.current_event.headers.get("idempotency-key")
    if given is None:
        return None
    key = given.strip().strip('"')
    if not IDEMPOTENCY_KEY.fullmatch(key):
        raise InvalidRequest("Idempotency-Key holds 22 to 128 random letters, digits, - and _")
    return key


def headers(app: APIGatewayHttpResolver) -> dict[str, str]:
    """The request's headers, with lower-case names."""
    return {name.lower(): value for name, value in app.current_event.headers.items()}


def network(app: APIGatewayHttpResolver, edge_key_hash: str) -> Network:
    """Where the request comes from."""
    source_ip = app.current_event.request_context.http.source_ip
    return network_of(source_ip, headers(app), edge_key_hash=edge_key_hash)


def answer(
    status: int, content: msgspec.Struct | dict[str, Any] | None = None, *, cache_for: int | None = None
) -> Response[Any]:
    """A JSON response, or one without content. `cache_for` (seconds) is for what holds nothing personal."""
    text = msgspec.json.encode(content).decode() if content is not None else ""
    caching = NO_STORE if cache_for is None else {"Cache-Control": f"public, max-age={cache_for}"}
    return Response(status, JSON if text else None, text, headers=dict(caching))


def answer_as(content_type: str, text: str) -> Response[Any]:
    """A response in the caller's own format."""
    return Response(200, content_type, text, headers=dict(NO_STORE))


def ticket_url(websocket_url: str, ticket: str) -> str:
    """The WebSocket address that a ticket opens."""
    return f"{websocket_url}?ticket={ticket}"


def problem(error: NodError) -> Response[Any]:
    """The problem response of an error (RFC 9457); with `Retry-After` where the caller is to wait."""
    content = Problem(
        type=f"urn:nod:problem:{error.code}",
        title=error.title,
        status=error.status,
        detail=error.detail,
        code=error.code,
    )
    told = dict(NO_STORE)
    if error.retry_after is not None:
        told["Retry-After"] = str(error.retry_after)
    if isinstance(error, InvalidToken):
        told["WWW-Authenticate"] = "Bearer"
    return Response(error.status, PROBLEM_JSON, msgspec.json.encode(content).decode(), headers=told)


def _refused(error: NodError) -> Response[Any]:
    log = logger.warning if error.status >= 500 else logger.info
    log("A request was refused", extra={"code": error.code})
    return problem(error)


def _unexpected(error: Exception) -> Response[Any]:
    log_unexpected(error)
    return problem(NodError())
