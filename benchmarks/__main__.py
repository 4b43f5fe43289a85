"""Command line of the benchmarks: `make bench`, or `make bench ARGS="NAMES"` to run only those."""

import argparse
import sys
from pathlib import Path

from benchmarks import cold_start, sign_in, sockets
from local.cloud import ROOT
from local.steps import StepFailed


def main() -> int:
    """Run what is asked for; the exit status is 1 where something could not be measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="cold_start, sign_in, sockets (default: all)")
    parser.add_argument("--rounds", type=int, default=11, help="how often each thing is measured (default: 11)")
    parser.add_argument("--directory", type=Path, default=ROOT / ".local/bench", help="for the build and its logs")
    options = parser.parse_args()
    known = {"cold_start": cold_start.measure, "sign_in": sign_in.measure, "sockets": sockets.measure}
    if unknown := set(options.names) - known.keys():
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    options.directory.mkdir(parents=True, exist_ok=True)
    try:
        for name in options.names or known:
            known[name](options.directory, options.rounds)
    except StepFailed as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
