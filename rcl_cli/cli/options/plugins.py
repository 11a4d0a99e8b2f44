"""Flags of plugins: the options of the pretext, task or network that is named on the command line.

`--tau 1` and `--option tau=1` say the same. A plugin is loaded only where a flag is none of the verb's own, or where
its help is asked for by name: `rcl pretrain --pretext vader --help`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rcl_cli.cli.config.context import GIVEN, PLUGINS, find, keys
from rcl_cli.cli.config.values import plain
from rcl_cli.cli.options.numbers import Number, Whole
from rcl_cli.cli.options.words import Word
from rcl_cli.plugins.entries import entries

if TYPE_CHECKING:
    from rcl_cli.plugins.options import OptionInfo

_META = "rcl.plugin_options"


@dataclass(frozen=True)
class PluginFlag:
    """A flag that names a plugin, whose options are flags then."""

    name: str
    """The parameter: "pretext", "task" or "network"."""
    load: Callable[[str], type[Any]]
    """The class of the plugin of this name, with its `Options`."""
    default: str | None = None
    """The plugin where the flag is not given; None: none."""


class PluginCommand(click.Command):
    """A verb with `plugin_flags`: their plugins' options come to it as `PARAMETER.OPTION` keyword arguments."""

    plugin_flags: tuple[PluginFlag, ...] = ()

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Add the options of the plugins, if they are needed, and parse."""
        self.add_plugin_options(ctx, args)
        return super().parse_args(ctx, args)

    def plugin_names(self) -> frozenset[str]:
        """All whose options this verb may take, of each kind."""
        return frozenset(entry.name for flag in self.plugin_flags for entry in entries(f"rcl.{flag.name}s"))

    def add_plugin_options(self, ctx: click.Context, args: list[str]) -> None:
        """Add those of the plugins that `args` or `rcl.toml` name, if any flag or key needs them."""
        own = {name for parameter in self.params for name in (*parameter.opts, *parameter.secondary_opts)}
        own |= set(ctx.help_option_names)
        words = [word.partition("=")[0] for word in args]
        unknown = any(word.startswith("--") and len(word) > 2 and word not in own for word in words)
        asked_for_help = any(word in ctx.help_option_names for word in words)
        configured = not (ctx.resilient_parsing or asked_for_help)
        if configured and (given := _given("config", args)) is not None:
            ctx.meta[GIVEN] = Path(given)
        set_there = {plain(one.key) for one in keys(ctx)} if configured else set()
        unknown |= any(f"--{key}" not in own for key in set_there)
        chosen: dict[str, str] = {}
        found: list[click.Option] = []
        for flag in self.plugin_flags:
            named = _given(flag.name, args)
            asked = named is not None and asked_for_help
            said = find(ctx, flag.name) if configured and named is None else None
            plugin = named or (str(said.value) if said is not None else flag.default)
            if plugin is not None:
                chosen[flag.name] = plugin
            if plugin is not None and (unknown or asked):
                taken = own | {name for option in found for name in option.opts}
                found += _options(flag, plugin, taken)
        ctx.meta[_META], ctx.meta[PLUGINS] = found, chosen

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """The verb's own, and those of the plugins."""
        return [*super().get_params(ctx), *ctx.meta.get(_META, [])]


def load_network(name: str) -> type[Any]:
    """`get_network`, imported when it is called."""
    from rcl_cli.network import get_network

    return get_network(name)


def take_plugin_options(given: dict[str, Any], name: str) -> dict[str, Any]:
    """Remove the options of the plugin that the parameter `name` names from `given`: those set, by name."""
    keys = [key for key in given if key.startswith(f"{name}.")]
    values = {key.removeprefix(f"{name}."): given.pop(key) for key in keys}
    return {key: value for key, value in values.items() if value is not None}


def _given(name: str, args: list[str]) -> str | None:
    for number, word in enumerate(args):
        if word == f"--{name}" and number + 1 < len(args):
            return args[number + 1]
        if word.startswith(f"--{name}="):
            return word.partition("=")[2]
    return None


def _options(flag: PluginFlag, plugin: str, taken: set[str]) -> list[click.Option]:
    from rcl_cli.plugins.options import options_of

    made = []
    for info in options_of(flag.load(plugin)):
        if info.flag not in taken:
            spelled = f"{info.flag}/--no-{info.flag[2:]}" if info.kind is bool else info.flag
            option = click.Option([spelled], type=_type(info), default=None, help=f"{plugin}: {_help(info)}")
            option.name = f"{flag.name}.{info.name}"
            made.append(option)
    return made


def _type(info: OptionInfo) -> Any:
    if info.choices:
        return Word(info.choices)
    return {bool: None, int: Whole(), float: Number(), str: str}[info.kind]


def _help(info: OptionInfo) -> str:
    if info.default is None:
        return info.help
    default = {True: "yes", False: "no"}[info.default] if info.kind is bool else info.default
    return f"{info.help}  [default: {default}]"
