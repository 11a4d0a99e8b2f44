"""`rcl plugins`: which plugins are installed, and which of them work."""

from __future__ import annotations

import click
from rich.markup import escape

from rcl_cli.cli.console import exit_code, json_head, new_table, print_json_line, print_table
from rcl_cli.cli.options.shared import json_option
from rcl_cli.plugins.entries import GROUPS, entries


@click.command()
@json_option("each plugin")
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """Load every plugin and report which ones work.

    Each plugin is listed with its distribution and version, and with the reason if it is broken. The exit code is 1 if
    a plugin is broken.

    The environment variable RCL_LOAD_PLUGINS names the distributions to load plugins from, separated by commas. If it
    is empty, only rcl's own plugins are loaded. If it is not set, all are.
    """
    from rcl_cli.cli.problems import problems

    broken = {problem.entry: problem.reason for problem in problems()}
    everything = [entry for group in GROUPS for entry in entries(group)]
    everything += [entry for entry in broken if entry not in everything]
    table = new_table("kind", "name", "distribution", "status")
    for entry in everything:
        reason = broken.get(entry, "")
        if as_json:
            said = {"name": entry.name, "distribution": entry.distribution, "version": entry.version}
            print_json_line({**json_head(entry.kind, None, "failed" if reason else "done", reason), **said})
        status = f"broken: {reason}" if reason else "ok"
        table.add_row(*map(escape, (entry.kind, entry.name, entry.source, status)))
    if not as_json:
        print_table(table)
    ctx.exit(exit_code(len(everything) - len(broken), len(broken)))
