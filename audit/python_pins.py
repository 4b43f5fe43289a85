"""Known vulnerabilities of the Python packages that are pinned, as PyPI lists them; pip-audit asks."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from audit import CACHE, ROOT
from audit.running import Run, Unasked, run

# Known to be vulnerable since 2018. A mirror of PyPI may have all packages and no vulnerabilities, and to pip-audit a
# package that PyPI says nothing about is "skipped", with a 0 at the end: what finds nothing here can find nothing.
KNOWN = "requests==2.19.0"

# Vulnerabilities that do not matter here: the id, and why.
ACCEPTED: Mapping[str, str] = {}


def pinned(root: Path = ROOT) -> list[Path]:
    """All files of pinned requirements."""
    return [*sorted((root / "requirements").glob("*.txt")), root / "layers" / "nod" / "requirements.txt"]


def vulnerabilities(
    run: Run = run, files: Sequence[Path] | None = None, accepted: Mapping[str, str] = ACCEPTED
) -> list[str]:
    """One line for each known vulnerability of a pin. `Unasked` where PyPI cannot be asked."""
    with TemporaryDirectory() as folder:
        known = Path(folder) / "known.txt"
        known.write_text(KNOWN)
        if not any(package.get("vulns") for package in _audited(run, known, "--no-deps")):
            raise Unasked(f"this PyPI knows of no vulnerability of {KNOWN}, which has some")
    # One file after another would do; two at a time hide each other's waiting.
    with ThreadPoolExecutor(2) as pool:
        found = pool.map(lambda file: list(_told(run, file, accepted)), files or pinned())
        return [line for lines in found for line in lines]


def _told(run: Run, file: Path, accepted: Mapping[str, str]) -> Iterator[str]:
    for package in _audited(run, file, "--require-hashes"):
        where = f"{package['name']} in {file.parent.name}/{file.name}"
        if "skip_reason" in package:
            yield f"{where}: {package['skip_reason']}"
        for vulnerability in package.get("vulns", ()):
            ids = [vulnerability["id"], *vulnerability.get("aliases", ())]
            if not set(ids) & set(accepted):
                mended = ", ".join(vulnerability["fix_versions"]) or "no version"
                yield f"{where}: {package['version']} has {', '.join(ids)}; mended in {mended}"


def _audited(run: Run, file: Path, how: str) -> list[dict[str, Any]]:
    # Nothing is resolved or installed: the files name every package.
    options = (
        "--disable-pip",
        how,
        "--progress-spinner",
        "off",
        "--format",
        "json",
        "--desc",
        "off",
        "--timeout",
        "10",
    )
    command = (sys.executable, "-m", "pip_audit", *options, "--cache-dir", str(CACHE / "pypi"), "--requirement")
    ran = run(*command, str(file), cwd=ROOT)
    try:
        packages: list[dict[str, Any]] = json.loads(ran.out)["dependencies"]
    except (ValueError, KeyError):
        last = ran.err.strip().rpartition("\n")[2]
        raise Unasked(f"pip-audit failed on {file.name}: {last or f'status {ran.status}'}") from None
    return packages
