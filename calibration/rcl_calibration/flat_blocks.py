"""The flat blocks of a picture, by brightness: what they hold beside a plane is noise, or the weakest texture."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rcl_calibration.plane_blocks import BLOCK, blocks_every, unclipped, without_plane

Array = NDArray[np.float64]
Indices = NDArray[np.intp]

_BINS = 6
"""Of brightness, each with as many blocks: the flattest blocks of the whole would be the darkest, or clipped ones."""
_SHARE = 0.25
_LEAST = 8
"""Blocks in a bin."""
_MOST_BLOCKS = 6000
_QUIET = 2.0
"""Brightnesses with up to so many times the least variance count."""


class FlatBlocks(NamedTuple):
    """N blocks that are not clipped, less their planes, and which of them are flat."""

    inside: NDArray[np.bool_]
    """Which of `sampled` are not clipped; N of them."""
    blocks: Array
    """(N, C, BLOCK, BLOCK)"""
    energy: Array
    """(N,) mean squares"""
    bins: list[Indices]
    """Blocks of similar brightness."""
    flat: list[Indices]
    """The flattest of each bin."""
    quietest: int
    """The bin whose flattest blocks have the least energy."""
    wide: Array
    """(m, C, BLOCK, BLOCK) those blocks at half the resolution, with what is around them, less their planes."""

    @property
    def quiet(self) -> Array:
        """(n, C, BLOCK, BLOCK), the flattest blocks of the quietest brightness."""
        return self.blocks[self.flat[self.quietest]]

    @property
    def energies(self) -> Array:
        """(bins,) mean squares of the flattest blocks of each."""
        return np.array([self.energy[part].mean() for part in self.flat])

    def variance(self, blocks: Array) -> Array:
        """(C,) mean squares of what is in these blocks (N, C, BLOCK, BLOCK), in the flat ones of quiet brightnesses."""
        energies = self.energies
        near = [part for part, one in zip(self.flat, energies, strict=True) if one <= _QUIET * energies.min()]
        return np.asarray(np.mean([np.square(blocks[part]).mean((0, 2, 3)) for part in near], axis=0))


def flat_blocks(picture: NDArray[np.floating[Any]]) -> FlatBlocks | None:
    """(C, h, w) in [0, 1]; None where there are too few blocks, or all is clipped."""
    if min(picture.shape[-2:]) < BLOCK:
        return None
    blocks = sampled(picture)
    inside = unclipped(blocks)
    order = np.argsort(blocks[inside].mean((2, 3)).mean(1), kind="stable")
    bins = [part for part in np.array_split(order, _BINS) if len(part) >= _LEAST]
    if not bins:
        return None
    noise = without_plane(blocks[inside])
    energy = np.square(noise).mean((1, 2, 3))
    flat = [part[energy[part] <= np.quantile(energy[part], _SHARE)] for part in bins]
    quietest = int(np.argmin([energy[part].mean() for part in flat]))
    wide = _surroundings(picture, np.flatnonzero(inside)[flat[quietest]])
    return FlatBlocks(inside, noise, energy, bins, flat, quietest, wide)


def sampled(picture: NDArray[np.floating[Any]]) -> Array:
    """At most about `_MOST_BLOCKS` blocks on a regular grid: (M, C, BLOCK, BLOCK)."""
    return blocks_every(picture, _step(picture))


def _surroundings(picture: NDArray[np.floating[Any]], chosen: Indices) -> Array:
    """Of the blocks `chosen` of `sampled`, where they lie inside the picture."""
    height, width = picture.shape[-2:]
    if min(height, width) < 2 * BLOCK:
        return np.empty((0, len(picture), BLOCK, BLOCK))
    step, margin = _step(picture), BLOCK // 2
    rows, columns = np.divmod(chosen, (width - BLOCK) // step + 1)
    tops, lefts = rows * step - margin, columns * step - margin
    whole = (tops >= 0) & (lefts >= 0) & (tops + 2 * BLOCK <= height) & (lefts + 2 * BLOCK <= width)
    windows = np.lib.stride_tricks.sliding_window_view(picture, (2 * BLOCK, 2 * BLOCK), axis=(1, 2))
    around = np.moveaxis(windows[:, tops[whole], lefts[whole]], 0, 1).astype(np.float64)
    return without_plane(around.reshape(len(around), len(picture), BLOCK, 2, BLOCK, 2).mean((3, 5)))


def _step(picture: NDArray[np.floating[Any]]) -> int:
    height, width = picture.shape[-2:]
    return max(BLOCK // 2, int((height * width / _MOST_BLOCKS) ** 0.5))
