"""`rcl tasks`: what can be done to a picture."""

from __future__ import annotations

import click
from rich.markup import escape

from rcl_cli import plugins
from rcl_cli.console import console, new_table, print_json_line, print_table


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line: name, description, distribution.")
def command(as_json: bool) -> None:
    """List the tasks, and who provides them.

    These are the names that `finetune`, `apply` and `evaluate` take.
    The plugins themselves are not loaded: `rcl plugins` does that, and tells which ones fail.
    """
    found = plugins.entries(plugins.TASKS)
    if as_json:
        for entry in found:
            print_json_line(
                {
                    "name": entry.name,
                    "description": entry.description,
                    "distribution": entry.distribution,
                    "version": entry.version,
                }
            )
    else:
        table = new_table("task", "what it does", "from")
        for entry in found:
            table.add_row(*map(escape, (entry.name, entry.description, entry.source)))
        print_table(table)
    for problem in plugins.collisions(plugins.TASKS):
        console.print(f"Left out: {problem}", markup=False, soft_wrap=True)
