"""The problem responses of the HTTP API: one component for each set of errors that share a status.

Bodies and headers come from the function that makes them at run time, so that they cannot say otherwise.
"""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

import msgspec

from docs.generate.schemas import reference
from nod.api import http
from nod.errors import NodError, Overloaded, SlowDown, TryAgain

Response = dict[str, Any]
HEADERS: dict[str, dict[str, Any]] = {
    "Cache-Control": {
        "description": "Answers hold tokens and codes: nothing on the way may keep them.",
        "schema": {"type": "string", "const": http.NO_STORE["Cache-Control"]},
    },
    "Retry-After": {
        "required": True,
        "description": "Seconds to wait (RFC 9110 section 10.2.3).",
        "schema": {"type": "integer", "minimum": 1},
    },
    "WWW-Authenticate": {
        "description": "With `invalid_token`: the scheme to authenticate with (RFC 6750 section 3).",
        "schema": {"type": "string", "const": "Bearer"},
    },
}


def header_references(names: Iterable[str]) -> dict[str, Any]:
    """References to the headers of a response; `KeyError` for one that is not described."""
    # OpenAPI has the content type elsewhere, and ignores it here.
    described = {name: HEADERS[name] for name in names if name != "Content-Type"}
    return {name: {"$ref": f"#/components/headers/{name}"} for name in described}


def responses_for(errors: Iterable[type[NodError]]) -> dict[int, tuple[str, Response]]:
    """By status, the response that tells these errors, and the name of its component."""
    ordered = sorted(set(errors), key=lambda error: (error.status, error.__name__))
    grouped = [(status, list(group)) for status, group in groupby(ordered, key=lambda error: error.status)]
    return {status: ("Or".join(_name(error) for error in group), _response(group)) for status, group in grouped}


def _name(error: type[NodError]) -> str:
    return "InternalError" if error is NodError else error.__name__


def _response(errors: list[type[NodError]]) -> Response:
    raised = [http.problem(_raised(error)) for error in errors]
    headers = sorted({name for response in raised for name in response.headers})
    examples = [msgspec.json.decode(response.body or "") for response in raised]
    codes = [error.code for error in errors]
    code = {"const": codes[0]} if len(codes) == 1 else {"enum": codes}
    only = {"properties": {"status": {"const": errors[0].status}, "code": code}}
    return {
        "description": " ".join(f"`{error.code}`: {error.title}." for error in errors),
        "headers": header_references(headers),
        "content": {
            http.PROBLEM_JSON: {
                "schema": {"allOf": [reference("Problem"), only]},
                "examples": {example["code"]: {"value": example} for example in examples},
            }
        },
    }


def _raised(error: type[NodError]) -> NodError:
    return error(retry_after=5) if issubclass(error, (Overloaded, SlowDown, TryAgain)) else error()
