"""What `rcl tasks`, `rcl pretexts` and `rcl networks` print: all of a kind, or one with its options."""

from __future__ import annotations

import inspect
import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import click

from rcl_cli.cli.streams import written
from rcl_cli.cli.visible import visible
from rcl_cli.plugins.entries import (
    NETWORKS,
    OWN,
    PRETEXTS,
    TASKS,
    Entry,
    Problem,
    collisions,
    defects,
    entries,
    kind_of,
)

_UNFOLDED = 10_000
"""Columns, where it is not a terminal that is written to."""


def list_plugins(group: str, name: str | None, as_json: bool) -> None:
    """Print every plugin of the group, none of which is loaded, or load and print the one called `name`.

    Those that are seen to be broken without loading them are named below the others.
    """
    if name is not None:
        _print_one(group, name, as_json)
        return
    found, broken = entries(group), {problem.entry: problem.reason for problem in defects(group)}
    if as_json:
        from rcl_cli.cli.console import json_head, print_json_line

        for entry in found:
            reason = broken.get(entry, "")
            said = {"name": entry.name, "description": entry.description}
            origin = {"distribution": entry.distribution, "version": entry.version}
            print_json_line({**json_head(entry.kind, None, "failed" if reason else "done", reason), **said, **origin})
    else:
        _print_all(group, {entry: "broken, see below" if entry in broken else entry.description for entry in found})
    left_out = [f"Broken: {Problem(entry, reason)}" for entry, reason in broken.items()]
    left_out += [f"Left out: {problem}" for problem in collisions(group)]
    for sentence in left_out:
        click.echo(written(visible(sentence), sys.stderr), err=True)


def _print_all(group: str, about: dict[Entry, str]) -> None:
    """As click lists commands: rich's tables would take as long to import as all else."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else _UNFOLDED
    formatter = click.HelpFormatter(width=width)
    with formatter.section(f"{kind_of(group)}s".capitalize()):
        rows = [
            (visible(entry.name), visible(text if entry.distribution == OWN else f"{text} ({entry.source})"))
            for entry, text in about.items()
        ]
        if rows:  # none where our own distribution cannot be read
            formatter.write_dl(rows)
    click.echo(written(formatter.getvalue(), sys.stdout), nl=False)


def _print_one(group: str, name: str, as_json: bool) -> None:
    from rcl_cli.cli.console import json_head, new_table, print_json_line, print_table
    from rcl_cli.network import get_network
    from rcl_cli.plugins.options import options_of
    from rcl_cli.pretext import get_pretext
    from rcl_cli.task import get_task

    load: dict[str, Callable[[], type[Any]]] = {
        TASKS: lambda: type(get_task(name)),
        PRETEXTS: lambda: get_pretext(name),
        NETWORKS: lambda: get_network(name),
    }
    owner = load[group]()
    options = options_of(owner)
    domains = sorted(domain.value for domain in owner.domains)
    about_it = inspect.cleandoc(vars(owner).get("__doc__") or "")  # not that of the class which it extends
    if as_json:
        told = [{**asdict(info), "kind": info.kind.__name__} for info in options]
        about = {"name": name, "domains": domains, "options": told, "about": about_it}
        print_json_line({**json_head(kind_of(group), None), **about})
        return
    head = f"{kind_of(group).capitalize()} {name}, for {', '.join(domains)} pictures"
    click.echo(written(visible(f"{head}\n\n{about_it}", lines=True), sys.stdout))
    if not options:
        click.echo(f"\nThis {kind_of(group)} has no options.")
        return
    table = new_table("option", "default", "values", "meaning")
    for info in options:
        default = "" if info.default is None else str(info.default)
        if info.kind is bool and info.default is not None:
            default = "yes" if info.default else "no"
        kind = {bool: "yes or no", int: "whole number", float: "number", str: "text"}[info.kind]
        table.add_row(*map(_escape, (info.flag, default, info.bounds or kind, info.help)))
    print_table(table)


def _escape(text: str) -> str:
    from rich.markup import escape

    return escape(text)
