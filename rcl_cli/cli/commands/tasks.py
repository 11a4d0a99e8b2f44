"""`rcl tasks`: what can be done to a picture."""

from __future__ import annotations

import click

from rcl_cli.cli.listing import list_plugins
from rcl_cli.cli.options import json_option
from rcl_cli.plugins.entries import TASKS


@click.command()
@click.argument("name", required=False)
@json_option("each task")
def command(name: str | None, as_json: bool) -> None:
    """List the tasks and who provides them, or say what NAME is and which options it has.

    These are the names that `finetune`, `apply` and `evaluate` take.
    The list loads no plugin: `rcl plugins` does that, and tells which ones fail.
    """
    list_plugins(TASKS, name, as_json)
