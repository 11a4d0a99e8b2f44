"""Run commands for long and watch what they hold: `python -m tests.soak --files 2000 --steps 10000`.

`apply` and `calibrate` work on many small raws, `pretrain` and `finetune` for many steps. A line of JSON for each tells
memory and open files of the command and of the processes that it starts, early (at a fifth of its time) and late (the
median of the last fifth). The exit status is 1 where one failed, or held over a tenth more late than early. Linux only.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median

from tests.kill.verbs import SMALL, make_inputs

MOST_GROWTH = 1.1
_PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 1e6
_EVERY_S = 0.5


def main() -> int:
    """0 where everything stayed flat."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description="Run commands for long.")
    parser.add_argument("--files", type=int, default=2000, help="for apply and calibrate")
    parser.add_argument("--steps", type=int, default=10_000, help="for pretrain and finetune")
    parser.add_argument("verbs", nargs="*", metavar="VERB", help="of apply, calibrate, pretrain, finetune")
    options = parser.parse_args()
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="rcl-soak-") as place:
        folder = Path(place)
        make_inputs(folder / "few")
        many = _many(folder / "few" / "small", folder / "many", options.files)
        for name, arguments in _commands(folder, many, options.steps).items():
            if options.verbs and name not in options.verbs:
                continue
            told = watched([sys.executable, "-m", "rcl_cli", *map(str, arguments)], folder)
            print(json.dumps({"command": name, **told}), flush=True)
            wrong += bool(told["status"]) or told["late_mb"] > MOST_GROWTH * told["early_mb"]
            wrong += told["late_files"] > told["early_files"] + 2
    return 1 if wrong else 0


def _many(few: Path, many: Path, count: int) -> Path:
    sources = [path.read_bytes() for path in sorted(few.iterdir())]
    many.mkdir()
    for number in range(count):
        (many / f"{number:05}.dng").write_bytes(sources[number % len(sources)])
    return many


def _commands(folder: Path, many: Path, steps: int) -> Mapping[str, Sequence[object]]:
    pictures, train = folder / "few" / "pictures", ("--steps", steps, "--crop", 24, *SMALL)
    return {
        "apply": ("apply", "--task", "denoise", many, "-o", folder / "out", "--device", "cpu"),
        "calibrate": ("calibrate", many),
        "pretrain": ("pretrain", pictures, "--preset", "smoke", "-o", folder / "run", "--cache", folder / "c", *train),
        "finetune": ("finetune", "--task", "demosaic", "--clean", pictures, "-o", folder / "tuned", *train),
    }


def watched(command: Sequence[str], folder: Path) -> dict[str, float]:
    """Run it; what it held of memory (MB) and open files, early and late, its status and its seconds."""
    with (folder / "log").open("wb") as log:
        environment = {**os.environ, "RCL_STORE": str(folder / "store")}
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
    began, seen = time.monotonic(), list[tuple[float, int]]()
    while process.poll() is None:
        seen.append(_held(process.pid))
        time.sleep(_EVERY_S)
    if process.returncode:
        print((folder / "log").read_text()[-2000:], file=sys.stderr)
    fifth = max(len(seen) // 5, 1)
    early, late = seen[fifth : 2 * fifth] or seen, seen[-fifth:]
    return {
        "status": process.returncode,
        "seconds": round(time.monotonic() - began),
        "early_mb": round(median(memory for memory, _ in early)),
        "late_mb": round(median(memory for memory, _ in late)),
        "early_files": median(files for _, files in early),
        "late_files": median(files for _, files in late),
    }


def _held(process: int) -> tuple[float, int]:
    memory, files = 0.0, 0
    for one in _family(process):
        try:
            memory += int(Path(f"/proc/{one}/statm").read_text().split()[1]) * _PAGE_MB
            files += sum(1 for _ in Path(f"/proc/{one}/fd").iterdir())
        except OSError:  # it has just ended
            continue
    return memory, files


def _family(process: int) -> Iterator[int]:
    yield process
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except OSError:
        return
    for child in children:
        yield from _family(int(child))


if __name__ == "__main__":
    sys.exit(main())
