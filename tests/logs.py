"""All that a local cloud has logged, and what of it should stand in no log (I3)."""

import re
from collections.abc import Iterator
from pathlib import Path

from local.cloud import Cloud
from tests.confidential import Confidential, Leak

# MiniStack gives the first so many events that fit, and no sign of more. Each invocation has a stream of its own.
_STREAMS_AT_ONCE, _EVENTS_AT_ONCE = 50, 10_000
# The stack that is to print its text messages, as is fit for development only (`TextSender=console`).
PRINTING = "nod-console"
# What tells one line from the next, and nothing else: ids of requests, times, lengths of time.
_DIFFERENCES = re.compile(
    r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|1-[0-9a-f]{8}-[0-9a-f]{24}"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.,]{8,}|\b[0-9]{1,5} ms\b"
)
_MOST_TOLD = 20


class CutOff(AssertionError):
    """A log cannot be read to its end."""


def events(cloud: Cloud, prefix: str = "/") -> Iterator[tuple[str, str]]:
    """Each event of all log groups whose name begins so: its place, and what it says."""
    logs = cloud.client("logs")
    for groups in logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=prefix):
        for group in (one["logGroupName"] for one in groups["logGroups"]):
            pages = logs.get_paginator("describe_log_streams").paginate(
                logGroupName=group, PaginationConfig={"PageSize": _STREAMS_AT_ONCE}
            )
            for page in pages:
                names = [stream["logStreamName"] for stream in page["logStreams"]]
                found = logs.filter_log_events(logGroupName=group, logStreamNames=names)["events"] if names else []
                if len(found) >= _EVENTS_AT_ONCE:
                    raise CutOff(f"{group} has {len(names)} streams with more events than can be read at once")
                for event in found:
                    yield f"{group} {event['logStreamName']} at {event['timestamp']}", event["message"]


def lines(log: Path) -> Iterator[tuple[str, str]]:
    """Each line of a file."""
    for number, line in enumerate(log.read_text(errors="replace").splitlines(), 1):
        yield f"{log.name}, line {number}", line


def everything(cloud: Cloud) -> Iterator[tuple[str, str]]:
    """All that functions, emulator and build have said, but for what is meant to be read there."""
    yield from ((place, text) for place, text in events(cloud) if not place.startswith(f"/nod/{PRINTING}/sms "))
    for log in sorted(cloud.directory.glob("*.log")):
        yield from lines(log)


def leaks(logged: Iterator[tuple[str, str]], confidential: Confidential) -> list[tuple[str, Leak]]:
    """What is confidential in what was logged, each with the first place where such a line stands."""
    first: dict[str, str] = {}
    for place, text in logged:
        first.setdefault(_DIFFERENCES.sub("", text), place)
    # One search through all: only where it finds something is each line looked at.
    if not confidential.leaks("\n".join(first)):
        return []
    return [(place, leak) for text, place in first.items() for leak in confidential.leaks(text)]


def require_discretion(cloud: Cloud, confidential: Confidential) -> None:
    """Nothing confidential is in any log of this cloud; `AssertionError` says where, and does not repeat it."""
    told = [f"  {place}: {leak}" for place, leak in leaks(everything(cloud), confidential)]
    more = [f"  and {len(told) - _MOST_TOLD} more"] if len(told) > _MOST_TOLD else []
    if told:
        raise AssertionError("\n".join(["The logs tell what they must not (I3):", *told[:_MOST_TOLD], *more]))
