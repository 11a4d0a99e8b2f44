"""The options of `rcl pretrain` that decide what comes out: each is one of `PretrainSettings`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from rcl_cli.cli.option_values import joined, numbers
from rcl_cli.cli.options import NETWORK, NETWORK_OPTION, plugin_option
from rcl_cli.pretraining.settings import PRESETS

Command = TypeVar("Command", bound=Callable[..., Any])

_DEFAULT = PRESETS["default"]
_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option("--steps", type=int, help=f"Optimiser steps.  [default: {_DEFAULT.steps}]"),
    click.option(
        "--batch", type=int, help=f"Pictures per step.  [default: {_DEFAULT.batch}, or all where there are fewer]"
    ),
    click.option(
        "--crop",
        type=int,
        help=f"Side of a crop: pixels of RGB, 2×2 (Bayer) or 3×3 (X-Trans) pixels of raws.  [default: {_DEFAULT.crop}]",
    ),
    click.option("--lr", type=float, help=f"Learning rate.  [default: {_DEFAULT.lr}]"),
    click.option(
        "--lr-fall",
        "fall",
        type=float,
        metavar="FRACTION",
        help="Fraction of the steps, at the end, over which the learning rate decays to 0.  "
        f"[default: {_DEFAULT.fall}]",
    ),
    NETWORK,
    NETWORK_OPTION,
    click.option(
        "--skip/--no-skip", default=None, help="Add the network's result to its input, or (the paper) do not."
    ),
    click.option("--pretext", help=f"Pretext to learn by; see `rcl pretexts`.  [default: {_DEFAULT.pretext}]"),
    plugin_option("pretext"),
    click.option(
        "--join",
        "joins",
        multiple=True,
        callback=joined,
        metavar="NAME[:OPTION=VALUE,…]",
        help="Add the loss of another pretext, such as consistency or rcl:alpha=0.001. May be given again.",
    ),
    click.option(
        "--profile",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Noise profiles (JSON), for pretexts that need them.  [default: calibrated, the file's own, or blind]",
    ),
    click.option(
        "--encoder",
        help="Encoder of the consistency term: self, imagenet, none or a file.  "
        "[default: self, where the pretext wants one]",
    ),
    click.option(
        "--encoder-layers",
        "layers",
        callback=numbers,
        metavar="N,N",
        help="Layers of the encoder that count.  [default: those of stride 4 at most]",
    ),
    click.option(
        "--encoder-steps", type=int, help=f"Optimiser steps of the self encoder.  [default: {_DEFAULT.encoder_steps}]"
    ),
    click.option(
        "--sigma-range",
        type=(float, float),
        metavar="LOW HIGH",
        default=None,
        help="Noise to simulate on clean pictures: σ at white between LOW and HIGH of 255.",
    ),
    click.option(
        "--linear",
        is_flag=True,
        default=None,
        help="Take the values of PNG, JPEG and TIFF files as linear, not as sRGB.",
    ),
    click.option(
        "--domain",
        type=click.Choice(["auto", "bayer", "xtrans", "rgb"]),
        help="Layout of the pictures to train on.  [default: auto, that of most of them]",
    ),
)


def pretrain_options(command: Command) -> Command:
    """Add them to a verb, which gets them as keyword arguments; None: not given."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
