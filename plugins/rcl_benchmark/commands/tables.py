"""`rcl benchmark table1`, `table2`, `table3`, `fig2` and `sweep`: pretrainings, judged by the paper's protocol."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import click

from rcl_benchmark.commands.options import Session, choice_option, options
from rcl_benchmark.tables.fig2 import FIG2
from rcl_benchmark.tables.methods import NETWORKS
from rcl_benchmark.tables.presets import PRESETS
from rcl_benchmark.tables.sweep import DOMAINS, JUDGES, KNOBS, Sweep
from rcl_benchmark.tables.table import Table
from rcl_benchmark.tables.table1 import TABLE1
from rcl_benchmark.tables.table2 import TABLE2
from rcl_benchmark.tables.table3 import TABLE3

if TYPE_CHECKING:
    from rcl_benchmark.tables.workshop import Workshop

_shared = options("data", "test", "preset", "steps", "encoder", "seed", "device", "work", "output", "workers", "json")


def _table_command(table: Table) -> click.Command:
    @click.command(table.name, help=table.help)
    @_shared
    @options("network")
    @choice_option("--method", "methods", list(table.methods), "Method to measure now.")
    def command(methods: tuple[str, ...], networks: tuple[str, ...], **given: Any) -> None:
        from rcl_benchmark.tables.measure import about, cell_jobs

        session, workshop = Session.start(table, given), _open(given)
        preset, pictures = workshop.preset, len(workshop.data.train)
        wanted = table.cells(preset, pictures, methods=methods, networks=networks)
        every = table.cells(preset, pictures, networks=NETWORKS)
        session.show(session.measure(cell_jobs(workshop, wanted)))
        rows = session.known(cell_jobs(workshop, every))
        session.write(rows, about(workshop, session.command, given["preset"], rows))

    return command


@click.command("fig2")
@_shared
@options("network")
def fig2(networks: tuple[str, ...], **given: Any) -> None:
    """See whether the residual of RCL becomes the noise: the densities of figure 2 of the paper.

    For a network before and after pretraining, and for the true noise: how much further apart, by the earth mover's
    distance, residuals of two pictures are than residuals of one. Writes a page with the plot.
    """
    from rcl_benchmark.tables.measure import about, fig2_jobs

    session, workshop = Session.start(FIG2, given), _open(given)
    plot = session.output / f"{FIG2.name}.png"

    def line(sample: Any) -> dict[str, Any]:
        figures = {name: value for name, value in asdict(sample).items() if name not in ("span_dn", "density")}
        return {**figures, "plot": plot}

    session.show(session.measure(fig2_jobs(workshop, networks or NETWORKS), line=line))
    session.write(session.known(fig2_jobs(workshop, NETWORKS)), about(workshop, session.command, given["preset"]))


@click.command("sweep")
@_shared
@choice_option("--of", "of", list(KNOBS), "Setting to change.")
@choice_option("--domain", "domains", DOMAINS, "Kind of pictures: RGB with the values of the files, or simulated raws.")
@click.option(
    "--judge",
    type=click.Choice(JUDGES),
    default=JUDGES[0],
    show_default=True,
    help="What learns from few labels: a new last layer, or the whole network.",
)
def sweep(of: tuple[str, ...], domains: tuple[str, ...], judge: str, **given: Any) -> None:
    """See what makes RCL work: pretrain with one setting at a time changed, and judge each backbone.

    Besides the figures of the tables: what each backbone gives without labels, and how much of its residual is noise.
    Writes a page. The network is the one that adds its result to its input.
    """
    from rcl_benchmark.tables.measure import about, cell_jobs
    from rcl_cli.domain import Domain

    table, opened = Sweep(judge), _open(given)
    session = Session.start(table, given)
    preset, pictures = opened.preset, len(opened.data.train)
    wanted, every = [], []
    for name in DOMAINS:
        workshop = replace(opened, domain=Domain(name))
        every += cell_jobs(workshop, table.cells(preset, pictures, domain=name))
        if name in (domains or DOMAINS):
            wanted += cell_jobs(workshop, table.cells(preset, pictures, domain=name, of=of))
    session.show(session.measure(wanted))
    rows = session.known(every)
    session.write(rows, about(opened, session.command, given["preset"], rows))


def _open(given: dict[str, Any]) -> Workshop:
    """Where backbones are made, by the values of the options. Raises RclError where something cannot be used."""
    from rcl_benchmark.tables.data import find_data
    from rcl_benchmark.tables.workshop import Workshop
    from rcl_cli.train.device import choose_device

    preset = PRESETS[given["preset"]].seeded(given["seed"])
    if given["steps"] is not None:
        preset = replace(preset, pretrain=replace(preset.pretrain, steps=given["steps"]))
    data = find_data(given["data"], given["seed"], test=given["test"], count=preset.test_count)
    work = given["work"] or given["output"] / "work"
    return Workshop(preset, data, work.resolve(), choose_device(given["device"]), given["encoder"])


COMMANDS = (*map(_table_command, (TABLE1, TABLE2, TABLE3)), fig2, sweep)
