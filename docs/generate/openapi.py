"""The description of the HTTP API, as an OpenAPI 3.1 document."""

import re
from collections.abc import Iterable
from typing import Any

from docs.generate.examples import examples_of
from docs.generate.operations import OPERATIONS
from docs.generate.operations.operation import CHOICES, PARAMETERS, TAGS, Operation, OwnFormat
from docs.generate.problems import HEADERS, header_references, responses_for
from docs.generate.schemas import Schema, prose, schemas_of
from nod.api.decoding import MAX_BODY_BYTES
from nod.api.http import IDEMPOTENCY_KEY, JSON, NO_STORE
from nod.api.responses import Problem
from nod.errors import NotFound

Document = dict[str, Any]
VERSION = "0.1.0"
LICENSE = {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"}
_INTRODUCTION = f"""\
Signing in without typing a password: a device that is already signed in lets a new one in.

JSON in and out, at most {MAX_BODY_BYTES // 1024} KiB in; only SMS gateways have formats of their own. Fields that a
request does not know are refused. Answers may gain fields. Times are RFC 3339 in UTC. Ids and secrets are opaque.

Errors are problem details (RFC 9457), to be told apart by `code`; no other code than those listed with an operation
comes from it. There is also `{NotFound.code}`, for a path whose parts cannot be read. API Gateway itself answers what
never reaches Nod, such as requests beyond its limits, with JSON that has a `message` and no `code`; for an unknown
path that is 404 and `{{"message":"Not Found"}}`.
"""
_SECURITY_SCHEMES = {
    "session": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The access token of a grant. That of a session which was ended is refused at once.",
    },
    "verifier": {
        "type": "http",
        "scheme": "bearer",
        "description": "The PKCE verifier of the device that started the sign-in.",
    },
}


def openapi(operations: Iterable[Operation] = OPERATIONS) -> Document:
    """The document."""
    operations = list(operations)
    types = list(dict.fromkeys(struct for operation in operations for struct in _types_of(operation)))
    schemas, components = schemas_of([*types, Problem])
    schema_of = dict(zip(types, schemas[:-1], strict=True))
    paths: dict[str, Any] = {}
    problems: dict[str, Any] = {}
    for operation in operations:
        told = responses_for(operation.all_errors)
        problems |= dict(told.values())
        item = paths.setdefault(operation.path, _path_item(operation.path))
        item[operation.method.lower()] = _operation(
            operation, schema_of, {code: name for code, (name, _) in told.items()}
        )
    return {
        "openapi": "3.1.0",
        "info": {"title": "Nod", "version": VERSION, "description": _INTRODUCTION, "license": LICENSE},
        "servers": [_SERVER],
        "tags": [{"name": name, "description": description} for name, description in TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": components,
            "responses": dict(sorted(problems.items())),
            "headers": HEADERS,
            "securitySchemes": _SECURITY_SCHEMES,
        },
    }


_SERVER = {
    "url": "{address}",
    "description": "Your stack",
    "variables": {
        "address": {"default": "https://api.example.com", "description": "The stack's output `HttpUrl`."},
    },
}


_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": PARAMETERS["Idempotency-Key"],
    "schema": {"type": "string", "pattern": f"^{IDEMPOTENCY_KEY.pattern}$"},
}


def _types_of(operation: Operation) -> list[Any]:
    contents = (operation.request, *operation.answers.values())
    return [struct for struct in contents if struct is not None and not isinstance(struct, OwnFormat)]


def _path_item(path: str) -> dict[str, Any]:
    parameters = [_part(name) for name in re.findall(r"{(\w+)}", path)]
    return {"parameters": parameters} if parameters else {}


def _part(name: str) -> dict[str, Any]:
    schema: Schema = {"type": "string", "enum": CHOICES[name]} if name in CHOICES else {"type": "string"}
    return {"name": name, "in": "path", "required": True, "description": PARAMETERS[name], "schema": schema}


def _flag(name: str) -> dict[str, Any]:
    schema = {"type": "boolean", "default": False}
    return {"name": name, "in": "query", "description": PARAMETERS[name], "schema": schema}


def _operation(operation: Operation, schema_of: dict[Any, Schema], problems: dict[int, str]) -> dict[str, Any]:
    described: dict[str, Any] = {"operationId": operation.name, "tags": [operation.tag], "summary": operation.summary}
    if operation.description:
        described["description"] = operation.description
    parameters = [_flag(name) for name in operation.flags] + ([_KEY] if operation.repeatable else [])
    if parameters:
        described["parameters"] = parameters
    described["security"] = [] if operation.security == "nothing" else [{operation.security: []}]
    if operation.request is not None:
        described["requestBody"] = _request_body(operation.request, schema_of)
    responses = {
        status: _answer(struct, schema_of, cached=operation.cached) for status, struct in operation.answers.items()
    }
    responses |= {status: {"$ref": f"#/components/responses/{name}"} for status, name in problems.items()}
    described["responses"] = {str(status): responses[status] for status in sorted(responses)}
    return described


def _request_body(content: Any, schema_of: dict[Any, Schema]) -> dict[str, Any]:
    told = {"description": content.description} if isinstance(content, OwnFormat) else {}
    return {**told, "required": True, "content": _content(content, schema_of)}


def _answer(content: Any, schema_of: dict[Any, Schema], *, cached: bool) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": _meaning(content)}
    if not cached:
        answer["headers"] = header_references(NO_STORE)
    if content is not None:
        answer["content"] = _content(content, schema_of)
    return answer


def _meaning(content: Any) -> str:
    if isinstance(content, OwnFormat):
        return content.description
    return prose(content.__doc__) if isinstance(content, type) else "Done."


def _content(content: Any, schema_of: dict[Any, Schema]) -> dict[str, Any]:
    if isinstance(content, OwnFormat):
        # A media type without a schema may hold anything.
        return {media_type: {} for media_type in content.media_types}
    media: dict[str, Any] = {"schema": schema_of[content]}
    if examples := examples_of(content):
        media["examples"] = {name: {"value": value} for name, value in examples.items()}
    return {JSON: media}
