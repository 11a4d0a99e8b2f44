"""`rcl benchmark sweep`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from rcl_cli.benchmark.tables.methods import NETWORKS
from rcl_cli.benchmark.tables.sweep import JUDGES, KNOBS, READING, TITLE
from rcl_cli.table_options import open_workshop, table_options
from rcl_cli.table_verbs import measure_cells

if TYPE_CHECKING:
    from rcl_cli.benchmark.tables.page import About


@click.command()
@table_options
@click.option("--of", multiple=True, type=click.Choice(list(KNOBS)), help="Only this setting. Can be repeated.")
@click.option(
    "--judge",
    type=click.Choice(JUDGES),
    default=JUDGES[0],
    show_default=True,
    help="By a new last layer or the whole network, from few labels, or by what the network gives by itself.",
)
@click.option(
    "--workers", type=click.IntRange(min=1), default=1, show_default=True, help="Processes of one thread each."
)
def command(of: tuple[str, ...], judge: str, workers: int, **given: Any) -> None:
    """See what makes RCL work: pretrain with one setting at a time changed, and judge each backbone.

    Writes a page. Unless --network says otherwise the network is the one that adds its result to its input.
    """
    from rcl_cli.benchmark.calibration import needed_packages
    from rcl_cli.benchmark.tables.sweep import cells

    needed_packages()
    workshop = open_workshop(given)
    pictures = len(workshop.data.train)
    wanted = cells(of, workshop.preset, judge=judge, networks=given["networks"], pictures=pictures)
    every = cells((), workshop.preset, judge=judge, networks=NETWORKS, pictures=pictures)
    measure_cells(wanted[0].table, wanted, every, workshop, workers, given, _named)


def _named(facts: About) -> About:
    return replace(facts, title=TITLE, reading=READING)
