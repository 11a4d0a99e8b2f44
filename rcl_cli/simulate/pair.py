"""Adding noise to a clean picture, or to the mosaic that a sensor would see of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from rcl_calibration.profile import NoiseProfile
from rcl_cli.domain import Domain
from rcl_cli.noise import add_noise
from rcl_cli.raw.cfa import CFA, mosaic
from rcl_cli.raw.frame import Frame, RawFrame
from rcl_cli.raw.pack import pack, unpack

Float = NDArray[np.float32]


@dataclass(frozen=True)
class SimulatedPair:
    """A clean picture and the same with noise, both normalised: linear, 0 = black, 1 = white, not clipped."""

    noisy: Float
    """(H, W, 3), or the mosaic (H, W) where there is a `cfa`."""
    clean: Float
    """(H·scale, W·scale, 3), or (H, W) where the clean picture was a mosaic."""
    cfa: CFA | None
    profile: NoiseProfile
    """The noise that was added."""
    source: Frame


def simulate(
    frame: Frame, profile: NoiseProfile, cfa: CFA | None, rng: torch.Generator, scale: int = 1
) -> SimulatedPair:
    """Add noise of `profile` to a clean frame, or to its mosaic where a `cfa` is given.

    The noisy half is `scale` times smaller along each axis, by the mean of each square, as larger pixels would see it.
    A raw frame is its own mosaic, of its own phase; whatever noise it has stays in both. Raises ValueError where it
    is of another kind than `cfa`, or would have to be made smaller.
    """
    if isinstance(frame, RawFrame):
        if scale != 1:
            raise ValueError("is a mosaic, which cannot be made smaller; use an RGB picture, or no --scale")
        if cfa is None or cfa.domain is not frame.cfa.domain:
            raise ValueError(f"is a {frame.cfa.name} raw; use --domain {frame.cfa.domain.value}, or an RGB picture")
        clean = frame.normalized()
        return SimulatedPair(noisy_mosaic(clean, frame.cfa, profile, rng), clean, frame.cfa, profile, frame)
    clean, small = _reduced(frame.rgb, scale)
    noisy = noisy_rgb(small, profile, rng) if cfa is None else noisy_mosaic(mosaic(small, cfa), cfa, profile, rng)
    return SimulatedPair(noisy, clean, cfa, profile, frame)


def noisy_rgb(rgb: Float, profile: NoiseProfile, rng: torch.Generator) -> Float:
    """(H, W, 3) with noise."""
    planes = torch.from_numpy(np.ascontiguousarray(rgb.transpose(2, 0, 1)))
    noisy = add_noise(planes, profile, Domain.RGB, rng).numpy()
    return np.ascontiguousarray(noisy.transpose(1, 2, 0))


def noisy_mosaic(clean: Float, cfa: CFA, profile: NoiseProfile, rng: torch.Generator) -> Float:
    """(H, W) mosaic with the noise of each pixel's plane."""
    planes, placement = pack(clean, cfa)
    noisy = add_noise(torch.from_numpy(planes), profile, cfa.domain, rng).numpy()
    return unpack(noisy, placement)


def _reduced(rgb: Float, scale: int) -> tuple[Float, Float]:
    """What of (H, W, 3) fills whole squares of `scale` pixels a side, and the mean of each square."""
    height, width = (side // scale for side in rgb.shape[:2])
    if scale == 1:
        return rgb, rgb
    if not height or not width:
        raise ValueError(f"is too small to be made {scale} times smaller")
    whole = np.ascontiguousarray(rgb[: height * scale, : width * scale])
    return whole, whole.reshape(height, scale, width, scale, 3).mean(axis=(1, 3))
