"""What a GPU does: checks and times in parts, most important first, and a page. Needs neither network nor installation.

    python docs/benchmarks/gpu.py [--device cuda] [--output DIR] [--data DIR] [--minutes 8] [--only PART]

Each part is a process with a time limit of its own and leaves a JSON file; the page is written anew after each. A
second call goes on where the first ended: what is done, by the same code on the same device, is not done again.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
import tomllib
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PACKAGES = ("rcl_cli", "calibration", "plugins")
PROGRAMS = tuple(f"docs/benchmarks/gpu_{name}.py" for name in ("parts", "times", "together"))
SOURCES = (*PACKAGES, "tests/conftest.py", "tests/gpu", *PROGRAMS)
"""What results depend on."""
DONE, FAILED, OUT_OF_TIME, INTERRUPTED, NOT_STARTED = "done", "failed", "out of time", "interrupted", "not started"
NAME_OF_GPU = ("nvidia-smi", "--query-gpu=name", "--format=csv,noheader")
LEAST = 5.0
"""Seconds in which no part can do anything."""
Result = dict[str, Any]


@dataclass(frozen=True)
class Part:
    """One process."""

    name: str
    title: str
    limit: float
    """Seconds."""


PARTS = (
    Part("environment", "Environment", 60),
    Part("tests", "Tests marked gpu", 150),
    Part("smoke", "pretrain, finetune and apply", 100),
    Part("step", "Times of a training step", 90),
    Part("apply", "Times of a raw", 60),
    Part("together", "Two processes on one device", 90),
    Part("table1", "Table 1", 3600),
)


@dataclass(frozen=True)
class Runner:
    """Where and on what the parts run."""

    device: str
    output: Path
    """Of the JSON files and the page."""
    work: Path
    """Of everything else; table 1 goes on from there."""
    data: Path | None = None
    earlier: Path | None = None
    """Results of an earlier call, where the output folder is a new one."""
    parts: tuple[Part, ...] = PARTS
    program: Path = HERE / "gpu_parts.py"

    def run(self, seconds: float) -> bool:
        """Do what is not done yet in so much time; whether all is done."""
        deadline, ready = time.monotonic() + seconds, True
        self.output.mkdir(parents=True, exist_ok=True)
        for part in self.parts:
            known = result = self.known(part)
            if result is None:
                left = min(part.limit, deadline - time.monotonic())
                result = self._missed(part, ready) if left < LEAST or not ready else self._measure(part, left)
            self._save(part, result)
            print(f"{part.title}: {'already ' * bool(known)}{result['status']}, {result['seconds']:.0f} s", flush=True)
            ready = ready and (part.name != "environment" or result["status"] == DONE)
            if result["status"] == INTERRUPTED:
                raise KeyboardInterrupt
        return all(self.known(part) for part in self.parts)

    def results(self) -> dict[str, Result]:
        """What is known of each part, current or not."""
        files = {part.name: self.output / f"{part.name}.json" for part in self.parts}
        return {name: json.loads(file.read_text(encoding="utf-8")) for name, file in files.items() if file.is_file()}

    def known(self, part: Part) -> Result | None:
        """The part's result where it is done, and of this code, device and data."""
        for folder in filter(None, (self.output, self.earlier)):
            path = folder / f"{part.name}.json"
            found: Result = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
            if (found.get("status"), found.get("key")) == (DONE, self.key(part)):
                return found
        return None

    def key(self, part: Part) -> str:
        """A digest of what decides the part's result."""
        digest = hashlib.sha256(f"{part.name} {self.device} {self.data} {ask(*NAME_OF_GPU)}".encode())
        for source in SOURCES:
            path = ROOT / source
            for file in sorted(path.rglob("*") if path.is_dir() else [path]):
                if file.suffix in (".py", ".safetensors"):
                    digest.update(file.read_bytes())
        for file in sorted(self.data.rglob("*")) if self.data else []:
            digest.update(f"{file.name} {file.stat().st_size}".encode())
        return digest.hexdigest()[:16]

    def _missed(self, part: Part, ready: bool) -> Result:
        reason = "the time was over before it" if ready else "the device cannot be used"
        before = self.results().get(part.name, {})
        kept = before.get("result", {}) if before.get("key") == self.key(part) else {}
        return self._result(part, NOT_STARTED, 0.0, kept, reason)

    def _measure(self, part: Part, limit: float) -> Result:
        found, log = self.work / f"{part.name}.json", self.work / f"{part.name}.log"
        found.unlink(missing_ok=True)
        command = [sys.executable, str(self.program), part.name, "--device", self.device, "--result", str(found)]
        command += ["--work", str(self.work), "--seconds", f"{limit:.0f}"]
        command += ["--data", str(self.data)] if self.data else []
        began = time.monotonic()
        with log.open("wb") as file:
            status = supervised(command, limit, file, environment(self.work, self.device))
        result = json.loads(found.read_text(encoding="utf-8")) if found.is_file() else {}
        words = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        reason = "" if status == DONE else "\n".join(words[-12:])
        return self._result(part, status, time.monotonic() - began, result, reason)

    def _result(self, part: Part, status: str, seconds: float, result: Result, reason: str) -> Result:
        key, about = self.key(part), {"part": part.name, "status": status, "device": self.device}
        return {**about, "seconds": round(seconds, 1), "key": key, "result": result, "reason": reason}

    def _save(self, part: Part, result: Result) -> None:
        from gpu_page import page

        write(self.output / f"{part.name}.json", json.dumps(result, indent=1) + "\n")
        titles = {part.name: part.title for part in self.parts}
        write(self.output / "gpu.md", page(titles, self.results(), self.device))


