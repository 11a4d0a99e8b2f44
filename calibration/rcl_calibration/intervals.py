"""How certain a fitted noise level is: a bootstrap over image tiles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rcl_calibration.doubt import drawn, standard_errors
from rcl_calibration.fit import Fit, fit_line, rounding_parts
from rcl_calibration.model import Array
from rcl_calibration.profile import SIGMA_X, Interval
from rcl_calibration.selection import Bins

REPLICATES = 300
COVERAGE = 0.9
SYSTEMATIC = 0.0015
"""Relative standard error of a variance that no resampling shows. Simulated raws leave none of it to learn (`doubt`);
cameras are further from the model than what is simulated by it."""
ROUNDING_SYSTEMATIC = 3.5
"""The same, for each part of what is seen that is rounding: coarse values are seldom rounded as in the model."""
COARSE_SYSTEMATIC, COARSE_STEP = 0.15, 1 / 512
"""The same of files of few values: 21 frames of 8 bits of one camera scatter by tens of percent."""
CLIPPING_SYSTEMATIC = 0.1
"""The same, for each part of the variance that was clipped away."""


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

    x: Array
    variance: Array
    middle: Array
    present: Array
    """1 where the bin still has blocks, else 0."""


def resampled(bins: Bins, rng: np.random.Generator) -> Resampled:
    """Draw tiles with replacement."""
    tiles = bins.tile_count.shape[0]
    picks = rng.multinomial(tiles, np.full(tiles, 1 / tiles), size=REPLICATES).astype(np.float64)
    count = picks @ bins.tile_count
    totals = (bins.tile_x, bins.tile_variance, bins.tile_middle)
    x, variance, middle = ((picks @ total) / np.maximum(count, 1) for total in totals)
    return Resampled(x, variance, middle, (count > 0).astype(np.float64))


def at_x(again: Resampled, bins: Bins, fit: Fit, prnu: Array) -> Array:
    """(R, n) variance of the noise at `fit.x`: texture, rounding, clipping, PRNU and other brightness undone.

    prnu: (…, 1).
    """
    believed = fit.kept * (fit.noise.variance(fit.x) + fit.prnu * fit.x**2)
    texture = fit.texture + fit.response * (again.middle - bins.middle + believed)
    flat = (again.variance + fit.lift - texture - fit.rounding) / (1 - fit.response)
    return np.asarray(flat / fit.kept - fit.noise.shot * (again.x - bins.x) - prnu * fit.x**2)


def bootstrap(again: Resampled, fit: Fit, bins: Bins, rng: np.random.Generator) -> Replicates:
    """Refit resampled bins; PRNU and what else the picture leaves open are drawn anew in each replicate.

    What rounding, clipping and the model do beyond that is a factor on each image's variances.
    """
    prnu = np.maximum(fit.prnu + fit.prnu_error * rng.standard_normal((REPLICATES, 1)), 0.0)
    doubt = standard_errors(bins, fit) * drawn(bins, fit, REPLICATES, rng)
    factor_drawn = rng.standard_normal((REPLICATES, fit.traits.shared.size))[:, bins.image]
    variance = (at_x(again, bins, fit, prnu) + doubt) * np.exp(_systematic(fit, bins) * factor_drawn)
    return Replicates(*fit_line(fit.x, variance, fit.weight * again.present).T)


def _systematic(fit: Fit, bins: Bins) -> Array:
    """(n,) relative standard error of the bins' variances that no resampling shows."""
    rounding = np.minimum(ROUNDING_SYSTEMATIC * rounding_parts(bins, fit), 1.0)[bins.image]
    clipping = CLIPPING_SYSTEMATIC * (1 - fit.kept)
    coarse = COARSE_SYSTEMATIC * (fit.rounding > COARSE_STEP**2 / 12)
    return np.asarray(np.sqrt(SYSTEMATIC**2 + rounding**2 + clipping**2 + coarse**2))


def _interval(values: Array) -> Interval:
    low, high = np.quantile(values, [(1 - COVERAGE) / 2, (1 + COVERAGE) / 2])
    return float(low), float(high)
