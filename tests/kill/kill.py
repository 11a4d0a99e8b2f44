"""Run a command again and again, end it at random moments, and check what is left."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

from rcl_cli.cli.main import cli
from rcl_cli.models.header import read_header
from rcl_cli.raw.whole import is_cut
from rcl_cli.train import keep
from rcl_cli.train.state import saved_step

from .ends import Killed, PowerCut
from .verbs import Verb

SAVE_EVERY_S = 0.05
MEMORY = Path("/dev/shm")
"""Where kills alone are to be survived, a disk only costs time."""


def torment(
    verb: Verb, inputs: Path, place: Path, kills: int, until: float, rng: random.Random, death: Killed | PowerCut
) -> dict[str, object]:
    """Let the command die so many times, or `until` then; what happened, and what was wrong."""
    before = digests(inputs)
    whole = place / "whole"
    began = time.monotonic()
    wrong = [] if run(verb, inputs, whole, None, death) == 0 else ["the undisturbed run failed"]
    usual = time.monotonic() - began
    expected = contents(whole, verb)
    shutil.rmtree(whole)
    done, unbroken, hidden, folder, attempts = 0, 0, 0, place / "0", 0
    while done < kills and time.monotonic() < until and not wrong:
        status = run(verb, inputs, folder, rng.uniform(0, 1.1 * usual), death)
        attempts += 1
        done += status is None
        hidden += status is None and bool(left_behind(folder))
        if digests(inputs) != before:
            wrong.append("an input was changed")
        wrong += half_files(folder, verb, expected)
        # The last folder is finished as well.
        last = done == kills or time.monotonic() >= until
        while status is None and (last or attempts > 12):
            status = run(verb, inputs, folder, None, death)
        if status is not None:
            if status != 0:
                wrong.append(f"a run after a kill ended with status {status}")
            wrong += [f"left behind: {name}" for name in left_behind(folder)]
            death.begin_again()  # done means done
            if contents(folder, verb) != expected:
                wrong.append(f"{folder.name}: not what an undisturbed run leaves: {difference(folder, verb, expected)}")
            unbroken += 1
            shutil.rmtree(folder)
            folder, attempts = place / str(unbroken), 0
    seconds = round(time.monotonic() - began, 1)
    told = {"kills": done, "with hidden files": hidden, "runs ended as undisturbed": unbroken, "seconds": seconds}
    return {"command": verb.name, **told, "wrong": wrong}


def run(verb: Verb, inputs: Path, folder: Path, end_after: float | None, death: Killed | PowerCut) -> int | None:
    """Its exit status; None where it died."""
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
        if end_after is not None and time.monotonic() - began >= end_after:
            death.end(child)
            os.waitpid(child, 0)
            death.begin_again()
            return None
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
