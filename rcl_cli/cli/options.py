"""Options that several verbs take, each said once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from rcl_cli.cli.option_values import named_values, strength_value

Command = TypeVar("Command", bound=Callable[..., Any])
Add = Callable[[Any], Any]

DEVICE = click.option(
    "--device", default="auto", show_default=True, help="Device to compute on: auto, cuda, mps or cpu."
)
STORE = click.option(
    "--store",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of models, profiles and runs.  [default: $RCL_STORE, else your data folder]",
)
OVERWRITE = click.option("--overwrite", is_flag=True, help="Replace files that exist; else they are kept.")
LINEAR = click.option(
    "--linear", is_flag=True, help="Take the values of PNG, JPEG and TIFF files as linear, not as sRGB."
)
PROFILE = click.option(
    "--profile",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Noise profiles (JSON).  [default: calibrated for camera and ISO, else the file's tag, else a blind estimate]",
)
SEED = click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Random seed.")
NETWORK = click.option("--network", help="Network of a fresh model; see `rcl networks`.  [default: the task's]")
NETWORK_OPTION = click.option(
    "--network-option",
    "network_extra",
    multiple=True,
    callback=named_values,
    metavar="NAME=VALUE",
    help="Option of the network; --NAME VALUE says the same. May be given again.",
)
STRENGTH = click.option(
    "--strength",
    default="1",
    show_default=True,
    callback=strength_value,
    metavar="0…1|auto",
    help="How much noise to remove; 0 keeps it all, auto finds what is best for each picture, in twice the time.",
)
ENSEMBLE = click.option(
    "--ensemble",
    is_flag=True,
    help="Average over the eight ways to turn each picture: better, and eight times slower.",
)


def json_option(what: str) -> Add:
    """`--json`; `what` says what each line is about, such as "an input"."""
    return click.option("--json", "as_json", is_flag=True, help=f"Print one JSON object for {what} on standard output.")


def plugin_option(owner: str) -> Add:
    """`--option NAME=VALUE` of the plugin that `owner` names, such as "task"."""
    return click.option(
        "--option",
        "extra",
        multiple=True,
        callback=named_values,
        metavar="NAME=VALUE",
        help=f"Option of the {owner}; --NAME VALUE says the same. May be given again.",
    )


def all_of(*options: Add) -> Callable[[Command], Command]:
    """Several options as one decorator, in this order."""

    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add
