"""`rcl benchmark calibrate` from its settings to its page."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from rcl_benchmark import plots
from rcl_benchmark.contract import judge
from rcl_benchmark.draws import REGIMES
from rcl_benchmark.estimators import METHODS, Method, available
from rcl_benchmark.group import Group
from rcl_benchmark.page import FIGURES, Setting, page
from rcl_benchmark.pictures import Kept, Pictures, Scenes, photographs
from rcl_benchmark.records import Log, Record
from rcl_benchmark.run import groups, run_groups, simulation_version, time_sizes
from rcl_benchmark.score import detections, negative, rows
from rcl_cli.errors import RclError
from rcl_cli.files import write_text

PAGE = "calibration.md"


@dataclass(frozen=True)
class Run:
    """Draws, estimators, and where their results are kept."""

    pictures: Pictures
    draws: int
    seed: int
    methods: tuple[Method, ...]
    missing: tuple[str, ...]
    """Methods whose packages are not installed."""
    regimes: tuple[str, ...]
    log: Log
    command: str
    """To run it again."""

    @classmethod
    def plan(
        cls,
        *,
        draws: int,
        seed: int,
        data: Sequence[Path],
        methods: Sequence[str],
        regimes: Sequence[str],
        side: int,
        work: Path,
        keep_pictures: bool,
    ) -> Run:
        """Raises RclError where `data` cannot be used or no method can run."""
        pictures: Pictures = photographs(data, side, seed) if data else Scenes(side, seed)
        name = f"{'photographs' if data else 'scenes'}-{side}-seed{seed}-{simulation_version()}"
        if keep_pictures:
            pictures = Kept(pictures, work / name)
        can, cannot = available(methods)
        if not can:
            raise RclError("none of these methods can run; pip install 'rcl-cli[benchmark]'")
        missing = tuple(method.name for method in cannot)
        command = ["rcl benchmark calibrate", f"--draws {draws} --seed {seed} --side {side}"]
        command += [f"--data {shlex.quote(str(path))}" for path in data]
        command += [f"--method {name}" for name in methods if set(methods) != set(METHODS)]
        command += [f"--regime {name}" for name in regimes if set(regimes) != set(REGIMES)]
        return cls(
            pictures, draws, seed, tuple(can), missing, tuple(regimes), Log(work / f"{name}.jsonl"), " ".join(command)
        )

    def records(self) -> list[Record]:
        """What is measured of this run so far, by draw."""
        versions = {method.name: method.version for method in self.methods}
        kept = self.log.read(versions)
        wanted = [record for record in kept if record.key.draw < self.draws and record.key.regime in self.regimes]
        order = {method.name: i for i, method in enumerate(self.methods)}
        return sorted(wanted, key=lambda r: (self.regimes.index(r.key.regime), order[r.key.method], r.key.draw))

    def todo(self) -> list[Group]:
        """The groups of draws that are not complete."""
        return groups(self.pictures, self.draws, self.regimes, self.methods, self.seed, self.records())

    def draws_done(self) -> int:
        """Draws of complete groups."""
        return self.draws - sum(len(group.indices) for group in self.todo())

    def measure(self, workers: int) -> Iterator[int]:
        """Measure what is missing; after each group, which is then kept, the number of its draws."""
        for records in run_groups(self.todo(), workers):
            self.log.append(records)
            yield len({record.key.draw for record in records})


def needed_packages() -> None:
    """Raises RclError where the page could not be drawn in the end."""
    if find_spec("matplotlib") is None:
        raise RclError("matplotlib is not installed; pip install 'rcl-cli[benchmark]'")


def report(run: Run, records: Sequence[Record], folder: Path) -> Path:
    """Write the page and its figures to `folder`; the path of the page."""
    timings = time_sizes(run.pictures, run.seed)
    table, found = rows(records), detections(records)
    promises = judge(table, found, timings, negative(records))
    setting = Setting(run.command, run.pictures.describe(), run.draws, run.seed, run.missing)
    for draw, name in zip((plots.scatter, plots.distribution, plots.coverage), FIGURES, strict=True):
        draw(records, folder / name)
    write_text(folder / PAGE, page(setting, records, table, promises, found), overwrite=True)
    return folder / PAGE
