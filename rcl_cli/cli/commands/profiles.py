"""`rcl profiles`: the noise profiles that are kept, and files that carry them."""

from __future__ import annotations

import click

from rcl_cli.cli.profile_verbs import export, merge, show
from rcl_cli.cli.stamp_verb import stamp


@click.group()
def command() -> None:
    """Show and exchange the noise profiles of cameras, and write them into DNGs.

    `rcl calibrate` measures them and keeps them in the store.
    """


for verb in (show, merge, export, stamp):
    command.add_command(verb)
