"""Where the value of each option comes from: the command line, the environment, `rcl.toml`, or the verb itself."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from rcl_cli.cli.config.values import in_words, key_of, options_by_key, plain, typed, unknown
from rcl_cli.cli.options.numbers import shown
from rcl_cli.errors import FileError
from rcl_cli.suggest import did_you_mean

if TYPE_CHECKING:
    from rcl_cli.cli.config.files import ConfigFile

GIVEN, FILES, PLUGINS = "rcl.config", "rcl.config_files", "rcl.chosen_plugins"
EVERYWHERE = ("store", "device")
"""May stand above all sections, for every verb that takes them."""
TOLERANT = ("config", "doctor")
"""Verbs that report what is wrong with a file, and go on."""
VARIABLES = {"store": "RCL_STORE"}
"""Of the environment, that verbs take options from which are not typed."""
_RIVALS = {
    "profile": ("shot", "read", "sigma_range"),
    "shot": ("profile", "sigma_range", "pairs_folder"),
    "read": ("profile", "sigma_range", "pairs_folder"),
    "sigma_range": ("profile", "shot", "read", "pairs_folder"),
    "clean": ("pairs_folder",),
    "pairs_folder": ("clean",),
    "output": ("in_place",),
    "in_place": ("output",),
}
"""Parameters that say the same thing in another way: typed ones put away those of files."""
_OF_A_RUN = frozenset([*EVERYWHERE, "as_json", "output", "report", "workers", "processes", "cache"])
_WHOLE = {
    "resume": _OF_A_RUN,
    "preset": _OF_A_RUN | {"name", "profile", "linear", "domain", "cache_size", "seed"},
}
"""Parameters that, if typed, stand for all others but these."""


@dataclass(frozen=True)
class Found:
    """What a file says of an option. `value`: as it stands there."""

    file: ConfigFile
    section: str
    key: str
    value: Any

    def error(self, reason: str) -> FileError:
        """`reason` said of this value."""
        place = f"[{self.section}] {self.key}" if self.section else self.key
        return FileError(self.file.path, f"{place}: {reason}")


def files(ctx: click.Context) -> list[ConfigFile]:
    """The files in force, read once a command line. Raises FileError."""
    if FILES not in ctx.meta:
        from rcl_cli.cli.config.files import open_files

        ctx.meta[FILES] = open_files(ctx.meta.get(GIVEN))
    found: list[ConfigFile] = ctx.meta[FILES]
    return found


def verb_of(ctx: click.Context) -> list[str]:
    """["profiles", "stamp"] of `rcl profiles stamp`."""
    names: list[str] = []
    at: click.Context | None = ctx
    while at is not None and at.parent is not None:
        names.insert(0, at.info_name or "")
        at = at.parent
    return names


def lookup(ctx: click.Context, parameter: click.Parameter) -> Found | None:
    """The first file's word on an option; None where no file has one, or where what is typed puts it away."""
    key, words = key_of(parameter), verb_of(ctx)
    if key is None or not words or key not in options_by_key([parameter]) or _put_away(ctx, parameter.name or ""):
        return None
    if os.environ.get(VARIABLES.get(key, "")):
        return None  # the verb takes it from there
    kind, dot, _ = (parameter.name or "").partition(".")
    return find(ctx, key, kind if dot else "")


def find(ctx: click.Context, key: str, kind: str = "") -> Found | None:
    """The first file's word on a key of the verb; `kind`: of plugin, whose own table comes first."""
    words = verb_of(ctx)
    plugin = ctx.meta.get(PLUGINS, {}).get(kind)
    for file in files(ctx):
        section = _section(file, words)
        places = [(".".join(words), section), *([("", file.tables)] if key in EVERYWHERE else [])]
        if plugin is not None and isinstance(section.get(plugin), dict):
            places.insert(0, (f"{'.'.join(words)}.{plugin}", section[plugin]))
        for name, table in places:
            for written, value in table.items():
                if plain(written) == key:
                    return Found(file, name, written, value)
    return None


def keys(ctx: click.Context) -> Iterator[Found]:
    """All that the files say of a verb, tables of its plugins and of verbs below it as they are."""
    words = verb_of(ctx)
    for file in files(ctx):
        for key, value in _section(file, words).items():
            yield Found(file, ".".join(words), key, value)


