"""The stacks with other parameters that the tests of this folder play against."""

import pytest

from local.demo import DEMANDING
from nod.domain.identifiers import fingerprint
from tests.stacks import EDGE_SECRET, Deploy, Stack


@pytest.fixture(scope="session")
def shut(deploy: Deploy) -> Stack:
    """A stack without password sign-up and a page for phones, on which one address starts few sign-ins."""
    return deploy("nod-shut", PasswordSignUp="false", StartsPerMinutePerAddress="5", PhonePage="")


@pytest.fixture(scope="session")
def sparing(deploy: Deploy) -> Stack:
    """A stack on which one address starts few sign-ins of any kind; the address is what a trusted edge says."""
    return deploy("nod-sparing", StartsPerMinutePerAddress="5", EdgeKeyHash=fingerprint(EDGE_SECRET))


@pytest.fixture(scope="session")
def demanding(deploy: Deploy) -> Stack:
    """A stack where a signed-in device must allow what a text lets in, but not what a scan does; texts no password."""
    return deploy("nod-demanding", SendAccountSms="false", HandOverConfirmation="none", **DEMANDING)
