"""Try mutants of files on everything that reads them: `python -m tests.fuzz --seed 1 --mutants 20000 --minutes 60`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .hunt import hunt


def main() -> int:
    """0 where no mutant brought a fault about."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="which mutants [0]")
    parser.add_argument("--mutants", type=int, default=20_000, help="how many at most [20000]")
    parser.add_argument("--minutes", type=float, default=60.0, help="how long at most [60]")
    parser.add_argument("--verbs-every", type=int, default=50, help="rounds until one tries whole verbs too [50]")
    parser.add_argument("--limit", type=float, default=20.0, help="seconds after which one hangs [20]")
    parser.add_argument("--only", nargs="*", default=[], help="suffixes of the files to change [all]")
    parser.add_argument("--also", nargs="*", type=Path, default=[], help="files of yours to change too, such as raws")
    parser.add_argument("--keep", type=Path, help="folder for the mutants that bring a fault about")
    given = parser.parse_args()
    tally = hunt(
        seed=given.seed, mutants=given.mutants, minutes=given.minutes, verbs_every=given.verbs_every,
        limit_s=given.limit, only=given.only, also=given.also, keep=given.keep,
        say=lambda sentence: print(sentence[:500], flush=True),
    )  # fmt: skip
    print(tally)
    return 1 if tally.faults else 0


if __name__ == "__main__":
    sys.exit(main())
