"""`rcl benchmark calibrate`: the blind estimators against noise that is known."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rcl_benchmark.calibration.names import METHODS, REGIMES
from rcl_benchmark.commands.options import Session, choice_option, options, print_row
from rcl_cli.cli.console import console
from rcl_cli.cli.numbers import Whole

if TYPE_CHECKING:
    from rcl_benchmark.calibration.pictures import Pictures


@click.command("calibrate")
@click.option("--draws", type=Whole(1), default=200, show_default=True, help="Simulated raws per regime.")
@options("seed")
@click.option("--side", type=Whole(64), default=1024, show_default=True, help="Pixels a side of the raws.")
@click.option(
    "--data",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="Photographs to simulate raws from, reduced by 3. Can be repeated.  [default: noise-free procedural scenes]",
)
@choice_option("--method", "methods", METHODS, "Estimator to measure.")
@choice_option("--regime", "regimes", REGIMES, "Noise regime.")
@click.option("--keep-pictures", is_flag=True, help="Keep the clean pictures in the work folder, some 4 MB each.")
@options("work", "output", "workers", "json")
def command(
    draws: int,
    side: int,
    seed: int,
    data: tuple[Path, ...],
    methods: tuple[str, ...],
    regimes: tuple[str, ...],
    keep_pictures: bool,
    **given: Any,
) -> None:
    """Simulate raws of known noise and compare `rcl calibrate` and other blind estimators with the truth.

    Writes a page with tables and figures. Needs the packages of the extra: pip install 'rcl-cli[benchmark]'.
    """
    from rcl_benchmark.calibration.estimators import available
    from rcl_benchmark.calibration.group import jobs, kept
    from rcl_benchmark.calibration.pictures import Scenes, photographs
    from rcl_benchmark.calibration.table import CALIBRATION

    session = Session.start(CALIBRATION, given, deciding=("methods", "regimes"))
    can, missing = available([name for name in METHODS if name in methods or not methods])
    for name in missing:
        console.print(
            f"{name} is left out: its package is not installed (pip install 'rcl-cli[benchmark]')", markup=False
        )
    pictures: Pictures = photographs(data, side, seed) if data else Scenes(side, seed)
    if keep_pictures:
        pictures = kept(pictures, seed, session.work)
    made = jobs(pictures, draws, [name for name in REGIMES if name in regimes or not regimes], can, seed)
    # Apart from this process even by one worker: seconds are those of one core.
    results = session.measure(made, apart=True, line=None)
    lines = CALIBRATION.lines(results)
    for line in lines if session.as_json else ():
        print_row(asdict(line))
    session.show(lines)
    about = CALIBRATION.about(session.command, results, pictures.describe(), draws, seed, missing)
    session.write(results, about)
