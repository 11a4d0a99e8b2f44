"""The options by which a verb is told what noise to simulate, and what they mean."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from rcl_calibration.entering import LARGEST
from rcl_cli.cli.options.numbers import Number
from rcl_cli.cli.options.shared import Option
from rcl_cli.errors import FileError

if TYPE_CHECKING:
    from rcl_cli.noise import NoiseSource

Command = TypeVar("Command", bound=Callable[..., Any])


def noise_options(default: str) -> Callable[[Command], Command]:
    """Add --profile, --shot, --read and --sigma-range, which exclude one another, to a verb.

    `default`: in words, the noise where none of them is given.
    """

    def add(command: Command) -> Command:
        for option in reversed(_options(default)):
            command = option(command)
        return command

    return add


def _options(default: str) -> tuple[Callable[[Command], Command], ...]:
    return (
        click.option(
            "--profile",
            type=click.Path(path_type=Path),
            help="Noise profiles to draw from: a JSON file written by `rcl calibrate --output`.",
        ),
        click.option(
            "--shot",
            type=Number(0, int(LARGEST)),
            metavar="λ",
            help="λ_shot, the shot noise, for values from 0 (black) to 1 (white).",
        ),
        click.option(
            "--read",
            type=Number(0, int(LARGEST)),
            metavar="λ",
            help="λ_read, the variance of the read noise in the same unit.",
        ),
        click.option(
            "--sigma-range",
            type=Number(0, 255),
            nargs=2,
            metavar="LOW HIGH",
            cls=Option,
            show_default=default,
            help="Range from which the noise level is drawn: σ at white, on a scale of 0 to 255.",
        ),
    )


def chosen_noise(
    profile: Path | None, shot: float | None, read: float | None, sigma_range: tuple[float, float] | None
) -> NoiseSource | None:
    """The noise that the options name; None where none is given.

    Raises click.UsageError for options that exclude one another, FileError for a file without usable profiles.
    """
    from rcl_calibration.profile import NoiseProfile
    from rcl_cli.noise import FixedNoise, SigmaNoise
    from rcl_cli.profiles.book import load_profiles
    from rcl_cli.simulate.source import ListedNoise

    by_hand = shot is not None or read is not None
    if (profile is not None) + by_hand + (sigma_range is not None) > 1:
        raise click.UsageError("--profile, --shot and --read, and --sigma-range exclude one another; give one of them")
    if by_hand:
        return FixedNoise(NoiseProfile.uniform(shot or 0.0, read or 0.0))
    if profile is not None:
        usable = [p for p in load_profiles(profile) if p.quality != "unidentifiable"]
        if not usable:
            raise FileError(profile, "holds no usable noise profile; calibrate more pictures")
        return ListedNoise(usable)
    if sigma_range is not None and sigma_range[0] > sigma_range[1]:
        low, high = sigma_range
        raise click.UsageError(f"--sigma-range {low:g} {high:g}: the lower value comes first")
    return None if sigma_range is None else SigmaNoise(*sigma_range)
