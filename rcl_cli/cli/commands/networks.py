"""`rcl networks`: what heads can sit on."""

from __future__ import annotations

import click

from rcl_cli.cli.listing import list_plugins
from rcl_cli.cli.options import json_option
from rcl_cli.plugins.entries import NETWORKS


@click.command()
@click.argument("name", required=False)
@json_option("each network")
def command(name: str | None, as_json: bool) -> None:
    """List the networks and who provides them, or say what NAME is and which options it has.

    These are the names that `--network` takes in `pretrain`, `finetune` and `evaluate`.
    """
    list_plugins(NETWORKS, name, as_json)
