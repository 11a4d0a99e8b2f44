"""Regions: the parts of a decoded picture that training sees, cut once and kept."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from rcl_calibration.profile import NoiseProfile
from rcl_cli.data.crops import phase_step, random_offset
from rcl_cli.data.noise_levels import NoiseCovariances, NoiseLevels
from rcl_cli.domain import Domain
from rcl_cli.errors import FileError, RclError
from rcl_cli.noise import NoiseSource, add_noise
from rcl_cli.raw.frame import Frame, RawFrame
from rcl_cli.raw.pack import pack, pack_rgb

_BYTES = 4
_SIDE = 256
_LARGEST_SHARE = 16 * 2**20


class TooSmall(ValueError):
    """A picture that is smaller than a region has to be. `side`: its shorter one, in elements; `domain`: its own."""

    def __init__(self, side: int, least: int, domain: Domain) -> None:
        pixels = least * domain.pixels
        super().__init__(f"is smaller than {pixels}×{pixels} pixels; use a smaller --crop or leave it out")
        self.side = side
        self.domain = domain


class SmallPicture(FileError):
    """The file of such a picture."""

    def __init__(self, path: Path, reason: str, side: int, domain: Domain) -> None:
        super().__init__(path, reason)
        self.side = side
        self.domain = domain


class CacheTooSmall(RclError):
    """The cache cannot hold a region of each picture."""


@dataclass(frozen=True)
class RegionPlan:
    """Which regions are cut from each picture."""

    least_side: int
    """Elements; a picture smaller than this is refused."""
    share: int
    """Bytes that one picture's regions may take."""
    side: int = _SIDE
    """Elements; less where the picture or the share is smaller."""
    noise: NoiseSource | None = None
    """Noise to simulate on clean pictures: one profile for each picture."""
    keep_clean: bool = False
    """That profile is only drawn; whoever trains adds the noise."""
    levels: NoiseLevels | NoiseCovariances | None = None
    """Where the profile of noise that is in the pictures comes from; None: it is not asked for. Decides on no pixel."""
    linear: bool = False
    """The values of RGB files are kept as they are, instead of being decoded by the sRGB curve."""

    def describe(self) -> str:
        """One line of text that differs where the regions or their simulated noise would."""
        kept = ", kept clean" if self.keep_clean else ""
        linear = ", linear" if self.linear else ""
        return f"{self.describe_cuts()}{kept}{linear}"

    def describe_cuts(self) -> str:
        """The part of it that decides on places and simulated noise: equal for pretexts that are to be compared."""
        noise = json.dumps(self.noise.describe(), sort_keys=True) if self.noise else "as it is"
        return f"least {self.least_side}, share {self.share}, side {self.side}, noise {noise}"

    def count_and_side(self, channels: int, height: int, width: int) -> tuple[int, int, int]:
        """How many regions, and their height and width, for a picture of this size in elements."""
        side = min(self.side, max(self.least_side, math.isqrt(self.share // (channels * _BYTES))))
        h, w = min(side, height), min(side, width)
        fitting = self.share // (channels * h * w * _BYTES)
        useful = math.ceil(height / h) * math.ceil(width / w)
        return max(1, min(fitting, useful)), h, w


def plan_regions(
    pictures: int,
    cache_size: int,
    least_side: int,
    noise: NoiseSource | None = None,
    *,
    keep_clean: bool = False,
    levels: NoiseLevels | NoiseCovariances | None = None,
    linear: bool = False,
) -> RegionPlan:
    """Divide `cache_size` bytes among the pictures.

    Shares are powers of two, so that a few pictures more or less leave the cached regions valid. Raises CacheTooSmall
    if a share cannot hold one region of `least_side`.
    """
    need = _least_share(least_side)
    if cache_size < need * pictures:
        megabytes = math.ceil(need * pictures / 1e6)
        raise CacheTooSmall(
            f"the cache is too small for {pictures} pictures; use --cache-size of at least {megabytes}M"
        )
    share = min(1 << (cache_size // pictures).bit_length() - 1, max(_LARGEST_SHARE, need))
    return RegionPlan(least_side, share, max(_SIDE, least_side), noise, keep_clean, levels, linear)


def _least_share(least_side: int) -> int:
    largest = Domain.XTRANS.channels * least_side**2 * _BYTES
    return 1 << (largest - 1).bit_length()


def packed_frame(frame: Frame) -> NDArray[np.float32]:
    """The frame as (C, h, w) of the canonical phase, without the elements that are only partly inside it."""
    if not isinstance(frame, RawFrame):
        return pack_rgb(frame.rgb)[0]
    planes, place = pack(frame.normalized(), frame.cfa)
    pixels, step = place.domain.pixels, phase_step(place.domain)
    top, left = (step * math.ceil(padding / (step * pixels)) for padding in (place.top, place.left))
    bottom, right = (place.top + place.height) // pixels, (place.left + place.width) // pixels
    return planes[:, top:bottom, left:right]


def cut_regions(
    planes: NDArray[np.float32], domain: Domain, plan: RegionPlan, rng: torch.Generator
) -> NDArray[np.float32]:
    """(C, h, w) → (K, C, side, side) at random places that keep the phase.

    Raises TooSmall for a picture smaller than `plan.least_side`.
    """
    channels, height, width = planes.shape
    if min(height, width) < plan.least_side:
        raise TooSmall(min(height, width), plan.least_side, domain)
    count, h, w = plan.count_and_side(channels, height, width)
    step = phase_step(domain)
    regions = np.empty((count, channels, h, w), np.float32)
    for region in regions:
        top, left = random_offset(height - h, step, rng), random_offset(width - w, step, rng)
        region[:] = planes[:, top : top + h, left : left + w]
    return regions


def with_noise(
    regions: NDArray[np.float32], domain: Domain, plan: RegionPlan, rng: torch.Generator
) -> tuple[NDArray[np.float32], NoiseProfile | None]:
    """The regions of one picture with the plan's simulated noise, unless it keeps them clean, and that noise's profile.

    Without simulated noise the regions as they are, and None.
    """
    if plan.noise is None:
        return regions, None
    profile = plan.noise.draw(rng)
    if plan.keep_clean:
        return regions, profile
    return add_noise(torch.from_numpy(regions), profile, domain, rng).numpy(), profile
