"""`python -m audit`: look for known vulnerabilities and for secrets; with `--insist` all questions must be answered."""

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

from audit import CACHE, ROOT, npm_lock, python_pins, tracked_secrets
from audit.running import Unasked

Look = Callable[[], list[str]]
LISTS: Mapping[str, Look] = {
    "Python packages": python_pins.vulnerabilities,
    "npm packages": npm_lock.vulnerabilities,
}
A_DAY = 24 * 60 * 60


def main(
    arguments: Sequence[str],
    lists: Mapping[str, Look] = LISTS,
    scan: Look = tracked_secrets.secrets,
    cache: Path = CACHE,
) -> int:
    """0 where nothing was found. With `--insist` lists are asked even if they were today, and 1 where one is silent."""
    insist = "--insist" in arguments
    asked = {} if not insist and _was_clean_today(cache) else lists
    with ThreadPoolExecutor() as pool:
        looks = {name: pool.submit(look) for name, look in asked.items()}
        found = scan()
        silent = []
        for name, look in looks.items():
            try:
                found += look.result()
            except Unasked as why:
                silent.append(f"Known vulnerabilities of {name} were not looked up: {why}.")
    for line in [*found, *silent]:
        print(line, file=sys.stderr)
    if silent and not insist:
        print("That is no failure here; where the lists can be reached, `make audit` insists on them.", file=sys.stderr)
    if asked and not found and not silent:
        _remember_clean(cache)
    return int(bool(found) or bool(insist and silent))


def _was_clean_today(cache: Path) -> bool:
    stamp = cache / "clean"
    return stamp.is_file() and time.time() - stamp.stat().st_mtime < A_DAY and stamp.read_text() == _what_is_pinned()


def _remember_clean(cache: Path) -> None:
    cache.mkdir(parents=True, exist_ok=True)
    (cache / "clean").write_text(_what_is_pinned())


def _what_is_pinned() -> str:
    files = [*python_pins.pinned(), ROOT / "web" / "package-lock.json", *sorted(Path(__file__).parent.glob("*.py"))]
    return sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
