"""The stacks with other parameters that the tests of this folder play against."""

import pytest

from local.demo import DEMANDING
from tests.stacks import Deploy, Stack


@pytest.fixture(scope="session")
def shut(deploy: Deploy) -> Stack:
    """A stack without password sign-up and a page for phones, on which one address starts few sign-ins."""
    return deploy("nod-shut", PasswordSignUp="false", StartsPerMinutePerAddress="5", PhonePage="")


@pytest.fixture(scope="session")
def demanding(deploy: Deploy) -> Stack:
    """A stack where a signed-in device must allow what a text lets in, but not what a scan does; texts no password."""
    return deploy("nod-demanding", SendAccountSms="false", HandOverConfirmation="none", **DEMANDING)
