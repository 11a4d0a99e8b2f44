"""Row and column noise of one image: offsets that blocks far apart share because they share rows or columns."""

from __future__ import annotations

import math

import numpy as np

from rcl_calibration.layout import Mask
from rcl_calibration.model import Array
from rcl_calibration.samples import Blocks

ROWS, COLUMNS = 0, 1
_FLAT = 5.0
"""Largest deviate of a block that is compared."""
_LEAST_BLOCKS = 2
_LEAST_LINES = 30
_MEDIAN_TO_DEVIATION = 1.4826
_OUTLYING = 4.0


def banding(blocks: Blocks, good: Mask, deviate: Array, expected: Array) -> tuple[float, float]:
    """Variance of row noise and of column noise, normalised, ≥ 0; 0 where too little is flat to tell.

    Fine stripes of a scene may run across the picture, too, but seldom in all colours and at all frequencies alike, as
    noise of the readout does: the lattice and the frequency with the least of it count. That makes it a little small.
    """
    usable = good & (deviate < _FLAT)
    rows, columns = (_line_variance(blocks, usable, expected, direction) for direction in (ROWS, COLUMNS))
    return rows, columns


def _line_variance(blocks: Blocks, usable: Mask, expected: Array, direction: int) -> float:
    found = []
    for p in range(usable.shape[0]):
        first, last = _outer_thirds(blocks, usable[p], expected[p], p, direction)
        both = np.isfinite(first).all(axis=1) & np.isfinite(last).all(axis=1)
        if both.sum() >= _LEAST_LINES:
            shared = _robust_covariance(first[both], last[both], blocks.apart)
            found.append(float((shared / blocks.layouts[p].line_gain[direction]).min()))
    return max(min(found), 0.0) if len(found) > 1 else 0.0


def _outer_thirds(blocks: Blocks, usable: Mask, expected: Array, p: int, direction: int) -> tuple[Array, Array]:
    """(lines, frequencies) mean coefficients in the first and last third of each line of blocks; NaN for none."""
    coefficients = blocks.lines[direction, p]
    limit = _OUTLYING * np.sqrt(expected)[:, None]
    weight = np.where(usable, 1 / expected, 0.0)
    weighted = np.clip(coefficients, -limit, limit) * weight[:, None]
    grids = [each.reshape(*blocks.grid, -1) for each in (weighted, weight, usable.astype(float))]
    if direction == COLUMNS:
        grids = [grid.transpose(1, 0, 2) for grid in grids]
    third = grids[0].shape[1] // 3
    first, last = (
        [grid[:, part].sum(axis=1) for grid in grids]
        for part in (slice(0, third), slice(grids[0].shape[1] - third, None))
    )
    return _mean(*first), _mean(*last)


def _mean(total: Array, weight: Array, count: Array) -> Array:
    return np.where(count >= _LEAST_BLOCKS, total / np.maximum(weight, 1e-300), np.nan)


def _robust_covariance(first: Array, second: Array, apart: int) -> Array:
    """(k,) covariance of (n, k) with (n, k), of which a third may be anything; 0 where chance gives as much.

    `apart`: how many lines on is one that sees nothing of what the first has seen; those between say the same again.
    The quadrant correlation (Blomqvist 1950), made consistent for Gaussians, times median absolute deviations.
    """
    agreement = (np.sign(first) * np.sign(second)).mean(axis=0)
    agreement = np.where(agreement > np.sqrt(apart / len(first)), agreement, 0.0)
    spread = np.median(np.abs(first), axis=0) * np.median(np.abs(second), axis=0) * _MEDIAN_TO_DEVIATION**2
    return np.asarray(np.sin(math.pi / 2 * agreement) * spread)
