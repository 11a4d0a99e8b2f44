"""DCT statistics of small blocks: what one image tells about its noise before anything is estimated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

SIZE = 5
"""Blocks are SIZE×SIZE pixels of one lattice."""
TILES = 8
"""The image is divided into TILES×TILES tiles, the units of the bootstrap."""
MOST_BLOCKS = 60_000
"""Block positions looked at in one image; more cost time and tell nothing new."""
_DENSE_BELOW = 1_000_000
_FEW_BLOCKS = 15_000
"""Of smaller images blocks overlap more than those of others: there is the more to choose from."""
_OVERLAPS = {2: 3.0, 3: 1.15, 5: 0.0}
"""By distance of the blocks: how much more the variance of their mean is, for white noise, than if none overlapped."""
_TOGETHER = 0.35
"""Part of the blocks around a chosen one that are chosen with it: λ_shot of photographs has the least error by that."""

_frequency = np.arange(SIZE)
_DCT = np.sqrt(2 / SIZE) * np.cos(np.pi * (2 * _frequency[None, :] + 1) * _frequency[:, None] / (2 * SIZE))
_DCT[0] /= np.sqrt(2)
_ROW, _COLUMN = (f.ravel() for f in np.meshgrid(_frequency, _frequency, indexing="ij"))
_INNER = (_ROW >= 1) & (_COLUMN >= 1)
_HIGH = _INNER & (_ROW + _COLUMN >= 6)
_MIDDLE = _INNER & ~_HIGH
_AXIS = (_ROW == 0) ^ (_COLUMN == 0)
_LINES = np.stack([(_COLUMN == 0) & (_ROW >= 2), (_ROW == 0) & (_COLUMN >= 2)])
HIGH, MIDDLE, AXIS = int(_HIGH.sum()), int(_MIDDLE.sum()), int(_AXIS.sum())
"""Coefficients of each kind in a block: 6, 10 and 8."""
IS_HIGH = _HIGH[_INNER]
"""(HIGH + MIDDLE,) which of the coefficients with both frequencies ≥ 1 are HIGH."""
INNER_BASIS = np.kron(_DCT, _DCT)[_INNER]
"""(HIGH + MIDDLE, SIZE²) what makes those coefficients of a block's pixels."""
FREQUENCY_SUM = (_ROW + _COLUMN)[_INNER]
"""(HIGH + MIDDLE,) row frequency plus column frequency, 2–8."""
OUTER_OF_FIVE = ((_ROW + _COLUMN == 5) & (np.abs(_ROW - _COLUMN) == 3))[_INNER]
"""(HIGH + MIDDLE,) of those with a sum of 5 the ones that vary most along one axis."""
HALVES = (FREQUENCY_SUM % 2 == 0, FREQUENCY_SUM % 2 == 1)
"""Two masks (HIGH + MIDDLE,) that part the coefficients with both frequencies ≥ 1, alike in frequency and direction."""
MIDDLE_WEIGHTS = ~IS_HIGH * np.select([FREQUENCY_SUM < 3, FREQUENCY_SUM < 4], [0.0, 0.3], 1.0)
"""(HIGH + MIDDLE,) for `Blocks.steep`: the lowest frequencies vary with the picture's content."""
MIDDLE_FREEDOM = float(MIDDLE_WEIGHTS.sum() ** 2 / np.square(MIDDLE_WEIGHTS).sum())
"""Degrees of freedom of that mean."""
_HIGH_PIXELS = np.square(np.kron(_DCT, _DCT)[_HIGH]).mean(axis=0).astype(np.float32)
_STEEP = np.zeros(SIZE * SIZE)
_STEEP[_INNER] = MIDDLE_WEIGHTS / MIDDLE_WEIGHTS.sum()
Offset = tuple[float, float]
"""Rows and columns, in pixels of a lattice."""


