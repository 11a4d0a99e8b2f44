"""`rcl benchmark zero`: denoisers that learn without labels, beside a supervised one and BM3D."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from rcl_benchmark.commands.options import Session, choice_option, options
from rcl_benchmark.zero.methods import DOMAINS, METHODS, PEERS, REAL, REAL_METHODS
from rcl_benchmark.zero.presets import PRESETS, REAL_PRESETS, Budget
from rcl_benchmark.zero.table import ZERO
from rcl_cli.cli.console import console, exit_code, print_failures
from rcl_cli.cli.options.numbers import Number
from rcl_cli.errors import FileError


@click.command("zero")
@options("data")
@click.option(
    "--real",
    "real_folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Real pairs of noisy and clean RGB pictures, as for rcl evaluate: DIR is one set, or each folder in it is.",
)
@options("test", "preset", "steps", "seed", "device", "work", "output", "workers", "json")
@choice_option(
    "--domain",
    "domains",
    (*DOMAINS, REAL),
    "Kind of pictures: RGB with the values of the files, simulated raws, or real pairs.",
)
@choice_option("--method", "methods", list(METHODS | REAL_METHODS), "Method to measure now.")
@click.option(
    "--contrast",
    type=Number(0),
    default=1e-3,
    show_default=True,
    metavar="ALPHA",
    help="Weight of the residual contrast where it joins another pretext.",
)
@click.pass_context
def command(
    ctx: click.Context,
    /,
    real_folder: Path | None,
    domains: tuple[str, ...],
    methods: tuple[str, ...],
    contrast: float,
    **given: Any,
) -> None:
    """Denoisers that learn from noisy pictures and their noise levels alone, compared.

    Clean pictures get noise of known levels, one noisy copy each. The same network learns from them by each pretext,
    for as long; a supervised one learns from the clean pictures. BM3D is told the true noise, after variance
    stabilisation; it needs the package bm3d, which is for non-commercial use: pip install 'rcl-cli[benchmark]'.

    On real pairs noisy-as-clean learns from the noisy pictures, and BM3D is told the level measured in each. The page
    has all rows of the work folder that are current; real ones where --real is given.
    """
    from rcl_benchmark.tables.data import find_data
    from rcl_benchmark.zero.block_matching import installed
    from rcl_benchmark.zero.real import find_sets, on_real_noise
    from rcl_benchmark.zero.simulated import on_simulated_noise
    from rcl_cli.train.device import choose_device

    if real_folder is None and (REAL in domains or not set(methods) <= set(METHODS)):
        raise click.UsageError("real pairs are asked for; name their folder with --real")
    session = Session.start(ZERO, given)
    asked, domains = methods or tuple(METHODS | REAL_METHODS), domains or (*DOMAINS, REAL)
    if not installed() and set(PEERS) & set(asked):
        console.print("bm3d is left out: its package is not installed (pip install 'rcl-cli[benchmark]')", markup=False)
    device = choose_device(given["device"]).type
    budget = _with_steps(PRESETS[given["preset"]], given["steps"])
    data = find_data(given["data"], given["seed"], test=given["test"], count=budget.test_count)
    simulated = on_simulated_noise(data, budget, given["seed"], device, contrast)
    wanted = simulated.jobs(simulated.cells(domains, asked))
    every = simulated.jobs(simulated.cells(DOMAINS, list(METHODS)))
    real, failures = None, list[FileError]()
    if real_folder is not None:
        real_budget = _with_steps(REAL_PRESETS[given["preset"]], given["steps"])
        sets, failures = find_sets(real_folder, real_budget.crop)
        print_failures(failures)
        names = [found.name for found in sets]
        real = on_real_noise(sets, real_budget, given["seed"], device)
        wanted += real.jobs(real.cells(names if REAL in domains else (), asked))
        every += real.jobs(real.cells(names, list(REAL_METHODS)))
    session.show(ZERO.in_order(session.measure(wanted)))
    rows = ZERO.in_order(session.known(every))
    session.write(rows, ZERO.about(session.command, given["preset"], data, rows, simulated, real))
    if failures:
        ctx.exit(exit_code(len(rows), len(failures)))


def _with_steps(budget: Budget, steps: int | None) -> Budget:
    return budget if steps is None else replace(budget, steps=steps)
