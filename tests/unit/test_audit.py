"""What `make check` makes of what the tools say that look for known vulnerabilities."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from audit import ROOT, npm_lock, python_pins
from audit.__main__ import main
from audit.running import Ran, Unasked

CLEAN: dict[str, Any] = {"name": "httpx", "version": "1.0", "vulns": []}
BROKEN: dict[str, Any] = CLEAN | {"vulns": [{"id": "PYSEC-1", "aliases": ["CVE-1"], "fix_versions": ["1.1", "2.0"]}]}
PINS = [ROOT / "requirements" / "dev.txt"]
NOTHING = Ran(0, json.dumps({"auditReportVersion": 2, "vulnerabilities": {}}), "")
LODASH = {"range": "<4.17.21", "severity": "high", "via": [{"title": "Pollution", "url": "https://advisory"}, "other"]}
SOMETHING = Ran(1, json.dumps({"vulnerabilities": {"lodash": LODASH}}), "")


def pip_audit(known: Any, pinned: Any) -> Callable[..., Ran]:
    """pip-audit, which says these of the version that is known to be vulnerable, and of what is pinned."""

    def run(*command: str, cwd: Path) -> Ran:
        package = known if command[-1].endswith("known.txt") else pinned
        return Ran(0, json.dumps({"dependencies": [package]}) if isinstance(package, dict) else package, "")

    return run


def npm(known: Ran, locked: Ran) -> Callable[..., Ran]:
    """npm, which says these of the version that is known to be vulnerable, and of what is locked."""
    return lambda *_, cwd: locked if cwd == ROOT / "web" else known


def test_all_requirements_are_looked_at() -> None:
    """Each file of pins is audited: those of the tools, and that of the layer."""
    pinned = [file.relative_to(ROOT).as_posix() for file in python_pins.pinned()]
    written = {file.relative_to(ROOT).as_posix().replace(".in", ".txt") for file in ROOT.glob("requirements/*.in")}
    assert set(pinned) == written | {"layers/nod/requirements.txt"}
    assert all((ROOT / file).is_file() for file in pinned)


def test_a_vulnerable_pin_is_told_with_what_mends_it() -> None:
    """The line says which file, which version, by which names, and where it is mended."""
    assert python_pins.vulnerabilities(pip_audit(BROKEN, BROKEN), PINS) == [
        "httpx in requirements/dev.txt: 1.0 has PYSEC-1, CVE-1; mended in 1.1, 2.0"
    ]


@pytest.mark.parametrize("accepted", ["PYSEC-1", "CVE-1"])
def test_what_is_accepted_is_not_told(accepted: str) -> None:
    """A vulnerability may be accepted by any of its names; another one of the same package may not."""
    run = pip_audit(BROKEN, BROKEN)
    assert python_pins.vulnerabilities(run, PINS, {accepted: "its code is not reached"}) == []
    assert len(python_pins.vulnerabilities(run, PINS, {"CVE-2": "its code is not reached"})) == 1


def test_clean_pins_are_clean_only_where_vulnerabilities_are_known() -> None:
    """A mirror without them calls everything clean, or skips it: that is no answer."""
    assert python_pins.vulnerabilities(pip_audit(BROKEN, CLEAN), PINS) == []
    for silent in (CLEAN, {"name": "httpx", "skip_reason": "not found"}):
        with pytest.raises(Unasked, match=r"requests==2\.19\.0"):
            python_pins.vulnerabilities(pip_audit(silent, CLEAN), PINS)


def test_a_pin_that_pypi_does_not_know_is_not_passed_over() -> None:
    """Where all others are known, one that is not has been removed, which is worth a look."""
    [line] = python_pins.vulnerabilities(pip_audit(BROKEN, {"name": "httpx", "skip_reason": "not found"}), PINS)
    assert line == "httpx in requirements/dev.txt: not found"


def test_no_network_is_no_vulnerability() -> None:
    """pip-audit and npm that fail have not been answered."""
    with pytest.raises(Unasked):
        python_pins.vulnerabilities(pip_audit("", ""), PINS)
    for answer in ("", "{}", json.dumps({"message": "405 Method Not Allowed"})):
        with pytest.raises(Unasked):
            npm_lock.vulnerabilities(npm(Ran(1, answer, ""), NOTHING))


def test_a_vulnerable_package_of_the_pages_is_told() -> None:
    """The report of npm is one line for each package, unless it is accepted."""
    told = "lodash in web/package-lock.json: <4.17.21, high; https://advisory, other"
    assert npm_lock.vulnerabilities(npm(SOMETHING, SOMETHING)) == [told]
    assert npm_lock.vulnerabilities(npm(SOMETHING, SOMETHING), {"lodash": "a tool for tests only"}) == []
    assert npm_lock.vulnerabilities(npm(SOMETHING, NOTHING)) == []
    with pytest.raises(Unasked, match="lodash"):
        npm_lock.vulnerabilities(npm(NOTHING, NOTHING))


def silent() -> list[str]:
    """A list that cannot be asked."""
    raise Unasked("nobody answers")


def test_a_silent_list_fails_only_who_insists(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`make check` says that it has not looked, and goes on; `make audit` fails."""
    assert main([], {"Python packages": silent}, list, tmp_path) == 0
    assert "were not looked up: nobody answers" in capsys.readouterr().err
    assert main(["--insist"], {"Python packages": silent}, list, tmp_path) == 1


@pytest.mark.parametrize("arguments", [[], ["--insist"]])
def test_what_is_found_fails(arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A vulnerability fails the check, and so does a secret, and both are told."""
    assert main(arguments, {"Python packages": lambda: ["httpx has PYSEC-1"]}, list, tmp_path) == 1
    assert main(arguments, {}, lambda: ["key.pem:1: a key"], tmp_path) == 1
    assert capsys.readouterr().err.splitlines() == ["httpx has PYSEC-1", "key.pem:1: a key"]


def test_clean_lists_are_asked_once_a_day(tmp_path: Path) -> None:
    """Pins that were clean today are not looked up again, unless somebody insists; secrets are looked for each time."""
    asked: list[str] = []

    def look(what: str) -> Callable[[], list[str]]:
        def clean() -> list[str]:
            asked.append(what)
            return []

        return clean

    lists = {"Python packages": look("list")}
    for arguments in ([], [], ["--insist"]):
        assert main(arguments, lists, look("secrets"), tmp_path) == 0
    assert sorted(asked) == ["list", "list", "secrets", "secrets", "secrets"]
    (tmp_path / "clean").write_text("other pins")
    main([], lists, look("secrets"), tmp_path)
    assert asked.count("list") == 3
