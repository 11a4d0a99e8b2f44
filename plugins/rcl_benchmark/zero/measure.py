"""Measuring rows in pieces that can be interrupted: a row once measured stays in the work folder. Torch-free."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from rcl_benchmark.tables.jobs import Job, run_jobs
from rcl_benchmark.tables.row import Row
from rcl_benchmark.tables.store import RowStore
from rcl_benchmark.zero.rows import ROWS, Cell


class Measurable(Protocol):
    """What rows are of."""

    def every_cell(self) -> list[Cell]:
        """All rows, in the order of the page."""

    def key(self, cell: Cell) -> str:
        """A digest of everything that decides a row."""

    def jobs(self, cells: Sequence[Cell]) -> list[Job]:
        """How to measure some rows: each job's second argument is the cells whose rows it returns, in their order."""


def measure_cells(
    comparison: Measurable,
    wanted: Sequence[Cell],
    work: Path,
    *,
    workers: int = 1,
    on_plan: Callable[[int], None] = lambda rows: None,
) -> Iterator[Row]:
    """The row of each cell: those of the work folder first, then each as it is measured.

    `on_plan` hears how many are to be measured. Raises RclError where training diverges, FileError for a picture that
    cannot be read; rows done till then stay.
    """
    store = RowStore(work / ROWS)
    known = store.read()
    keys = {cell: comparison.key(cell) for cell in wanted}
    yield from (known[key] for key in keys.values() if key in known)
    missing = [cell for cell, key in keys.items() if key not in known]
    on_plan(len(missing))
    for job, rows in run_jobs(comparison.jobs(missing), workers):
        for cell, row in zip(job.arguments[1], rows, strict=True):
            store.append(keys[cell], row)
            yield row


def known_rows(comparison: Measurable, work: Path) -> list[Row]:
    """The rows of the work folder that are current."""
    known = RowStore(work / ROWS).read()
    keys = [comparison.key(cell) for cell in comparison.every_cell()]
    return [known[key] for key in keys if key in known]
