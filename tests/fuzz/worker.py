"""Reads mutants, one after the other, in a process that may be killed: a path a line in, what became of it a line out.

A line in is a JSON object with `path`, and `verbs` where whole verbs are to be tried on it too. What is right: the file
is read, or refused in one sentence. Everything else is a fault.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import resource
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from rcl_cli.errors import RclError

_ADDRESS_SPACE = 12_000_000_000
_LONGEST_SENTENCE = 1000
_LARGEST_RESIDENT_KB = 3_000_000


def examine(path: Path, *, verbs: bool = False) -> tuple[str, str]:
    """("read" or "refused", why) or ("fault", what happened)."""
    before = _resident()
    read = {
        ".safetensors": _model, ".onnx": _exported, ".json": _profiles, ".plugin": _plugin, ".toml": _defaults,
    }.get(path.suffix, _frame)  # fmt: skip
    try:
        fault = read(path) or (_verbs(path) if verbs else "")
        status, words = ("fault", fault) if fault else ("read", "")
    except RclError as error:
        status, words = "refused", str(error)
        if "\n" in words or len(words) > _LONGEST_SENTENCE or "unexpected" in words:
            status = "fault"
        elif verbs:
            words = _verbs(path)
            status = "fault" if words else "refused"
    except MemoryError:  # no more than the limit; `rcl` says so of the file
        status, words = "refused", "needs more memory than there is"
    except BaseException as error:
        status, words = "fault", f"{type(error).__name__}: {error} at {_place(error)}"
    grown = _resident() - before
    if grown > _LARGEST_RESIDENT_KB:
        return "fault", f"takes {grown / 1e6:.1f} GB for {path.stat().st_size} bytes"
    return status, words


def _place(error: BaseException) -> str:
    step, found = error.__traceback__, ""
    while step is not None:
        name = step.tb_frame.f_code.co_filename
        found = f"{name}:{step.tb_lineno}" if "rcl_" in name or not found else found
        step = step.tb_next
    return found


def _resident() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _exported(path: Path) -> str:
    import rcl_cli as rcl

    noise = rcl.NoiseProfile.uniform(1e-3, 1e-6)
    found = rcl.load(path, "bayer", tile=16)(rcl.Raw(np.full((20, 24), 500, np.uint16), "RGGB", white=1023), noise)
    return "" if np.isfinite(found.pixels).all() else "nonsense: a result that is not finite"


def _frame(path: Path) -> str:
    from rcl_cli.raw.frame import RawFrame
    from rcl_cli.raw.read import read_frame

    frame = read_frame(path)
    pixels = frame.normalized()
    if not np.isfinite(pixels).all():
        return "nonsense: pixels that are not finite"
    about = frame.metadata
    numbers = [about.iso, about.exposure_s, *(about.white_balance or ())]
    if not all(number is None or (np.isfinite(number) and number > 0) for number in numbers):
        return f"nonsense: ISO, exposure and white balance {numbers}"
    if isinstance(frame, RawFrame) and not all(
        np.isfinite(level) and level < frame.white_level for level in frame.black_level
    ):
        return f"nonsense: black level {frame.black_level}, white level {frame.white_level}"
    if about.noise_profile is not None and max(*about.noise_profile.shot, *about.noise_profile.read) > 100:
        return f"nonsense: noise profile {about.noise_profile}"
    return ""


def _model(path: Path) -> str:
    from rcl_cli.models.header import read_header
    from rcl_cli.models.task_model import load_head
    from rcl_cli.task import get_task

    header = read_header(path)
    load_head(path, get_task("denoise"), header.domain)
    return ""


def _profiles(path: Path) -> str:
    from rcl_calibration.exchange import read_content
    from rcl_cli.profiles.book import load_profiles, save_runs

    try:
        for profile in load_profiles(path):
            if not all(0 <= value <= 100 for value in (*profile.shot, *profile.read)):
                return f"nonsense: {profile}"
    finally:
        with tempfile.TemporaryDirectory() as folder:
            store = Path(folder) / "profiles.json"
            store.write_bytes(path.read_bytes())
            with contextlib.suppress(ValueError):
                before = read_content(store)
                save_runs(store, [])
                after = read_content(store)
                if [one.text for one in after.refused] != [one.text for one in before.refused]:
                    raise AssertionError("a damaged profile is lost")
    return ""


def _plugin(path: Path) -> str:
    from rcl_cli.cli.problems import problems
    from rcl_cli.plugins.entries import GROUPS, entries

    try:
        files = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        files = {"entry_points.txt": path.read_bytes().decode("latin-1"), "METADATA": "Name: x"}
    with tempfile.TemporaryDirectory() as folder:
        info = Path(folder) / "fuzzed-1.0.dist-info"
        info.mkdir()
        for name in ("entry_points.txt", "METADATA"):
            content = files.get(name) if isinstance(files, dict) else files
            (info / name).write_bytes(str(content).encode("utf-8", "surrogatepass"))
        os.environ["RCL_LOAD_PLUGINS"] = "fuzzed"
        sys.path.insert(0, folder)
        try:
            for group in GROUPS:
                if not entries(group):
                    continue
                for entry in entries(group):
                    str(entry.description)
            if "denoise" not in [entry.name for entry in entries("rcl.tasks")]:
                return "rcl's own tasks are gone"
            list(map(str, problems()))
        finally:
            sys.path.remove(folder)
    return ""


def _defaults(path: Path) -> str:
    from click.testing import CliRunner

    from rcl_cli.cli.config.files import read
    from rcl_cli.cli.main import cli

    try:
        read(path, "given")
    finally:
        for words in (["config", "--json"], ["config", "apply"], ["apply", "none"], ["finetune", "--task", "sr"]):
            done = CliRunner().invoke(cli, ["--config", str(path), *words])
            if "Traceback" in done.output or "unexpected" in done.output or done.exit_code not in (0, 1, 2):
                raise AssertionError(f"{words}: {done.output[-300:]}")
            lines = done.stdout.splitlines() if "--json" in words else []
            list(map(json.loads, lines))
    return ""


def _verbs(path: Path) -> str:
    """The file through whole verbs; "" where each does it, or fails with a sentence."""
    from click.testing import CliRunner

    from rcl_cli.cli.main import cli
    from rcl_cli.raw.read import read_frame

    with tempfile.TemporaryDirectory() as folder:
        os.environ["RCL_STORE"] = f"{folder}/store"
        results = f"{folder}/out"
        calls = [["info", "--json"], ["calibrate", "--json"]]
        calls += [["apply", "--task", "denoise", "--tile", "64", "-o", results, "--json"]]
        others = {
            ".safetensors": [["info"]],
            ".onnx": [["info"]],
            ".json": [["info"], ["profiles", "merge"]],
            ".plugin": [],
            ".toml": [],
        }
        calls = others.get(path.suffix, calls)
        for verb, *options in calls:
            done = CliRunner().invoke(cli, [verb, *options, str(path)])
            if "Traceback" in done.output or "unexpected" in done.output or done.exit_code not in (0, 1, 2):
                return f"{verb}: {done.output[-300:]}"
            lines = done.stdout.splitlines() if "--json" in options else []
            for line in map(json.loads, lines):
                if verb == "apply" and line["status"] == "done" and not np.isfinite(
                    read_frame(Path(line["output"])).normalized()
                ).all():  # fmt: skip
                    return "apply: nonsense is done"
    return ""


def _serve(answer: Callable[[dict[str, Any]], None]) -> None:
    for line in sys.stdin:
        request = json.loads(line)
        status, words = examine(Path(request["path"]), verbs=request["verbs"])
        answer({"status": status, "words": words, "resident": _resident()})


def main() -> None:
    """Serve until standard input ends; what libraries print goes nowhere."""
    lines = os.fdopen(os.dup(1), "w", buffering=1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    logging.disable(logging.CRITICAL)
    os.environ["RCL_LOAD_PLUGINS"] = ""
    _serve(lambda said: print(json.dumps(said), file=lines))


if __name__ == "__main__":
    main()
