"""Small blocks of two frames of one scene: what varies in them, and whether the scene stayed where it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rcl_calibration.fit import fit_line
from rcl_calibration.frame_pair import BLOCK, Difference, Plane, WhiteDifference, blocks_of
from rcl_calibration.model import Array, Clipping, Noise, response
from rcl_calibration.samples import Mask
from rcl_calibration.selection import BRIGHTEST, KEPT_VARIANCE

_MARGIN = 4.0
_OUTLIER = 5.0
"""Pixels that differ by more standard deviations are hot or moved; noise itself hardly ever does."""
_BLOCK_OUTLIER = 6.0
_ISOLATED = 2
_FLAT, _TEXTURED = 1.5, 2.0
_MOST_EXCESS = 0.015
_MOST_REJECTED = 0.05
_LEAST_TEXTURED = 40
_ROUGH_BINS = 16


class MovedError(ValueError):
    """The two frames do not show the same scene at the same place."""


@dataclass(frozen=True)
class PairBlocks:
    """Statistics of the B blocks of one lattice of a pair, (B,) each, row by row."""

    mean: Array
    square: Array
    """Σ (difference − its mean)² / 2, made up for the row and column means taken out"""
    freedom: Array
    texture: Array
    """Variance of the frames' mean over that of its noise, 1 where the scene is flat"""
    usable: Mask
    """Not cut off at black or white, or so that it can be undone"""

    @property
    def variance(self) -> Array:
        """(B,) of one frame."""
        return np.asarray(self.square / np.maximum(self.freedom, 1))


def rough_blocks(one: Difference) -> PairBlocks:
    """Statistics of all pixels that are not cut off, before anything is known of the noise."""
    count, mean, _, square = _statistics(one.mean, one.difference, ~one.cut)
    usable = (count >= BLOCK**2 / 2) & (mean <= BRIGHTEST)
    return _rows(mean, square / 2, np.maximum(count - 1, 0), np.ones_like(mean), usable)


def pair_blocks(one: Difference, white: WhiteDifference, clipping: Clipping, noise: Noise) -> PairBlocks:
    """Statistics of the pixels that are neither cut off nor outliers of `noise`, a first guess."""
    used, near = _used(one.mean, white.difference, clipping, noise)
    count, mean, spread, square = _statistics(one.mean, white.difference, used & ~one.cut | near)
    freedom = np.maximum(count - 1, 0)
    own = np.maximum(noise.variance(mean) + clipping.step**2 / 12, 1e-24)
    texture = 2 * spread / np.maximum(freedom, 1) / own
    usable = (count >= BLOCK**2 / 2) & (mean <= BRIGHTEST)
    usable &= (_block_sum(near) == 0) | (texture < _TEXTURED)
    usable &= response(noise, clipping).at(mean)[2] >= KEPT_VARIANCE
    return _rows(mean, square / 2 + freedom * white.taken, freedom, texture, usable)


def rough_noise(lattices: Sequence[PairBlocks], clippings: Sequence[Clipping]) -> Noise:
    """A noise level fitted to medians of blocks of like brightness, which hot pixels and moving things leave alone."""
    points = [
        (mean, variance - clipping.step**2 / 12, count)
        for blocks, clipping in zip(lattices, clippings, strict=True)
        for mean, variance, count in _medians(blocks)
    ]
    if not points:
        return Noise(0.0, 1e-12)
    x, variance, count = np.array(points).T
    model = np.maximum(variance, 1e-12)
    noise = Noise(0.0, 0.0)
    for _ in range(4):
        shot, read = fit_line(x, variance, count / model**2)
        noise = Noise(float(shot), max(float(read), 1e-14))
        model = np.maximum(noise.variance(x), 1e-12)
    return noise


def alike(blocks: PairBlocks, clipping: Clipping, noise: Noise) -> Mask:
    """(B,) usable blocks whose frames differ by no more than noise."""
    limit = 1 + _BLOCK_OUTLIER * np.sqrt(2 / np.maximum(blocks.freedom, 1))
    return np.asarray(blocks.usable & (_relative(blocks, clipping, noise) < limit))


