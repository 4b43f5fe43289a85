"""Each call of each flow fails in each way; the caller tries again, and all is as it should be."""

import pytest

from tests.faults.conftest import Scene
from tests.faults.injection import BREAKING, EVERY, EVERY_PAIR, FAULTS, Fault, Killed
from tests.faults.scenarios import Scenario
from tests.invariants import require_consistent, require_finished

pytestmark = pytest.mark.integration
Blow = tuple[Fault, int]
# Scenarios in which nothing is posted to any connection, so that none can turn out to be gone.
POSTING_NOTHING = frozenset(
    {
        "AskForMail", "BindNumber", "BindUsername", "ChangePassword", "ConfirmMail", "EchoWrongCode", "ForgetDevice",
        "OpenConnection", "Poll", "Refresh", "RefreshWithoutKey", "RemovePassword", "RenewCode", "ReportLate", "SignUp",
        "StartByText", "StartEcho", "Text", "TextOfNewNumber", "TopicEvent", "Unbind",
    }
)  # fmt: skip


def play(scenario: Scenario, *blows: Blow) -> list[bool]:
    """The request, then what its caller does where that fails: in each a fault, and the call that it is to befall.

    For each request that was made, whether there was such a call. One after all blows is left in peace. Only what the
    scenario names may fail once the decision has been made: whoever is told so would take it for undone.
    """
    injector, fell = scenario.house.injector, []
    may_be_lost = scenario.steps
    for number, (fault, at) in enumerate([*blows, (None, -1)]):
        injector.arm(fault, at)
        may_be_lost |= fault is not None and fault.may_lose
        try:
            scenario.result = scenario.again() if number else scenario.attempt()
            break
        except (Exception, Killed) as error:  # Whatever it is, the caller gets no answer that helps.
            if number and isinstance(error, scenario.lost):
                assert may_be_lost, "nothing was lost, yet the caller is told so"
                break
            if fault is None:
                raise
            if not (number or fault.kills):
                decided = [call for one, call in enumerate(injector.calls) if one != at]
                is_decided = any(call.startswith(scenario.decides) for call in decided)
                assert not is_decided or injector.calls[at].startswith(scenario.told), "told, though it was decided"
        finally:
            fell.append(injector.failed > 0)
    injector.arm()
    return fell


def trouble(scene: Scene, *blows: Blow) -> tuple[list[bool], str]:
    """What `play` gives, and what is wrong with what came of it."""
    scenario, fell, wrong = scene.begun(), [], ""
    try:
        fell = play(scenario, *blows)
        scenario.settle()
        require_consistent(scene.house.rows)
        require_finished(scene.house.rows, scene.house.injector.closed)
    except Exception as error:  # noqa: BLE001 - all of them are told together.
        wrong = f"{type(error).__name__} {error}"
    finally:
        scene.house.empty()
    where = ", then ".join(f"{fault.name} at {at}" for fault, at in blows)
    return fell, wrong and f"{where}: {wrong} ({scene.calls[blows[0][1]]})"


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name.replace(" ", "-"))
def test_whatever_fails_the_callers_retry_ends_in_the_right_state(scene: Scene, fault: Fault) -> None:
    """Every call of the flow in turn; afterwards nothing is doubled, lost or left over."""
    befallen = [at for at, call in enumerate(scene.calls) if fault.befalls(at, call, len(scene.calls))]
    assert bool(befallen) != (fault.only != "" and scene.name in POSTING_NOTHING), "there is something to fail, or not"
    troubles = [trouble(scene, (fault, at))[1] for at in befallen]
    assert list(filter(None, troubles)) == []
    require_consistent(scene.house.rows)
    require_finished(scene.house.rows, scene.house.injector.closed)


def test_a_retry_that_fails_as_well_does_no_more_harm(scene: Scene) -> None:
    """Every call of the retry fails in turn, and the next one is left in peace.

    Day by day the first request dies as soon as it has decided, and every fifth call of the retry fails.
    """
    troubles = []
    ways = BREAKING if EVERY_PAIR else BREAKING[:1]
    calls = range(len(scene.calls)) if EVERY or EVERY_PAIR else [scene.decided]
    for blow in [(one, at) for one in ways for at in calls]:
        for at in range(0, 100, 1 if EVERY_PAIR else 5):
            fell, wrong = trouble(scene, blow, (BREAKING[at % 2], at))
            troubles += [wrong] if wrong else []
            if fell[1:2] != [True]:
                break
    assert troubles == []
