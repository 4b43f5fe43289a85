"""The description of the WebSocket API, as an AsyncAPI 3.0 document."""

from collections.abc import Iterable
from typing import Any

import msgspec

from docs.generate.examples import examples_of
from docs.generate.messages import EXCHANGES, PUSHES, Exchange, errors_of_frames
from docs.generate.openapi import LICENSE, VERSION, Document
from docs.generate.schemas import Schema, prose, reference, schemas_of
from nod.api import frames
from nod.api.decoding import MAX_FRAME_BYTES
from nod.errors import NodError

_INTRODUCTION = f"""\
What goes over the WebSocket connections of Nod: prompts to those who approve, QR codes to pages that hand an account
over, and news to a device that waits.

A connection is opened with a ticket that works once: an approver or a hand-over page gets its address from
`POST /tickets`, by `purpose`; a device that waits finds it as `waiter.url` in the answer to `POST /sign-ins`. Connect
to the address as it stands. A bad, used or expired ticket, or an `Origin` that is not allowed, is refused at the
handshake.

Frames are JSON objects, at most {MAX_FRAME_BYTES // 1024} KiB from a client; those from a client are told apart by
`action`, those to it by `type`. Fields that a frame does not know are refused; what is sent to clients may gain fields
and types. A list of sessions that would be over 128 KB, some hundreds of them, is refused as `forbidden`;
`GET /sessions` has it. An `id` is copied into the reply. A refused frame is replied with `error`, and the connection
stays open.

API Gateway ends a connection that was idle for 10 minutes, and every connection after 2 hours: ping every 5 minutes,
reconnect with jitter, and say `hello` first, which brings what was missed. To a hand-over page `welcome` brings the
prompts to answer there, and a fresh `qr` follows for each sign-in that waits to be scanned. What has a `message` and no
`type` is from API Gateway: it could not hand the frame on, or frames come too fast.
"""
_CHANNEL = "#/channels/connection"


def asyncapi(exchanges: Iterable[Exchange] = EXCHANGES) -> Document:
    """The document."""
    exchanges = list(exchanges)
    sent_by_clients = [exchange.frame for exchange in exchanges]
    replies = dict.fromkeys(reply for exchange in exchanges for reply in exchange.replies)
    structs: list[type[msgspec.Struct]] = [*sent_by_clients, *replies, frames.ErrorReply, *PUSHES]
    _, schemas = schemas_of(structs)
    schemas["ErrorReply"]["properties"]["code"] |= _error_codes()
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Nod", "version": VERSION, "description": _INTRODUCTION, "license": LICENSE},
        "defaultContentType": "application/json",
        "servers": {"stack": _SERVER},
        "channels": {"connection": _channel(structs)},
        "operations": dict([*map(_exchange, exchanges), *map(_push, PUSHES)]),
        "components": {
            "messages": {_name(struct): _message(struct, schemas) for struct in structs},
            "schemas": schemas,
            "securitySchemes": {"ticket": _TICKET},
        },
    }


_SERVER = {
    "host": "{host}",
    "pathname": "/{path}",
    "protocol": "wss",
    "description": "Your stack. The address that comes with a ticket holds all of this.",
    "variables": {
        "host": {"default": "ws.example.com", "description": "Of the stack's output `WebSocketUrl`."},
        "path": {"default": "live", "description": "Of the stack's output `WebSocketUrl`."},
    },
    "security": [{"$ref": "#/components/securitySchemes/ticket"}],
}
_TICKET = {
    "type": "httpApiKey",
    "in": "query",
    "name": "ticket",
    "description": "Works once. One from `POST /tickets` for 30 seconds, one of a sign-in for as long as that lives.",
}


def _channel(structs: list[type[msgspec.Struct]]) -> dict[str, Any]:
    ticket = {"type": "string", "description": "The ticket; part of the address that was given."}
    query = {"type": "object", "required": ["ticket"], "properties": {"ticket": ticket}}
    return {
        "address": "/",
        "title": "A connection",
        "description": "Of an approver or a hand-over page, which are a session's, or of a device that waits for its"
        " sign-in to be answered.",
        "messages": {_name(struct): {"$ref": f"#/components/messages/{_name(struct)}"} for struct in structs},
        "bindings": {"ws": {"method": "GET", "query": query, "bindingVersion": "0.1.0"}},
    }


def _exchange(exchange: Exchange) -> tuple[str, dict[str, Any]]:
    codes = ", ".join(f"`{code}`" for code in dict.fromkeys(error.code for error in exchange.all_errors))
    replies: list[type[msgspec.Struct]] = [*exchange.replies, frames.ErrorReply]
    return _name(exchange.frame), {
        "action": "receive",
        "channel": {"$ref": _CHANNEL},
        "summary": prose(exchange.frame.__doc__),
        "description": f"From {exchange.senders}. Errors: {codes}.",
        "messages": [_in_channel(exchange.frame)],
        "reply": {"channel": {"$ref": _CHANNEL}, "messages": [_in_channel(reply) for reply in replies]},
    }


def _push(struct: type[msgspec.Struct]) -> tuple[str, dict[str, Any]]:
    tag = str(struct.__struct_config__.tag)
    return f"push{tag[0].upper()}{tag[1:]}", {
        "action": "send",
        "channel": {"$ref": _CHANNEL},
        "summary": prose(struct.__doc__),
        "messages": [_in_channel(struct)],
    }


def _message(struct: type[msgspec.Struct], schemas: dict[str, Schema]) -> dict[str, Any]:
    message: dict[str, Any] = {
        "name": struct.__struct_config__.tag,
        "summary": prose(struct.__doc__),
        "payload": reference(struct.__name__),
        "examples": [{"payload": value} for value in examples_of(struct).values()],
    }
    if "id" in schemas[struct.__name__]["properties"]:
        message["correlationId"] = {"location": "$message.payload#/id"}
    return message


def _error_codes() -> Schema:
    told: dict[str, type[NodError]] = {}
    for error in errors_of_frames():
        told.setdefault(error.code, error)
    meanings = "; ".join(f"`{code}`: {error.title}" for code, error in told.items())
    return {"description": f"The stable name to decide by. {meanings}.", "enum": list(told)}


def _in_channel(struct: type[msgspec.Struct]) -> dict[str, str]:
    return {"$ref": f"{_CHANNEL}/messages/{_name(struct)}"}


def _name(struct: type[msgspec.Struct]) -> str:
    return struct.__name__[0].lower() + struct.__name__[1:]
