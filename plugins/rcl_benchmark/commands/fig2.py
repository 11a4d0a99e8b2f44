"""`rcl benchmark fig2`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from rcl_benchmark.table_options import network_option, open_workshop, table_options
from rcl_cli.cli.console import console, new_table, print_json_line, print_table, progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from rcl_benchmark.tables.summary import Summary


@click.command()
@table_options
@network_option
def command(**given: Any) -> None:
    """See whether the residual of RCL becomes the noise: the densities of figure 2 of the paper.

    For a network before and after pretraining, and for the true noise: how much further apart, by the earth mover's
    distance, residuals of two pictures are than residuals of one. Writes a page with the plot.
    """
    from rcl_benchmark.calibration import needed_packages
    from rcl_benchmark.tables.about import about
    from rcl_benchmark.tables.fig2 import METHOD, samples
    from rcl_benchmark.tables.fig2_page import write_fig2_page
    from rcl_benchmark.tables.methods import NETWORKS
    from rcl_benchmark.tables.pretrained import backbone
    from rcl_benchmark.tables.summary import summaries

    needed_packages()
    workshop, found = open_workshop(given), {}
    networks = given["networks"] or NETWORKS
    steps = workshop.preset.pretrain.steps
    for network in networks:
        with progress(steps, f"pretrain, {network}", "steps") as bar:
            path = backbone(workshop, METHOD, network, on_step=lambda step: bar.advance())
        found[network] = samples(workshop, path)
    facts = about(workshop, given["preset"])
    page, figure = write_fig2_page(found, facts, given["output"])
    rows = [summary for network, parts in found.items() for summary in summaries(network, parts)]
    if given["as_json"]:
        for row in rows:
            print_json_line({**asdict(row), "plot": figure})
    else:
        print_table(_table(rows))
    console.print(f"{page} is written", markup=False, soft_wrap=True)


def _table(rows: Sequence[Summary]) -> Table:
    numbers = ("mean (DN)", "above 0", "to noise (DN)", "correlation", "size")
    table = new_table("network", "residual", *numbers, right=numbers)
    for row in rows:
        figures = f"{row.mean_dn:.2f}", f"{100 * row.positive_share:.0f} %", f"{row.to_noise_dn:.2f}"
        table.add_row(row.network, row.sample, *figures, f"{row.correlation:.2f}", f"{row.size:.2f}")
    return table
