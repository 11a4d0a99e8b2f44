"""Blocks that a rank test finds homogeneous: Sutour, Deledalle and Aujol, SIAM J. Imaging Sciences 8(4), 2015.

A block is homogeneous where neighbouring pixels are not rank-correlated (Kendall's τ), whatever the noise's
distribution. The means and variances of such blocks are fitted by least absolute deviations.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from rcl_benchmark.calibration.peers.line import (
    Array,
    blocks,
    least_absolute_line,
    mean_noise,
    planes,
    rounding,
    unclipped,
)
from rcl_calibration.model import Noise
from rcl_cli.raw.frame import RawFrame

SIZE = 16
LEVEL = 0.1
"""A direction whose p-value is below this is correlated."""
_AT_A_TIME = 512


def estimate(frame: RawFrame) -> Noise | None:
    """The mean of what the four planes give."""
    return mean_noise([_plane(plane, frame) for plane in planes(frame)], rounding(frame))


def _plane(plane: NDArray[np.float32], frame: RawFrame) -> Noise | None:
    found = blocks(plane, SIZE, SIZE)
    found = found[unclipped(found, frame)]
    found = found[homogeneous(found)]
    mean = found.mean(axis=(1, 2), dtype=np.float64)
    return least_absolute_line(mean, found.var(axis=(1, 2), ddof=1, dtype=np.float64))


def homogeneous(found: NDArray[np.float32]) -> NDArray[np.bool_]:
    """(B,) which of the (B, SIZE, SIZE) blocks show no correlation along rows, columns and both diagonals."""
    keep = np.ones(len(found), np.bool_)
    for start in range(0, len(found), _AT_A_TIME):
        part = found[start : start + _AT_A_TIME]
        keep[start : start + _AT_A_TIME] = np.all([p_value(a, b) > LEVEL for a, b in _neighbours(part)], axis=0)
    return keep


def _neighbours(part: NDArray[np.float32]) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Disjoint pairs of neighbours in four directions, (B, n) each."""
    across, down = (part[:, :, 0::2], part[:, :, 1::2]), (part[:, 0::2], part[:, 1::2])
    falling = (part[:, 0::2, :-1], part[:, 1::2, 1:])
    rising = (part[:, 0::2, 1:], part[:, 1::2, :-1])
    return [(a.reshape(len(part), -1), b.reshape(len(part), -1)) for a, b in (across, down, falling, rising)]


def p_value(a: NDArray[np.float32], b: NDArray[np.float32]) -> Array:
    """(B,) two-sided p-value of no rank correlation between (B, n) and (B, n), n ≤ 128.

    Kendall's τ is normal for large n.
    """
    n = a.shape[1]
    agreement = np.zeros(len(a), np.int64)
    # Values in rows, so that all blocks are compared at once. 127 signs at most are summed in eight bits.
    a, b = np.ascontiguousarray(a.T), np.ascontiguousarray(b.T)
    for i in range(n - 1):
        agreement += np.sum(_sign(a[i + 1 :], a[i]) * _sign(b[i + 1 :], b[i]), axis=0, dtype=np.int8)
    tau = agreement / (n * (n - 1) / 2)
    z = np.abs(tau) / math.sqrt(2 * (2 * n + 5) / (9 * n * (n - 1)))
    return np.array([math.erfc(value / math.sqrt(2)) for value in z])


def _sign(values: NDArray[np.float32], than: NDArray[np.float32]) -> NDArray[np.int8]:
    """1 where the values are larger `than`, -1 where they are smaller, 0 where they are the same."""
    return np.asarray((values > than).view(np.int8) - (values < than).view(np.int8))
