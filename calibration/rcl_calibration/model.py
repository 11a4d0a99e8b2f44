"""The noise model Var = λ_shot·x + λ_read, and what is seen of it through clipping and rounding."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_MOST_SKEWED = 2.5
"""Skewness, of a sixth of a photon, from which on Edgeworth's first term would add too much."""
_erf = np.frompyfunc(math.erf, 1, 1)
_GRID = np.concatenate([-(np.linspace(0.5, 0.0, 64, endpoint=False) ** 2), np.linspace(0.0, 1.1, 256) ** 2])


def variance(x: Array, shot: float, read: float) -> Array:
    """λ_shot·max(x, 0) + λ_read of normalised values.

    >>> variance(np.array([-1.0, 0.5]), 0.5, 0.25)
    array([0.25, 0.5 ])
    """
    return shot * np.maximum(x, 0.0) + read


def skewness(x: Array, shot: float, total: Array) -> Array:
    """Of noise of the variance `total`: λ_shot²·x is the third moment of photon counts, and all else has none."""
    return np.asarray(shot**2 * np.maximum(x, 0.0) / (total * np.sqrt(total)))


@dataclass(frozen=True)
class Noise:
    """λ_shot and λ_read of one plane, normalised."""

    shot: float
    read: float

    def variance(self, x: Array) -> Array:
        """`variance` of values before clipping and quantisation."""
        return variance(x, self.shot, self.read)


@dataclass(frozen=True)
class Clipping:
    """Where a plane's values end, normalised, and the distance between neighbouring values."""

    low: float
    high: float = 1.0
    step: float = 0.0


@dataclass(frozen=True)
class Response:
    """What is seen of a `Noise` through a `Clipping`, tabulated over the mean that is seen."""

    seen_mean: Array
    seen_variance: Array
    true_mean: Array
    kept: Array
    """Part of the variance that clipping leaves, 0–1."""

    def at(self, mean: Array) -> tuple[Array, Array, Array]:
        """Variance seen (clipped, quantised), true mean, and part of the variance kept, where `mean` is seen."""
        variance, true, kept = self._interpolated(mean, self.seen_variance, self.true_mean, self.kept)
        return variance, true, kept

    def variance_at(self, mean: Array) -> tuple[Array, Array]:
        """Of `at` the variance seen and the part of the variance kept."""
        variance, kept = self._interpolated(mean, self.seen_variance, self.kept)
        return variance, kept

    def _interpolated(self, mean: Array, *tables: Array) -> list[Array]:
        """`np.interp` of each, with one search for all."""
        before = np.maximum(np.searchsorted(self.seen_mean, mean, "right") - 1, 0)
        beyond = np.clip(mean, self.seen_mean[0], self.seen_mean[-1]) - self.seen_mean[before]
        width = np.maximum(np.diff(self.seen_mean), 1e-300)
        return [np.append(np.diff(table) / width, 0.0)[before] * beyond + table[before] for table in tables]


def clipped_moments(
    mean: Array, sigma: Array, low: float, high: float, skewed: Array | float = 0.0
) -> tuple[Array, Array]:
    """Mean and variance of values that are cut off at `low` and `high`; of a Gaussian: Foi et al. 2008, section IV.

    `skewed`: their skewness. With it the density is φ(z)·(1 + skewed/6·He₃(z)), Edgeworth's first term.
    """
    sigma = np.maximum(sigma, 1e-12)
    a, b = (low - mean) / sigma, (high - mean) / sigma
    skew = np.asarray(skewed) / 6
    tail_a, tail_b, density_a, density_b = _normal_cdf(a), _normal_cdf(-b), _normal_density(a), _normal_density(b)
    # Of z, clipped: its parts at a, at b and between, by the integrals of φ and φ·He₃ times 1, z and z².
    below, above = tail_a - skew * density_a * (a**2 - 1), tail_b + skew * density_b * (b**2 - 1)
    inside = density_a * (1 + skew * a * a**2) - density_b * (1 + skew * b * b**2)
    squares = 1 - tail_a - tail_b
    for density, z in ((density_a, a), (-density_b, b)):
        squares = squares + density * (z + skew * (z**2 * (z**2 + 1) + 2))
    offset = inside + below * a + above * b
    # About the true mean, where the cancellation is small.
    second = squares + below * a**2 + above * b**2
    return mean + sigma * offset, sigma**2 * np.maximum(second - offset**2, 0.0)


@lru_cache(maxsize=8)
def response(noise: Noise, clipping: Clipping) -> Response:
    """Tabulate what is seen of `noise`; the uniform error of rounding adds step²/12. Of lattices alike it is the same.

    Counts of photons are skewed: near black less of their variance is cut off than of a Gaussian's, near white more.
    """
    variance = noise.variance(_GRID)
    least = np.maximum(variance, 1e-24)
    skewed = np.minimum(skewness(_GRID, noise.shot, least), _MOST_SKEWED)
    mean, seen = clipped_moments(_GRID, np.sqrt(variance), clipping.low, clipping.high, skewed)
    rising = np.maximum.accumulate(mean)
    return Response(rising, seen + clipping.step**2 / 12, _GRID, kept=seen / least)


def _normal_cdf(z: Array) -> Array:
    return 0.5 * (1 + np.asarray(_erf(z / math.sqrt(2)), dtype=np.float64))


def _normal_density(z: Array) -> Array:
    return np.asarray(np.exp(-0.5 * z * z) / math.sqrt(2 * math.pi), dtype=np.float64)
