"""`rcl networks`: what heads can sit on."""

from __future__ import annotations

import click

from rcl_cli.cli.listing import list_plugins
from rcl_cli.plugins.entries import NETWORKS


@click.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line: name, description, distribution.")
def command(name: str | None, as_json: bool) -> None:
    """List the networks and who provides them, or say what NAME is and which options it has.

    These are the names that `--network` takes in `pretrain`, `finetune` and `evaluate`.
    """
    list_plugins(NETWORKS, name, as_json)
