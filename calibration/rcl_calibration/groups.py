"""Images under one label that cannot be of one noise level: two ISOs that the files call by one name, for example."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from rcl_calibration.model import Array
from rcl_calibration.profile import SIGMA_X, NoiseProfile

LEAST_FACTOR = 1.1
"""Noise levels σ closer than this are one level: a third of a stop of ISO makes 1.12, texture several percent."""
MAJORITY = 0.75
"""Where this part of the images agrees, the others are outliers; less, and nobody can say who is right."""


def disagreeing_groups(levels: Array, profiles: Sequence[NoiseProfile]) -> list[list[int]]:
    """Indices of images by groups of one noise level, quietest first; none where the images, or most of them, agree.

    levels: (N,) noise level σ of each image relative to that of all; profiles: of each, for its interval. A group ends
    where the next level is higher by LEAST_FACTOR and by more than the intervals of the images around the gap.
    """
    half = np.array([half_width(profile) for profile in profiles])
    order = np.argsort(levels, kind="stable")
    low, high = levels * (1 - half), levels * (1 + half)
    groups = [[int(i) for i in order[:1]]]
    for last, i in pairwise(order):
        apart = levels[i] > LEAST_FACTOR * levels[last] and low[i] > high[last]
        groups = [*groups, [int(i)]] if apart else [*groups[:-1], [*groups[-1], int(i)]]
    most = max(map(len, groups))
    return groups if len(groups) > 1 and most < MAJORITY * levels.size else []


def half_width(profile: NoiseProfile) -> float:
    """Relative half-width of the interval of σ(x), mean over the brightness that was seen; 0 where it is not told."""
    if profile.sigma_ci is None or profile.x_range is None:
        return 0.0
    low, high = np.array(profile.sigma_ci[1]).T
    part = (high - low) / np.maximum(high + low, 1e-12)
    seen = (np.array(SIGMA_X) >= profile.x_range[0]) & (np.array(SIGMA_X) <= profile.x_range[1])
    return float(part[seen].mean() if seen.any() else part.min())
