"""How certain a fitted noise level is: a bootstrap over image tiles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rcl_calibration.fit import Array, fit_line
from rcl_calibration.profile import SIGMA_X, Interval

REPLICATES = 300
COVERAGE = 0.9
SYSTEMATIC = 0.01
"""Relative standard error of a variance that no resampling shows: the model itself is this inexact."""


@dataclass(frozen=True)
class Replicates:
    """Noise levels fitted to resampled tiles."""

    shot: Array
    """(R,)"""
    read: Array
    """(R,)"""

    def shot_ci(self) -> Interval:
        """Interval of λ_shot."""
        return _interval(self.shot)

    def read_ci(self) -> Interval:
        """Interval of λ_read."""
        return _interval(self.read)

    def sigma_ci(self) -> tuple[Interval, ...]:
        """Intervals of σ(x) at SIGMA_X."""
        return tuple(_interval(np.sqrt(self.shot * x + self.read)) for x in SIGMA_X)


def bootstrap(
    tile_sum: Array,
    tile_count: Array,
    x: Array,
    offset: Array,
    gain: Array,
    weight: Array,
    texture: Array,
    texture_gain: float,
    rng: np.random.Generator,
) -> Replicates:
    """Refit `variance = (Σ tile_sum / Σ tile_count / (1 + texture_gain·texture) − offset)·gain` on resampled tiles.

    `tile_sum`, `tile_count`: (tiles, n). `x`, `offset`, `gain`, `weight`, `texture`: (n,), as the fit left them. The
    texture's gain is drawn anew in each replicate, since only its size is known.
    """
    tiles = tile_sum.shape[0]
    picks = rng.multinomial(tiles, np.full(tiles, 1 / tiles), size=REPLICATES).astype(np.float64)
    count = picks @ tile_count
    variance = (picks @ tile_sum) / np.maximum(count, 1)
    jitter = texture_gain * rng.uniform(0.3, 1.7, (REPLICATES, 1))
    corrected = (variance / (1 + jitter * np.maximum(texture, 0)) - offset) * gain
    shot, read = fit_line(x, corrected, np.where(count > 0, weight, 0.0)).T
    scale = np.exp(SYSTEMATIC * rng.standard_normal(REPLICATES))
    return Replicates(shot * scale, read * scale)


def _interval(values: Array) -> Interval:
    low, high = np.quantile(values, [(1 - COVERAGE) / 2, (1 + COVERAGE) / 2])
    return float(low), float(high)
