"""`rcl networks`: what heads can sit on."""

from __future__ import annotations

import click

from rcl_cli.cli.listing import list_plugins
from rcl_cli.cli.options.shared import json_option
from rcl_cli.cli.options.words import NETWORK
from rcl_cli.plugins.entries import NETWORKS


@click.command()
@click.argument("name", metavar="[NAME]", required=False, type=NETWORK)
@json_option("each network")
def command(name: str | None, as_json: bool) -> None:
    """List the networks, or describe one and its options.

    The names are what --network takes in `pretrain`, `finetune` and `judge`.
    """
    list_plugins(NETWORKS, name, as_json)
