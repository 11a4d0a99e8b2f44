"""Variance stabilisation: noise of variance λ_shot·x + λ_read made into noise of variance 1, and back without bias."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_GAUSSIAN = 7 / 8
"""c of 2√(u + c) for Gaussian u of mean and variance m: Var = 1 + (7/8 − c)/m + O(m⁻²). For Poisson u it is 3/8."""
_NODES = 65
_POINTS = 4097
_LEAST_SHOT = 1e-9


@dataclass(frozen=True)
class Stabiliser:
    """The generalised Anscombe transform of one plane and its exact unbiased inverse (Mäkitalo & Foi 2013).

    With a = λ_shot, b = λ_read: f(y) = (2/a)·(√max(0, a·y + b + c·a²) − √(b + c·a²)), which is y/√b as a goes to 0.
    c is 7/8, not Anscombe's 3/8, because the noise here is Gaussian. The inverse takes E[f(y) | x] back to x; it is
    tabulated by Gauss-Hermite quadrature for this noise instead of taken from a closed form for Poisson counts.
    """

    shot: float
    read: float

    def __post_init__(self) -> None:
        if min(self.shot, self.read) < 0 or self.shot + self.read <= 0:
            raise ValueError("λ_shot and λ_read must not be negative, and one of them above 0")

    def forward(self, y: Array) -> Array:
        """Normalised values → values whose noise has variance 1."""
        if self.shot < _LEAST_SHOT:
            return y / math.sqrt(self.read)
        offset = self.read + _GAUSSIAN * self.shot**2
        return 2 / self.shot * (np.sqrt(np.maximum(self.shot * y + offset, 0)) - math.sqrt(offset))

    def inverse(self, z: Array) -> Array:
        """Denoised stabilised values, taken for E[f(y) | x] → x. What no x ≥ 0 can give becomes 0."""
        if self.shot < _LEAST_SHOT:
            return np.maximum(z * math.sqrt(self.read), 0)
        x, expected = self._table
        inside = np.interp(z, expected, x)
        # Beyond the table f is as good as straight back: its curvature has become negligible.
        return np.where(z > expected[-1], x[-1] + self._straight_back(z) - self._straight_back(expected[-1:]), inside)

    def _straight_back(self, z: Array) -> Array:
        offset = self.read + _GAUSSIAN * self.shot**2
        return ((self.shot / 2 * z + math.sqrt(offset)) ** 2 - offset) / self.shot

    @cached_property
    def _table(self) -> tuple[Array, Array]:
        """x from 0 to 2 and E[f(x + n)], both rising."""
        # Denser where f bends: uniform in √x.
        x = np.linspace(0.0, math.sqrt(2.0), _POINTS) ** 2
        nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
        noise = np.sqrt(self.shot * x + self.read)[:, None] * nodes
        expected = self.forward(x[:, None] + noise) @ (weights / weights.sum())
        return x, np.maximum.accumulate(expected)
