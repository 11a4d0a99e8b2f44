"""Small blocks of two frames of one scene: what varies in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rcl_calibration.fit import fit_line
from rcl_calibration.frame_pair import BLOCK, Difference, Plane, WhiteDifference, blocks_of
from rcl_calibration.layout import Mask
from rcl_calibration.model import Array, Clipping, Noise, response
from rcl_calibration.ranking import BRIGHTEST
from rcl_calibration.selection import KEPT_VARIANCE

_MARGIN = 4.0
_OUTLIER = 5.0
"""Pixels that differ by more standard deviations are hot or moved; noise itself hardly ever does."""
_BLOCK_OUTLIER = 6.0
_ISOLATED = 2
TEXTURED = 2.0
"""Texture, above which a block is not flat."""
_LEAST_OF_BIN = 3
_LEAST_PIXELS = BLOCK**2 / 4
_WHITE = 0.4
"""Pixels that are cut off in one of two frames and brighter in their mean are cut off at white."""
_ROUGH_BINS = 16
_ROUGH_REFINEMENTS = 12
"""Where much is cut off at black, the noise and what clipping leaves of it settle slowly."""


@dataclass(frozen=True)
class PairBlocks:
    """Statistics of the B half-blocks of one lattice of a pair, (B,) each.

    A block's white squares and its black ones, as on a chessboard, are measured apart: first one half of all blocks,
    row by row, then the other.
    """

    brightness: Array
    """Mean of the block's other half: what to choose by. Where noise is cut off, and so is skewed, what is bright by
    chance varies more, too, and choosing by the own mean would bias the variance."""
    mean: Array
    square: Array
    """Σ (difference − its mean)² / 2, made up for the row and column means taken out"""
    freedom: Array
    texture: Array
    """Variance of the frames' mean over that of its noise, 1 where the scene is flat"""
    scatter: Array
    """Σ of the products of both frames' deviations from their means: of the scene's light alone, since noise is
    independent. 0 in textured blocks, which are far from black and white."""
    usable: Mask
    """Not cut off at black or white, or so that it can be undone"""

    @property
    def variance(self) -> Array:
        """(B,) of one frame."""
        return np.asarray(self.square / np.maximum(self.freedom, 1))


def rough_blocks(one: Difference) -> PairBlocks:
    """Statistics before anything is known of the noise, of all pixels that are not white.

    Black ones count: what is left of noise where its lower half is cut off says nothing of its variance.
    """
    white = one.cut & (one.mean > _WHITE)
    halves = _halves(one.mean, one.difference, ~white)
    usable = (halves.count >= _LEAST_PIXELS) & (halves.brightness <= BRIGHTEST)
    return _rows(halves, halves.square / 2, np.ones_like(halves.mean), np.zeros_like(halves.mean), usable)


def pair_blocks(one: Difference, white: WhiteDifference, clipping: Clipping, noise: Noise) -> PairBlocks:
    """Statistics of the pixels that are neither cut off nor outliers of `noise`, a first guess."""
    used, near = _used(one.mean, white.difference, clipping, noise)
    halves = _halves(one.mean, white.difference, used & ~one.cut | near)
    seen = halves.mean.mean(axis=0)
    own = np.maximum(response(noise, clipping).at(seen)[0], 1e-24)
    texture = 2 * halves.spread.sum(axis=0) / np.maximum(halves.freedom.sum(axis=0), 1) / own
    usable = (halves.count >= _LEAST_PIXELS) & (halves.brightness <= BRIGHTEST)
    usable &= (_block_sum(near) == 0) | (texture < TEXTURED)
    usable &= response(noise, clipping).at(halves.brightness)[2] >= KEPT_VARIANCE
    square = halves.square / 2 + halves.freedom * white.taken
    scatter = np.where(texture < TEXTURED, halves.spread - square / 2, 0.0)
    return _rows(halves, square, np.broadcast_to(texture, square.shape), scatter, usable)


