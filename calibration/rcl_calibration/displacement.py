"""Whether two frames are displaced against each other by less than what shows in single blocks.

To first order the frames differ by displacement times gradient. The noise of a difference is independent of the mean's
gradient, so their product is zero on average between frames that stand still, and its sum over the picture shows
displacements that noise hides everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rcl_calibration.frame_pair import BLOCK, Difference, Plane, WhiteDifference
from rcl_calibration.layout import Mask
from rcl_calibration.model import Array, Clipping, Noise
from rcl_calibration.moved import MovedError

_CELLS = (2, 4)
"""Sides of the cells whose means are compared: finer ones are noisy, coarser ones lose the scene's detail."""
_SURE = 6.0
"""Standard errors. With four comparisons chance reaches that once in 10⁸ pairs."""
_MOST_EXCESS = 0.001
"""Part of the noise's variance that displacement may add on average; in bright bins it adds some ten times as much."""
_LEAST_GRADIENT = 0.1
_NOISE_OF_GRADIENT = 1 / 8
"""Variance of a central difference of the frames' mean, over that of the frames' difference, where all is noise."""


@dataclass(frozen=True)
class _Moments:
    """Sums over a picture, (2,) along columns and along rows, each pixel weighed by 1/σ²."""

    product: Array
    """Gradient times difference."""
    product_error: Array
    """Standard error of the product between frames that stand still."""
    gradient: Array
    """Square of the gradient, noise and all."""
    scene: Array
    """Square of the scene's gradient, less that of noise."""
    count: Array

    @property
    def significance(self) -> float:
        """The products in standard errors, the larger of both."""
        return float(np.max(np.abs(self.product) / np.maximum(self.product_error, 1e-30)))


def refuse_displaced(
    differences: Sequence[Difference],
    whites: Sequence[WhiteDifference],
    kept: Sequence[Mask],
    clippings: Sequence[Clipping],
    noise: Noise,
) -> None:
    """Raise MovedError for frames displaced by so much that noise would be measured too high.

    One of each per lattice: the difference, the same without row and column noise, the half-blocks to look at
    (as of `pair_blocks.alike`) and the clipping. `noise` weighs the pixels and need not be exact.
    """
    lattices = list(zip(differences, whites, kept, clippings, strict=True))
    by_size = [_total([_moments(*lattice, noise, cell) for lattice in lattices]) for cell in _CELLS]
    cell, surest = max(zip(_CELLS, by_size, strict=True), key=lambda pair: pair[1].significance)
    if surest.significance < _SURE:
        return
    displacement = cell * surest.product / np.maximum(surest.scene, _LEAST_GRADIENT * surest.gradient)
    pixels = _total([_moments(*lattice, noise, 1) for lattice in lattices])
    scene = np.maximum(pixels.scene, 0) / np.maximum(pixels.count, 1)
    if float((displacement**2 * scene).sum()) / 2 > _MOST_EXCESS:
        raise MovedError("the frames are displaced against each other")


def _total(found: Sequence[_Moments]) -> _Moments:
    return _Moments(
        product=np.sum([one.product for one in found], axis=0),
        product_error=np.linalg.norm([one.product_error for one in found], axis=0),
        gradient=np.sum([one.gradient for one in found], axis=0),
        scene=np.sum([one.scene for one in found], axis=0),
        count=np.sum([one.count for one in found], axis=0),
    )


def _moments(
    one: Difference, white: WhiteDifference, kept: Mask, clipping: Clipping, noise: Noise, cell: int
) -> _Moments:
    rows, columns = (length // BLOCK for length in one.mean.shape)
    blocks = kept.reshape(2, rows, columns).all(axis=0)
    used = np.repeat(np.repeat(blocks, BLOCK // cell, axis=0), BLOCK // cell, axis=1)
    mean, difference = _cells(one.mean, cell), _cells(white.difference, cell)
    variance = np.float32(noise.shot) * np.maximum(mean, 0) + np.float32(max(noise.read + clipping.step**2 / 12, 1e-24))
    weight = np.where(used, 1 / variance, np.float32(0))
    # Along rows as along columns, of the picture on its side.
    sides = (mean, difference, weight), (mean.T, difference.T, weight.T)
    return _Moments(*np.array([_along(*side) for side in sides], np.float64).T)


def _along(mean: Plane, difference: Plane, weight: Plane) -> tuple[float, ...]:
    """The fields of `_Moments` along the first axis."""
    gradient = (mean[2:] - mean[:-2]) / 2
    trusted = np.where((weight[2:] > 0) & (weight[:-2] > 0), weight[1:-1], np.float32(0))
    product = trusted * gradient * difference[1:-1]
    square = trusted * gradient**2
    scene = square - trusted * difference[1:-1] ** 2 * np.float32(_NOISE_OF_GRADIENT)
    return (
        float(product.sum(dtype=np.float64)),
        float(np.sqrt(np.square(product).sum(dtype=np.float64))),
        float(square.sum(dtype=np.float64)),
        float(scene.sum(dtype=np.float64)),
        float(np.count_nonzero(trusted)),
    )


def _cells(values: NDArray[np.float32], cell: int) -> Plane:
    """(h, w) → (h/cell, w/cell) means."""
    h, w = values.shape
    return np.asarray(values.reshape(h // cell, cell, w // cell, cell).mean(axis=(1, 3), dtype=np.float32))
