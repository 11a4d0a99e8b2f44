"""Statistics of small blocks: what one image tells about its noise before anything is estimated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rcl_calibration.layout import AXIS, EVEN, HIGH, INNER, LINES, Array, Layout

TILES = 8
"""The image is divided into TILES×TILES tiles, the units of the bootstrap."""
MOST_BLOCKS = 60_000
"""Block positions looked at in one image; more cost time and tell nothing new."""
_DENSE_FROM = 40_000
"""Where fewer blocks than that fill the image, others between them are looked at as well."""
_FEW_BLOCKS = 15_000
"""Of smaller images blocks overlap more than those of others: there is the more to choose from."""
_TOGETHER = 0.35
"""Part of the blocks around a chosen one that are chosen with it: λ_shot of photographs has the least error by that."""

Offset = tuple[float, float]
"""Rows and columns, in the unit of `Layout.pitch`."""


@dataclass(frozen=True)
class Lattice:
    """Pixels of one filter, as the file stores them: those at one place of the pattern, or what a layout names.

    Bayer has 4 of them, (H/2, W/2) each. Never demosaiced or resampled pixels: their noise is correlated.
    """

    values: NDArray[Any]
    """(h, w), DN, integer or float; any strides, so `mosaic[0::2, 1::2]` needs no copy. With an uneven layout others'
    pixels are between its own, in a pattern that repeats with the layout's strides."""
    plane: int
    """0–3: R, Gr, Gb, B."""
    black: float = 0.0
    """DN that is 0 when normalised."""
    white: float = 1.0
    """DN that is 1 when normalised."""
    step: float = 1.0
    """Distance between neighbouring values, DN; 0 where they are not quantised."""
    lowest: float = 0.0
    """DN below which the sensor's values are cut off; usually 0, below the black level."""
    offset: Offset = (0.0, 0.0)
    """Where its first pixel is; 0 or ½ rows and columns for Bayer."""
    layout: Layout = EVEN
    """Which pixels of a block are its own. Those of one image have the same size, strides and number of HIGH."""

    @property
    def scale(self) -> float:
        """DN from black to white."""
        return self.white - self.black


@dataclass(frozen=True)
class Blocks:
    """Statistics of B blocks at the same places of P lattices, normalised; (P, B) unless said otherwise."""

    mean: Array
    light: Array
    """Mean of the pixels weighted as they weigh in `high`, the middle ones most: what its noise belongs to."""
    high: Array
    """Mean square of the HIGH coefficients, those with least texture: the noise is measured here."""
    middle: Array
    """Mean square of the MIDDLE coefficients, the others: shows texture."""
    steep: Array
    """Mean square of the MIDDLE coefficients, the coarsest less (`Layout.kinds`): above `high`, it is texture."""
    axis: Array
    """Mean square of the AXIS coefficients, along one axis only: slopes, edges, row and column noise."""
    signed: NDArray[np.float32]
    """(P, B, INNER): the coefficients of `high` and `middle` themselves, to compare between lattices."""
    lines: NDArray[np.float32]
    """(2, P, B, 3): coefficients that vary from row to row only, and from column to column only, the finest."""
    tile: NDArray[np.intp]
    """(B,) in 0…TILES²-1."""
    grid: tuple[int, int]
    """Rows and columns of blocks; B is their product."""
    apart: int
    """Grid steps to the nearest block that shares no pixel."""
    layouts: tuple[Layout, ...]
    """(P,) of the lattices, all of them as large"""
    offsets: tuple[Offset, ...]
    """(P,) of the lattices"""
    independent: float
    """Blocks without a pixel in common that tell as much as these, over their number."""

    @property
    def count(self) -> int:
        """B."""
        return int(self.mean.shape[1])


def dct_blocks(lattices: Sequence[Lattice]) -> Blocks:
    """Statistics of up to MOST_BLOCKS blocks spread evenly over the image, at the same places of all lattices.

    Lattices may differ by a row or column; what is not common to all is left out. Lattices smaller than a block
    give none.
    """
    layout = lattices[0].layout
    height = min(lattice.values.shape[0] for lattice in lattices)
    width = min(lattice.values.shape[1] for lattice in lattices)
    stride, overlap = _stride(height, width, layout)
    tops, lefts, kept = _positions(height, width, layout.size, stride)
    independent = layout.high / HIGH / (1 + _TOGETHER * overlap * kept)
    apart = -(-layout.size // stride)
    half = layout.size // 2
    tile_row, tile_column = (tops + half) * TILES // max(height, 1), (lefts + half) * TILES // max(width, 1)
    tile = (tile_row[:, None] * TILES + tile_column[None, :]).ravel()
    statistics = [_statistics(lattice, tops, lefts) for lattice in lattices]
    mean, light, high, middle, steep, axis, signed, lines = (np.stack(kind) for kind in zip(*statistics, strict=True))
    return Blocks(
        mean=mean,
        light=light,
        high=high,
        middle=middle,
        steep=steep,
        axis=axis,
        signed=signed,
        lines=lines.swapaxes(0, 1),
        tile=tile,
        grid=(tops.size, lefts.size),
        apart=apart,
        layouts=tuple(lattice.layout for lattice in lattices),
        offsets=tuple(lattice.offset for lattice in lattices),
        independent=independent,
    )


def _stride(height: int, width: int, layout: Layout) -> tuple[int, float]:
    """Overlapping blocks give small images more flat places to choose from; in large ones they would only cost time.

    With it how much more the variance of their mean is, for white noise, than if none overlapped.
    """
    apart, usual, dense = layout.strides[0], layout.strides[1], layout.strides[-1]
    if height * width > _DENSE_FROM * layout.size**2:
        return apart
    return dense if height * width < _FEW_BLOCKS * usual[0] ** 2 else usual


def _positions(height: int, width: int, size: int, stride: int) -> tuple[NDArray[np.intp], NDArray[np.intp], float]:
    """First rows and columns of the blocks, and which part of them was kept along each axis."""
    tops, lefts = np.arange(0, height - size + 1, stride), np.arange(0, width - size + 1, stride)
    keep = min(1.0, (MOST_BLOCKS / max(1, tops.size * lefts.size)) ** 0.5)
    return _thinned(tops, keep), _thinned(lefts, keep), keep


def _thinned(positions: NDArray[np.intp], keep: float) -> NDArray[np.intp]:
    count = round(positions.size * keep)
    return positions[(np.arange(count) * positions.size) // max(count, 1)]


def _statistics(lattice: Lattice, tops: NDArray[np.intp], lefts: NDArray[np.intp]) -> tuple[NDArray[Any], ...]:
    size = lattice.layout.size
    blocks = np.empty((tops.size, lefts.size, size, size), np.float32)
    columns = (lefts[:, None] + np.arange(size)).ravel()
    for i, top in enumerate(tops):
        strip = lattice.values[top : top + size][:, columns]  # (size, blocks·size)
        blocks[i] = strip.reshape(size, lefts.size, size).transpose(1, 0, 2)
    flat = blocks.reshape(-1, size**2)
    flat -= np.float32(lattice.black)
    flat *= np.float32(1 / lattice.scale)
    means, inner, axis, lines = np.split(flat @ lattice.layout.transform.T, np.cumsum([2, INNER, AXIS]), axis=1)
    mean, light = means.T.astype(np.float64)
    high, middle, steep = (np.square(inner) @ lattice.layout.kinds).T.astype(np.float64)
    along = np.square(axis).mean(axis=1, dtype=np.float64)
    return mean, light, high, middle, steep, along, inner, lines.reshape(-1, 2, LINES).swapaxes(0, 1)
