"""`rcl config`: the value of each option, and where it comes from."""

from __future__ import annotations

import os
from collections import Counter
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rcl_cli.cli.config.context import EVERYWHERE
from rcl_cli.cli.console import (
    exit_code,
    json_head,
    new_table,
    print_failures,
    print_json_line,
    print_table,
    say,
)
from rcl_cli.cli.options.shared import json_option
from rcl_cli.errors import FileError

if TYPE_CHECKING:
    from rcl_cli.cli.config.sources import OptionValue

_ALL = "All commands that take it"


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="[COMMAND [OPTIONS]]")
@click.option("--all", "all_of_them", is_flag=True, help="Show the options that nothing sets, too.")
@json_option("each file and option")
@click.pass_context
def command(ctx: click.Context, words: tuple[str, ...], all_of_them: bool, as_json: bool) -> None:
    """Show the value of each option, and where it comes from.

    With a COMMAND all its options are shown, as they would be on that command line; without one, those of all commands
    that a file or the environment sets.

    Defaults are in files called rcl.toml: a section for each command, such as [apply], and in it its options by their
    long names, such as strength = 0.8. `store` and `device` may stand above the sections, for all commands. Used are
    the file in the current folder, or in the nearest folder above it that has one, up to the home folder; then that of
    the user. --config FILE, or RCL_CONFIG, takes one file instead of both.

    What is typed comes first, then the environment, then the files, then what is built in. Relative paths in a file
    begin at its folder.
    """
    from rcl_cli.cli.config.context import check_keys, check_sections, files
    from rcl_cli.cli.config.sources import BUILT_IN, context_of, values, verbs

    root = ctx.find_root()
    if words and words[0].startswith("-"):
        raise click.NoSuchOption(words[0].partition("=")[0], ctx=ctx)
    found: list[OptionValue] = []
    faults: list[FileError] = []
    try:
        _print_files(ctx, as_json)
        files(ctx)
        faults += check_sections(root)
        for line in [list(words)] if words else list(verbs(root)):
            context, rest = context_of(root, line)
            found += values(context, rest)
            faults += check_keys(context)
    except FileError as error:
        faults.append(error)
    shown = [one for one in found if words or all_of_them or one.source != BUILT_IN]
    refused = [FileError(one.path or one.variable or f"--{one.name}", _reason(one)) for one in shown if one.reason]
    if as_json:
        for one in shown:
            head = json_head("option", one.path, "failed" if one.reason else "done", one.reason)
            print_json_line({**head, "command": one.verb, "name": one.name, "value": one.value, "source": one.source})
        for fault in faults:
            print_json_line(json_head("config", fault.path, "failed", fault.reason))
    else:
        _print_options(shown, several=not words)
    print_failures([*faults, *refused])
    if not words and not all_of_them and not as_json:
        say("`rcl config COMMAND` shows all options of a command, `rcl config --all` all there are.")
    ctx.exit(exit_code(1, len(faults) + len(refused)))


def _print_files(ctx: click.Context, as_json: bool) -> None:
    from rcl_cli.cli.config.context import GIVEN
    from rcl_cli.cli.config.files import project_path, user_path
    from rcl_cli.files import exists

    given = ctx.meta.get(GIVEN)
    looked_at = [("given", given)] if given else [("project", project_path()), ("user", user_path())]
    if as_json:
        for kind, path in looked_at:
            there = path is not None and exists(path)
            head = json_head("config", path, "done" if there else "skipped", "" if there else "there is none")
            print_json_line({**head, "scope": kind})
        return
    table = new_table("", "", title="Files")
    table.show_header = False
    for kind, path in looked_at:
        there = path is not None and exists(path)
        table.add_row(kind, _escape(str(path) if there else "none" if path is None else f"none, it would be {path}"))
    print_table(table)


def _print_options(shown: list[OptionValue], *, several: bool) -> None:
    said = Counter((one.name, str(one.value), one.source) for one in shown if one.name in EVERYWHERE)
    shared = {what for what, count in said.items() if several and count > 1}
    first = {key: one for one in reversed(shown) if (key := (one.name, str(one.value), one.source)) in shared}
    alone = [one for one in shown if (one.name, str(one.value), one.source) not in shared]
    titled = [*((_ALL, one) for one in reversed(first.values())), *((f"rcl {one.verb}", one) for one in alone)]
    for title, group in groupby(titled, key=lambda pair: pair[0]):
        table = new_table("option", "value", "from", title=title)
        for _, one in group:
            table.add_row(*map(_escape, (f"--{one.name}", _words(one.value), _source(one))))
        print_table(table)


def _source(one: OptionValue) -> str:
    if one.path is None:
        return one.variable or one.source
    here = Path.cwd() if one.source == "project" else None
    return os.path.relpath(one.path, here) if here is not None else str(one.path)


def _words(value: object) -> str:
    from rcl_cli.cli.config.values import in_words

    return "" if value is None else value if isinstance(value, str) else in_words(value)


def _reason(one: OptionValue) -> str:
    return one.reason if one.path is None else f"[{one.verb.replace(' ', '.')}] {one.name}: {one.reason}"


def _escape(text: str) -> str:
    from rich.markup import escape

    return escape(text)
