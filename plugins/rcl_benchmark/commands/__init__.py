"""`rcl benchmark`: measure what rcl promises, on inputs whose truth is known.

Its verbs are the modules of this package, each with a click command called `command`.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module

import click

from rcl_cli.plugins.hooks import hookimpl


@click.group()
def command() -> None:
    """Measure what rcl promises, on inputs whose truth is known, beside other tools."""


for _module in pkgutil.iter_modules(__path__):
    command.add_command(import_module(f"{__name__}.{_module.name}").command, _module.name)


@hookimpl
def rcl_command() -> click.Command:
    """Registers `rcl benchmark`."""
    return command