def check_keys(ctx: click.Context) -> list[FileError]:
    """What the files say of the verb and cannot mean: one sentence each."""
    known = options_by_key(ctx.command.get_params(ctx))
    below = ctx.command.commands if isinstance(ctx.command, click.Group) else {}
    plugins: frozenset[str] = getattr(ctx.command, "plugin_names", frozenset)()
    chosen = {name: kind for kind, name in ctx.meta.get(PLUGINS, {}).items()}
    wrong = []
    for found in keys(ctx):
        verb = found.section.replace(".", " ")
        if isinstance(found.value, dict) and found.key in {*below, *plugins}:
            kind = chosen.get(found.key, "")
            own = {key: option for key, option in known.items() if (option.name or "").startswith(f"{kind}.")}
            inside = found.value if kind else {}
            table = f"{found.section}.{found.key}"
            strange = [key for key in inside if plain(key) not in own]
            wrong += [Found(found.file, table, key, None).error(unknown(key, own, verb)) for key in strange]
        elif plain(found.key) not in known:
            more = f"; those of one plugin go into a table [{found.section}.PLUGIN]" if plugins else ""
            wrong.append(found.error(unknown(found.key, known, verb) + more))
    return wrong


def check_sections(root: click.Context) -> list[FileError]:
    """What the files say above all sections or of verbs that there are not, and cannot mean."""
    verbs = root.command.list_commands(root) if isinstance(root.command, click.Group) else []
    wrong = []
    for file in files(root):
        for name, value in file.tables.items():
            if name in verbs and not isinstance(value, dict):
                how = (
                    f"write [{name}] in single brackets"
                    if isinstance(value, list)
                    else f"write [{name}] and options below"
                )
                wrong.append(FileError(file.path, f"{name}: is no section; {how}"))
            elif name not in verbs and plain(name) not in EVERYWHERE:
                meant = did_you_mean(name, [*verbs, *EVERYWHERE])
                kind = "section" if isinstance(value, dict) else "option above the sections"
                more = "" if isinstance(value, dict) else "; options stand below the [VERB] that they are for"
                wrong.append(FileError(file.path, f"there is no {kind} {shown(name)!r}{meant}{more}"))
    return wrong


class ConfiguredContext(click.Context):
    """A context that takes what is not typed from `rcl.toml`, and says so before the verb begins."""

    def lookup_default(self, name: str, call: bool = True) -> Any:
        """As click's, of the files; None for help and completion, which show what is built in."""
        if self.resilient_parsing or self.parent is None:
            return super().lookup_default(name, call)  # type: ignore[call-overload]
        parameter = next((one for one in self.command.get_params(self) if one.name == name), None)
        try:
            found = lookup(self, parameter) if isinstance(parameter, click.Option) else None
        except FileError:
            if self.info_name not in TOLERANT:
                raise
            found = None
        if found is None:
            return super().lookup_default(name, call)  # type: ignore[call-overload]
        try:
            return typed(parameter, found.value, found.file.folder)  # type: ignore[arg-type]
        except ValueError as error:
            raise found.error(str(error)) from error

    def invoke(self, callback: Any, /, *args: Any, **named: Any) -> Any:
        """As click's, once all that the files say of the verb is known to mean something."""
        if callback is self.command.callback and self.parent is not None:
            self._begin()
        return super().invoke(callback, *args, **named)

    def _begin(self) -> None:
        root = self.find_root()
        if self.info_name in TOLERANT:
            return
        for error in [*check_sections(root), *check_keys(self)]:
            raise error
        said: dict[Path, list[str]] = {}
        for parameter in self.command.get_params(self):
            if self.get_parameter_source(parameter.name or "") is ParameterSource.DEFAULT_MAP:
                found = lookup(self, parameter)
                if found is not None:
                    said.setdefault(found.file.path, []).append(f"{found.key} = {in_words(found.value)}")
        if said:
            from rcl_cli.cli.console import json_lines_alone, say

            if self.params.get("as_json") and self.get_parameter_source("as_json") is ParameterSource.DEFAULT_MAP:
                self.with_resource(json_lines_alone())
            from rcl_cli.train.launch import started_by_another

            for path, values in () if started_by_another() else said.items():
                say(f"From {path}: {', '.join(values)}")


def blame(error: click.UsageError) -> FileError | None:
    """A value that the command line's checks refuse, as a fault of the file that it is from; None if it was typed."""
    context, parameter = error.ctx, getattr(error, "param", None)
    if context is None or parameter is None or isinstance(error, click.MissingParameter):
        return None
    if context.get_parameter_source(parameter.name) is not ParameterSource.DEFAULT_MAP:
        return None
    found = lookup(context, parameter)
    return None if found is None else found.error(error.message)


def _put_away(ctx: click.Context, name: str) -> bool:
    def is_typed(other: str) -> bool:
        return ctx.get_parameter_source(other) is ParameterSource.COMMANDLINE

    if any(is_typed(other) for other in _RIVALS.get(name, ())):
        return True
    return any(name != other and name not in kept and is_typed(other) for other, kept in _WHOLE.items())


def _section(file: ConfigFile, words: list[str]) -> Mapping[str, Any]:
    table: Any = file.tables
    for word in words:
        table = table.get(word) if isinstance(table, dict) else None
    return table if isinstance(table, dict) else {}
