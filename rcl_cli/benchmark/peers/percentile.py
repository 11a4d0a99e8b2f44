"""Percentile of DCT blocks per brightness: Ponomarenko et al. 2007, as extended to signal-dependent noise by Colom.

N. N. Ponomarenko et al., "An automatic approach to lossy compression of AVIRIS images", IGARSS 2007; M. Colom and
A. Buades, "Analysis and Extension of the Ponomarenko et al. Method", IPOL 3, 2013.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rcl_calibration.model import Noise
from rcl_cli.benchmark.peers.line import Array, blocks, least_absolute_line, mean_noise, planes, rounding, unclipped
from rcl_cli.raw.frame import RawFrame

SIZE = 8
PERCENTILE = 0.005
"""Part of a bin's blocks that is kept: those with the least energy in low frequencies."""
BLOCKS_PER_BIN = 42_000
_LEAST_BINS = 6
_LEAST_KEPT = 16

_frequency = np.arange(SIZE)
_DCT = np.sqrt(2 / SIZE) * np.cos(np.pi * (2 * _frequency[None, :] + 1) * _frequency[:, None] / (2 * SIZE))
_DCT[0] /= np.sqrt(2)
_SUM = (_frequency[:, None] + _frequency[None, :]).ravel()
_LOW, _HIGH = (_SUM > 0) & (_SUM < 9), _SUM >= 9


def estimate(frame: RawFrame) -> Noise | None:
    """The mean of what the four planes give."""
    return mean_noise([_plane(plane, frame) for plane in planes(frame)], rounding(frame))


def _plane(plane: NDArray[np.float32], frame: RawFrame) -> Noise | None:
    found = blocks(plane, SIZE, 1)
    found = found[unclipped(found, frame)]
    coefficients = found.reshape(-1, SIZE * SIZE) @ np.kron(_DCT, _DCT).astype(np.float32).T
    mean = coefficients[:, 0] / SIZE
    low = np.square(coefficients[:, _LOW]).sum(axis=1)
    points = []
    order = np.argsort(mean, kind="stable")
    for chosen in np.array_split(order, max(_LEAST_BINS, order.size // BLOCKS_PER_BIN)):
        kept = chosen[np.argsort(low[chosen], kind="stable")[: max(_LEAST_KEPT, int(PERCENTILE * chosen.size))]]
        if kept.size:
            points.append((float(mean[kept].mean()), _variance(coefficients[kept][:, _HIGH])))
    mean_of_bin, variance = np.array(points, np.float64).reshape(-1, 2).T
    return least_absolute_line(mean_of_bin, variance)


def _variance(high: NDArray[np.float32]) -> float:
    """Median, over the (B, frequencies) high coefficients' frequencies, of their mean square."""
    squares: Array = np.square(high, dtype=np.float64).mean(axis=0)
    return float(np.median(squares))
