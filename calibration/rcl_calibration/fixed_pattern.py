"""What is the same in every frame: the response that differs from pixel to pixel (PRNU), and the black level."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rcl_calibration.frame_pair import BLOCK, Plane, blocks_of
from rcl_calibration.model import Array
from rcl_calibration.samples import Lattice

_OUTLIER = 5.0
_LEAST_LIGHT = 0.05
_MOST_LIGHT = 0.9
BLACK_TOLERANCE = 0.25
"""A black level may differ from the file's by this part of the read noise's standard deviation."""
_LEAST_DIFFERENCE = 0.25
"""DN, less than which tags cannot say."""
_ramp = np.arange(BLOCK, dtype=np.float32) - (BLOCK - 1) / 2
_ramp /= np.sqrt(BLOCK * np.square(_ramp).sum())


def pattern_variance(first: Lattice, second: Lattice) -> tuple[Array, Array]:
    """Mean and variance of the fixed pattern in each block of two frames of an even surface, normalised, (B,) each.

    The noise of two frames is independent, so that their covariance is the pattern's variance; slopes of the light
    are taken out of each block. Outliers, hot pixels and dust, are set to the block's slope.
    """
    a, b = (_block_residuals(lattice) for lattice in (first, second))
    covariance = (a[1] * b[1]).sum(axis=1) / (BLOCK**2 - 3)
    return (a[0] + b[0]) / 2, covariance


def prnu(pairs: Sequence[tuple[Sequence[Lattice], Sequence[Lattice]]]) -> float | None:
    """Photo-response non-uniformity: the standard deviation of the pixels' gain, as a part; None without light.

    `pairs`: frames of an evenly lit surface, each as its lattices. Weighted by x²: PRNU grows with the light, and dark
    signal's pattern does not.
    """
    total = light = 0.0
    for first, second in pairs:
        for a, b in zip(first, second, strict=True):
            mean, variance = pattern_variance(a, b)
            lit = (mean > _LEAST_LIGHT) & (mean < _MOST_LIGHT)
            total += float(variance[lit].sum())
            light += float((mean[lit] ** 2).sum())
    return float(np.sqrt(max(total, 0.0) / light)) if light > 0 else None


def black_levels(frames: Sequence[Sequence[Lattice]]) -> tuple[float, float, float, float]:
    """Mean of dark frames, in DN per plane R, Gr, Gb, B, hot pixels left out; one green counts for both."""
    means: dict[int, list[float]] = {}
    for lattices in frames:
        for lattice in lattices:
            means.setdefault(lattice.plane, []).append(robust_mean(lattice.values))
    found = {plane: float(np.mean(values)) for plane, values in means.items()}
    green = found.get(1, next(iter(found.values())))
    return found.get(0, green), green, found.get(2, green), found.get(3, green)


def robust_mean(values: NDArray[np.generic]) -> float:
    """Mean of all values but outliers, which are told by the central 99 %."""
    flat = np.asarray(values, np.float32).ravel()
    low, middle, high = np.quantile(flat, [0.005, 0.5, 0.995])
    reach = 2 * max(float(high - middle), float(middle - low), 1.0)
    return float(flat[np.abs(flat - middle) <= reach].mean(dtype=np.float64))


def black_level_warning(measured: Sequence[float], tagged: Sequence[float], sigma: Sequence[float]) -> str:
    """What is wrong with the file's black level, all in DN per plane; "" where it is right.

    >>> black_level_warning([2048.8], [2056.0], [17.0])
    'the black level is 2048.8 DN, not 2056.0 as the file says: -7.2 DN, 0.42 of the read noise'
    """
    off = np.subtract(measured, tagged)
    part = np.abs(off) / np.maximum(sigma, 1e-12)
    worst = int(np.argmax(part))
    if part[worst] <= BLACK_TOLERANCE or abs(off[worst]) <= _LEAST_DIFFERENCE:
        return ""
    return (
        f"the black level is {measured[worst]:.1f} DN, not {tagged[worst]:.1f} as the file says: "
        f"{off[worst]:+.1f} DN, {part[worst]:.2f} of the read noise"
    )


def _block_residuals(lattice: Lattice) -> tuple[Array, Array]:
    """Mean (B,) of each block, and (B, BLOCK²) what is left when its mean and slope are taken out."""
    h, w = (n // BLOCK * BLOCK for n in lattice.values.shape)
    values: Plane = (lattice.values[:h, :w].astype(np.float32) - np.float32(lattice.black)) / np.float32(lattice.scale)
    blocks = blocks_of(values).transpose(0, 2, 1, 3).reshape(-1, BLOCK, BLOCK)
    mean = blocks.mean(axis=(1, 2), keepdims=True)
    rest = blocks - mean
    for ramp in (_ramp[:, None] * np.ones(BLOCK, np.float32), np.ones((BLOCK, 1), np.float32) * _ramp):
        rest -= (rest * ramp).sum(axis=(1, 2), keepdims=True) * ramp
    limit = _OUTLIER * 1.4826 * np.median(np.abs(rest), axis=(1, 2), keepdims=True)
    rest = np.where(np.abs(rest) <= limit, rest, 0)
    return mean.ravel().astype(np.float64), rest.reshape(-1, BLOCK**2).astype(np.float64)
