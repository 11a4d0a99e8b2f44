"""`rcl benchmark zero`: denoisers that learn without labels, beside a supervised one and BM3D."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rcl_cli.benchmark.zero.methods import BM3D, METHODS
from rcl_cli.benchmark.zero.presets import PRESETS
from rcl_cli.console import console, new_table, print_json_line, print_table, progress

if TYPE_CHECKING:
    from rich.table import Table

    from rcl_cli.benchmark.tables.row import Row

DOMAINS = ("rgb", "bayer")


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
    type=click.Choice(DOMAINS),
    help="RGB with the values of the files, or simulated raws. Can be repeated.  [default: both]",
)
@click.option(
    "--method", "methods", multiple=True, type=click.Choice(list(METHODS)), help="Only these. Can be repeated."
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
def command(
    data: Path,
    test: Path | None,
    preset: str,
    steps: int | None,
    domains: tuple[str, ...],
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
    """
    from rcl_cli.benchmark.calibration import needed_packages
    from rcl_cli.benchmark.tables.data import find_data
    from rcl_cli.benchmark.tables.page import write_page
    from rcl_cli.benchmark.zero.about import about
    from rcl_cli.benchmark.zero.block_matching import installed
    from rcl_cli.benchmark.zero.run import TABLE, Comparison, cells, measure_cells
    from rcl_cli.device import choose_device

    needed_packages()
    budget = PRESETS[preset] if steps is None else replace(PRESETS[preset], steps=steps)
    files = find_data(data, seed, test=test, count=budget.test_count)
    comparison = Comparison(files, budget, contrast, seed, choose_device(device).type)
    chosen = methods or tuple(METHODS)
    if BM3D in chosen and not installed():
        console.print("bm3d is left out: its package is not installed (pip install 'rcl-cli[benchmark]')", markup=False)
    wanted = cells(domains or DOMAINS, chosen)
    began, rows = time.perf_counter(), []
    with progress(len(wanted), "measure", "rows") as bar:
        for row in measure_cells(comparison, wanted, work or output / "work", workers=workers):
            rows.append(row)
            bar.advance()
            if as_json:
                print_json_line(asdict(row))
    if not as_json:
        print_table(_table(rows))
    page = write_page(TABLE, rows, about(comparison, preset, time.perf_counter() - began), output)
    console.print(f"{page} is written", markup=False, soft_wrap=True)


def _table(rows: Sequence[Row]) -> Table:
    table = new_table("data", "method", "labels", "PSNR (dB)", "SSIM", "seconds", right=("labels", "PSNR (dB)", "SSIM"))
    for row in rows:
        labels = "–" if row.labels is None else str(row.labels)
        figures = (f"{row.psnr_db:.2f}", f"{row.ssim:.4f}", f"{row.seconds:.0f}")
        table.add_row(row.data, row.method, labels, *figures)
    return table
