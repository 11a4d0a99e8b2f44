"""A mosaic or picture as the tensor of a network, and back: canonical CFA phase, padded to whole elements."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rcl_cli.domain import Domain
from rcl_cli.raw.cfa import CFA, canonical

Float = NDArray[np.float32]

_STRIP = 256
"""Rows packed together, in elements; even, for the phase of X-Trans."""
Lattice = tuple[int, slice, slice]
"""One channel's elements of one parity: [channel, rows, columns]."""
Pixels = tuple[slice, slice]
"""Their pixels in the mosaic: [rows, columns]."""


@lru_cache
def lattices(domain: Domain) -> tuple[tuple[Lattice, Pixels], ...]:
    """Where packing takes each element from, in the canonical phase: places in (C, h, w) and in (h·p, w·p), by pairs.

    An element holds the p × p pixels of one cell, p = `domain.pixels`, in the order R, Gr, Gb, B, those of one plane
    row by row. The period of X-Trans is two cells each way, in which red and blue change places; so its elements with
    an even sum of row and column take their pixels from other places of the cell than those with an odd one.

    >>> lattices(Domain.BAYER)[1]
    ((1, slice(0, None, 1), slice(0, None, 1)), (slice(0, None, 2), slice(1, None, 2)))
    """
    cfa, size = canonical(domain), domain.pixels
    planes, cells = cfa.planes(cfa.period, cfa.period), cfa.period // domain.pixels
    pairs = []
    for row, column in product(range(cells), repeat=2):
        cell = planes[row * size :, column * size :][:size, :size]
        for channel, pixel in enumerate(np.argsort(cell, axis=None, kind="stable").tolist()):
            y, x = row * size + pixel // size, column * size + pixel % size
            elements = (channel, slice(row, None, cells), slice(column, None, cells))
            pairs.append((elements, (slice(y, None, cfa.period), slice(x, None, cfa.period))))
    return tuple(pairs)


@dataclass(frozen=True)
class Placement:
    """Where an image of `height` × `width` sensor pixels lies in its packed, padded tensor."""

    height: int
    width: int
    top: int
    """Rows added above the image, in sensor pixels."""
    left: int
    """Columns added to its left, in sensor pixels."""
    domain: Domain

    def crop(self, image: Float, scale: int = 1) -> Float:
        """Cut a result at sensor resolution times `scale` to the image.

        (C, h·p·scale, w·p·scale) → (C, height·scale, width·scale), a view; p: sensor pixels per element.
        """
        top, left = self.top * scale, self.left * scale
        return image[..., top : top + self.height * scale, left : left + self.width * scale]

    def cfa(self, scale: int = 1) -> CFA:
        """The pattern of `unpack(planes, self, scale)`; with scale 1 that of the mosaic that was packed.

        Raises ValueError for RGB, which has none.
        """
        return canonical(self.domain).shifted(self.top * scale, self.left * scale)


def pack(mosaic: Float, cfa: CFA, multiple: int = 1) -> tuple[Float, Placement]:
    """(H, W) mosaic of any phase and size → (C, h, w) float32 of the canonical phase, and its placement in it.

    h and w are multiples of `multiple`. Pixels outside the image take the value of the nearest one inside that
    has their place in the pattern, or of the nearest one at all where the image is too small to have such.
    """
    top, left = _rows_before(cfa)
    place = Placement(mosaic.shape[0], mosaic.shape[1], top, left, cfa.domain)
    size = cfa.domain.pixels
    h, w = (_ceil(n, size * multiple) // size for n in (place.height + top, place.width + left))
    planes = np.empty((cfa.domain.channels, h, w), np.float32)
    for start in range(0, h, _STRIP):
        strip = planes[:, start : start + _STRIP]
        rows = range(start * size, (start + strip.shape[1]) * size)
        padded = _padded(mosaic, rows, top, left, w * size, cfa.period)
        for to_plane, to_mosaic in lattices(cfa.domain):
            strip[to_plane] = padded[to_mosaic]
    return planes, place


def unpack(planes: Float, placement: Placement, scale: int = 1) -> Float:
    """The inverse of `pack`: (C, h·scale, w·scale) → (H·scale, W·scale) of pattern `placement.cfa(scale)`."""
    size = placement.domain.pixels
    mosaic = np.empty((planes.shape[1] * size, planes.shape[2] * size), np.float32)
    for to_plane, to_mosaic in lattices(placement.domain):
        mosaic[to_mosaic] = planes[to_plane]
    return placement.crop(mosaic, scale)


def pack_rgb(rgb: Float, multiple: int = 1) -> tuple[Float, Placement]:
    """(H, W, 3) picture → (3, h, w) float32, h and w multiples of `multiple`, the edge pixels repeated."""
    height, width, _ = rgb.shape
    pad = ((0, 0), (0, _ceil(height, multiple) - height), (0, _ceil(width, multiple) - width))
    planes = np.pad(np.asarray(rgb, np.float32).transpose(2, 0, 1), pad, mode="edge")
    return np.ascontiguousarray(planes), Placement(height, width, 0, 0, Domain.RGB)


def _rows_before(cfa: CFA) -> tuple[int, int]:
    # X-Trans repeats after (3, 3) as well, so the first shift found is not always the shortest way.
    steps = product(range(cfa.period), repeat=2)
    fitting = [(y, x) for y, x in steps if cfa.shifted(-y, -x) == canonical(cfa.domain)]
    return min(fitting, key=lambda step: (sum(step), step))


def _padded(mosaic: NDArray[Any], wanted: range, top: int, left: int, width: int, period: int) -> Float:
    """The `wanted` rows of the mosaic with `top` rows before it, `left` columns beside it, and `width` in all."""
    rows, columns = mosaic.shape
    if (top, left) == (0, 0) and wanted.stop <= rows and width == columns:
        return np.asarray(mosaic[wanted.start : wanted.stop], np.float32)
    padded = np.empty((len(wanted), width), np.float32)
    sources = [_inside(y - top, rows, period) for y in wanted]
    padded[:, left : left + columns] = mosaic[sources]
    outside = [*range(left), *range(left + columns, width)]
    padded[:, outside] = padded[:, [left + _inside(x - left, columns, period) for x in outside]]
    return padded


def _inside(index: int, length: int, period: int) -> int:
    """The place itself, or the nearest one of its phase."""
    return index if 0 <= index < length else _nearest_of_phase(index, length, period)


def _nearest_of_phase(index: int, length: int, period: int) -> int:
    phase = index % period
    if phase >= length:
        return 0 if index < 0 else length - 1
    return phase if index < 0 else phase + (length - 1 - phase) // period * period


def _ceil(length: int, multiple: int) -> int:
    return -(-length // multiple) * multiple
