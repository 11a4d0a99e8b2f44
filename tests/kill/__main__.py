"""Kill commands at random moments and check what is left: `python -m tests.kill --kills 200 --seed 0`.

Each command (apply, simulate, calibrate, pretrain, finetune) is run again and again in its folder, killed after a
random time, until a run ends by itself; then in a new folder. After each kill the inputs must be untouched, and what
stands under a final name must be whole. In the end everything must be, byte for byte, what an undisturbed run leaves,
with no hidden file beside it. A line of JSON for each command tells what happened; the exit status is 1 where anything
was wrong. Commands run in forks of one process, which has imported everything: only POSIX systems can do that.

`--power`: the folders are on a small ext4 disk that writes as lazily as it may, and is shut down with the command: what
was not synced is gone. That happens after the last run too, as what is said to be done must be there.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from .ends import Killed, PowerCut
from .kill import MEMORY, torment
from .verbs import VERBS, make_inputs


def main() -> int:
    """0 where nothing was wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.kill", description=__doc__.partition("\n")[0] if __doc__ else None
    )
    parser.add_argument("--kills", type=int, default=200, help="over all commands")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after this time")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--power", action="store_true", help="cut the power of a small disk instead (root, on Linux)")
    parser.add_argument("verbs", nargs="*", metavar="VERB", help=f"of {', '.join(verb.name for verb in VERBS)}")
    options = parser.parse_args()
    chosen = [verb for verb in VERBS if not options.verbs or verb.name in options.verbs]
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="rcl-kill-", dir=MEMORY if MEMORY.is_dir() else None) as place:
        inputs = Path(place, "inputs")
        make_inputs(inputs)
        try:
            disk = PowerCut(Path(place, "image"), Path(place, "disk")) if options.power else None
        except (OSError, subprocess.CalledProcessError) as error:
            sys.exit(f"--power needs root, mkfs.ext4 and a loop device: {error}")
        for number, verb in enumerate(chosen):
            share = options.kills * (number + 1) // len(chosen) - options.kills * number // len(chosen)
            until = time.monotonic() + options.seconds / len(chosen)
            rng = random.Random(f"{options.seed} {verb.name}")
            folder = Path(place, "disk" if disk else "", verb.name)
            found = torment(verb, inputs, folder, share, until, rng, disk or Killed())
            print(json.dumps(found), flush=True)
            wrong += len(found["wrong"])  # type: ignore[arg-type]
        if disk:
            disk.close()
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
