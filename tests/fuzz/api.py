"""The HTTP API as its description has it: schemathesis makes requests of it, and judges the answers."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import schemathesis
from hypothesis.strategies import SearchStrategy
from schemathesis import APIOperation, Case, GenerationMode, Response
from schemathesis.checks import not_a_server_error
from schemathesis.generation.feedback import NO_FEEDBACK
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.confidential import HEARD
from tests.fuzz.answers import require_discreet, require_plain, require_problem

DESCRIPTION = Path(__file__).resolve().parents[2] / "docs/openapi.yaml"
CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
Operation = APIOperation[Any, Any, Any, Any]
Request = Case[Any]


@dataclass
class Api:
    """The description, read once. No words of this checkout get into what is made of it: it is to stay the same."""

    schema: Any = field(default_factory=lambda: schemathesis.openapi.from_path(DESCRIPTION))

    def __post_init__(self) -> None:
        """What has no route is answered by API Gateway, not by Nod."""
        self.schema.config.phases.coverage.unexpected_methods = set()

    def operation(self, label: str) -> Operation:
        """The operation of this method and path."""
        operation: Operation = self.schema.find_operation_by_label(label)
        return operation

    def boundaries(self, label: str) -> Iterator[Request]:
        """Requests at and just beyond every limit of the description, always the same."""
        operation = self.operation(label)
        cases: Iterator[Request] = self.schema.iter_coverage_cases(
            operation,
            generation_modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE],
            generation_config=self.schema.config.generation_for(operation=operation, phase="coverage"),
        )
        return cases

    def fitting(self, label: str) -> SearchStrategy[Request]:
        """Requests that fit the description."""
        return self.operation(label).as_strategy(generation_mode=GenerationMode.POSITIVE, feedback=NO_FEEDBACK)

    def unfitting(self, label: str) -> SearchStrategy[Request]:
        """Requests that do not fit it, in their body or query."""
        headers = {"Authorization": "Bearer of-somebody"}
        return self.operation(label).as_strategy(
            generation_mode=GenerationMode.NEGATIVE, feedback=NO_FEEDBACK, headers=headers
        )

    def ask(self, case: Request, url: str, token: str | None) -> Response:
        """Make the request, with a token where there is one, and judge its answer."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        response = case.call(base_url=url, headers=headers)
        sent = response.request
        HEARD.hear_headers(_headers(response))
        for content in (sent.url, sent.body, response.content):
            HEARD.hear(content if isinstance(content, str | bytes) else None)
        judge(case, response)
        return response


def judge(case: Request, response: Response) -> None:
    """The answer is one that the description has, and holds nothing that it should not."""
    case.validate_response(response, checks=CHECKS)
    text, status = response.text, response.status_code
    require_plain(text)
    if status >= 400:
        require_problem(status, response.headers["content-type"][0], text)
    require_discreet(status, text, case.body, _headers(response))


def _headers(response: Response) -> dict[str, str]:
    """Those of the request."""
    sent = response.request.headers
    return {name: value if isinstance(value, str) else value.decode("latin-1") for name, value in sent.items()}
