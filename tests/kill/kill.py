"""Kill commands at random moments and check what is left: `python tests/kill/kill.py --kills 200 --seed 0`.

Each command (apply, calibrate, pretrain, finetune) is run again and again in its folder, killed by SIGKILL after a
random time, until a run ends by itself; then in a new folder. After each kill the inputs must be untouched, and what
stands under a final name must be whole. In the end everything must be, byte for byte, what an undisturbed run leaves,
with no hidden file beside it. A line of JSON for each command tells what happened; the exit status is 1 where anything
was wrong. Commands run in forks of one process, which has imported everything: only POSIX systems can do that.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from rcl_cli.cli.main import cli
from rcl_cli.models.header import read_header
from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.dng.write import write_dng
from rcl_cli.raw.frame import Metadata, RawFrame
from rcl_cli.raw.whole import is_cut
from rcl_cli.train import keep
from rcl_cli.train.state import saved_step

SAVE_EVERY_S = 0.05
MEMORY = Path("/dev/shm")
"""Where kills alone are to be survived, a disk only costs time."""
SMALL = ("--width", "4", "--depth", "1", "--batch", "2", "--device", "cpu")
FINETUNE = ("finetune", "--task", "demosaic", "--validate-every", "7", "--crop", "24", "--steps", "40", *SMALL)
PRETRAIN = ("pretrain", "--preset", "smoke", "--steps", "30", "--crop", "16", "--encoder-steps", "8", *SMALL)
JOINED = ("--join", "consistency", "--encoder", "self")


@dataclass(frozen=True)
class Verb:
    """A command, in a folder of its own, and what goes on with it."""

    name: str
    command: Callable[[Path, Path], Sequence[str]]
    """Of the inputs and the folder."""
    results: Sequence[str]
    """What must be the same in the end: patterns in the folder."""


def _pretrain(inputs: Path, folder: Path) -> Sequence[str]:
    if (folder / "run" / "run.json").exists():
        return ("pretrain", "--resume", "-o", f"{folder}/run", "--cache", f"{folder}/cache", "--device", "cpu")
    begin = (f"{inputs}/pictures", "-o", f"{folder}/run", "--cache", f"{folder}/cache")
    return (*PRETRAIN, *JOINED, *begin, "--name", "mine")


def _finetune(inputs: Path, folder: Path) -> Sequence[str]:
    if (folder / "run" / "finetune.json").exists():
        return ("finetune", "--resume", "-o", f"{folder}/run")
    return (*FINETUNE, "--clean", f"{inputs}/pictures", "-o", f"{folder}/run", "--name", "mine")


VERBS = (
    Verb(
        "apply",
        lambda inputs, folder: (
            *("apply", "--task", "denoise", f"{inputs}/small", "-o", f"{folder}/out", "--device", "cpu"),
        ),
        ["out/*"],
    ),
    Verb("calibrate", lambda inputs, folder: ("calibrate", f"{inputs}/raws"), ["store/*.json"]),
    Verb("pretrain", _pretrain, ["run/*.safetensors", "store/models/*"]),
    Verb("finetune", _finetune, ["run/*.safetensors", "store/models/*"]),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--kills", type=int, default=200, help="over all commands")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after this time")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("verbs", nargs="*", metavar="VERB", help=f"of {', '.join(verb.name for verb in VERBS)}")
    options = parser.parse_args()
    chosen = [verb for verb in VERBS if not options.verbs or verb.name in options.verbs]
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="rcl-kill-", dir=MEMORY if MEMORY.is_dir() else None) as place:
        inputs = Path(place, "inputs")
        make_inputs(inputs)
        for number, verb in enumerate(chosen):
            share = options.kills * (number + 1) // len(chosen) - options.kills * number // len(chosen)
            until = time.monotonic() + options.seconds / len(chosen)
            rng = random.Random(f"{options.seed} {verb.name}")
            found = torment(verb, inputs, Path(place, verb.name), share, until, rng)
            print(json.dumps(found), flush=True)
            wrong += len(found["wrong"])  # type: ignore[arg-type]
    return 1 if wrong else 0


def make_inputs(folder: Path) -> None:
    """Six small raws, four larger ones and five pictures."""
    rng = np.random.default_rng(0)
    for name, count, side in (("small", 6, 96), ("raws", 4, 384)):
        for number in range(count):
            x = np.tile(np.linspace(0.02, 0.8, side), (side, 1))
            noisy = x + rng.normal(0, np.sqrt(2e-3 * x + 1e-5))
            mosaic = np.clip(np.rint(128 + noisy * 3967), 0, 4095).astype(np.uint16)
            about = Metadata(make="Imaginary", model="One", iso=800.0)
            write_dng(folder / name / f"{number}.dng", RawFrame(mosaic, CFA.bayer("RGGB"), (128.0,) * 4, 4095.0, about))
    (folder / "pictures").mkdir()
    for number in range(5):
        tiny = rng.integers(0, 256, (6, 8, 3), dtype=np.uint8)
        cv2.imwrite(str(folder / "pictures" / f"{number}.png"), cv2.resize(tiny, (64, 48)))


def torment(verb: Verb, inputs: Path, place: Path, kills: int, until: float, rng: random.Random) -> dict[str, object]:
    """Kill the command so many times, or `until` then; what happened, and what was wrong."""
    before = digests(inputs)
    whole = place / "whole"
    began = time.monotonic()
    wrong = [] if run(verb, inputs, whole, None) == 0 else ["the undisturbed run failed"]
    usual = time.monotonic() - began
    expected = contents(whole, verb)
    done, unbroken, hidden, folder, attempts = 0, 0, 0, place / "0", 0
    while done < kills and time.monotonic() < until and not wrong:
        status = run(verb, inputs, folder, rng.uniform(0, 1.1 * usual))
        attempts += 1
        done += status is None
        hidden += status is None and bool(left_behind(folder))
        if digests(inputs) != before:
            wrong.append("an input was changed")
        wrong += half_files(folder, verb, expected)
        # The last folder is finished as well.
        last = done == kills or time.monotonic() >= until
        while status is None and (last or attempts > 12):
            status = run(verb, inputs, folder, None)
        if status is not None:
            if status != 0:
                wrong.append(f"a run after a kill ended with status {status}")
            if contents(folder, verb) != expected:
                wrong.append(f"{folder.name}: not what an undisturbed run leaves: {difference(folder, verb, expected)}")
            wrong += [f"left behind: {name}" for name in left_behind(folder)]
            unbroken += 1
            shutil.rmtree(folder)
            folder, attempts = place / str(unbroken), 0
    seconds = round(time.monotonic() - began, 1)
    told = {"kills": done, "with hidden files": hidden, "runs ended as undisturbed": unbroken, "seconds": seconds}
    return {"command": verb.name, **told, "wrong": wrong}


def run(verb: Verb, inputs: Path, folder: Path, kill_after: float | None) -> int | None:
    """Its exit status; None where it was killed."""
    folder.mkdir(parents=True, exist_ok=True)
    arguments = verb.command(inputs, folder)
    child = os.fork()
    if child == 0:
        _be(arguments, folder)
    began = time.monotonic()
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            if code:
                print((folder / "log").read_text()[-2000:], file=sys.stderr)
            return code
        if kill_after is not None and time.monotonic() - began >= kill_after:
            os.kill(child, signal.SIGKILL)
            _, status = os.waitpid(child, 0)
            return None if os.WIFSIGNALED(status) else os.waitstatus_to_exitcode(status)
        time.sleep(0.001)


def _be(arguments: Sequence[str], folder: Path) -> None:
    """Be the command; never returns."""
    status = 70
    try:
        os.environ["RCL_STORE"] = str(folder / "store")
        log = os.open(folder / "log", os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
        os.dup2(log, 1)
        os.dup2(log, 2)
        sys.stdin = sys.__stdin__
        keep.SAVE_EVERY_S = SAVE_EVERY_S
        cli.main(list(arguments))
    except SystemExit as error:
        status = int(error.code or 0)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def digests(folder: Path) -> dict[str, str]:
    """Of all files."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def contents(folder: Path, verb: Verb) -> dict[str, bytes]:
    """Of the results."""
    found = sorted({path for pattern in verb.results for path in folder.glob(pattern) if path.name[0] != "."})
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def difference(folder: Path, verb: Verb, expected: dict[str, bytes]) -> str:
    now = contents(folder, verb)
    return ", ".join(name for name in sorted(now.keys() | expected.keys()) if now.get(name) != expected.get(name))


def half_files(folder: Path, verb: Verb, expected: dict[str, bytes]) -> list[str]:
    """What stands under a final name and is not whole."""
    wrong = []
    for name, data in contents(folder, verb).items():
        path = folder / name
        try:
            if path.name == "state.safetensors" or path.name == "encoder-state.safetensors":
                saved_step(path)
            elif path.suffix == ".safetensors":
                read_header(path)
            elif path.suffix == ".json":
                json.loads(data)
            elif is_cut(path) or data != expected.get(name):
                wrong.append(f"{name} is not what an undisturbed run writes")
        except Exception as error:
            wrong.append(f"{name}: {error}")
    return wrong


def left_behind(folder: Path) -> list[str]:
    """Hidden files, and folders of unfinished work."""
    return [str(path.relative_to(folder)) for path in folder.rglob("*") if path.name[0] == "." and path.is_file()]


if __name__ == "__main__":
    sys.exit(main())
