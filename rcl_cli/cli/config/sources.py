"""The options of a verb as they are on a command line: the value of each, and where it comes from."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource, iter_params_for_processing

from rcl_cli.cli.config.context import VARIABLES, lookup
from rcl_cli.cli.config.values import in_words, key_of, options_by_key, typed
from rcl_cli.cli.options.plugins import PluginCommand
from rcl_cli.errors import FileError

BUILT_IN = "built-in"
_LARGEST = 2**63
_OF_CLICK = {ParameterSource.COMMANDLINE: "command line", ParameterSource.ENVIRONMENT: "environment"}


@dataclass(frozen=True)
class OptionValue:
    """What an option of a verb is set to. `source`: "command line", "environment", BUILT_IN, or a file's kind."""

    verb: str
    name: str
    value: Any
    source: str
    path: Path | None = None
    """The file that says so."""
    variable: str = ""
    """Of the environment, that says so."""
    reason: str = ""
    """Why the value is refused; empty where it is not."""


def verbs(root: click.Context) -> Iterator[list[str]]:
    """All, those below others as ["profiles", "show"]."""
    group = root.command
    assert isinstance(group, click.Group)
    for name in group.list_commands(root):
        command = group.get_command(root, name)
        if isinstance(command, click.Group):
            yield from ([name, below] for below in command.list_commands(root))
        elif command is not None:
            yield [name]


def context_of(root: click.Context, words: Sequence[str]) -> tuple[click.Context, list[str]]:
    """The context of the verb that the words name, unparsed, and the rest of the words. Raises click.UsageError."""
    group = root.command
    assert isinstance(group, click.Group)
    name, command, rest = group.resolve_command(root, list(words))
    assert command is not None
    context = command.context_class(command, info_name=name, parent=root)
    while isinstance(command, click.Group):
        if not rest:
            context.fail(f"name the command below {name}: {', '.join(command.list_commands(context))}")
        name, command, rest = command.resolve_command(context, rest)
        assert command is not None
        context = command.context_class(command, info_name=name, parent=context)
    return context, rest


def values(context: click.Context, words: Sequence[str]) -> list[OptionValue]:
    """Of all options of the verb, on a command line with these words. Raises FileError, click.UsageError."""
    command = context.command
    with context.scope(cleanup=False):
        if isinstance(command, PluginCommand):
            command.add_plugin_options(context, list(words))
        parser = command.make_parser(context)
        given, _, order = parser.parse_args(list(words))
        parameters = command.get_params(context)
        found = {
            parameter.name: _value(context, parameter, given)
            for parameter in iter_params_for_processing(order, parameters)
            if parameter.name in given or parameter in options_by_key(parameters).values()
        }
    return [one for parameter in parameters if (one := found.get(parameter.name)) is not None]


def _value(context: click.Context, parameter: click.Parameter, given: Mapping[str, Any]) -> OptionValue | None:
    key, name = key_of(parameter), parameter.name or ""
    if key is None or not isinstance(parameter, click.Option):
        return None
    verb = " ".join(context.command_path.split()[1:])
    try:
        value, source = parameter.consume_value(context, given)
    except FileError as error:  # of a kind that the option cannot be
        context.set_parameter_source(name, ParameterSource.DEFAULT_MAP)
        said = lookup(context, parameter)
        assert said is not None
        return OptionValue(verb, key, _plain(said.value), said.file.kind, said.file.path, reason=_without(key, error))
    context.set_parameter_source(name, source)
    variable = VARIABLES.get(key, "")
    if source is ParameterSource.DEFAULT and (said_there := os.environ.get(variable)):
        return OptionValue(verb, key, said_there, "environment", variable=variable)
    if source not in (*_OF_CLICK, ParameterSource.DEFAULT_MAP):
        return OptionValue(verb, key, built_in(parameter), BUILT_IN)
    reason = ""
    try:
        parameter.process_value(context, value)
    except click.UsageError as error:
        reason = error.message
    if source is ParameterSource.DEFAULT_MAP:
        said = lookup(context, parameter)
        assert said is not None
        shown = typed(parameter, said.value, said.file.folder) if isinstance(said.value, str | list) else said.value
        shown = _plain(shown)
        return OptionValue(verb, key, shown, said.file.kind, said.file.path, reason=reason)
    shown = list(value) if isinstance(value, tuple) else value
    return OptionValue(verb, key, shown, _OF_CLICK[source], reason=reason)


def _without(key: str, error: FileError) -> str:
    """The reason without the place in the file, which `OptionValue` has already."""
    return error.reason.partition(f"{key}: ")[2] or error.reason


def _plain(value: Any) -> Any:
    """What JSON has a word for, as it is; all else in words."""
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, str | float) or (isinstance(value, int) and abs(value) < _LARGEST):
        return value
    return in_words(value)


def built_in(option: click.Option) -> Any:
    """The default that the verb has itself: a value, or what its help says of it; None for none."""
    if isinstance(option.show_default, str):
        return option.show_default
    said = re.search(r"\[default: ([^\]]+)\]$", option.help or "")
    if said is not None:
        return said[1]
    if option.is_flag and not option.secondary_opts:
        return False
    default = option.default
    plain = isinstance(default, str | int | float) and default != ""
    return default if plain else None
