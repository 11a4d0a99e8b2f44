"""What the denoisers learn from and are judged on: noisy pictures with their clean originals and true noise."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from rcl_calibration.profile import NoiseProfile
from rcl_calibration.single_image import estimate
from rcl_cli.data.clean_pairs import camera_light
from rcl_cli.data.clean_pictures import CleanReader
from rcl_cli.data.crops import RegionSource
from rcl_cli.domain import Domain
from rcl_cli.nn.cfa import from_rgb, unpack
from rcl_cli.noise import NoiseSource, SensorNoise, SigmaNoise, add_noise
from rcl_cli.profiles.lattices import close_lattices
from rcl_cli.raw.cfa import canonical
from rcl_cli.raw.frame import Frame, Metadata, RawFrame, RgbFrame
from rcl_cli.simulate.files import BLACK_DN, WHITE_DN
from rcl_cli.simulate.source import picture_generator

MULTIPLE = 16
"""Sides are cut to multiples of this many elements, so that every network can take whole pictures."""
NOISES: dict[Domain, NoiseSource] = {Domain.RGB: SigmaNoise(0.0, 20.0), Domain.BAYER: SensorNoise()}
"""RGB: the paper's, on values as they are in the file. Raws: a sensor's, from base ISO to the highest."""


@dataclass(frozen=True)
class NoisyPicture:
    """One simulated picture."""

    path: Path
    clean: Tensor
    """(C, h, w), normalised."""
    noisy: Tensor
    noise: NoiseProfile


def simulated(path: Path, domain: Domain, seed: int, side: int | None = None) -> NoisyPicture:
    """The picture in a file as a camera would give it, the same whenever `seed` and the file's name are.

    `side`: keep the middle, so many elements each way at most.

    RGB keeps the values of the file. A raw is made of linear light, under a random exposure and with a sensor's weaker
    red and blue, mosaicked and packed. Raises FileError where it cannot be read.
    """
    rng = picture_generator(seed, path.name)
    picture = CleanReader(MULTIPLE * domain.pixels, linear=domain is Domain.RGB)(path)
    step = MULTIPLE * domain.pixels
    most = math.inf if side is None else side * domain.pixels
    height, width = (int(min(length, most)) // step * step for length in picture.rgb.shape[-2:])
    top, left = ((length - kept) // 2 for length, kept in zip(picture.rgb.shape[-2:], (height, width), strict=True))
    light = camera_light(not picture.camera_rgb, rng) if domain.is_raw else 1.0
    clean = from_rgb(picture.rgb[:, top : top + height, left : left + width].float() * light, domain)
    noise = NOISES[domain].draw(rng)
    return NoisyPicture(path, clean, add_noise(clean, noise, domain, rng), noise)


def with_blind_levels(picture: NoisyPicture, domain: Domain) -> NoisyPicture:
    """The same with the noise that `rcl calibrate` measures in it; the true one where it finds none to trust."""
    profile = estimate(close_lattices(_frame(picture.noisy, domain)))
    return replace(picture, noise=profile) if profile.any_noise else picture


def _frame(noisy: Tensor, domain: Domain) -> Frame:
    if domain is Domain.RGB:
        return RgbFrame(noisy.permute(1, 2, 0).numpy(), transfer="linear", bits=32)
    dn = (BLACK_DN + (WHITE_DN - BLACK_DN) * unpack(noisy, domain)).round().clamp(0, 65535)
    black = (float(BLACK_DN),) * 4
    return RawFrame(dn.numpy().astype(np.uint16), canonical(domain), black, float(WHITE_DN), Metadata())


@dataclass(frozen=True)
class _Region:
    tensor: Tensor

    @property
    def regions(self) -> NDArray[np.float32]:
        return self.tensor.numpy()[None]


def region_source(pictures: Sequence[NoisyPicture], domain: Domain, *, clean: bool) -> RegionSource:
    """Batches of crops of the noisy or the clean pictures, with their noise."""
    regions = [_Region(p.clean if clean else p.noisy) for p in pictures]
    return RegionSource(regions, domain, [p.noise for p in pictures])
