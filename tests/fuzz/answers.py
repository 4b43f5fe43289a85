"""What holds for every answer, whatever was asked: the form of problems, nothing of the inside, no secret repeated."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.confidential import Confidential

# What an answer would hold where a stack trace, a library's message or the inside of the cloud got into it.
_INSIDE = re.compile(
    r"Traceback|\bFile \"|\.py\b|/var/task|/opt/python|site-packages|botocore|boto3|pynamodb|msgspec|powertools"
    r"|dynamodb|arn:aws|RequestId|\b\w+(?:Error|Exception)\b"
)
_PROBLEM = {"type", "title", "status", "detail", "code"}
# Who somebody is may be told to whoever is signed in; the rest nobody is ever told again.
_PERSONAL = frozenset({"login", "phone number"})
# Shorter values are words of any answer.
_SHORTEST = 8


def require_plain(text: str) -> None:
    """Nothing of the inside is in it."""
    found = _INSIDE.search(text)
    assert found is None, f"an answer tells {found[0]}"


def require_problem(status: int, content_type: str, text: str) -> str:
    """The answer is a problem of ours (RFC 9457); its code."""
    assert content_type == "application/problem+json"
    problem = json.loads(text)
    assert set(problem) == _PROBLEM
    assert (problem["status"], problem["type"]) == (status, f"urn:nod:problem:{problem['code']}")
    assert re.fullmatch("[a-z_]+", problem["code"])
    assert problem["title"].strip()
    assert problem["detail"].strip()
    code: str = problem["code"]
    return code


def require_discreet(status: int, text: str, body: Any, headers: Mapping[str, str]) -> None:
    """No secret of the request is in its answer; of a refused request no value at all, whatever its field."""
    sent, whole = Confidential(), set(_values(body))
    sent.hear(json.dumps(body, default=str))
    # Of a token its first parts, which say whose it is, may come again.
    secrets = {value for value in whole if status >= 400 or sent.kinds.get(value, "login") not in _PERSONAL}
    sent.hear_headers(headers)
    secrets |= {value for value, kind in sent.kinds.items() if kind in ("bearer token", "idempotency key")}
    repeated = [value for value in secrets if value in text or json.dumps(value)[1:-1] in text]
    assert repeated == []


def _values(content: Any) -> Iterator[str]:
    if isinstance(content, Mapping):
        for value in content.values():
            yield from _values(value)
    elif isinstance(content, list):
        for value in content:
            yield from _values(value)
    elif isinstance(content, str) and len(content) >= _SHORTEST and len(set(content)) > 1:
        yield content
