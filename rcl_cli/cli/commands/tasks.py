"""`rcl tasks`: what can be done to a picture."""

from __future__ import annotations

import click

from rcl_cli.cli.listing import list_plugins
from rcl_cli.cli.options.shared import json_option
from rcl_cli.cli.options.words import TASK
from rcl_cli.plugins.entries import TASKS


@click.command()
@click.argument("name", metavar="[NAME]", required=False, type=TASK)
@json_option("each task")
def command(name: str | None, as_json: bool) -> None:
    """List the tasks, or describe one and its options.

    The names are what --task takes in `finetune`, `apply`, `evaluate` and `judge`. The list does not load the plugins;
    `rcl plugins` does, and reports those that fail.
    """
    list_plugins(TASKS, name, as_json)
