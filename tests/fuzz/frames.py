"""Frames made of the description of the WebSocket API, and what may be replied to each."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import schemathesis
import yaml
from hypothesis.strategies import SearchStrategy
from openapi_schema_validator import OAS31Validator
from schemathesis import GenerationMode
from schemathesis.generation.feedback import NO_FEEDBACK

DESCRIPTION = Path(__file__).resolve().parents[2] / "docs/asyncapi.yaml"


@dataclass
class Frames:
    """The description, read once."""

    document: dict[str, Any] = field(default_factory=lambda: yaml.safe_load(DESCRIPTION.read_text()))

    def __post_init__(self) -> None:
        """Let schemathesis take each frame for the body of a request, so that it makes them as it makes those."""
        self._schema = schemathesis.openapi.from_dict(_as_requests(self.document))

    def boundaries(self, action: str) -> list[Any]:
        """Frames at and just beyond every limit of the description, always the same."""
        operation = self._operation(action)
        cases = self._schema.iter_coverage_cases(
            operation,
            generation_modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE],
            generation_config=self._schema.config.generation_for(operation=operation, phase="coverage"),
        )
        # Some differ in what a frame does not have, such as headers.
        different = {json.dumps(case.body): case.body for case in cases if case.media_type}
        return list(different.values())

    def fitting(self, action: str) -> SearchStrategy[Any]:
        """Frames that fit the description."""
        return self._made(action, GenerationMode.POSITIVE)

    def unfitting(self, action: str) -> SearchStrategy[Any]:
        """Frames that do not fit it, some of which are bytes."""
        return self._made(action, GenerationMode.NEGATIVE)

    def _made(self, action: str, mode: GenerationMode) -> SearchStrategy[Any]:
        cases = self._operation(action).as_strategy(generation_mode=mode, feedback=NO_FEEDBACK)
        bodies: SearchStrategy[Any] = cases.map(lambda case: _as_written(case.body))
        return bodies

    def fits(self, frame: Any) -> str | None:
        """The action of a frame that fits the description; None for all others."""
        fitting = [name for name in self.actions if self._is_valid(frame, self._payload(name))]
        return fitting[0] if fitting else None

    def is_push(self, frame: Any, *, after: str | bytes = "") -> bool:
        """Whether it has come by itself. A QR code without an id, after it was asked for, has not."""
        pushes = [name for name, one in self.document["operations"].items() if one["action"] == "send"]
        named = [name for push in pushes for name in self._named(push)]
        asked_for = frame.get("type") == "qr" and "renewQr" in str(after)
        return "id" not in frame and not asked_for and any(self._is_valid(frame, self._payload(name)) for name in named)

    def require_reply(self, sent: Any, reply: Any) -> None:
        """The reply is one that the description has for this frame, and bears its id."""
        action = self.fits(sent)
        assert reply.get("id") == self._id_of(sent)
        if action is None:
            assert self._is_valid(reply, self._payload("errorReply"))
            assert reply["code"] == "invalid_request"
            return
        operation = self.document["operations"][action]
        replies = self._named(action, "reply")
        assert any(self._is_valid(reply, self._payload(name)) for name in replies), f"{reply['type']} to {action}"
        if reply["type"] == "error":
            assert f"`{reply['code']}`" in operation["description"]
            assert reply["code"] != "invalid_request", reply["detail"]

    @property
    def actions(self) -> list[str]:
        """What a client can say."""
        return [name for name, one in self.document["operations"].items() if one["action"] == "receive"]

    def _id_of(self, frame: Any) -> str | int | None:
        found = frame.get("id") if isinstance(frame, Mapping) else None
        fits = self._is_valid(found, {"$ref": "#/components/schemas/FrameId"})
        return found if fits and not isinstance(found, float) else None

    def _is_valid(self, content: Any, schema: Mapping[str, Any]) -> bool:
        whole = {**schema, "components": self.document["components"]}
        valid: bool = OAS31Validator(whole).is_valid(content)
        return valid

    def _named(self, operation: str, part: str | None = None) -> list[str]:
        content = self.document["operations"][operation]
        messages = (content[part] if part else content)["messages"]
        return [one["$ref"].rpartition("/")[2] for one in messages]

    def _payload(self, message: str) -> dict[str, Any]:
        payload: dict[str, Any] = self.document["components"]["messages"][message]["payload"]
        return payload

    def _operation(self, action: str) -> Any:
        return self._schema.find_operation_by_label(f"POST /{action}")


def _as_written(frame: Any) -> Any:
    """To JSON Schema 1.0 is an integer; no client writes one so, and the service takes none."""
    number = frame.get("id") if isinstance(frame, dict) else None
    return {**frame, "id": int(number)} if isinstance(number, float) and number.is_integer() else frame


def _as_requests(document: dict[str, Any]) -> dict[str, Any]:
    components = document["components"]
    paths = {
        f"/{name}": {
            "post": {
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": components["messages"][name]["payload"]}},
                },
                "responses": {"200": {"description": "A reply"}},
            }
        }
        for name, one in document["operations"].items()
        if one["action"] == "receive"
    }
    info = {"title": "Frames", "version": "0"}
    return {"openapi": "3.1.0", "info": info, "paths": paths, "components": {"schemas": components["schemas"]}}
