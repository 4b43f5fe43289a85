"""The local cloud of the test run, and the stacks that tests play against, each deployed once: a plugin of pytest."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx
import pytest

from local.cloud import Cloud
from local.device import Device, SignIn
from local.endpoints import Endpoints
from local.phone import Handset, PhoneNetwork
from local.stack import STACK_NAME, LocalStack

PASSWORD = "correct horse battery staple"


@dataclass(frozen=True)
class Stack:
    """A deployed stack: where it answers, and what it is made of."""

    endpoints: Endpoints
    name: str
    cloud: Cloud
    resources: dict[str, str]
    client: httpx.Client

    @property
    def http(self) -> str:
        """The address of the HTTP API."""
        return self.endpoints.http

    @property
    def websocket(self) -> str:
        """The address of the WebSocket API."""
        return self.endpoints.websocket

    @property
    def network(self) -> PhoneNetwork:
        """The phone network that texts this stack."""
        return PhoneNetwork(self.endpoints, self.cloud)

    def handset(self, number: str | None = None) -> Handset:
        """A phone with a number that nobody else has."""
        return self.network.handset(number or fresh_number())

    def texted_in(self, handset: Handset, name: str = "Bob's phone") -> Device:
        """A device that a text from this handset has signed in."""
        device = self.device(name, "phone")
        sign_in = device.start_by_text()
        assert handset.send(body_of(sign_in)).status_code == 200
        response = device.redeem(sign_in)
        assert response.status_code == 200, response.text
        return device

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


# British numbers that are kept for plays; the last hundred are the demo's.
_NUMBERS = (f"+447700900{number:03d}" for number in range(900))


def fresh_number() -> str:
    """A number that no other test of this run has."""
    return next(_NUMBERS)


def body_of(sign_in: SignIn) -> str:
    """What the phone is told to text."""
    body: str = sign_in.started["sms"]["body"]
    return body


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


def _described(local: LocalStack, name: str, endpoints: Endpoints, client: httpx.Client) -> Stack:
    described = local.client("cloudformation").describe_stack_resources(StackName=name)
    resources = {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in described["StackResources"]}
    return Stack(endpoints, name, local.cloud, resources, client)
