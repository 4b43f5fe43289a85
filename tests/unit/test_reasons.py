"""Whoever makes a checker look away says why."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("audit", "benchmarks", "docs", "functions", "layers", "local", "publish", "tests")
# `noqa` and the rules, a dash, and the reason.
LOOKS_AWAY = re.compile(r"#\s*noqa\b(?P<rules>:(\s*[A-Z]+[0-9]+,?)+)?(?P<reason>.*)")


def exceptions(text: str) -> Iterator[tuple[bool, bool]]:
    """For each exception whether it names its rules, and whether it has a reason."""
    for found in LOOKS_AWAY.finditer(text):
        yield bool(found["rules"]), found["reason"].startswith(" - ") and len(found["reason"]) > len(" - a")


def test_every_exception_of_the_linter_names_its_rules_and_a_reason() -> None:
    """Security rules above all: `S314` where the XML is our own, and not because it was in the way."""
    files = [file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py") if file != Path(__file__)]
    silent = [
        f"{file.relative_to(ROOT)}:{number}"
        for file in files
        for number, line in enumerate(file.read_text().splitlines(), 1)
        if any(False in both for both in exceptions(line))
    ]
    assert len(files) > 300
    assert silent == []


def test_an_exception_without_a_reason_is_noticed() -> None:
    """What the test above looks for."""
    mark = "# no" + "qa"
    assert list(exceptions(f"x = 1  {mark}: S105, S106 - a name")) == [(True, True)]
    assert list(exceptions(f"x = 1  {mark}: S105")) == [(True, False)]
    assert list(exceptions(f"x = 1  {mark}")) == [(False, False)]
