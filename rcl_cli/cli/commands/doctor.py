"""`rcl doctor`: whether all is in place, and where."""

from __future__ import annotations

from itertools import chain, groupby
from pathlib import Path

import click

from rcl_cli.cli.config.context import GIVEN
from rcl_cli.cli.console import json_head, new_table, print_json_line, print_table, say
from rcl_cli.cli.options.shared import STORE, json_option


@click.command()
@STORE
@json_option("each check")
@click.pass_context
def command(ctx: click.Context, store: Path | None, as_json: bool) -> None:
    """Show what is installed, which device is used, and where things are.

    Each line has a version, a device or a folder, and what it is for. Those called missing can be left out; those
    called problem will make a command fail. Nothing is changed, and the exit code is 0.
    """
    from rich.markup import escape

    from rcl_cli.cli.checkup import MISSING, OK, PROBLEM, defaults, folders, plugins, programs, terminal, versions
    from rcl_cli.cli.checkup_device import device

    checks = list(
        chain(versions(), device(), folders(store), defaults(ctx.meta.get(GIVEN)), programs(), plugins(), terminal())
    )
    if as_json:
        statuses = {OK: "done", MISSING: "skipped", PROBLEM: "failed"}
        for one in checks:
            head = json_head("check", one.path, statuses[one.status], "" if one.status == OK else one.about)
            print_json_line({**head, "section": one.section, "name": one.name, "value": one.value, "about": one.about})
        return
    for section, group in groupby(checks, key=lambda one: one.section):
        table = new_table("", "", "", "", title=section)
        table.show_header = False
        for one in group:
            where = "" if one.path is None else str(one.path)
            about = "; ".join(filter(None, (where, one.about)))
            table.add_row(*map(escape, (one.name, one.status, one.value, about)))
        print_table(table)
    count = sum(one.status == PROBLEM for one in checks)
    say(f"{count} {'problem' if count == 1 else 'problems'} found." if count else "No problem found.")
