"""Options that several verbs take, each said once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from rcl_cli.cli.options.numbers import MOST_SEED, Number, Whole
from rcl_cli.cli.options.values import named_values, scheduler_address, selections, strength_value
from rcl_cli.cli.options.words import NETWORK, SELECTION

Command = TypeVar("Command", bound=Callable[..., Any])
Add = Callable[[Any], Any]


class Option(click.Option):
    """An option whose default may be said in words: `show_default="all"` reads [default: all]."""

    def get_help_extra(self, ctx: click.Context) -> Any:
        """As click's, which puts such words in parentheses."""
        extra = super().get_help_extra(ctx)
        return {**extra, "default": self.show_default} if isinstance(self.show_default, str) else extra


class _Path(click.Path):
    """A file or folder to work on; what is wrong with one is said of that one alone, when its turn comes."""

    name = "path"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Refuses an empty path, as of a variable that is not set, which would mean the current folder."""
        if value == "":
            self.fail("an empty path was given; name a file or folder", param, ctx)
        return super().convert(value, param, ctx)


PATH = _Path(path_type=Path, readable=False)
DEVICE = click.option(
    "--device", default="auto", show_default=True, metavar="NAME", help="Device to compute on: auto, cuda, mps or cpu."
)
STORE = click.option(
    "--store",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of models, noise profiles and runs.  [default: $RCL_STORE, else the user data folder]",
)
OVERWRITE = click.option("--overwrite", is_flag=True, help="Replace existing files. Without it they are kept.")
LINEAR = click.option(
    "--linear", is_flag=True, help="Treat the values of PNG, JPEG and TIFF files as linear, not sRGB."
)
SELECT = click.option(
    "--select",
    multiple=True,
    type=SELECTION,
    callback=selections,
    metavar="camera=…,iso=…",
    help="Only files whose camera's name contains the word and whose ISO is the number or in the range, such as"
    " camera=7D,iso=800-3200. Repeatable: a file is taken if one of them fits.",
)
PROFILE = click.option(
    "--profile",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Noise profiles (JSON), or a picture whose noise level is to be taken: one of the same camera and settings."
    "  [default: calibrated for camera and ISO, else the file's own, else a blind estimate]",
)
SEED = click.option(
    "--seed", type=Whole(0, largest=MOST_SEED), default=0, show_default=True, metavar="N", help="Random seed."
)
NETWORK_OPTION = click.option(
    "--network-option",
    "network_extra",
    multiple=True,
    callback=named_values,
    metavar="NAME=VALUE",
    help="Option of the network, the same as --NAME VALUE; see `rcl networks`. Repeatable.",
)
DASK = click.option(
    "--dask",
    "cluster",
    callback=scheduler_address,
    metavar="HOST:PORT",
    help="Let the workers of a dask cluster do it, whose scheduler is there; they see the same folders.",
)
STRENGTH = click.option(
    "--strength",
    default="1",
    show_default=True,
    callback=strength_value,
    metavar="0…1|auto",
    help="Share of the noise to remove. auto chooses it for each picture and takes twice the time.",
)
CHROMA_STRENGTH = click.option(
    "--chroma-strength",
    type=Number(0, 1),
    metavar="0…1",
    cls=Option,
    show_default="as --strength",
    help="Share of the noise in colour to remove, if it is not that in brightness. For denoise.",
)
ENSEMBLE = click.option(
    "--ensemble",
    is_flag=True,
    help="Average over the eight flips and rotations of each picture. Eight times slower.",
)


def json_option(what: str) -> Add:
    """`--json`; `what` says what the lines are about, such as "each input"."""
    return click.option("--json", "as_json", is_flag=True, help=f"Print a JSON line for {what} on standard output.")


def network_option(default: str) -> Add:
    """`--network NAME`; `default` says which one is built where it is not given."""
    help = f"Network to build; see `rcl networks`.  [default: {default}]"
    return click.option("--network", type=NETWORK, metavar="NAME", help=help)


def plugin_option(owner: str) -> Add:
    """`--option NAME=VALUE` of the plugin that `owner` names, such as "task"."""
    return click.option(
        "--option",
        "extra",
        multiple=True,
        callback=named_values,
        metavar="NAME=VALUE",
        help=f"Option of the {owner}, the same as --NAME VALUE; see `rcl {owner}s`. Repeatable.",
    )


def all_of(*options: Add) -> Callable[[Command], Command]:
    """Several options as one decorator, in this order."""

    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add