@dataclass(frozen=True)
class Lattice:
    """Every pixel of one filter at one place of the repeating pattern, as the file stores them.

    Bayer has 4 of them, (H/2, W/2) each. Never demosaiced or resampled pixels: their noise is correlated.
    """

    values: NDArray[Any]
    """(h, w), DN, integer or float; any strides, so `mosaic[0::2, 1::2]` needs no copy."""
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
    """Mean square of the HIGH coefficients, both frequencies ≥ 2 and together ≥ 6: the noise is measured here."""
    middle: Array
    """Mean square of the MIDDLE coefficients, the others with both frequencies ≥ 1: shows texture."""
    steep: Array
    """Mean square of the MIDDLE coefficients by MIDDLE_WEIGHTS: what is above `high` is texture."""
    axis: Array
    """Mean square of the AXIS coefficients, one frequency 0: slopes, edges, row and column noise."""
    signed: NDArray[np.float32]
    """(P, B, HIGH + MIDDLE): the coefficients of `high` and `middle` themselves, to compare between lattices."""
    lines: NDArray[np.float32]
    """(2, P, B, 3): coefficients that vary from row to row only, and from column to column only, frequencies 2–4."""
    tile: NDArray[np.intp]
    """(B,) in 0…TILES²-1."""
    grid: tuple[int, int]
    """Rows and columns of blocks; B is their product."""
    apart: int
    """Grid steps to the nearest block that shares no pixel."""
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
    height = min(lattice.values.shape[0] for lattice in lattices)
    width = min(lattice.values.shape[1] for lattice in lattices)
    stride = _stride(height, width)
    tops, lefts, kept = _positions(height, width, stride)
    independent = 1 / (1 + _TOGETHER * _OVERLAPS[stride] * kept)
    apart = -(-SIZE // stride)
    half = SIZE // 2
    tile_row, tile_column = (tops + half) * TILES // max(height, 1), (lefts + half) * TILES // max(width, 1)
    tile = (tile_row[:, None] * TILES + tile_column[None, :]).ravel()
    statistics = [_statistics(lattice, tops, lefts) for lattice in lattices]
    mean, light, high, middle, steep, axis, signed, lines = (np.stack(kind) for kind in zip(*statistics, strict=True))
    grid = (tops.size, lefts.size)
    offsets = tuple(lattice.offset for lattice in lattices)
    return Blocks(
        mean, light, high, middle, steep, axis, signed, lines.swapaxes(0, 1), tile, grid, apart, offsets, independent
    )


def _stride(height: int, width: int) -> int:
    """Overlapping blocks give small images more flat places to choose from; in large ones they would only cost time."""
    if height * width > _DENSE_BELOW:
        return SIZE
    return 2 if height * width < _FEW_BLOCKS * 9 else 3


def _positions(height: int, width: int, stride: int) -> tuple[NDArray[np.intp], NDArray[np.intp], float]:
    """First rows and columns of the blocks, and which part of them was kept along each axis."""
    tops, lefts = np.arange(0, height - SIZE + 1, stride), np.arange(0, width - SIZE + 1, stride)
    keep = min(1.0, (MOST_BLOCKS / max(1, tops.size * lefts.size)) ** 0.5)
    return _thinned(tops, keep), _thinned(lefts, keep), keep


def _thinned(positions: NDArray[np.intp], keep: float) -> NDArray[np.intp]:
    count = round(positions.size * keep)
    return positions[(np.arange(count) * positions.size) // max(count, 1)]


def _statistics(lattice: Lattice, tops: NDArray[np.intp], lefts: NDArray[np.intp]) -> tuple[NDArray[Any], ...]:
    blocks = np.empty((tops.size, lefts.size, SIZE, SIZE), np.float32)
    columns = (lefts[:, None] + _frequency).ravel()
    for i, top in enumerate(tops):
        strip = lattice.values[top : top + SIZE][:, columns]  # (SIZE, blocks·SIZE)
        blocks[i] = strip.reshape(SIZE, lefts.size, SIZE).transpose(1, 0, 2)
    flat = blocks.reshape(-1, SIZE * SIZE)
    flat -= np.float32(lattice.black)
    flat *= np.float32(1 / lattice.scale)
    transform = np.kron(_DCT, _DCT).astype(np.float32)
    coefficients = flat @ transform.T  # (B, 25)
    mean = coefficients[:, 0].astype(np.float64) / SIZE
    light = (flat @ _HIGH_PIXELS).astype(np.float64)
    signed = coefficients[:, _INNER]
    lines = np.stack([coefficients[:, kind] for kind in _LINES])
    coefficients *= coefficients
    kinds = np.stack([_HIGH / HIGH, _MIDDLE / MIDDLE, _STEEP, _AXIS / AXIS], axis=1).astype(np.float32)
    high, middle, steep, axis = (coefficients @ kinds).T.astype(np.float64)
    return mean, light, high, middle, steep, axis, signed, lines