def supervised(command: list[str], limit: float, log: Any, variables: dict[str, str]) -> str:
    """Run a command for so many seconds at most; how it ended. Nothing that it started goes on afterwards."""
    process = subprocess.Popen(
        command, stdout=log, stderr=subprocess.STDOUT, env=variables, cwd=ROOT, start_new_session=True
    )
    try:
        return DONE if process.wait(limit) == 0 else FAILED
    except subprocess.TimeoutExpired:
        return OUT_OF_TIME
    except KeyboardInterrupt:
        return INTERRUPTED
    finally:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def environment(work: Path, device: str) -> dict[str, str]:
    """The variables by which a process finds the checkout, its plugins, packages beside them, and an empty store."""
    announce(work / "site")
    paths = [work / "site", ROOT, *(ROOT / folder for folder in PACKAGES[1:])]
    found = os.pathsep.join([*map(str, paths), *filter(None, [os.environ.get("PYTHONPATH")])])
    own = {"PYTHONPATH": found, "RCL_STORE": str(work / "store"), "XDG_CACHE_HOME": str(work / "cache")}
    # A rehearsal shares the processor's cores with whatever else runs there.
    own |= {"OMP_NUM_THREADS": "1"} if device == "cpu" else {}
    return {**os.environ, **own, "RCL_LOAD_PLUGINS": ""}


def announce(folder: Path) -> None:
    """Leave in `folder` what an installation of the checkout leaves for Python: its name and its entry points."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    name, version = project["name"].replace("-", "_"), project["version"]
    info = folder / f"{name}-{version}.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    write(info / "METADATA", f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {version}\n")
    groups = [
        "\n".join([f"[{group}]", *(f"{key} = {value}" for key, value in points.items())])
        for group, points in project["entry-points"].items()
    ]
    write(info / "entry_points.txt", "\n\n".join(groups) + "\n")


@cache
def ask(*command: str) -> str:
    """What a program says; "" where it is missing or fails."""
    try:
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""


def write(path: Path, text: str) -> None:
    """Whole or not at all."""
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda", help="cpu: a rehearsal with small sizes")
    parser.add_argument("--output", type=Path, help="folder of the page; docs/benchmarks/gpu, of a rehearsal WORK/cpu")
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "gpu", help="folder of what is made on the way")
    parser.add_argument("--data", type=Path, help="clean RGB pictures for table 1; else procedural scenes")
    parser.add_argument("--minutes", type=float, default=8.0, help="of wall clock, in all")
    parser.add_argument("--only", action="append", choices=[part.name for part in PARTS], help="can be repeated")
    given = parser.parse_args()
    usual = HERE / "gpu" if given.device != "cpu" else given.work / "cpu"
    parts = tuple(part for part in PARTS if not given.only or part.name in given.only)
    data = given.data.resolve() if given.data else None
    given.work.mkdir(parents=True, exist_ok=True)
    work, output = given.work.resolve(), (given.output or usual).resolve()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        done = Runner(given.device, output, work, data, usual, parts).run(60 * given.minutes)
    except KeyboardInterrupt:
        return 130
    finally:
        print(f"{output / 'gpu.md'} holds the results")
    return 0 if done else 1


if __name__ == "__main__":
    sys.exit(main())
