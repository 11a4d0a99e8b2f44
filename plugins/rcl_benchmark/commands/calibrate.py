"""`rcl benchmark calibrate`: the blind estimators against noise that is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rcl_benchmark.calibration.names import KINDS, METHODS, REGIMES
from rcl_benchmark.commands.options import Session, choice_option, options, print_row
from rcl_cli.cli.console import console
from rcl_cli.cli.options.numbers import Whole

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
@click.option(
    "--scenes",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="Photographs to simulate raws from: single ones, sheets of six, X-Trans; a page of its own. Can be repeated.",
)
@choice_option("--kind", "kinds", KINDS, "With --scenes: what raws are made of.")
@choice_option("--method", "methods", METHODS, "Estimator to measure.")
@choice_option("--regime", "regimes", REGIMES, "Noise regime.")
@click.option("--keep-pictures", is_flag=True, help="Keep the clean pictures in the work folder, some 4 MB each.")
@options("work", "output", "workers", "json")
def command(
    draws: int,
    side: int,
    seed: int,
    data: tuple[Path, ...],
    scenes: tuple[Path, ...],
    kinds: tuple[str, ...],
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

    if scenes and data:
        raise click.UsageError(
            "--data fills procedural raws' place and --scenes has a page of its own: give one of them"
        )
    can, missing = available([name for name in METHODS if name in methods or not methods])
    for name in missing:
        console.print(
            f"{name} is left out: its package is not installed (pip install 'rcl-cli[benchmark]')", markup=False
        )
    chosen = [name for name in REGIMES if name in regimes or not regimes]
    if scenes:
        _photographs(draws, seed, scenes, [kind for kind in KINDS if kind in kinds or not kinds], can, chosen, given)
        return
    session = Session.start(CALIBRATION, given, deciding=("methods", "regimes"))
    pictures: Pictures = photographs(data, side, seed) if data else Scenes(side, seed)
    if keep_pictures:
        pictures = kept(pictures, seed, session.work)
    made = jobs(pictures, draws, chosen, can, seed)
    # Apart from this process even by one worker: seconds are those of one core.
    results = session.measure(made, apart=True, line=None)
    lines = CALIBRATION.lines(results)
    for line in lines if session.as_json else ():
        print_row(asdict(line))
    session.show(lines)
    about = CALIBRATION.about(session.command, results, pictures.describe(), draws, seed, missing)
    session.write(results, about)


def _photographs(
    draws: int,
    seed: int,
    scenes: Sequence[Path],
    kinds: Sequence[str],
    methods: Sequence[str],
    regimes: Sequence[str],
    given: dict[str, Any],
) -> None:
    from rcl_benchmark.calibration.group import photograph_jobs
    from rcl_benchmark.calibration.photograph_table import PHOTOGRAPHS
    from rcl_benchmark.calibration.photographs import singles

    session = Session.start(PHOTOGRAPHS, given, deciding=("methods", "regimes"))
    pictures = singles(scenes, seed)
    results = session.measure(photograph_jobs(pictures, draws, regimes, methods, kinds, seed), apart=True, line=None)
    lines = PHOTOGRAPHS.lines(results)
    for line in lines if session.as_json else ():
        print_row({"raws": line.kind, **{name: value for name, value in asdict(line).items() if name != "kind"}})
    session.show(lines)
    session.write(results, PHOTOGRAPHS.about(session.command, results, pictures.describe(), draws, seed))