def refuse_moved(
    lattices: Sequence[PairBlocks], kept: Sequence[Mask], clippings: Sequence[Clipping], noise: Noise
) -> None:
    """Raise MovedError where the frames differ by more in structure than in flat places of the same brightness.

    Between frames that stand still structure cancels. What is textured is told by the frames' mean, whose noise is
    independent of the difference's.
    """
    usable = sum(int(blocks.usable.sum()) for blocks in lattices)
    rejected = 1 - sum(int(mask.sum()) for mask in kept) / max(usable, 1)
    if rejected > _MOST_REJECTED:
        raise MovedError(f"{100 * rejected:.0f} % of the picture is not the same in both frames")
    relative = np.concatenate(
        [
            _relative(blocks, clipping, noise)[blocks.usable]
            for blocks, clipping in zip(lattices, clippings, strict=True)
        ]
    )
    texture = np.concatenate([blocks.texture[blocks.usable] for blocks in lattices])
    textured, flat = relative[texture > _TEXTURED], relative[texture < _FLAT]
    if textured.size < _LEAST_TEXTURED:
        return
    reference = float(np.median(flat)) if flat.size >= _LEAST_TEXTURED else _median_of_noise(BLOCK**2 - 1)
    excess = float(np.median(textured)) / reference - 1
    error = 1.25 * np.sqrt(2 / BLOCK**2) / np.sqrt(textured.size)
    if excess > max(_MOST_EXCESS, 5 * error):
        raise MovedError(f"where the scene has structure the frames differ by {100 * excess:.0f} % more than elsewhere")


def _used(mean: Plane, difference: Plane, clipping: Clipping, noise: Noise) -> tuple[Mask, Mask]:
    """Pixels to measure in, and those that are close to black or white together with others."""
    variance = np.float32(noise.shot) * np.maximum(mean, 0) + np.float32(noise.read + clipping.step**2 / 12)
    usual = difference**2 < np.float32(2 * _OUTLIER**2) * variance
    margin = np.float32(_MARGIN) * np.sqrt(variance)
    near = (mean + margin > clipping.high) | (mean - margin < clipping.low)
    # One or two are hot or dead pixels. Where there are more the whole block is close to the limit: leaving pixels
    # out would select by their noise, but what clipping does to a flat block's Gaussian is known.
    together = near & np.repeat(np.repeat(_block_sum(near) > _ISOLATED, BLOCK, axis=0), BLOCK, axis=1)
    return usual & (~near | together), together


def _rows(*statistics: NDArray[Any]) -> PairBlocks:
    return PairBlocks(*(values.ravel() for values in statistics))


def _statistics(mean: Plane, difference: Plane, used: Mask) -> tuple[Array, Array, Array, Array]:
    """In each block: pixels used, their mean, its sum of squared deviations, and that of the difference."""
    count = _block_sum(used)
    level, spread = _moments(mean, used, count)
    return count, level, spread, _moments(difference, used, count)[1]


def _block_sum(values: NDArray[Any]) -> Array:
    return np.asarray(blocks_of(values).sum(axis=(1, 3), dtype=np.float64))


def _moments(values: NDArray[np.float32], used: Mask, count: Array) -> tuple[Array, Array]:
    """Mean and sum of squared deviations in each block, of what is used."""
    kept = np.where(used, values, np.float32(0))
    n = np.maximum(count, 1)
    mean = _block_sum(kept) / n
    square = np.asarray(np.einsum("aibj,aibj->ab", blocks_of(kept), blocks_of(kept), dtype=np.float64))
    return mean, np.maximum(square - n * mean**2, 0.0)


def _medians(blocks: PairBlocks) -> list[tuple[float, float, float]]:
    """Mean, variance and number of blocks, bin by bin of brightness."""
    found = []
    which = (np.sqrt(np.clip(blocks.mean, 0, BRIGHTEST) / BRIGHTEST) * (_ROUGH_BINS - 1e-6)).astype(np.intp)
    for number in range(_ROUGH_BINS):
        chosen = blocks.usable & (which == number)
        if chosen.sum() >= 3:
            median = float(np.median(blocks.variance[chosen])) / _median_of_noise(BLOCK**2 - 1)
            found.append((float(blocks.mean[chosen].mean()), median, float(chosen.sum())))
    return found


def _relative(blocks: PairBlocks, clipping: Clipping, noise: Noise) -> Array:
    seen = response(noise, clipping).at(blocks.mean)[0]
    return np.asarray(blocks.variance / np.maximum(seen, 1e-24))


def _median_of_noise(freedom: float) -> float:
    """Median of χ²/freedom (Wilson and Hilferty)."""
    return float((1 - 2 / (9 * freedom)) ** 3)
