"""`--format`: formats of results by any of their names."""

from __future__ import annotations

import click

from rcl_cli.cli.options.numbers import shown
from rcl_cli.cli.options.words import FORMAT, FORMATS
from rcl_cli.suggest import did_you_mean

_OTHER_NAMES = {"tif": "tiff", "jpg": "jpeg", "openexr": "exr"}


def format_name(ctx: click.Context, parameter: click.Parameter, value: str) -> str:
    """One of FORMATS, or of a plugged format, in upper or lower case, or the suffix of one."""
    wanted = value.lower().removeprefix(".")
    wanted = _OTHER_NAMES.get(wanted, wanted)
    if wanted in FORMATS:
        return wanted
    from rcl_cli.raw.format import format_names

    known = [*FORMATS, *format_names()]
    found = {name.lower(): name for name in known}.get(wanted)
    if found is None:
        meant = did_you_mean(wanted, known)
        raise click.BadParameter(f"{shown(value)!r} is none of {', '.join(known[:-1])} or {known[-1]}{meant}")
    return found


FORMAT_OF_RESULTS = click.option(
    "--format",
    "file_format",
    type=FORMAT,
    callback=format_name,
    metavar="|".join(FORMATS),
    default="auto",
    show_default=True,
    help="Format of the results. auto: DNG for raws, the format of the input for other pictures.",
)
