"""How much of a command line there is: what is proposed to the user can be typed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import click

from rcl_cli.cli.options.words import PluginName
from rcl_cli.errors import RclError
from rcl_cli.suggest import closest

Find = Callable[[str], click.Command | None]
_MOST = 20
"""Words of a line that does not fit as a whole of which the fitting part is looked for."""


def fitting(words: Sequence[str], find: Find) -> list[str]:
    """`words`, a verb and what follows it, as far as they are a command line that there is.

    A mistyped verb below a group becomes the one that it is most like. `find` gives a verb's command; where it raises
    RclError, as for a broken plugin, the verb alone is left. No value is looked at but names of which there are few.
    """
    taken, left = list(words[:1]), list(words[1:])
    try:
        command = find(words[0])
    except RclError:
        return taken
    while isinstance(command, click.Group):
        context = click.Context(command)
        name = closest(left[0], command.list_commands(context)) if left and left[0][:1] != "-" else None
        if name is None:
            return taken + (left[:1] if left[:1] == ["--help"] else [])
        taken, left, command = [*taken, name], left[1:], command.get_command(context, name)
    if command is None:
        return taken
    counts = (len(left), *range(min(len(left), _MOST), 0, -1))
    return taken + left[: next((count for count in counts if _takes(command, left[:count])), 0)]


def _takes(command: click.Command, words: Sequence[str]) -> bool:
    """Whether the command has these options and room for these arguments; paths and numbers may still be wrong."""
    context = click.Context(command)
    try:
        values, too_many, _ = command.make_parser(context).parse_args(list(words))
        for parameter in command.get_params(context):
            if isinstance(parameter.type, click.Choice | PluginName):
                for value in _texts(values.get(parameter.name or "")):
                    parameter.type.convert(value, parameter, context)
    except click.UsageError:
        return False
    return not too_many


def _texts(value: Any) -> list[str]:
    """None where nothing was given."""
    return [one for one in (value if isinstance(value, list | tuple) else [value]) if isinstance(one, str)]
