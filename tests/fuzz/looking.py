"""How fuzzers look: at how many examples, and whether at the same ones in each run."""

import os

import pytest
from hypothesis import HealthCheck, Phase, settings

# How many times as many examples as in the tests of every day: `NOD_FUZZ=20 make test ARGS=tests/fuzz` takes its time.
THOROUGHNESS = int(os.environ.get("NOD_FUZZ", "1"))

# For tests with open connections: the threads of `websockets` draw at random while an example is made.
beside_connections = pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies")


def always_the_same(examples: int) -> settings:
    """The settings of a test that goes over the wire; no failure is made smaller, since the service has moved on."""
    return settings(
        max_examples=examples * THOROUGHNESS,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )


def anew_each_time(examples: int) -> settings:
    """The settings of a test in this process: whoever runs it looks at other examples, and sees how to repeat one."""
    return settings(
        max_examples=examples * THOROUGHNESS,
        database=None,
        deadline=None,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
