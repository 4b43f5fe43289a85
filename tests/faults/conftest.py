"""A house for each scenario; what botocore waits between two attempts passes at once, and passwords are hashed fast."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import botocore.endpoint
import pytest

from nod.domain import passwords
from tests.faults.house import House
from tests.faults.scenarios import SCENARIOS, Scenario
from tests.integration.in_process import in_process_aws


class Hurry:
    """`time`, as botocore's endpoint uses it."""

    @staticmethod
    def sleep(_: float) -> None:
        """Whoever waits for AWS to recover waits in vain here, so it need not wait long."""


@dataclass(frozen=True)
class Scene:
    """A scenario in a house of its own."""

    scenario: type[Scenario]
    house: House

    @property
    def name(self) -> str:
        """The scenario's."""
        return self.scenario.__name__

    @property
    def decided(self) -> int:
        """The number of the call that decides; of one that decides nothing, the last."""
        decisive = (at for at, call in enumerate(self.calls) if call.startswith(self.scenario.decides))
        return next(decisive, len(self.calls) - 1)

    def begun(self) -> Scenario:
        """The scenario, with people of its own, up to the request."""
        return self.scenario(self.house)

    @cached_property
    def calls(self) -> list[str]:
        """The AWS calls that an undisturbed request makes."""
        scenario = self.begun()
        self.house.injector.arm()
        scenario.result = scenario.attempt()
        calls = list(self.house.injector.calls)
        scenario.settle()
        return calls


@pytest.fixture(
    scope="module",
    params=[pytest.param(play, id=name, marks=pytest.mark.xdist_group(name)) for name, play in SCENARIOS.items()],
)
def scene(request: pytest.FixtureRequest) -> Iterator[Scene]:
    """What is played, and where."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(botocore.endpoint, "time", Hurry)
        patched.setattr(passwords, "COST", 2**4)
        with in_process_aws(patched) as settings:
            yield Scene(request.param, House(settings, **request.param.stack))
