"""The verbs `rcl benchmark table1`, `table2` and `table3`, which differ in their rows alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from rcl_benchmark.table_options import network_option, open_workshop, table_options
from rcl_benchmark.tables.methods import NETWORKS
from rcl_benchmark.tables.tables import method_names
from rcl_cli.cli.console import console, new_table, print_json_line, print_table, progress

if TYPE_CHECKING:
    from rich.table import Table

    from rcl_benchmark.tables.pretrained import Workshop
    from rcl_benchmark.tables.row import Row
    from rcl_benchmark.tables.tables import Cell


def table_command(table: str, words: str) -> click.Command:
    """The verb of one table; `words`: its help."""

    @click.command(help=words)
    @table_options
    @network_option
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
    from rcl_benchmark.calibration import needed_packages
    from rcl_benchmark.tables.about import about
    from rcl_benchmark.tables.page import write_page
    from rcl_benchmark.tables.run import known_rows
    from rcl_benchmark.tables.tables import cells

    needed_packages()
    workshop = open_workshop(given)
    pictures = len(workshop.data.train)
    wanted = cells(table, workshop.preset, pictures, methods=methods, networks=given["networks"])
    every = cells(table, workshop.preset, pictures, networks=NETWORKS)
    rows = measure_rows(table, wanted, workshop, workers, as_json=given["as_json"])
    if not given["as_json"]:
        print_table(_table(rows))
    known = known_rows(workshop, every)
    page = write_page(table, known, about(workshop, given["preset"], known), given["output"])
    console.print(f"{page} is written", markup=False, soft_wrap=True)


def measure_rows(title: str, cells: Sequence[Cell], workshop: Workshop, workers: int, *, as_json: bool) -> list[Row]:
    """The row of each cell, measured where it is not known yet; with `as_json` printed as soon as it is there."""
    from rcl_benchmark.tables.run import Measurement

    measurement = Measurement.plan(workshop, cells)
    rows = []
    with progress(len(measurement.jobs), title, "jobs") as bar:

        def on_job(name: str) -> None:
            bar.advance()
            bar.describe(name)

        for row in measurement.rows(workers, on_job):
            rows.append(row)
            if as_json:
                print_json_line(asdict(row))
    return rows


def _table(rows: Sequence[Row]) -> Table:
    numbers = ("labels", "PSNR (dB)", "±", "SSIM", "trials")
    table = new_table("method", "task", "network", *numbers, right=numbers)
    for row in rows:
        labels = "" if row.labels is None else str(row.labels)
        figures = f"{row.psnr_db:.2f}", f"{row.psnr_std:.2f}", f"{row.ssim:.4f}", str(row.trials)
        table.add_row(row.method, row.task, row.network, labels, *figures)
    return table
