"""Whether what is described is what is there: the template's routes, the functions, the frames and the errors."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from docs.generate.messages import errors_of_frames, undescribed
from docs.generate.operations import BY_FUNCTION
from docs.generate.operations.operation import Operation
from docs.generate.routes import Handled, deployed, handled
from nod.api import requests
from nod.domain.refusals import StillWaiting
from nod.errors import Crowded, NodError

# Raised, but told as an answer that is no error, or as the error that it is one of.
NEVER_TOLD = frozenset({StillWaiting, Crowded})
Described = Mapping[str, tuple[Operation, ...]]


def disagreements(root: Path, described: Described = BY_FUNCTION) -> list[str]:
    """One line for each thing that is described otherwise than it is."""
    return [*_of_routes(root, described), *_of_functions(root, described), *_of_errors(described), *undescribed()]


def _of_routes(root: Path, described: Described) -> Iterator[str]:
    ours = {(one.method, one.path) for group in described.values() for one in group}
    theirs = deployed(root / "template.yaml")
    for method, path in sorted(theirs - ours):
        yield f"{method} {path} is in template.yaml, but no operation describes it"
    for method, path in sorted(ours - theirs):
        yield f"{method} {path} is described, but template.yaml has no such route"


def _of_functions(root: Path, described: Described) -> Iterator[str]:
    sources = {app.parent.name: handled(app.parent) for app in sorted((root / "functions").glob("*/app.py"))}
    for function in sorted(sources.keys() | described.keys()):
        ours = {(one.method, one.path): one for one in described.get(function, ())}
        theirs = {(one.method, one.path): one for one in sources.get(function, ())}
        for method, path in sorted(theirs.keys() - ours.keys()):
            yield f"{method} {path} is answered by functions/{function}, but no operation of it describes that"
        for method, path in sorted(ours.keys() - theirs.keys()):
            yield f"{method} {path} is described, but functions/{function} does not answer it"
        for route in sorted(ours.keys() & theirs.keys()):
            yield from _of_handler(ours[route], theirs[route])


def _of_handler(operation: Operation, there: Handled) -> Iterator[str]:
    if operation.own_format != there.own_format:
        yield f"{operation.method} {operation.path} is described wrongly as to what is in the caller's own format"
    described = None if "request" in operation.own_format else operation.request
    if described != (getattr(requests, there.request) if there.request else None):
        yield f"{operation.method} {operation.path} reads {there.request}, which is not the request described"
    if set(operation.flags) != there.flags:
        yield f"{operation.method} {operation.path} is described wrongly as to its query parameters"
    if operation.answers.keys() != there.statuses:
        yield (
            f"{operation.method} {operation.path} answers {sorted(there.statuses)},"
            f" but {sorted(operation.answers)} are described"
        )
    if (operation.security != "nothing") != there.reads_token:
        yield f"{operation.method} {operation.path} is described wrongly as to its token"


def _of_errors(described: Described) -> Iterator[str]:
    told = {error for group in described.values() for one in group for error in one.all_errors}
    told |= {*errors_of_frames(), *NEVER_TOLD}
    for error in sorted(_with_subclasses(NodError) - told, key=lambda error: error.__name__):
        yield f"error {error.__name__} is in no operation and no frame"


def _with_subclasses(error: type[NodError]) -> set[type[NodError]]:
    # Only the service's own: a test may have made more.
    ours = [one for one in error.__subclasses__() if one.__module__.startswith("nod.")]
    return {error}.union(*(_with_subclasses(one) for one in ours))
