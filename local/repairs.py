"""Repairs of MiniStack where it answers otherwise than AWS in what Nod relies on; applied before it starts.

Each says what AWS does. When MiniStack is updated, take them out one by one and see whether the tests still pass.
"""

import json
from datetime import UTC, datetime
from typing import Any

from ministack.core import iam_actions
from ministack.services import apigateway, ses_v2, sns

Answer = tuple[int, dict[str, str], Any]


def apply() -> None:
    """Apply all repairs to the MiniStack of this process."""
    _read_cors_as_cloudformation_writes_it()
    _tell_connections_as_documented()
    _authorise_mail_by_its_sender()
    _keep_messages_out_of_the_log()


def _read_cors_as_cloudformation_writes_it() -> None:
    """CloudFormation's `AllowOrigins` is the API's `allowOrigins`; MiniStack keeps the former and reads the latter."""
    response_headers, preflight = apigateway._cors_response_headers, apigateway._cors_preflight_response
    apigateway._cors_response_headers = lambda cors, origin: response_headers(_as_in_the_api(cors), origin)
    apigateway._cors_preflight_response = lambda cors, origin: preflight(_as_in_the_api(cors), origin)


def _tell_connections_as_documented() -> None:
    """GetConnection answers in camel case with times in ISO 8601; MiniStack in Pascal case with seconds."""
    original = apigateway.handle_connections_api

    async def repaired(method: str, *arguments: Any) -> Answer:
        status, headers, body = await original(method, *arguments)
        if method != "GET" or status != 200:
            return status, headers, body
        told = json.loads(body)
        answer = {
            "connectedAt": _iso(told["ConnectedAt"]),
            "identity": _as_in_the_api(told["Identity"]),
            "lastActiveAt": _iso(told["LastActiveAt"]),
        }
        return status, headers, json.dumps(answer).encode()

    apigateway.handle_connections_api = repaired


def _authorise_mail_by_its_sender() -> None:
    """AWS authorises `SendEmail` on the identity of the sender; MiniStack on everything there is."""
    original = iam_actions._ses_v2_resource_arn

    def repaired(method: str, path: str, body: bytes, region: str, account_id: str) -> str:
        if method == "POST" and path.rstrip("/").endswith("/outbound-emails"):
            return f"arn:aws:ses:{region}:{account_id}:identity/{json.loads(body)['FromEmailAddress']}"
        resource: str = original(method, path, body, region, account_id)
        return resource

    iam_actions._ses_v2_resource_arn = repaired


def _keep_messages_out_of_the_log() -> None:
    """AWS logs no text messages and no mail; MiniStack logs them, where the tests look for what must not be there."""
    for service, said in ((sns, "SNS SMS to"), (ses_v2, "SESv2 SendEmail")):
        service.logger.addFilter(lambda record, said=said: not str(record.msg).startswith(said))


def _as_in_the_api(names: dict[str, Any]) -> dict[str, Any]:
    return {name[:1].lower() + name[1:]: value for name, value in names.items()}


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()
