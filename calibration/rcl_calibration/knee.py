"""How sure the spectrum of flat blocks is to be that of processed noise.

It has a knee: even, until processing cuts it off, where the spectrum of texture falls steadily. And noise is as strong
in one flat block as in the next.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from rcl_calibration.noise_traits import BANDS, coefficients
from rcl_calibration.plane_blocks import BLOCK

Array = NDArray[np.float64]
_MIDDLE = 1.25
"""Weight of the fall in the middle of the spectrum."""
_OF_KNEE, _OF_SPREAD, _LESS = 0.8, 1.11, 0.28
"""How certain noise is, by the knee and by the logarithm of how much blocks differ: after a logistic fit to crops of
photographs, clean and with noise of known level, processed in many ways."""
_CUT = 0.8, 1.2
"""Falls at the end of the spectrum: of finest detail that is still there, so that other estimates see the noise in it,
and of such that processing has taken."""
_ENLARGED = 2.1, 1.7
"""Falls before that: of pictures that were enlarged, and the most of those that were not."""
_STEADY = 2.2, 1.4
"""Falls in the first half: of texture, and of noise."""
_FAINT = 1.0 / 255, 2.2 / 255
"""Standard deviations that some texture has everywhere."""
_MUCH = 11.5 / 255, 7.5 / 255
"""Standard deviations that are rather a lawn's or a sandy beach's, and that noise has at the highest ISO."""
_LEAST_SPREAD = 0.2
"""Less says no more: there is texture that is as even."""
_ROUNDING = 1e-8
"""Variance that is not told apart from none."""


def knee(noise: Array) -> float:
    """0…1, of blocks (N, 3, BLOCK, BLOCK) without their planes."""
    low, middle, high, end = _falls(noise)
    energy = np.square(noise).mean((1, 2, 3))
    level = float(energy.mean() ** 0.5)
    spread = float(np.log(energy + _ROUNDING).std())
    bend = end - high - _MIDDLE * middle
    even = np.clip(_OF_KNEE * bend - _OF_SPREAD * np.log(max(spread, _LEAST_SPREAD)) - _LESS, 0, 1)
    believed = (
        _ramp(end, *_CUT),
        _ramp(high, *_ENLARGED),
        _ramp(low + middle, *_STEADY),
        _ramp(level, *_FAINT),
        _ramp(level, *_MUCH),
    )
    return float(even * np.prod(believed))


def _ramp(value: float, none: float, whole: float) -> float:
    return float(np.clip((value - none) / (whole - none), 0, 1))


def _falls(noise: Array) -> list[float]:
    """Of the power from each band of frequencies to the next, as logarithms."""
    power = np.square(coefficients(noise)).mean((0, 1))
    frequency = np.hypot(*np.mgrid[:BLOCK, :BLOCK])
    bands = [power[(frequency >= low) & (frequency < high)].mean() for low, high in pairwise(BANDS)]
    return [float(fall) for fall in -np.diff(np.log(np.array(bands) + _ROUNDING))]
