"""The local cloud of the test run, and the stacks that tests play against, each deployed once."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx
import pytest

from local.cloud import Cloud
from local.device import Device
from local.stack import STACK_NAME, Endpoints, LocalStack
from nod.domain.identifiers import fingerprint

EDGE_SECRET = "what CloudFront adds"
PASSWORD = "correct horse battery staple"


@dataclass(frozen=True)
class Stack:
    """A deployed stack: where it answers, and what it is made of."""

    http: str
    websocket: str
    name: str
    cloud: Cloud
    resources: dict[str, str]
    client: httpx.Client

    def device(self, name: str = "Alice's PC", kind: str = "desktop", **facts: str) -> Device:
        """A device that is not signed in."""
        return Device(self.client, name, kind, **facts)

    def person(self) -> "Person":
        """A new account, signed up on its first phone."""
        login = f"alice-{secrets.token_hex(6)}"
        phone = self.device("Alice's phone", "phone", id=secrets.token_hex(8), app="tests")
        response = phone.sign_up(login, PASSWORD)
        assert response.status_code == 201, response.text
        return Person(login, phone)

    def items(self, table: str, key: str, value: str) -> list[dict[str, Any]]:
        """The rows of one partition, as DynamoDB keeps them."""
        answer = self.cloud.client("dynamodb").query(
            TableName=self.resources[f"{table}Table"],
            KeyConditionExpression="#key = :value",
            ExpressionAttributeNames={"#key": key},
            ExpressionAttributeValues={":value": {"S": value}},
        )
        rows: list[dict[str, Any]] = answer["Items"]
        return rows

    def put(self, table: str, item: dict[str, Any]) -> None:
        """Put a row, past the service."""
        self.cloud.client("dynamodb").put_item(TableName=self.resources[f"{table}Table"], Item=item)


@dataclass(frozen=True)
class Person:
    """Somebody with an account and a phone that is signed in."""

    login: str
    phone: Device

    @property
    def account_id(self) -> str:
        """The id of the account."""
        account_id: str = self.phone.grant["account_id"]
        return account_id


Deploy = Callable[..., Stack]


@pytest.fixture(scope="session")
def local_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """The local cloud of this test run, on a free port, beside whatever else runs; with the local parameters."""
    with LocalStack.start(tmp_path_factory.mktemp("local")) as running:
        yield running


@pytest.fixture(scope="session")
def deploy(local_stack: LocalStack) -> Iterator[Deploy]:
    """Deploys the same build with other parameters, once for the run."""
    with ExitStack() as clients:

        @cache
        def deployed(name: str, **parameters: str) -> Stack:
            endpoints = local_stack.endpoints if name == STACK_NAME else local_stack.deploy(name, parameters)
            client = clients.enter_context(httpx.Client(base_url=endpoints.http, timeout=60))
            return _described(local_stack, name, endpoints, client)

        yield deployed


@pytest.fixture(scope="session")
def stack(deploy: Deploy) -> Stack:
    """The stack with the local parameters."""
    return deploy(STACK_NAME)


@pytest.fixture(scope="session")
def strict(deploy: Deploy) -> Stack:
    """A stack as careful as in production: accounts concealed, no weak mode, one origin, one approver asked."""
    return deploy(
        "nod-strict",
        ConcealAccounts="true",
        MinimumVerification="choose",
        AllowedOrigins="https://app.example.com",
        ApproverPolicy="latest",
        EvictionAge="24",
        SignInLifetime="15",
        EdgeKeyHash=fingerprint(EDGE_SECRET),
    )


@pytest.fixture(scope="session")
def shut(deploy: Deploy) -> Stack:
    """A stack without password sign-up, on which one address starts few sign-ins."""
    return deploy("nod-shut", PasswordSignUp="false", StartsPerMinutePerAddress="5")


def _described(local: LocalStack, name: str, endpoints: Endpoints, client: httpx.Client) -> Stack:
    described = local.client("cloudformation").describe_stack_resources(StackName=name)
    resources = {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in described["StackResources"]}
    return Stack(endpoints.http, endpoints.websocket, name, local.cloud, resources, client)
