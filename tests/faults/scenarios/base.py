"""What a scenario is: how it is set up, what is tried, what is tried again, and what must come of it.

`attempt` is one request to the service. Where it fails, `again` is what its caller does next: as a rule the very same.
`settle` asserts the state that must be reached then, whichever call had failed; it uses the service as the people
would. `lost` is an error that `again` may end in, where the answer to a change that had happened was lost; `steps`
says that it is made of several changes, of which the first may have happened when a later one fails. `decides` is
how the deciding call begins (the first such one), and `told` how those do after which the caller is told all the same
that it failed. `stack` has parameters of the stack that it is played on.
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from nod.domain.identifiers import challenge_of
from nod.errors import NodError
from nod.flows.answering import Answer
from nod.flows.approval import Asked
from nod.flows.granting import Grant
from nod.flows.starting import Started
from tests.faults.house import NETWORK, PC, House, Person

VERIFIER, KEY = "v" * 43, "k" * 22
SCENARIOS: dict[str, type["Scenario"]] = {}


@dataclass
class Scenario:
    """One thing that somebody does. `result` is what the last request that was answered brought."""

    house: House
    person: Person = field(init=False)
    result: Any = None
    lost: ClassVar[tuple[type[NodError], ...]] = ()
    steps: ClassVar[bool] = False
    decides: ClassVar[str] = "TransactWriteItems"
    told: ClassVar[tuple[str, ...]] = ()
    stack: ClassVar[dict[str, Any]] = {}

    def __init_subclass__(cls, *, plays: bool = True) -> None:
        """Every scenario is played, but for those that only say what others have in common."""
        if plays:
            SCENARIOS[cls.__name__] = cls

    def __post_init__(self) -> None:
        """Set the scene: nothing of this fails."""
        self.person = self.house.person()
        self.prepare()

    def prepare(self) -> None:
        """What happened before."""

    def attempt(self) -> Any:
        """The request."""
        raise AssertionError

    def again(self) -> Any:
        """What the caller does when it failed."""
        return self.attempt()

    def settle(self) -> None:
        """What must have come of it."""
        raise AssertionError

    def start(self, mode: Any = "choose") -> Started:
        """A device asks to be let in."""
        return self.house.parts.approval.start(Asked(self.person.login, challenge_of(VERIFIER), PC, mode), NETWORK)

    def allow(self, started: Started) -> str:
        """The person allows it."""
        answer = Answer(started.sign_in.sign_in_id, "allow", started.verification.code)
        return self.house.parts.answering.answer(answer, by=self.person.me)

    def redeem(self, started: Started, key: str | None = None) -> Grant:
        """The device collects its session."""
        return self.house.parts.redeeming.redeem(started.sign_in.sign_in_id, VERIFIER, key)

    def is_signed_in(self, grant: Grant) -> None:
        """The grant is of a session that lives, and its refresh token works."""
        assert grant.session_id in self.house.parts.tables.sessions.get(grant.account_id, grant.session_id).session_id  # type: ignore[union-attr]
        assert self.house.parts.refreshing.refresh(grant.refresh_token).session_id == grant.session_id

    def prompted(self) -> list[str]:
        """What the person is asked about now."""
        return [prompt.sign_in_id for prompt in self.house.parts.connecting.open_prompts(self.person.me)]
