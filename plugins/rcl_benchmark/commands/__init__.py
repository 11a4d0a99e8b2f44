"""`rcl benchmark`: measure what rcl promises, on inputs whose truth is known."""

from __future__ import annotations

import click

from rcl_benchmark.commands import calibrate, quality, speed, tables, zero
from rcl_cli.plugins.hooks import hookimpl


@click.group()
def command() -> None:
    """Measure what rcl promises, on inputs whose truth is known, beside other tools."""


for verb in (calibrate.command, quality.command, speed.command, *tables.COMMANDS, zero.command):
    command.add_command(verb)


@hookimpl
def rcl_command() -> click.Command:
    """Registers `rcl benchmark`."""
    return command
