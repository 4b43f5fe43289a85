"""Whether anything that is pinned is known to be vulnerable, and anything that is tracked looks like a secret.

`make check` runs it. Lists of known vulnerabilities stand on the net and are asked once a day; where they do not answer
that is said, and is no failure. `make audit` asks at once, and fails where it gets no answer.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".tools" / "audit"
