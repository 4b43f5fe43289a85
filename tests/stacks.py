"""The local cloud of the test run, and the stacks that tests play against, each deployed once: a plugin of pytest."""

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.cloud import Cloud
from local.device import Device
from local.endpoints import Endpoints
from local.phone import Handset, PhoneNetwork
from local.stack import STACK_NAME, LocalStack, build
from nod.domain.identifiers import fingerprint
from tests.confidential import HEARD
from tests.invariants import Row, all_rows
from tests.listening import listening
from tests.logs import require_discretion
from tests.target import PASSWORD, Person, Target, body_of, fresh_number

__all__ = ["PASSWORD", "Person", "body_of", "fresh_number"]


@dataclass(frozen=True, kw_only=True)
class Stack(Target):
    """A deployed stack on a local cloud: where it answers, what it is made of, and who texts it."""

    endpoints: Endpoints
    name: str
    cloud: Cloud
    resources: dict[str, str]

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

    def rows(self, table: str) -> list[Row]:
        """All rows of a table, as DynamoDB keeps them."""
        return all_rows(self.cloud.client("dynamodb"), self.resources[f"{table}Table"])

    def put(self, table: str, item: dict[str, Any]) -> None:
        """Put a row, past the service."""
        self.cloud.client("dynamodb").put_item(TableName=self.resources[f"{table}Table"], Item=item)


Deploy = Callable[..., Stack]
EDGE_SECRET = "what CloudFront adds"


@pytest.fixture(scope="session")
def local_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """The local cloud of this test run, on a free port, beside whatever else runs; with the local parameters.

    When all tests that play against it are over, its logs must hold nothing confidential that went over the wire.
    """
    with listening(), LocalStack.start(built(tmp_path_factory, "local")) as running:
        yield running
        require_discretion(running.cloud, HEARD)


def built(tmp_path_factory: pytest.TempPathFactory, name: str) -> Path:
    """A new directory for a local cloud, with the build in it, which is made once for all processes of the run."""
    # Where tests run in several processes, each has a directory of its own below that of the run.
    mine = tmp_path_factory.getbasetemp()
    shared = (mine.parent if "PYTEST_XDIST_WORKER" in os.environ else mine) / "build"
    shared.mkdir(exist_ok=True)
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        build(shared)
    directory = tmp_path_factory.mktemp(name)
    (directory / "build").symlink_to(shared / "build")
    shutil.copy(shared / "build.digest", directory)
    return directory


@pytest.fixture(scope="session")
def deploy(local_stack: LocalStack) -> Iterator[Deploy]:
    """Deploys the same build with other parameters, once for the run."""
    with ExitStack() as clients:

        @cache
        def deployed(name: str, **parameters: str) -> Stack:
            endpoints = local_stack.endpoints if name == STACK_NAME else local_stack.deploy(name, parameters)
            client = clients.enter_context(httpx.Client(base_url=endpoints.http, timeout=60))
            return described(local_stack, name, endpoints, client)

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


def described(local: LocalStack, name: str, endpoints: Endpoints, client: httpx.Client) -> Stack:
    """A deployed stack, with what it is made of; `client` has its address as base URL."""
    found = local.client("cloudformation").describe_stack_resources(StackName=name)
    HEARD.hear(json.dumps(endpoints.sms))
    resources = {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in found["StackResources"]}
    return Stack(
        client=client,
        generic=endpoints.sms["generic"],
        endpoints=endpoints,
        name=name,
        cloud=local.cloud,
        resources=resources,
    )
