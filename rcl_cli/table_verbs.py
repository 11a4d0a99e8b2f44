"""The verbs `rcl benchmark table1`, `table2` and `table3`, which differ in their rows alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from rcl_cli.benchmark.tables.methods import NETWORKS
from rcl_cli.benchmark.tables.tables import method_names
from rcl_cli.console import console, new_table, print_json_line, print_table, progress
from rcl_cli.table_options import open_workshop, table_options

if TYPE_CHECKING:
    from rich.table import Table

    from rcl_cli.benchmark.tables.page import About
    from rcl_cli.benchmark.tables.pretrained import Workshop
    from rcl_cli.benchmark.tables.row import Row
    from rcl_cli.benchmark.tables.tables import Cell


def table_command(table: str, words: str) -> click.Command:
    """The verb of one table; `words`: its help."""

    @click.command(help=words)
    @table_options
    @click.option(
        "--method", "methods", multiple=True, type=click.Choice(method_names(table)), help="Only this. Can be repeated."
    )
    @click.option(
        "--workers", type=click.IntRange(min=1), default=1, show_default=True, help="Processes of one thread each."
    )
    def command(methods: tuple[str, ...], workers: int, **given: Any) -> None:
        _measure(table, methods, workers, given)

    return command


def _measure(table: str, methods: Sequence[str], workers: int, given: dict[str, Any]) -> None:
    from rcl_cli.benchmark.calibration import needed_packages
    from rcl_cli.benchmark.tables.tables import cells

    needed_packages()
    workshop = open_workshop(given)
    pictures = len(workshop.data.train)
    wanted = cells(table, workshop.preset, pictures, methods=methods, networks=given["networks"])
    every = cells(table, workshop.preset, pictures, networks=NETWORKS)
    measure_cells(table, wanted, every, workshop, workers, given)


def measure_cells(
    table: str,
    wanted: Sequence[Cell],
    every: Sequence[Cell],
    workshop: Workshop,
    workers: int,
    given: Mapping[str, Any],
    name: Callable[[About], About] = lambda facts: facts,
) -> None:
    """Measure the `wanted` cells as far as they are not known yet and print them.

    The page has those of `every` cell that are known by then, and what `name` makes of its facts.

    `given`: the values of `table_options`.
    """
    from rcl_cli.benchmark.tables.about import about
    from rcl_cli.benchmark.tables.page import write_page
    from rcl_cli.benchmark.tables.run import Measurement, known_rows

    measurement = Measurement.plan(workshop, wanted)
    rows = []
    with progress(len(measurement.jobs), table, "jobs") as bar:

        def on_job(name: str) -> None:
            bar.advance()
            bar.describe(name)

        for row in measurement.rows(workers, on_job):
            rows.append(row)
            if given["as_json"]:
                print_json_line(asdict(row))
    if not given["as_json"]:
        print_table(_table(rows))
    known = known_rows(workshop, every)
    page = write_page(table, known, name(about(workshop, given["preset"], known)), given["output"])
    console.print(f"{page} is written", markup=False, soft_wrap=True)


def _table(rows: Sequence[Row]) -> Table:
    numbers = ("labels", "PSNR (dB)", "±", "SSIM", "trials")
    table = new_table("method", "task", "network", *numbers, right=numbers)
    for row in rows:
        labels = "" if row.labels is None else str(row.labels)
        figures = f"{row.psnr_db:.2f}", f"{row.psnr_std:.2f}", f"{row.ssim:.4f}", str(row.trials)
        table.add_row(row.method, row.task, row.network, labels, *figures)
    return table
