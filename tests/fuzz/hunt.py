"""Mutants by the thousand through a worker that is ended where it hangs, and a list of the faults."""

from __future__ import annotations

import json
import os
import random
import select
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .mutate import mutant
from .seeds import write_seeds

ROOT = Path(__file__).resolve().parents[2]
FRESH_EVERY = 500
"""Mutants for one worker: decoders of others lose memory where they fail."""
START_S = 120.0
"""A fresh worker imports torch."""


@dataclass(frozen=True)
class Fault:
    """A mutant and what it brought about."""

    seed: str
    number: int
    words: str
    kept: Path | None = None


@dataclass
class Tally:
    """What became of the mutants."""

    outcomes: Counter[str] = field(default_factory=Counter)
    faults: list[Fault] = field(default_factory=list)
    seconds: float = 0.0
    slowest_s: float = 0.0
    resident_kb: int = 0

    @property
    def mutants(self) -> int:
        """All of them."""
        return sum(self.outcomes.values())

    def __str__(self) -> str:
        counts = ", ".join(f"{count} {name}" for name, count in self.outcomes.most_common())
        figures = f"slowest {self.slowest_s:.1f} s, at most {self.resident_kb / 1e6:.2f} GB"
        return f"{self.mutants} mutants in {self.seconds:.0f} s: {counts}; {figures}"


class _Worker:
    def __init__(self) -> None:
        paths = [ROOT, ROOT / "calibration", ROOT / "plugins", *sys.path]
        self.fresh = True
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.fuzz.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths)), "OMP_NUM_THREADS": "1"},
        )

    def ask(self, path: Path, *, verbs: bool, limit_s: float) -> dict[str, Any]:
        """Its answer, or a fault where it hangs or is gone; it is to be replaced then."""
        process = self.process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps({"path": str(path), "verbs": verbs}).encode() + b"\n")
        process.stdin.flush()
        ready, _, _ = select.select([process.stdout], [], [], limit_s + (START_S if self.fresh else 0))
        line = process.stdout.readline() if ready else b""
        self.fresh = False
        if line:
            answer: dict[str, Any] = json.loads(line)
            return answer
        words = f"crash: the process ended with {process.wait()}" if ready else f"hang: more than {limit_s:g} s"
        return {"status": "fault", "words": words, "resident": 0, "gone": True}

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()


def hunt(
    *,
    seed: int = 0,
    mutants: int = 1000,
    minutes: float = 60.0,
    verbs_every: int = 50,
    limit_s: float = 20.0,
    only: Sequence[str] = (),
    also: Sequence[Path] = (),
    keep: Path | None = None,
    say: Callable[[str], None] = lambda sentence: None,
) -> Tally:
    """Try `mutants`, or as many as there is time for. The same seed tries the same ones.

    `only`: suffixes of the seeds to use; all where empty. `also`: files to change beside the seeds. `keep`: a folder
    for the mutants that brought a fault about.
    """
    tally, began = Tally(), time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        seeds = [*write_seeds(Path(folder) / "seeds", only), *also]
        worker = _Worker()
        try:
            for number in range(mutants):
                if time.monotonic() - began > 60 * minutes:
                    break
                chosen = seeds[number % len(seeds)]
                content = mutant(chosen.read_bytes(), chosen.suffix, random.Random(f"{seed} {number}"))
                path = Path(folder) / f"mutant{chosen.suffix}"
                path.write_bytes(content)
                start = time.monotonic()
                verbs = bool(verbs_every) and number // len(seeds) % verbs_every == 0
                answer = worker.ask(path, verbs=verbs, limit_s=limit_s)
                began = time.monotonic() if number == 0 else began  # starting takes longer than most runs in CI
                tally.outcomes[answer["status"]] += 1
                tally.slowest_s = max(tally.slowest_s, 0.0 if number == 0 else time.monotonic() - start)
                tally.resident_kb = max(tally.resident_kb, answer["resident"])
                if answer["status"] == "fault":
                    fault = Fault(chosen.name, number, answer["words"], _kept(keep, seed, number, path))
                    tally.faults.append(fault)
                    say(f"{fault.seed}, mutant {fault.number}: {fault.words}")
                if answer.get("gone") or number % FRESH_EVERY == FRESH_EVERY - 1:
                    worker.end()
                    worker = _Worker()
        finally:
            worker.end()
    tally.seconds = time.monotonic() - began
    return tally


def _kept(folder: Path | None, seed: int, number: int, path: Path) -> Path | None:
    if folder is None:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{seed}-{number}{path.suffix}"
    target.write_bytes(path.read_bytes())
    return target