def rough_noise(lattices: Sequence[PairBlocks], clippings: Sequence[Clipping]) -> Noise:
    """A noise level fitted to medians of blocks of like brightness, which hot pixels and moving things leave alone."""
    medians = [
        (np.array(rows).T, clipping)
        for blocks, clipping in zip(lattices, clippings, strict=True)
        if (rows := _medians(blocks))
    ]
    if not medians:
        return Noise(0.0, 1e-12)
    noise = Noise(1e-4, 1e-6)
    for _ in range(_ROUGH_REFINEMENTS):
        points = np.concatenate([_unclipped(rows, clipping, noise) for rows, clipping in medians], axis=1)
        x, variance, count = points
        model = np.maximum(noise.variance(x), 1e-12)
        shot, read = fit_line(x, variance, count / model**2)
        noise = Noise(float(shot), max(float(read), 1e-14))
    return noise


def _unclipped(seen: Array, clipping: Clipping, noise: Noise) -> Array:
    """(3, n) true mean, variance and number of blocks from those `seen`; no blocks where most of it is hidden."""
    mean, variance, count = seen
    _, x, kept = response(noise, clipping).at(mean)
    true = (variance - clipping.step**2 / 12) / np.maximum(kept, KEPT_VARIANCE)
    return np.stack([x, true, np.where(kept >= KEPT_VARIANCE, count, 0.0)])


def alike(blocks: PairBlocks, clipping: Clipping, noise: Noise) -> Mask:
    """(B,) usable blocks whose frames differ by no more than noise."""
    limit = 1 + _BLOCK_OUTLIER * np.sqrt(2 / np.maximum(blocks.freedom, 1))
    return np.asarray(blocks.usable & (relative_variance(blocks, clipping, noise) < limit))


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


@dataclass(frozen=True)
class _Halves:
    """Of both halves of each block, (2, h/BLOCK, w/BLOCK) each."""

    count: Array
    """Pixels used."""
    mean: Array
    spread: Array
    """Sum of squared deviations of the frames' mean."""
    square: Array
    """Sum of squared deviations of the difference."""

    @property
    def freedom(self) -> Array:
        return np.asarray(np.maximum(self.count - 1, 0))

    @property
    def brightness(self) -> Array:
        return np.asarray(self.mean[::-1])


def _rows(halves: _Halves, square: Array, texture: Array, scatter: Array, usable: Mask) -> PairBlocks:
    columns: tuple[NDArray[Any], ...] = halves.brightness, halves.mean, square, halves.freedom, texture, scatter, usable
    return PairBlocks(*(values.ravel() for values in columns))


def _halves(mean: Plane, difference: Plane, used: Mask) -> _Halves:
    white_squares = np.indices(mean.shape).sum(axis=0) % 2 == 0
    found = []
    for half in (used & white_squares, used & ~white_squares):
        count = _block_sum(half)
        found.append((count, *_moments(mean, half, count), _moments(difference, half, count)[1]))
    return _Halves(*(np.stack(kind) for kind in zip(*found, strict=True)))


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
    for chosen in by_brightness(blocks):
        median = float(np.median(blocks.variance[chosen])) / _median_of_noise(BLOCK**2 / 2 - 1)
        found.append((float(blocks.mean[chosen].mean()), median, float(chosen.sum())))
    return found


def by_brightness(blocks: PairBlocks) -> Iterator[Mask]:
    """(B,) the usable blocks of each of _ROUGH_BINS bins that has any to speak of."""
    which = (np.sqrt(np.clip(blocks.brightness, 0, BRIGHTEST) / BRIGHTEST) * (_ROUGH_BINS - 1e-6)).astype(np.intp)
    for number in range(_ROUGH_BINS):
        chosen = blocks.usable & (which == number)
        if chosen.sum() >= _LEAST_OF_BIN:
            yield chosen


def relative_variance(blocks: PairBlocks, clipping: Clipping, noise: Noise) -> Array:
    """(B,) the variance of each block over that of `noise` at its brightness."""
    seen = response(noise, clipping).at(blocks.brightness)[0]
    return np.asarray(blocks.variance / np.maximum(seen, 1e-24))


def _median_of_noise(freedom: float) -> float:
    """Median of χ²/freedom (Wilson and Hilferty)."""
    return float((1 - 2 / (9 * freedom)) ** 3)
