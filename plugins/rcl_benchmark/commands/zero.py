"""`rcl benchmark zero`: denoisers that learn without labels, beside a supervised one and BM3D."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rcl_benchmark.zero.methods import BM3D, BM3D_STRONG, METHODS, REAL_METHODS
from rcl_benchmark.zero.presets import PRESETS, REAL_PRESETS, Budget
from rcl_cli.cli.console import console, exit_code, new_table, print_failures, print_json_line, print_table, progress
from rcl_cli.errors import FileError

if TYPE_CHECKING:
    from rich.table import Table

    from rcl_benchmark.tables.row import Row
    from rcl_benchmark.zero.measure import Measurable
    from rcl_benchmark.zero.real import RealComparison
    from rcl_benchmark.zero.rows import Cell

DOMAINS, REAL = ("rgb", "bayer"), "real"


@click.command()
@click.option(
    "--data",
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Clean RGB pictures: a folder with train and test in it, or any folder, divided by the seed.",
)
@click.option(
    "--preset", type=click.Choice(list(PRESETS)), default="small", show_default=True, help="Network and budget."
)
@click.option("--steps", type=click.IntRange(min=1), help="Optimiser steps of every row.  [default: the preset's]")
@click.option(
    "--test",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of test pictures.  [default: DATA/test; where that holds folders alone, the first of them]",
)
@click.option(
    "--domain",
    "domains",
    multiple=True,
    type=click.Choice((*DOMAINS, REAL)),
    help="RGB with the values of the files, simulated raws, or real pairs. Can be repeated.  [default: all there are]",
)
@click.option(
    "--real",
    "real_folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Real pairs of noisy and clean RGB pictures, as for rcl evaluate: DIR is one set, or each folder in it is.",
)
@click.option(
    "--method",
    "methods",
    multiple=True,
    type=click.Choice(list(METHODS | REAL_METHODS)),
    help="Only these. Can be repeated.",
)
@click.option(
    "--contrast",
    type=click.FloatRange(min=0),
    default=1e-3,
    show_default=True,
    metavar="ALPHA",
    help="Weight of the residual contrast where it joins another pretext.",
)
@click.option(
    "--work",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of measured rows; a run goes on where it was.  [default: OUTPUT/work]",
)
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("docs/benchmarks"),
    show_default=True,
    help="Folder of the page zero.md and its plot.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of everything random.")
@click.option("--device", default="auto", show_default=True, help="auto, cuda, mps or cpu.")
@click.option("--workers", type=click.IntRange(min=1), default=1, show_default=True, help="Processes of one core each.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a row on standard output.")
@click.pass_context
def command(
    ctx: click.Context,
    data: Path,
    test: Path | None,
    preset: str,
    steps: int | None,
    domains: tuple[str, ...],
    real_folder: Path | None,
    methods: tuple[str, ...],
    contrast: float,
    work: Path | None,
    output: Path,
    seed: int,
    device: str,
    workers: int,
    as_json: bool,
) -> None:
    """Denoisers that learn from noisy pictures and their noise levels alone, compared.

    Clean pictures get noise of known levels, one noisy copy each. The same network learns from them by each pretext,
    for as long; a supervised one learns from the clean pictures. BM3D is told the true noise, after variance
    stabilisation; it needs the package bm3d, which is for non-commercial use: pip install 'rcl-cli[benchmark]'.

    On real pairs noisy-as-clean learns from the noisy pictures, and BM3D is told the level measured in each. The page
    has all rows of the work folder that are current; real ones where --real is given.
    """
    from rcl_benchmark.calibration import needed_packages
    from rcl_benchmark.tables.data import find_data
    from rcl_benchmark.tables.page import write_page
    from rcl_benchmark.zero.about import about
    from rcl_benchmark.zero.block_matching import installed
    from rcl_benchmark.zero.measure import known_rows, measure_cells
    from rcl_benchmark.zero.rows import TABLE
    from rcl_benchmark.zero.run import Comparison
    from rcl_cli.train.device import choose_device

    if real_folder is None and (REAL in domains or not set(methods) <= set(METHODS)):
        raise click.UsageError("real pairs are asked for; name their folder with --real")
    needed_packages()
    asked, domains = methods or tuple(METHODS | REAL_METHODS), domains or (*DOMAINS, REAL)
    work = work or output / "work"
    if {BM3D, BM3D_STRONG} & set(asked) and not installed():
        console.print("bm3d is left out: its package is not installed (pip install 'rcl-cli[benchmark]')", markup=False)
    budget = _with_steps(PRESETS[preset], steps)
    files = find_data(data, seed, test=test, count=budget.test_count)
    simulated = Comparison(files, budget, contrast, seed, choose_device(device).type)
    wanted: list[tuple[Measurable, Sequence[Cell]]] = [(simulated, simulated.cells(domains, asked))]
    real, failures = None, list[FileError]()
    if real_folder is not None:
        real, failures = _open_real(real_folder, _with_steps(REAL_PRESETS[preset], steps), seed, simulated.device)
        wanted.append((real, real.cells(asked) if REAL in domains else []))
    rows = []
    with progress(sum(len(cells) for _, cells in wanted), "measure", "rows") as bar:
        for comparison, cells in wanted:
            for row in measure_cells(comparison, cells, work, workers=workers):
                rows.append(row)
                bar.advance()
                if as_json:
                    print_json_line(asdict(row))
    if not as_json:
        print_table(_table(rows))
    known = [row for comparison, _ in wanted for row in known_rows(comparison, work)]
    page = write_page(TABLE, known, about(simulated, preset, sum(row.seconds for row in known), real), output)
    console.print(f"{page} is written", markup=False, soft_wrap=True)
    if failures:
        ctx.exit(exit_code(len(known), len(failures)))


def _with_steps(budget: Budget, steps: int | None) -> Budget:
    return budget if steps is None else replace(budget, steps=steps)


def _open_real(folder: Path, budget: Budget, seed: int, device: str) -> tuple[RealComparison, list[FileError]]:
    """With the pairs that can be used, and why the others cannot."""
    from rcl_benchmark.zero.real import RealComparison
    from rcl_benchmark.zero.real_sets import find_sets

    sets, failures = find_sets(folder, budget.crop)
    print_failures(failures)
    return RealComparison(tuple(sets), budget, seed, device), failures


def _table(rows: Sequence[Row]) -> Table:
    table = new_table("data", "method", "labels", "PSNR (dB)", "SSIM", "seconds", right=("labels", "PSNR (dB)", "SSIM"))
    for row in rows:
        labels = "–" if row.labels is None else str(row.labels)
        figures = (f"{row.psnr_db:.2f}", f"{row.ssim:.4f}", f"{row.seconds:.0f}")
        table.add_row(row.data, row.method, labels, *figures)
    return table
