"""What looks like a secret in the files that git tracks; kingfisher looks, and asks nobody whether it is a real one."""

import json
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from audit import CACHE, ROOT
from audit.running import run

KINGFISHER = Path(sys.executable).parent / "kingfisher"


class Lookalike(NamedTuple):
    """Something that only looks like a secret: what it would be (a rule of kingfisher's), and where."""

    rule: str
    path: str


# The lookalikes that are known, and why each is none.
ACCEPTED: Mapping[Lookalike, str] = {
    Lookalike("betterleaks.jwt", "events/sms/vonage.json"): "a sample call, signed with a key made up for it",
}


def secrets(root: Path = ROOT, accepted: Mapping[Lookalike, str] = ACCEPTED) -> list[str]:
    """One line for each thing that looks like a secret and is not accepted, and for each acceptance of nothing."""
    with TemporaryDirectory() as folder:
        _copy_tracked(root, Path(folder))
        found = _scan(Path(folder))
    unknown = [f"{place}: looks like {title}" for (one, place, title) in found if one not in accepted]
    gone = set(accepted) - {one for one, _, _ in found}
    return unknown + [f"{one.path}: nothing there looks like {one.rule} any more" for one in sorted(gone)]


def _copy_tracked(root: Path, folder: Path) -> None:
    # Copied, because as many arguments as there are files make kingfisher six times slower.
    listed = run("git", "ls-files", "-z", cwd=root)
    if listed.status:
        raise RuntimeError(f"git does not say which files it tracks: {listed.err.strip()}")
    for name in filter(None, listed.out.split("\0")):
        if (root / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / name, folder / name)


def _scan(folder: Path) -> list[tuple[Lookalike, str, str]]:
    options = ("--git-history", "none", "--no-validate", "--no-update-check", "--redact", "--format", "json")
    ran = run(str(KINGFISHER), "scan", ".", *options, "--rule-cache-dir", str(CACHE / "kingfisher"), cwd=folder)
    try:
        findings: list[dict[str, Any]] = json.loads(ran.out.partition("\n")[0])["findings"]
    except (ValueError, KeyError):
        raise RuntimeError(f"kingfisher ended with status {ran.status}: {ran.err.strip()}") from None
    return [_found(one["rule"], one["finding"]) for one in findings]


def _found(rule: dict[str, Any], finding: dict[str, Any]) -> tuple[Lookalike, str, str]:
    path = finding["path"].removeprefix("./")
    return Lookalike(rule["id"], path), f"{path}:{finding['line']}", f"{rule['title']} ({rule['id']})"
