"""Click callbacks for option values that are more than one plain number or word."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from rcl_cli.errors import RclError

if TYPE_CHECKING:
    from rcl_cli.raw.select import Selection

_MOST_BYTES = 10**18
_MOST_LAYER = 1000
_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


def byte_count(ctx: click.Context, parameter: click.Parameter, value: str | None) -> int | None:
    """A size such as "500M" or "4G" in bytes, by powers of 1000."""
    if value is None:
        return None
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?)B?", value.strip().upper())
    if match is None:
        raise click.BadParameter("give a size such as 500M or 4G")
    size = float(match[1]) * _UNITS[match[2]]
    if size > _MOST_BYTES:
        raise click.BadParameter("no disk is as large as that; give a size such as 500M or 4G")
    return int(size)


def numbers(ctx: click.Context, parameter: click.Parameter, value: str | None) -> tuple[int, ...] | None:
    """Whole numbers separated by commas, sorted, each once."""
    try:
        found = None if value is None else tuple(sorted({int(number) for number in value.split(",")}))
    except ValueError:
        found = (-1,)
    if found is not None and not all(0 <= number <= _MOST_LAYER for number in found):
        raise click.BadParameter("give numbers from 0 on separated by commas, such as 1,3")
    return found


def named_values(ctx: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """A repeated option of the form NAME=VALUE."""
    pairs = [value.partition("=") for value in values]
    if any(not name or not sign for name, sign, _ in pairs):
        raise click.BadParameter("give NAME=VALUE")
    return {name: value for name, _, value in pairs}


def joined(ctx: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, dict[str, str]]:
    """A repeated option of the form NAME or NAME:OPTION=VALUE,OPTION=VALUE."""
    found = {}
    for value in values:
        name, _, options = value.partition(":")
        found[name] = named_values(ctx, parameter, tuple(options.split(",")) if options else ())
    return found


def selections(ctx: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> tuple[Selection, ...]:
    """Of files, by camera and ISO."""
    if not values:
        return ()
    from rcl_cli.raw.select import Selection

    try:
        return tuple(Selection.parse(value) for value in values)
    except RclError as error:
        raise click.BadParameter(str(error), ctx, parameter) from error


def scheduler_address(ctx: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """Callback for the address of a dask scheduler, which nobody is asked at yet."""
    if value is None:
        return None
    from rcl_cli.cluster import host_and_port

    try:
        host_and_port(value)
    except RclError as error:
        raise click.BadParameter(str(error), ctx, parameter) from error
    return value


def strength_value(ctx: click.Context, parameter: click.Parameter, value: str) -> float | str:
    """A number from 0 to 1, or "auto"."""
    if value == "auto":
        return value
    try:
        strength = float(value)
    except ValueError:
        strength = -1.0
    if not 0 <= strength <= 1:
        raise click.BadParameter("give a number from 0 to 1, or auto")
    return strength
