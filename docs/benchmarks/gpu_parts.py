"""The parts of `gpu.py`, each a process: python gpu_parts.py PART --device D --work DIR --result FILE."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from gpu import ROOT, ask, write

Save = Callable[[dict[str, Any]], None]
METHODS = ("rcl-emd", "rcl-published", "noise2noise", "oracle")
TESTS = ROOT / "tests" / "gpu"
VERBS = "test_verbs.py"
ELSEWHERE = {"step": "gpu_times", "apply": "gpu_times", "together": "gpu_together"}
"""Parts in modules of their own, which need torch."""


def environment(given: argparse.Namespace, save: Save) -> bool:
    """Versions, device and commit."""
    import torch

    from rcl_cli.train.device import choose_device, has_bfloat16

    device = choose_device(given.device)
    changed = " with changes" if ask("git", "status", "--porcelain", "--untracked-files=no") else ""
    found = {
        "device": platform.processor() or device.type,
        "bfloat16": has_bfloat16(device),
        "processors": f"{os.cpu_count()}, {platform.machine()}",
        "python": platform.python_version(),
        "torch": torch.__version__,
        "commit": ask("git", "rev-parse", "--short=12", "HEAD") + changed,
    }
    if device.type == "cuda":
        about = torch.cuda.get_device_properties(device)
        found |= {"device": about.name, "memory, GiB": round(about.total_memory / 2**30, 1), "cuda": torch.version.cuda}
        found["driver"] = ask("nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader")
    save(found)
    return True


class Heard:
    """A plugin of pytest that saves each test's outcome at once."""

    def __init__(self, save: Save) -> None:
        self.save = save
        self.found: dict[str, Any] = {"passed": 0, "failed": {}, "skipped": {}, "notes": {}}

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Called by pytest after each phase of a test."""
        name = report.nodeid.rpartition("/")[2]
        if report.failed:
            self.found["failed"][name] = str(getattr(report.longrepr, "reprcrash", report.longrepr))[-400:]
        elif report.skipped:
            self.found["skipped"][name] = str(report.longrepr[-1]).removeprefix("Skipped: ")
        elif report.when == "call":
            self.found["passed"] += 1
            self.found["notes"] |= dict(report.user_properties)
        self.save(self.found)


def tests(given: argparse.Namespace, save: Save) -> bool:
    """The tests marked gpu on the device, those of the verbs left out."""
    return run_tests(given, save, str(TESTS), f"--ignore={TESTS / VERBS}")


def smoke(given: argparse.Namespace, save: Save) -> bool:
    """The verbs."""
    return run_tests(given, save, str(TESTS / VERBS))


def run_tests(given: argparse.Namespace, save: Save, *which: str) -> bool:
    """Whether they pass."""
    import pytest

    # Warnings are errors with the versions that the project is tested with; here may be others.
    words = ["-m", "gpu", "-k", given.device, "-q", "-W", "default", "-p", "no:cacheprovider", "--rootdir", str(ROOT)]
    return pytest.main([*words, *which], plugins=[Heard(save)]) == 0


def table1(given: argparse.Namespace, save: Save) -> bool:
    """Rows of table 1 in the paper's preset, with as many steps as the time allows; saved row by row."""
    small = given.device == "cpu"
    data = given.data or scenes(given.work / "scenes", *((12, 96) if small else (112, 320)))
    steps, folder = steps_within(given), given.work / "table1"
    words = ["--data", near(data), "--preset", "smoke" if small else "paper", "--steps", steps, "--network", "plain"]
    words += [word for method in METHODS for word in ("--method", method)]
    words += ["--device", given.device, "--work", near(folder / "work"), "--output", near(folder), "--json"]
    command = ["benchmark", "table1", *map(str, words)]
    found: dict[str, Any] = {"command": f"rcl {' '.join(command)}", "rows": []}
    save(found)
    process = subprocess.Popen([sys.executable, "-m", "rcl_cli", *command], stdout=subprocess.PIPE, text=True)
    for line in process.stdout or ():
        found["rows"].append(json.loads(line))
        save(found)
    return process.wait() == 0


def steps_within(given: argparse.Namespace) -> int:
    """Steps of each pretraining: those of the call before, whose backbones go on; else by the time of a step."""
    note = given.work / "table1" / f"steps-{given.device}.json"
    if note.is_file():
        return int(note.read_text(encoding="utf-8"))
    steps, measured = 20, given.work / "step.json"
    if given.device != "cpu":
        times = json.loads(measured.read_text(encoding="utf-8")) if measured.is_file() else {}
        second = times["ours"]["step"]["median_s"] if "ours" in times else 0.1
        # Half of the time is for the new last layers. No other training is slower than that of ours.
        steps = min(20_000, max(100, 100 * int(given.seconds / 2 / (len(METHODS) * second) / 100)))
    note.parent.mkdir(parents=True, exist_ok=True)
    write(note, str(steps))
    return steps


def near(path: Path) -> str:
    """The path as seen from the checkout, where everything runs."""
    return os.path.relpath(path, ROOT)


def scenes(folder: Path, count: int, side: int) -> Path:
    """`folder` with so many clean pictures of procedural scenes, 8 bits; those that are there are kept."""
    import cv2
    import numpy as np

    from rcl_cli.samples.scenes import scene

    folder = folder.with_name(f"{folder.name}-{count}-{side}")
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        file = folder / f"{number:03d}.png"
        if not file.is_file():
            shown = scene(side, side, np.random.default_rng([7, number])) ** (1 / 2.2) * 255
            cv2.imwrite(str(file), np.rint(shown[..., ::-1]).astype(np.uint8))
    return folder


def main() -> int:
    """Do a part; 0 where all is well."""
    parser = argparse.ArgumentParser()
    parser.add_argument("part")
    parser.add_argument("--device")
    parser.add_argument("--work", type=Path)
    parser.add_argument("--result", type=Path)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--data", type=Path)
    given = parser.parse_args()
    part = getattr(import_module(ELSEWHERE.get(given.part, __name__)), given.part)
    return 0 if part(given, lambda found: write(given.result, json.dumps(found))) else 1


if __name__ == "__main__":
    sys.exit(main())
