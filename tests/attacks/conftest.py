"""What is attacked: a stack of this run's local cloud, or any other that is named by its address."""

import re
from collections import defaultdict
from collections.abc import Iterator

import pytest

from nod.domain.verification import Mode
from tests.attacks.remote import Named, NoTarget, Visit, visited
from tests.target import Target

NAMED = Named.given()
VISIT = Visit()
_NUMBERS = re.compile(r"\b[ASQTI][0-9]{1,2}\b")
# The attacks that a test is about, as its docstring begins.
_ABOUT: dict[str, str] = {}


def pytest_configure() -> None:
    """Look first whether there is anything to attack: a hundred failures would say it worse."""
    if NAMED:
        try:
            NAMED.require()
        except NoTarget as problem:
            raise pytest.UsageError(str(problem)) from None


def pytest_itemcollected(item: pytest.Item) -> None:
    """Keep which attacks it tries."""
    said = (getattr(getattr(item, "obj", None), "__doc__", None) or "").partition(":")[0]
    _ABOUT[item.nodeid] = ", ".join(_NUMBERS.findall(said))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was not tried and why, and what stays on somebody's stack."""
    untried: dict[str, list[str]] = defaultdict(list)
    for report in terminalreporter.getreports("skipped"):
        if "/attacks/" in report.nodeid and isinstance(report.longrepr, tuple):
            untried[report.longrepr[2].removeprefix("Skipped: ")].append(_ABOUT.get(report.nodeid, ""))
    if untried:
        terminalreporter.section("not tried")
    for reason, about in untried.items():
        numbers = sorted({one for text in about for one in _NUMBERS.findall(text)}, key=_in_order)
        tests = "1 test" if len(about) == 1 else f"{len(about)} tests"
        terminalreporter.line(f"{', '.join(numbers)} ({tests}): {reason}")
    if NAMED:
        terminalreporter.section("left behind")
        terminalreporter.line(f"{len(VISIT.accounts)} accounts stay; {VISIT.ended} sessions were ended.")


def _in_order(number: str) -> tuple[str, int]:
    return number[0], int(number[1:])


@pytest.fixture(scope="session")
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    """The stack with the local parameters, or the one at the address that was given."""
    if NAMED:
        with visited(NAMED, VISIT) as remote:
            yield remote
    else:
        yield request.getfixturevalue("stack")


@pytest.fixture(autouse=True)
def _tidy(target: Target) -> Iterator[None]:
    """End what a test has left open on a stack that is not ours, while its access tokens are good."""
    yield
    VISIT.tidy(target.client)


@pytest.fixture(scope="session")
def guarded(request: pytest.FixtureRequest, target: Target) -> Target:
    """A stack as careful as in production: accounts concealed, no weak mode, fresh sessions end no older ones."""
    if NAMED:
        return target
    strict: Target = request.getfixturevalue("strict")
    return strict


@pytest.fixture(params=["target"] if NAMED else ["target", "guarded"])
def either(request: pytest.FixtureRequest) -> Target:
    """A stack that says what it refuses, and one that conceals it."""
    found: Target = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="session")
def minimum() -> Mode:
    """The weakest mode that `guarded` allows, which no answer of it can be trusted to tell."""
    if NAMED is None:
        return "choose"
    return NAMED.minimum_mode or pytest.skip("the stack's MinimumVerification is not known: pass MINIMUM=...")


@pytest.fixture
def _texting(target: Target) -> None:
    """For tests that text the stack."""
    target.require_texts()


@pytest.fixture
def _handing_over(target: Target) -> None:
    """For tests of the hand-over, whose people sign in by text."""
    target.require_texts()
    if not target.has_phone_page:
        pytest.skip("the stack shows no QR codes: it has no PhonePage")
