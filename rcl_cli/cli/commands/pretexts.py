"""`rcl pretexts`: what a backbone can be pretrained to do."""

from __future__ import annotations

import click

from rcl_cli.cli.listing import list_plugins
from rcl_cli.cli.options.shared import json_option
from rcl_cli.cli.options.words import PRETEXT
from rcl_cli.plugins.entries import PRETEXTS


@click.command()
@click.argument("name", metavar="[NAME]", required=False, type=PRETEXT)
@json_option("each pretext")
def command(name: str | None, as_json: bool) -> None:
    """List the pretexts, or describe one and its options.

    The names are what `pretrain` takes as --pretext and --join.
    """
    list_plugins(PRETEXTS, name, as_json)
