"""Each call of each flow fails in each way; the caller tries again, and all is as it should be."""

import pytest

from tests.faults.conftest import Scene
from tests.faults.injection import FAULTS, Fault, Killed
from tests.faults.scenarios import Scenario
from tests.invariants import require_consistent

pytestmark = pytest.mark.integration


def play(scenario: Scenario, fault: Fault, at: int) -> None:
    """The request while its call at `at` fails; then, where it failed, what the caller does."""
    injector = scenario.house.injector
    injector.arm(fault, at)
    try:
        scenario.result = scenario.attempt()
    except (Exception, Killed):  # noqa: BLE001 - whatever it is, the caller gets no answer that helps.
        injector.arm()
        try:
            scenario.result = scenario.again()
        except scenario.lost:
            may_be_lost = fault.acts or fault.name.startswith("killed") or scenario.steps
            assert may_be_lost, "nothing was lost, yet the caller is told so"
    injector.arm()


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name.replace(" ", "-"))
def test_whatever_fails_the_callers_retry_ends_in_the_right_state(scene: Scene, fault: Fault) -> None:
    """Every call of the flow in turn; afterwards nothing is doubled, lost or left over."""
    failed = []
    for at, call in enumerate(scene.calls):
        if not fault.befalls(at, call):
            continue
        scenario = scene.begun()
        try:
            play(scenario, fault, at)
            scenario.settle()
        except Exception as error:  # noqa: BLE001 - all of them are told below.
            failed.append(f"{at} {call}: {type(error).__name__} {error}")
    assert failed == []
    require_consistent(scene.house.rows)


def test_every_flow_makes_calls_that_can_fail(scene: Scene) -> None:
    """There is something to inject faults into."""
    assert len(scene.calls) > 1
