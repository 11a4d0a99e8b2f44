"""The page of a store: its noise profiles, models and runs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from rcl_calibration.runs import pool_runs
from rcl_cli.errors import FileError, RclError
from rcl_cli.files import is_file, is_folder
from rcl_cli.models.store import Store
from rcl_cli.profiles.book import STORED, load_runs, load_stored
from rcl_cli.raw.sniff import RAW_SUFFIXES, RGB_SUFFIXES
from rcl_cli.report.calibration import Measured, calibration_sections
from rcl_cli.report.kit import html
from rcl_cli.report.run_page import Run, is_run, read_run

_CHARTED = 4
"""Runs whose charts are shown, the newest first."""


def is_store(folder: Path) -> bool:
    """Whether `folder` has what a store has, and no pictures beside it: profiles are saved there too."""
    found = is_file(folder / STORED) or is_folder(folder / "models") or is_folder(folder / "runs")
    return found and not any(entry.suffix.lower() in RAW_SUFFIXES | RGB_SUFFIXES for entry in folder.iterdir())


def store_page(store: Store) -> str:
    """The page. Raises RclError for a store in which there is nothing."""
    measured = [Measured(pool_runs(runs)) for runs in load_stored(store.root)]
    runs, broken = _runs(store)
    models, damaged = store.scan()
    if not (measured or runs or models):
        raise RclError(f"there is nothing to show in the store {store.root}: no profiles, no models, no runs")
    counts = {"profiles": len(measured), "models": len(models), "runs": len(runs)}
    lead = html.facts({"store": str(store.root), **{name: str(count) for name, count in counts.items()}})
    shown = [run.charts(f"{run.kind.capitalize()} {run.folder.name}") for run in runs[:_CHARTED]]
    rows = [
        (one.name, one.header.kind, one.header.task, one.header.domain.value, one.header.camera, str(one.header.step))
        for one in models
    ]
    head = ["model", "kind", "task", "domain", "camera", "steps"]
    return html.page(
        "What rcl has learnt",
        lead,
        [
            *calibration_sections(measured),
            html.section("Models", html.table(head, rows)),
            html.section("Runs", html.table(["run", "kind", "steps", "last written"], map(_row, runs))),
            *shown,
            html.section("Cannot be read", html.table(["file", "reason"], map(_reason, [*damaged, *broken]))),
        ],
    )


def profiles_page(paths: Sequence[Path]) -> str:
    """The page of files of noise profiles. Raises FileError where one cannot be read."""
    measured = [Measured(pool_runs(runs)) for path in paths for runs in load_runs(path)]
    lead = html.facts({"from": ", ".join(map(str, paths))})
    return html.page("Noise profiles", lead, calibration_sections(measured))


def _runs(store: Store) -> tuple[list[Run], list[FileError]]:
    found, broken = [], []
    folders = [path for path in store.runs.iterdir() if is_run(path)] if is_folder(store.runs) else []
    for folder in sorted(folders, key=_changed, reverse=True):
        try:
            found.append(read_run(folder))
        except FileError as error:
            broken.append(error)
    return found, broken


def _row(run: Run) -> tuple[str, str, str, str]:
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(_changed(run.folder)))
    return run.folder.name, run.kind, run.facts["steps"], when


def _reason(error: FileError) -> tuple[str, str]:
    return str(error.path), error.reason


def _changed(folder: Path) -> float:
    times = [0.0]
    with suppress(OSError):
        times += [path.stat().st_mtime for path in folder.iterdir()]
    return max(times)
