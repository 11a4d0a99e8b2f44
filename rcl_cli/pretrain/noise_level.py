"""How noisy a run's pictures are, roughly: enough to set the scale of a distance between residuals."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rcl_cli.data.crops import RegionSource

_MOST_PICTURES = 64
_LEAST = 0.02 / 255


def noise_level(source: RegionSource) -> float:
    """Typical standard deviation of the noise, normalised units: the median over pictures, of the first region of each.

    For trust in single pictures use `rcl calibrate`; this one takes fine texture for noise and knows no brightness.
    """
    step = max(1, len(source) // _MOST_PICTURES)
    levels = [_region_level(picture.regions[0]) for picture in source.pictures[::step]]
    return max(float(np.median(levels)), _LEAST)


def _region_level(region: NDArray[np.float32]) -> float:
    """σ of (C, h, w) from second differences along both axes (Immerkær 1996), whose noise is 6σ, by the median."""
    differences = np.diff(np.diff(region, 2, axis=-1), 2, axis=-2)
    return float(np.median(np.abs(differences)) / 0.6745 / 6)
