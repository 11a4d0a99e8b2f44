"""`rcl benchmark speed`: every stage beside what limits it, in one run."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import click

from rcl_benchmark.commands.options import Session, choice_option, options, print_row
from rcl_benchmark.speed.names import PARTS
from rcl_cli.cli.console import console
from rcl_cli.cli.options.numbers import Number, Whole


@click.command("speed")
@choice_option("--part", "parts", list(PARTS), "Part to measure now.")
@click.option("--quick", is_flag=True, help="Measure next to nothing, in seconds, to see that it works.")
@click.option("--repeats", type=Whole(1), help="Turns of each side.  [default: 5; with --quick 1]")
@click.option("--megapixels", type=Number(0.01), help="Size of the simulated raws.  [default: 24; with --quick 0.1]")
@click.option("--files", type=Whole(2), help="Files of the largest folder.  [default: 10000; with --quick 6]")
@options("work", "output", "json")
def command(
    parts: tuple[str, ...],
    quick: bool,
    repeats: int | None,
    megapixels: float | None,
    files: int | None,
    **given: Any,
) -> None:
    """Start, calibration, losses, training steps, results and large folders, beside what limits them.

    What is compared takes turns, in one run, on the CPU. Other tools are run, not quoted; those whose packages are not
    installed are left out, and the page says so: pip install 'rcl-cli[benchmark]'. The page has all results of the work
    folder that were measured on this machine by this code with the same sizes.
    """
    from rcl_benchmark.quality.methods import version_of
    from rcl_benchmark.speed.parts import jobs, missing, peer_packages
    from rcl_benchmark.speed.record import lines
    from rcl_benchmark.speed.side import QUICK, Size
    from rcl_benchmark.speed.table import Speed

    size = QUICK if quick else Size()
    size = replace(
        size,
        repeats=repeats or size.repeats,
        megapixels=megapixels or size.megapixels,
        files=size.files if files is None else tuple(sorted({*(n for n in size.files if n < files), files})),
    )
    speed = Speed(size)
    session = Session.start(speed, {**given, "workers": 1})
    away = missing()
    for tool, package in away.items():
        console.print(f"Left out: {tool} (the package {package} is not installed)", markup=False, soft_wrap=True)
    folder = session.work / "speed"
    found = lines(session.measure(jobs(parts or tuple(PARTS), size, folder), line=None))
    for line in found if session.as_json else ():
        print_row(asdict(line))
    session.show(found)
    versions = {name: version_of(name) for name in (*dict.fromkeys(peer_packages().values()), "rawpy")}
    session.write(session.known(jobs(tuple(PARTS), size, folder)), speed.about(session.command, away, versions))
