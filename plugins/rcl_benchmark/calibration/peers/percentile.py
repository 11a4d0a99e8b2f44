"""Percentile of DCT blocks per brightness: Ponomarenko et al. 2007, as extended to signal-dependent noise by Colom.

N. N. Ponomarenko et al., "An automatic approach to lossy compression of AVIRIS images", IGARSS 2007; M. Colom and
A. Buades, "Analysis and Extension of the Ponomarenko et al. Method", IPOL 3, 2013.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from rcl_benchmark.calibration.peers.line import (
    Array,
    clipping_limits,
    least_absolute_line,
    mean_noise,
    planes,
    rounding,
)
from rcl_calibration.model import Noise
from rcl_cli.raw.frame import RawFrame

Plane = NDArray[np.float32]

SIZE = 8
PERCENTILE = 0.005
"""Part of a bin's blocks that is kept: those with the least energy in low frequencies."""
BLOCKS_PER_BIN = 42_000
_LEAST_BINS = 6
_LEAST_KEPT = 16

_frequency = np.arange(SIZE)
_DCT = np.sqrt(2 / SIZE) * np.cos(np.pi * (2 * _frequency[None, :] + 1) * _frequency[:, None] / (2 * SIZE))
_DCT[0] /= np.sqrt(2)
_LEAST_HIGH = 9
"""Frequencies whose sum is at least this measure noise; the lower ones tell which blocks are flat."""
_HIGH = (_frequency[:, None] + _frequency[None, :]).ravel() >= _LEAST_HIGH


def estimate(frame: RawFrame) -> Noise | None:
    """The mean of what the four planes give."""
    return mean_noise([_plane(plane, frame) for plane in planes(frame)], rounding(frame))


def _plane(plane: Plane, frame: RawFrame) -> Noise | None:
    plane = np.ascontiguousarray(plane)
    all_means, all_low = mean_and_low_energy(plane)
    where = np.flatnonzero(_unclipped(plane, frame))
    mean, low = all_means.ravel()[where], all_low.ravel()[where]
    points = []
    order = np.argsort(mean, kind="stable")
    for chosen in np.array_split(order, max(_LEAST_BINS, order.size // BLOCKS_PER_BIN)):
        kept = chosen[np.argsort(low[chosen], kind="stable")[: max(_LEAST_KEPT, int(PERCENTILE * chosen.size))]]
        if kept.size:
            points.append((float(mean[kept].mean()), _variance(_coefficients(plane, where[kept])[:, _HIGH])))
    mean_of_bin, variance = np.array(points, np.float64).reshape(-1, 2).T
    return least_absolute_line(mean_of_bin, variance)


def mean_and_low_energy(plane: Plane) -> tuple[Plane, Plane]:
    """(h, w) → two of (h-SIZE+1, w-SIZE+1): each block's mean, and the energy of its low frequencies without the mean.

    By filters along rows and then along columns, which neighbouring blocks share.
    """
    inside = tuple(slice(0, length - SIZE + 1) for length in plane.shape)
    low = np.zeros_like(plane)
    for j, across in enumerate(_DCT):
        rows = _filtered(plane, across[None, :])
        for i, down in enumerate(_DCT[: max(_LEAST_HIGH - j, 0)]):
            coefficient = _filtered(rows, down[:, None])
            if i == j == 0:
                mean = coefficient[inside] * np.float32(1 / SIZE)
            else:
                low += np.square(coefficient, out=coefficient)
    return mean, low[inside]


def _filtered(plane: Plane, kernel: Array) -> Plane:
    """Inner products of the kernel with the pixels from each pixel on."""
    return np.asarray(cv2.filter2D(plane, cv2.CV_32F, kernel.astype(np.float32), anchor=(0, 0)), np.float32)


def _unclipped(plane: Plane, frame: RawFrame) -> NDArray[np.bool_]:
    """(h-SIZE+1, w-SIZE+1) blocks without a value at DN 0 or at the white level."""
    lowest, highest = clipping_limits(frame)
    cut = ((plane <= lowest) | (plane >= highest)).astype(np.uint8)
    some = cv2.dilate(cut, np.ones((SIZE, SIZE), np.uint8), anchor=(0, 0))
    return np.asarray(some[: 1 - SIZE, : 1 - SIZE] == 0)


def _coefficients(plane: Plane, where: NDArray[np.intp]) -> Plane:
    """(B, SIZE²) DCT of the blocks numbered `where`."""
    windows = sliding_window_view(plane, (SIZE, SIZE))
    row, column = np.unravel_index(where, windows.shape[:2])
    return np.asarray(windows[row, column].reshape(-1, SIZE * SIZE) @ np.kron(_DCT, _DCT).astype(np.float32).T)


def _variance(high: Plane) -> float:
    """Median, over the (B, frequencies) high coefficients' frequencies, of their mean square."""
    squares: Array = np.square(high, dtype=np.float64).mean(axis=0)
    return float(np.median(squares))
