"""`rcl benchmark calibrate`: the blind estimators against noise that is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.markup import escape

from rcl_cli.cli.console import console, new_table, print_json_line, print_table, progress

if TYPE_CHECKING:
    from rich.table import Table

    from rcl_benchmark.score import Row

REGIMES = ("sensor", "paper")
METHODS = ("rcl-blind", "rcl-pool-4", "rcl-pair", "scikit-image", "miniraw", "percentile", "homogeneous")


@click.command()
@click.option("--draws", type=click.IntRange(min=1), default=200, show_default=True, help="Simulated raws per regime.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Another seed, other draws.")
@click.option(
    "--data",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="Photographs to simulate raws from, reduced by 3. Default: noise-free procedural scenes. Can be repeated.",
)
@click.option("--method", "methods", multiple=True, type=click.Choice(METHODS), help="Only these. Can be repeated.")
@click.option("--regime", "regimes", multiple=True, type=click.Choice(REGIMES), help="Only these. Can be repeated.")
@click.option("--side", type=click.IntRange(min=64), default=1024, show_default=True, help="Pixels a side of the raws.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per regime and method on standard output.")
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("docs/benchmarks"),
    show_default=True,
    help="Folder of the page calibration.md and its figures.",
)
@click.option(
    "--work",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the results of single draws; a run goes on where it was. Default: OUTPUT/work.",
)
@click.option("--keep-pictures", is_flag=True, help="Keep the clean pictures in the work folder, some 4 MB each.")
@click.option("--workers", type=click.IntRange(min=1), default=1, show_default=True, help="Processes of one core each.")
def command(
    draws: int,
    seed: int,
    data: tuple[Path, ...],
    methods: tuple[str, ...],
    regimes: tuple[str, ...],
    side: int,
    as_json: bool,
    output: Path,
    work: Path | None,
    keep_pictures: bool,
    workers: int,
) -> None:
    """Simulate raws of known noise and compare `rcl calibrate` and other blind estimators with the truth.

    Writes a page with tables and figures. Needs the packages of the extra: pip install 'rcl-cli[benchmark]'.
    """
    from rcl_benchmark.calibration import Run, needed_packages, report
    from rcl_benchmark.score import rows

    needed_packages()
    run = Run.plan(
        draws=draws,
        seed=seed,
        data=data,
        methods=methods or METHODS,
        regimes=regimes or REGIMES,
        side=side,
        work=work or output / "work",
        keep_pictures=keep_pictures,
    )
    for method in run.missing:
        console.print(f"{method} is left out: its package is not installed")
    with progress(draws, "Measuring", "draws", done=run.draws_done()) as bar:
        for count in run.measure(workers):
            bar.advance(count)
    records = run.records()
    table = rows(records)
    page = report(run, records, output)
    if as_json:
        for row in table:
            print_json_line(asdict(row))
    else:
        print_table(_table(table))
    console.print(f"{escape(str(page))} is written")


def _table(rows: Sequence[Row]) -> Table:
    from rcl_benchmark.contract import percent

    columns = ("n", "median", "p90", "in range: median", "p90", "coverage")
    table = new_table("regime", "method", *columns, right=columns)
    for row in rows:
        numbers = (row.sigma_rms_median, row.sigma_rms_p90, row.in_range_median, row.in_range_p90)
        coverage = "–" if row.coverage is None else percent(row.coverage)
        table.add_row(row.regime, row.method, str(row.n), *map(percent, numbers), coverage)
    return table
