"""The options of `rcl pretrain` that decide what comes out: each is one of `PretrainSettings`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from rcl_cli.cli.options.numbers import Number, Whole
from rcl_cli.cli.options.shared import NETWORK_OPTION, network_option, plugin_option
from rcl_cli.cli.options.values import joined, numbers
from rcl_cli.cli.options.words import PRETEXT, Word
from rcl_cli.pretraining.settings import PRESETS

Command = TypeVar("Command", bound=Callable[..., Any])

_DEFAULT = PRESETS["default"]
_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option("--steps", type=Whole(), metavar="N", help=f"Optimiser steps.  [default: {_DEFAULT.steps}]"),
    click.option(
        "--batch",
        type=Whole(),
        metavar="N",
        help=f"Pictures per step.  [default: {_DEFAULT.batch}, or all if there are fewer]",
    ),
    click.option(
        "--crop",
        type=Whole(),
        metavar="N",
        help="Side of a crop in elements: pixels of RGB, 2×2 pixels of Bayer or 3×3 of X-Trans raws.  "
        f"[default: {_DEFAULT.crop}]",
    ),
    click.option("--lr", type=Number(), metavar="RATE", help=f"Learning rate.  [default: {_DEFAULT.lr}]"),
    click.option(
        "--lr-fall",
        "fall",
        type=Number(),
        metavar="FRACTION",
        help="Fraction of the steps, at the end, over which the learning rate decays to 0.  "
        f"[default: {_DEFAULT.fall}]",
    ),
    network_option(_DEFAULT.network),
    NETWORK_OPTION,
    click.option(
        "--skip/--no-skip",
        default=None,
        help="Whether the network's result is added to its input; not in the paper.  [default: skip]",
    ),
    click.option(
        "--pretext",
        type=PRETEXT,
        metavar="NAME",
        help=f"Pretext to train on; see `rcl pretexts`.  [default: {_DEFAULT.pretext}]",
    ),
    plugin_option("pretext"),
    click.option(
        "--join",
        "joins",
        multiple=True,
        callback=joined,
        metavar="NAME[:OPTION=VALUE,…]",
        help="Add the loss of another pretext, such as consistency or rcl:alpha=0.001. Repeatable.",
    ),
    click.option(
        "--profile",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Noise profiles (JSON), for pretexts that use them.  "
        "[default: calibrated for camera and ISO, else the file's own, else a blind estimate]",
    ),
    click.option(
        "--encoder",
        metavar="self|imagenet|none|FILE",
        help="Encoder of the consistency loss.  [default: self if the pretext uses one]",
    ),
    click.option(
        "--encoder-layers",
        "layers",
        callback=numbers,
        metavar="N,N",
        help="Layers of the encoder to compare.  [default: those up to stride 4]",
    ),
    click.option(
        "--encoder-steps",
        type=Whole(),
        metavar="N",
        help=f"Optimiser steps of the self encoder.  [default: {_DEFAULT.encoder_steps}]",
    ),
    click.option(
        "--sigma-range",
        type=(Number(most=255), Number(most=255)),
        metavar="LOW HIGH",
        default=None,
        help="Noise to add to clean pictures: range of σ at white, on a scale of 0 to 255.  [default: none]",
    ),
    click.option(
        "--linear",
        is_flag=True,
        default=None,
        help="Treat the values of PNG, JPEG and TIFF files as linear, not sRGB.",
    ),
    click.option(
        "--domain",
        type=Word(["auto", "bayer", "xtrans", "rgb"]),
        help="Layout of the pictures to train on.  [default: auto, the most common one]",
    ),
)


def pretrain_options(command: Command) -> Command:
    """Add them to a verb, which gets them as keyword arguments; None: not given."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
