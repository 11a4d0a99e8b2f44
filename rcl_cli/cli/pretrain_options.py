"""The options of `rcl pretrain` that decide what comes out: each is one of `PretrainSettings`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from rcl_cli.cli.option_values import joined, named_values, numbers
from rcl_cli.pretrain.settings import PRESETS

Command = TypeVar("Command", bound=Callable[..., Any])

_DEFAULT = PRESETS["default"]
_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option("--steps", type=int, help=f"Optimiser steps.  [default: {_DEFAULT.steps}]"),
    click.option(
        "--batch", type=int, help=f"Pictures a step.  [default: {_DEFAULT.batch}, or all where there are fewer]"
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
        metavar="PART",
        help=f"Part of the steps, at the end, in which it falls to 0; in the paper 0.  [default: {_DEFAULT.fall}]",
    ),
    click.option("--network", help=f"Network that is trained; see `rcl networks`.  [default: {_DEFAULT.network}]"),
    click.option(
        "--network-option",
        "network_extra",
        multiple=True,
        callback=named_values,
        metavar="NAME=VALUE",
        help="Setting of the network; --NAME VALUE says the same.",
    ),
    click.option(
        "--skip/--no-skip", default=None, help="Add the network's result to its input, or (the paper) do not."
    ),
    click.option("--pretext", help=f"What is learnt; see `rcl pretexts`.  [default: {_DEFAULT.pretext}]"),
    click.option(
        "--option",
        "extra",
        multiple=True,
        callback=named_values,
        metavar="NAME=VALUE",
        help="Setting of the pretext; --NAME VALUE says the same.",
    ),
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
        help="Noise profiles for pretexts that need them.  [default: calibrated, the file's own, or blind]",
    ),
    click.option(
        "--encoder",
        help="Of the consistency term: self, imagenet, none or a file.  [default: self, where the pretext wants one]",
    ),
    click.option(
        "--encoder-layers",
        "layers",
        callback=numbers,
        metavar="N,N",
        help="Its layers that count.  [default: stride 4 at most]",
    ),
    click.option(
        "--encoder-steps", type=int, help=f"Steps that train the self encoder.  [default: {_DEFAULT.encoder_steps}]"
    ),
    click.option(
        "--sigma-range",
        type=(float, float),
        default=None,
        help="Pictures are clean: simulate noise of σ between these two (8-bit DN).",
    ),
    click.option(
        "--linear",
        is_flag=True,
        default=None,
        help="Take the values of RGB files as linear, without decoding the sRGB curve.",
    ),
    click.option(
        "--domain",
        type=click.Choice(["auto", "bayer", "xtrans", "rgb"]),
        help="Which pictures to train on.  [default: auto, most of them]",
    ),
)


def pretrain_options(command: Command) -> Command:
    """Add them to a verb, which gets them as keyword arguments; None: not given."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
