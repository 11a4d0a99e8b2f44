"""How certain a fitted noise level is: a bootstrap over image tiles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rcl_calibration.fit import Fit, fit_line
from rcl_calibration.model import Array
from rcl_calibration.profile import SIGMA_X, Interval
from rcl_calibration.selection import Bins

REPLICATES = 300
COVERAGE = 0.9
SYSTEMATIC = 0.035
"""Relative standard error of a variance that no resampling shows: the model itself is this inexact."""


@dataclass(frozen=True)
class Replicates:
    """Noise levels fitted to resampled tiles, (R,) each."""

    shot: Array
    read: Array

    def shot_ci(self) -> Interval:
        """Interval of λ_shot."""
        return _interval(self.shot)

    def read_ci(self) -> Interval:
        """Interval of λ_read."""
        return _interval(self.read)

    def sigma_ci(self) -> tuple[Interval, ...]:
        """Intervals of σ(x) at SIGMA_X."""
        return tuple(_interval(np.sqrt(self.shot * x + self.read)) for x in SIGMA_X)


@dataclass(frozen=True)
class Resampled:
    """The bins of one image, measured again with some tiles left out and others twice; (R, n) each."""

    variance: Array
    present: Array
    """1 where the bin still has blocks, else 0."""


def resampled(tile_sum: Array, tile_count: Array, rng: np.random.Generator) -> Resampled:
    """Draw tiles with replacement; `tile_sum` and `tile_count` are (tiles, n), as in Bins."""
    tiles = tile_sum.shape[0]
    picks = rng.multinomial(tiles, np.full(tiles, 1 / tiles), size=REPLICATES).astype(np.float64)
    count = picks @ tile_count
    return Resampled((picks @ tile_sum) / np.maximum(count, 1), (count > 0).astype(np.float64))


def bootstrap(again: Resampled, fit: Fit, bins: Bins, rng: np.random.Generator) -> Replicates:
    """Refit resampled bins; the texture's gain is drawn anew in each replicate, since only its size is known."""
    gain = bins.gain * rng.uniform(0.5, 1.5, (REPLICATES, 1))
    variance = (again.variance / np.maximum(1 + gain * bins.texture, 0.5) - fit.rounding) / fit.kept
    shot, read = fit_line(fit.x, variance, fit.weight * again.present).T
    scale = np.exp(SYSTEMATIC * rng.standard_normal(REPLICATES))
    return Replicates(shot * scale, read * scale)


def _interval(values: Array) -> Interval:
    low, high = np.quantile(values, [(1 - COVERAGE) / 2, (1 + COVERAGE) / 2])
    return float(low), float(high)
