"""`rcl benchmark quality`: rcl's own heads beside other tools, on the same inputs."""

from __future__ import annotations

import shlex
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click

from rcl_benchmark.commands.options import Session, choice_option, options, print_row
from rcl_benchmark.quality.names import METHODS, PROTOCOLS
from rcl_cli.cli.console import console
from rcl_cli.cli.options.numbers import Whole

_EXISTING = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command("quality")
@click.argument("pictures", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--data", type=_EXISTING, metavar="DIR", help="Folder with the weights of demosaicnet, in reference/demosaicnet."
)
@click.option(
    "--pairs",
    multiple=True,
    type=_EXISTING,
    metavar="DIR",
    help="Real pairs of noisy and clean RGB pictures, NAME_real beside NAME_mean. Can be repeated.",
)
@choice_option("--only", "only", list(PROTOCOLS), "Protocol to measure now.")
@choice_option("--methods", "methods", METHODS, "Method to measure now.")
@click.option("--limit", type=Whole(1), help="Pictures of each folder, evenly chosen.  [default: all]")
@click.option("--crop", type=Whole(64), help="Keep the middle of each picture, so many pixels each way at most.")
@options("device", "work")
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("docs/benchmarks"),
    show_default=True,
    help="Output folder of the page and its pictures.",
)
@options("workers", "json")
def command(
    pictures: tuple[Path, ...],
    data: Path | None,
    pairs: tuple[Path, ...],
    only: tuple[str, ...],
    methods: tuple[str, ...],
    limit: int | None,
    crop: int | None,
    **given: Any,
) -> None:
    """Demosaicing, denoising and super-resolution by rcl and by other tools, compared with clean PICTURES.

    Mosaics, noise and small pictures are made of them; real noise is measured on --pairs. Needs the packages of the
    extra, of which bm3d is for non-commercial use: pip install 'rcl-cli[benchmark]'. What is missing is left out, and
    the page says so. The page has all results of the work folder that are current.
    """
    from rcl_benchmark.quality.measure import Plan
    from rcl_benchmark.quality.methods import Tools
    from rcl_benchmark.quality.pictures import find_pairs, find_pictures
    from rcl_benchmark.quality.settings import settings
    from rcl_benchmark.quality.table import QUALITY
    from rcl_benchmark.quality.words import about, left_out
    from rcl_cli.train.device import choose_device

    if not pictures and not pairs:
        raise click.UsageError("name pictures, or pairs with --pairs")
    session = Session.start(QUALITY, given)
    session = replace(session, command=_command_line(pictures, data, pairs, limit, crop))
    tools = Tools(data, choose_device(given["device"]).type)
    plan = Plan(
        find_pictures(pictures, limit) if pictures else [], find_pairs(pairs, limit) if pairs else [], crop, tools
    )
    for words in left_out(plan):
        console.print(f"Left out: {words}", markup=False, soft_wrap=True)
    wanted = plan.jobs(settings(only or tuple(PROTOCOLS)), methods or METHODS)
    lines = QUALITY.lines(session.measure(wanted, line=None))
    for line in lines if session.as_json else ():
        print_row(asdict(line))
    session.show(lines)
    every = plan.jobs(settings(tuple(PROTOCOLS)), METHODS)
    session.write(session.known(every), about(session.command, plan))


def _command_line(
    pictures: tuple[Path, ...], data: Path | None, pairs: tuple[Path, ...], limit: int | None, crop: int | None
) -> str:
    """What gives all of the page again."""
    words = ["rcl", "benchmark", "quality", *map(str, pictures)]
    single = {"--data": data, "--limit": limit, "--crop": crop}
    words += [word for flag, value in single.items() if value is not None for word in (flag, str(value))]
    words += [word for folder in pairs for word in ("--pairs", str(folder))]
    return shlex.join(words)
