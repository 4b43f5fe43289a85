"""Least privilege: what each function's role may do, tried with the role's own credentials (IAM is on)."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError

from tests.stacks import Stack

TABLES = {
    "Accounts": ("account_id", None),
    "Logins": ("login", None),
    "Sessions": ("account_id", "session_id"),
    "Connections": ("owner", "connection_id"),
    "SignIns": ("sign_in_id", None),
    "Prompts": ("account_id", "sign_in_id"),
    "Tickets": ("ticket_hash", None),
    "Throttles": ("key", "window"),
    "Bindings": ("binding_id", None),
    "Messages": ("message_key", None),
}
ClientOf = Callable[[str, str], Any]
ACTIONS = ("GetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "Scan")

# What each function's work needs, from its flows: nothing else may be granted.
NEEDED: dict[str, dict[str, set[str]]] = {
    "SignIns": {
        "Accounts": {"UpdateItem"},
        "Logins": {"GetItem", "PutItem", "UpdateItem"},
        "Throttles": {"UpdateItem", "DeleteItem"},
        "SignIns": {"GetItem", "PutItem", "UpdateItem"},
        "Prompts": {"Query", "PutItem", "UpdateItem", "DeleteItem"},
        "Tickets": {"PutItem"},
        "Connections": {"Query", "DeleteItem"},
        "Sessions": {"GetItem", "PutItem", "DeleteItem"},
    },
    "Account": {
        "Accounts": {"GetItem", "PutItem", "UpdateItem"},
        "Logins": {"GetItem", "PutItem", "UpdateItem", "DeleteItem"},
        "Throttles": {"UpdateItem"},
        "SignIns": {"GetItem", "UpdateItem"},
        "Prompts": {"Query", "DeleteItem"},
        "Tickets": {"PutItem"},
        "Connections": {"Query", "DeleteItem"},
        "Sessions": {"GetItem", "Query", "PutItem", "UpdateItem"},
        "Bindings": {"PutItem", "UpdateItem"},
    },
    "Sms": {
        "Messages": {"GetItem", "PutItem", "UpdateItem"},
        "SignIns": {"GetItem", "UpdateItem"},
        "Logins": {"GetItem", "PutItem", "UpdateItem", "DeleteItem"},
        "Bindings": {"GetItem", "UpdateItem"},
        "Accounts": {"GetItem", "PutItem", "UpdateItem"},
        "Prompts": {"PutItem", "UpdateItem", "DeleteItem"},
        "Connections": {"Query", "DeleteItem"},
        "Sessions": {"Query", "UpdateItem"},
        "Throttles": {"UpdateItem"},
    },
    "Authorizer": {"Tickets": {"DeleteItem"}},
    "WebSocket": {
        "Connections": {"Query", "PutItem", "UpdateItem", "DeleteItem"},
        "Sessions": {"GetItem", "Query", "UpdateItem"},
        "SignIns": {"GetItem", "UpdateItem"},
        "Prompts": {"Query", "DeleteItem"},
        "Logins": {"GetItem", "UpdateItem"},
        "Throttles": {"UpdateItem"},
    },
}
KEY_ACTIONS: dict[str, set[str]] = {
    "SignIns": {"Sign"},
    "Account": {"Sign", "GetPublicKey"},
    "Sms": set(),
    "Authorizer": set(),
    "WebSocket": set(),
}


@pytest.fixture
def client_of(stack: Stack) -> Iterator[ClientOf]:
    """Makes clients of a service with the credentials of a function's role."""
    with ExitStack() as clients:
        yield lambda function, service: clients.enter_context(closing(_client(stack, function, service)))


def _client(stack: Stack, function: str, service: str) -> Any:
    role = stack.cloud.client("iam").get_role(RoleName=stack.resources[f"{function}FunctionRole"])["Role"]
    sts = stack.cloud.client("sts")
    credentials = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="probe")["Credentials"]
    return botocore.session.get_session().create_client(
        service,
        region_name="us-east-1",
        endpoint_url=stack.cloud.url,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )


def is_allowed(call: Any, **request: Any) -> bool:
    """Whether a call is let through; what it then says does not matter."""
    try:
        call(**request)
    except ClientError as error:
        # SNS has a name of its own for it.
        return not {"AccessDenied", "AccessDeniedException", "AuthorizationError"} & {error.response["Error"]["Code"]}
    return True


