"""The options of how a head is used, the same wherever it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from rcl_cli.cli.option_values import strength_value

Command = TypeVar("Command", bound=Callable[..., Any])


def restoring_options(command: Command) -> Command:
    """Add `strength`, a number or None for auto, and `ensemble` to a verb."""
    strength = click.option(
        "--strength",
        default="1",
        show_default=True,
        callback=strength_value,
        metavar="0…1|auto",
        help="How much noise to remove; 0 keeps it all, auto finds what is best for each picture, in twice the time.",
    )
    ensemble = click.option(
        "--ensemble",
        is_flag=True,
        help="Average over the eight ways to turn each picture: better, and eight times slower.",
    )
    return strength(ensemble(command))
