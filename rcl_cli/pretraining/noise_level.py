"""How noisy a run's pictures are, roughly: enough to set the scale of a distance between residuals."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rcl_calibration.profile import NoiseProfile
from rcl_cli.data.crops import RegionSource
from rcl_cli.noise import RANGE_255

_MOST_PICTURES = 64
_LEAST = 0.02 / RANGE_255


def noise_level(source: RegionSource) -> float:
    """Typical standard deviation of the noise, normalised units: the median over pictures, of the first region of each.

    By the pictures' profiles where the source has them. The measurement otherwise takes fine texture for noise and
    knows no brightness: for trust in single pictures use `rcl calibrate`.
    """
    chosen = range(0, len(source), max(1, len(source) // _MOST_PICTURES))
    regions = [source.pictures[i].regions[0] for i in chosen]
    profiles = [source.noise[i] if source.noise else None for i in chosen]
    levels = [
        _profile_level(region, profile) if profile and profile.any_noise else _region_level(region)
        for region, profile in zip(regions, profiles, strict=True)
    ]
    return max(float(np.median(levels)), _LEAST)


def levels_known(source: RegionSource) -> bool:
    """Whether the noise levels of at least half of the pictures are known: profiles with λ above 0."""
    return sum(profile.any_noise for profile in source.noise) * 2 >= max(1, len(source))


def _profile_level(region: NDArray[np.float32], profile: NoiseProfile) -> float:
    """Root of the mean variance by the greens' λ."""
    return float(np.sqrt(np.mean(profile.sigma(region) ** 2)))


def _region_level(region: NDArray[np.float32]) -> float:
    """σ of (C, h, w) from second differences along both axes (Immerkær 1996), whose noise is 6σ, by the median."""
    differences = np.diff(np.diff(region, 2, axis=-1), 2, axis=-2)
    return float(np.median(np.abs(differences)) / 0.6745 / 6)
