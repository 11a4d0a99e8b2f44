"""The options of `rcl pretrain` that decide what comes out: each is one of `PretrainSettings`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from rcl_cli.option_values import named_values, numbers
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
    click.option("--width", type=int, help=f"The network's features at full size.  [default: {_DEFAULT.width}]"),
    click.option("--depth", type=int, help=f"The network's levels below full size.  [default: {_DEFAULT.depth}]"),
    click.option(
        "--skip/--no-skip", default=None, help="Add the network's result to its input, or (the paper) do not."
    ),
    click.option("--pretext", help="What is learnt; see `rcl plugins`.  [default: rcl]"),
    click.option(
        "--consistency", is_flag=True, default=None, help="Add the consistency term to another pretext than rcl."
    ),
    click.option(
        "--contrast",
        type=float,
        metavar="ALPHA",
        help="Add rcl's contrast, of this weight, to another pretext; --tau, --distance and --planes are then its own.",
    ),
    click.option(
        "--alpha", type=float, help="Weight of the contrast against the consistency.  [default: by the noise]"
    ),
    click.option(
        "--tau", type=float, help="Temperature, in the distance's unit (emd: 8-bit DN).  [default: by the noise]"
    ),
    click.option("--distance", type=click.Choice(["emd", "bd", "mmd"]), help="Between residuals.  [default: emd]"),
    click.option(
        "--planes",
        type=click.Choice(["pooled", "separate"]),
        help="Compare all values, or plane by plane.  [default: separate for raws]",
    ),
    click.option(
        "--option",
        "extra",
        multiple=True,
        callback=named_values,
        metavar="NAME=VALUE",
        help="Another setting of the pretext.",
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
