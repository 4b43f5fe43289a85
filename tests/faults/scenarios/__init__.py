"""What people do, one class for each thing: each module says what of it is tried."""

from tests.faults.scenarios import accounts, approval, frames, hand_over, policies, sessions, texts, topics  # noqa: F401 - their scenarios are played as well.
from tests.faults.scenarios.base import SCENARIOS, Scenario

__all__ = ["SCENARIOS", "Scenario"]
