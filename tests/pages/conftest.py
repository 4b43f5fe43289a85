"""The browser of these tests, and the stacks with pages of their own."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import cache

import pytest
from playwright.sync_api import Browser

from local.pages import Pages, parameters_of
from local.stack import LocalStack
from tests.pages import chromium
from tests.pages.devices import Devices, devices_of
from tests.stacks import Deploy, Stack

Serve = Callable[..., Stack]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One browser for all tests of this folder; it ends with them, since it keeps a loop of events in this thread."""
    with chromium.running() as running:
        yield running


@pytest.fixture
def devices(browser: Browser, stack: Stack) -> Iterator[Devices]:
    """The devices of one test: afterwards no page has said or asked for anything that it should not have."""
    with devices_of(browser, stack) as devices:
        yield devices


@pytest.fixture(scope="session")
def serve(local_stack: LocalStack, deploy: Deploy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Deploys the build with other parameters, with pages of its own, once for the run."""
    with ExitStack() as servers:

        @cache
        def served(name: str, **parameters: str) -> Stack:
            cloud = replace(local_stack.cloud, directory=tmp_path_factory.mktemp(name))
            pages = servers.enter_context(Pages(cloud))
            stack = deploy(name, **(parameters_of(pages.url) | parameters))
            stack = replace(stack, endpoints=replace(stack.endpoints, web=pages.url))
            stack.endpoints.write(cloud.directory)
            pages.serve(name)
            return stack

        yield served
