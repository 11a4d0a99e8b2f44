"""`rcl benchmark sweep`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from rcl_benchmark.table_options import open_workshop, table_options
from rcl_benchmark.table_verbs import measure_rows
from rcl_benchmark.tables.sweep import DOMAINS, JUDGES, KNOBS
from rcl_cli.cli.console import console, new_table, print_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from rcl_benchmark.tables.row import Row


@click.command()
@table_options
@click.option("--of", multiple=True, type=click.Choice(list(KNOBS)), help="Only this setting. Can be repeated.")
@click.option(
    "--domain",
    "domains",
    multiple=True,
    type=click.Choice(DOMAINS),
    help="RGB with the values of the files, or simulated raws. Can be repeated.  [default: both]",
)
@click.option(
    "--judge",
    type=click.Choice(JUDGES),
    default=JUDGES[0],
    show_default=True,
    help="By a new last layer, or by the whole network, from few labels.",
)
@click.option(
    "--workers", type=click.IntRange(min=1), default=1, show_default=True, help="Processes of one thread each."
)
def command(of: tuple[str, ...], domains: tuple[str, ...], judge: str, workers: int, **given: Any) -> None:
    """See what makes RCL work: pretrain with one setting at a time changed, and judge each backbone.

    Besides the figures of the tables: what each backbone gives without labels, and how much of its residual is noise.
    Writes a page. The network is the one that adds its result to its input.
    """
    from rcl_benchmark.calibration import needed_packages
    from rcl_benchmark.tables.about import about
    from rcl_benchmark.tables.run import known_rows
    from rcl_benchmark.tables.sweep import cells, table_of
    from rcl_benchmark.tables.sweep_page import write_sweep_page
    from rcl_cli.domain import Domain

    needed_packages()
    opened = open_workshop(given)
    workshops = {name: replace(opened, domain=Domain(name)) for name in DOMAINS}
    preset, pictures, rows = opened.preset, len(opened.data.train), []
    for name in domains or DOMAINS:
        wanted = cells(of, preset, domain=name, judge=judge, pictures=pictures)
        rows += measure_rows(f"sweep, {name}", wanted, workshops[name], workers, as_json=given["as_json"])
    if not given["as_json"]:
        print_table(_table(rows))
    known = [
        row
        for name, workshop in workshops.items()
        for row in known_rows(workshop, cells((), preset, domain=name, judge=judge, pictures=pictures))
    ]
    page = write_sweep_page(table_of(judge), known, about(opened, given["preset"], known), given["output"])
    console.print(f"{page} is written", markup=False, soft_wrap=True)


def _table(rows: Sequence[Row]) -> Table:
    from rcl_benchmark.tables.row import SweepRow

    numbers = ("PSNR (dB)", "±", "f(x) (dB)", "correlation", "size")
    table = new_table("data", "setting", *numbers, right=numbers)
    for row in rows:
        found = (row.output_psnr_db, row.correlation, row.size) if isinstance(row, SweepRow) else ()
        by_itself = [f"{value:.2f}" for value in found] or ["", "", ""]
        table.add_row(row.data, row.method, f"{row.psnr_db:.2f}", f"{row.psnr_std:.2f}", *by_itself)
    return table
