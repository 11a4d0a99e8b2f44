"""How certain a fitted noise level is: a bootstrap over image tiles."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from rcl_calibration.fit import Fit, fit_line, rounding_part, texture_part, without_texture
from rcl_calibration.model import Array
from rcl_calibration.profile import SIGMA_X, Interval
from rcl_calibration.selection import GAIN_SPREAD, Bins

REPLICATES = 300
COVERAGE = 0.9
SYSTEMATIC = 0.01
"""Relative standard error of a variance that no resampling shows: the model itself is this inexact."""
TEXTURE_SYSTEMATIC = 0.55
"""The same, for each part of what is seen that is texture."""
ROUNDING_SYSTEMATIC = 2.0
"""The same, for each part of what is seen that is rounding: coarse values are seldom rounded as in the model."""


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

    def widest(self, x_range: Interval = (0.0, 1.0)) -> float:
        """Largest relative half-width of the intervals of σ(x), x in `x_range`; 0 where no SIGMA_X is."""
        low, high = x_range
        chosen = [ci for x, ci in zip(SIGMA_X, self.sigma_ci(), strict=True) if low <= x <= high]
        return max(((upper - lower) / max(upper + lower, 1e-12) for lower, upper in chosen), default=0.0)


@dataclass(frozen=True)
class Resampled:
    """The bins of one image, measured again with some tiles left out and others twice; (R, n) each."""

    variance: Array
    texture: Array
    present: Array
    """1 where the bin still has blocks, else 0."""


def resampled(bins: Bins, rng: np.random.Generator) -> Resampled:
    """Draw tiles with replacement."""
    tiles = bins.tile_count.shape[0]
    picks = rng.multinomial(tiles, np.full(tiles, 1 / tiles), size=REPLICATES).astype(np.float64)
    count = picks @ bins.tile_count
    variance, texture = ((picks @ total) / np.maximum(count, 1) for total in (bins.tile_variance, bins.tile_texture))
    return Resampled(variance, texture, (count > 0).astype(np.float64))


def bootstrap(again: Resampled, fit: Fit, bins: Bins, rng: np.random.Generator) -> Replicates:
    """Refit resampled bins; the texture's gain is drawn anew in each replicate, since only its size is known.

    What texture does beyond that is one factor on all of σ(x), in proportion to how much of it there is.
    """
    gain = bins.gain * np.exp(GAIN_SPREAD * rng.standard_normal((REPLICATES, 1)))
    variance = (without_texture(again.variance, again.texture, gain) - fit.rounding) / fit.kept
    shot, read = fit_line(fit.x, variance, fit.weight * again.present).T
    texture, rounding = TEXTURE_SYSTEMATIC * texture_part(bins, fit), ROUNDING_SYSTEMATIC * rounding_part(bins, fit)
    error = math.sqrt(SYSTEMATIC**2 + texture**2 + min(rounding, 1.0) ** 2)
    scale = np.exp(error * rng.standard_normal(REPLICATES))
    return Replicates(shot * scale, read * scale)


def _interval(values: Array) -> Interval:
    low, high = np.quantile(values, [(1 - COVERAGE) / 2, (1 + COVERAGE) / 2])
    return float(low), float(high)
