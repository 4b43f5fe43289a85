"""The command line: write the descriptions, or check that those on disk are what the types say."""

import argparse
import sys
from collections.abc import Sequence
from importlib.util import find_spec

from docs.generate import ROOT


def main(given: Sequence[str] | None = None) -> int:
    """Run the command with `given` or the process's own arguments; the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m docs.generate",
        description="Write docs/openapi.yaml and docs/asyncapi.yaml from the types that parse requests and frames.",
    )
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where a file is not up to date")
    arguments = parser.parse_args(given)
    if find_spec("nod") is None:
        # Lambda has the layer on its path; a checkout does not.
        sys.path.insert(0, str(ROOT / "layers/nod"))
    from docs.generate.files import check, write

    complaints = check(ROOT) if arguments.check else write(ROOT)
    sys.stderr.writelines(f"{complaint}\n" for complaint in complaints)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
