"""A mosaic as every method gets it: clean or with noise, rounded to DN as a camera's file holds them."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from rcl_benchmark.quality.pictures import Float
from rcl_calibration.profile import NoiseProfile
from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.frame import RawFrame, raw_frame
from rcl_cli.raw.srgb import srgb_encode

NO_NOISE = NoiseProfile.uniform(0.0, 0.0)


class Levels(NamedTuple):
    """Of a file of 16 bits, in DN."""

    black: float
    white: float


CLEAN_LEVELS = Levels(0.0, 65535.0)
NOISY_LEVELS = Levels(4096.0, 40000.0)
"""With room for noise below black, 0.11, and above white, 0.71. A step is a third of the read noise at λ_shot 1e-4."""


@dataclass(frozen=True)
class Mosaic:
    """What a demosaicing or denoising method is given."""

    values: Float
    """(H, W), 0 = black, 1 = white, not clipped."""
    cfa: CFA
    noise: NoiseProfile
    """The true one."""
    levels: Levels
    coded: bool = False
    """The values are sRGB-coded; else linear light."""

    @property
    def frame(self) -> RawFrame:
        """As rcl would have read it from a file."""
        dn = self.values * (self.levels.white - self.levels.black) + self.levels.black
        stored = np.clip(np.rint(dn), 0, 65535).astype(np.uint16)
        return raw_frame(stored, self.cfa, black=self.levels.black, white=self.levels.white)

    @property
    def encoded(self) -> Mosaic:
        """The same with sRGB-coded values, clipped to [0, 1] as the code is."""
        return replace(self, values=srgb_encode(self.values), levels=CLEAN_LEVELS, coded=True)


def exposed(clean: Float, cfa: CFA, noise: NoiseProfile, rng: np.random.Generator, *, coded: bool = False) -> Mosaic:
    """The mosaic of `clean` values (H, W) with noise, rounded to DN."""
    shot, read = noise.shot[1], noise.read[1]  # the same in all planes
    values, levels = clean.astype(np.float64), CLEAN_LEVELS
    if shot or read:
        levels = NOISY_LEVELS
        values = values + np.sqrt(shot * values + read) * rng.standard_normal(clean.shape)
    made = Mosaic(values.astype(np.float32), cfa, noise, levels, coded)
    return replace(made, values=made.frame.normalized())


def sensor_noise(shot: float) -> NoiseProfile:
    """Of a sensor at the ISO with this λ_shot: λ_read = exp(2.18·ln λ_shot + 1.2), after Brooks et al. 2019.

    >>> f"{sensor_noise(1e-3).read[0]:.2e}"
    '9.58e-07'
    """
    return NoiseProfile.uniform(shot, math.exp(2.18 * math.log(shot) + 1.2))


def noise_of(name: str, level: float) -> np.random.Generator:
    """Random numbers that are the same for the same picture and level, whatever the method and the order."""
    digest = hashlib.sha256(f"{name}\0{level:g}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big"))