def attempt(dynamodb: Any, stack: Stack, table: str, action: str) -> bool:
    """Whether an action on a table is allowed, tried on an item that does not exist and is not made."""
    name = stack.resources[f"{table}Table"]
    hash_key, range_key = TABLES[table]
    key: dict[str, dict[str, str]] = {hash_key: {"S": "probe"}}
    if range_key:
        key[range_key] = {"N": "0"} if range_key == "window" else {"S": "probe"}
    never = {"ConditionExpression": "attribute_exists(#k)", "ExpressionAttributeNames": {"#k": hash_key}}
    partition = {
        "KeyConditionExpression": "#k = :v",
        "ExpressionAttributeNames": {"#k": hash_key},
        "ExpressionAttributeValues": {":v": {"S": "probe"}},
    }
    tries: dict[str, tuple[Any, dict[str, Any]]] = {
        "GetItem": (dynamodb.get_item, {"Key": key}),
        "Query": (dynamodb.query, partition),
        "PutItem": (dynamodb.put_item, {"Item": key, **never}),
        "UpdateItem": (dynamodb.update_item, {"Key": key, **never}),
        "DeleteItem": (dynamodb.delete_item, {"Key": key, **never}),
        "Scan": (dynamodb.scan, {}),
    }
    call, request = tries[action]
    return is_allowed(call, TableName=name, **request)


@pytest.mark.parametrize("function", NEEDED)
def test_each_function_touches_its_tables_only(stack: Stack, client_of: ClientOf, function: str) -> None:
    """Every action on every table is refused to a function unless its work needs it, and allowed if it does."""
    dynamodb = client_of(function, "dynamodb")
    granted = {table: {action for action in ACTIONS if attempt(dynamodb, stack, table, action)} for table in TABLES}
    assert {table: actions for table, actions in granted.items() if actions} == NEEDED[function]


@pytest.mark.parametrize("function", NEEDED)
def test_each_function_uses_the_key_as_it_must(stack: Stack, client_of: ClientOf, function: str) -> None:
    """Only functions that make sessions sign, only the one that checks tokens reads the public key, none manages it."""
    kms = client_of(function, "kms")
    key = {"KeyId": stack.resources["SigningKey"]}
    message = {"Message": b"probe", "MessageType": "RAW", "SigningAlgorithm": "RSASSA_PKCS1_V1_5_SHA_256"}
    allowed = {
        "Sign": is_allowed(kms.sign, **key, **message),
        "GetPublicKey": is_allowed(kms.get_public_key, **key),
        "DescribeKey": is_allowed(kms.describe_key, **key),
        "ScheduleKeyDeletion": is_allowed(kms.schedule_key_deletion, **key, PendingWindowInDays=30),
    }
    assert {action for action, may in allowed.items() if may} == KEY_ACTIONS[function]


@pytest.mark.parametrize("function", NEEDED)
def test_no_function_reaches_beyond_nod(client_of: ClientOf, function: str) -> None:
    """No role reads other services: IAM, S3, Secrets Manager, other functions."""
    assert not is_allowed(client_of(function, "iam").list_roles)
    assert not is_allowed(client_of(function, "s3").list_buckets)
    assert not is_allowed(client_of(function, "secretsmanager").list_secrets)
    assert not is_allowed(client_of(function, "lambda").list_functions)


@pytest.mark.parametrize("function", NEEDED)
def test_each_function_reaches_people_as_it_must(stack: Stack, client_of: ClientOf, function: str) -> None:
    """Only the function behind the gateways reads their secrets and texts phones, only account sends mail."""
    texts, mail = client_of(function, "sns"), client_of(function, "sesv2")
    secret = {"SecretId": stack.resources["GatewaySecrets"]}
    content = {"Simple": {"Subject": {"Data": "probe"}, "Body": {"Text": {"Data": "probe"}}}}
    to_probe = {"Destination": {"ToAddresses": ["probe@example.org"]}, "Content": content}
    allowed = {
        "secret": is_allowed(client_of(function, "secretsmanager").get_secret_value, **secret),
        "text": is_allowed(texts.publish, PhoneNumber="+12025550199", Message="probe"),
        "topic": is_allowed(texts.publish, TopicArn=stack.resources["InboundTextsTopic"], Message="probe"),
        "mail": is_allowed(mail.send_email, FromEmailAddress="nod@example.com", **to_probe),
    }
    reaches = {"Sms": {"secret", "text"}, "Account": {"mail"}}
    assert {name for name, granted in allowed.items() if granted} == reaches.get(function, set())
