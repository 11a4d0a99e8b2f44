"""Pixels of a DNG as lossless JPEG: tiles of SOF3 with 16 bits a value and predictor 1, as Adobe's converter writes.

LibRaw, RawSpeed (darktable), RawTherapee and Adobe read these; other predictors RawSpeed refuses.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rcl_cli.raw.dng.values import Rows

_MOST = 288
_MOST_TOGETHER = 3
_BAND = 3
"""Rows of tiles that are made together."""
_STEP = 16
"""TIFF wants sides of tiles that are multiples of it."""


@dataclass(frozen=True)
class Tiles:
    """A picture cut into tiles, those at the right and lower edge filled up."""

    height: int
    width: int
    data: list[bytes]
    """Row by row."""


def lossless_tiles(shape: tuple[int, ...], rows: Rows, period: int) -> Tiles:
    """Of linear RGB, `shape` (H, W, 3), or a mosaic, (H, W), whose pattern repeats after `period` pixels: 2 or 6.

    `rows` are asked for band by band, while the tiles of the one before are encoded. In a mosaic the predictor must not
    take one colour for another, so 2 or 3 neighbours count as components of one sample: of X-Trans, whose greens repeat
    after 3 pixels, that is the best of all.
    """
    height, width = shape[:2]
    # LibRaw cannot read a tile that is wider than the picture.
    together = 1 if len(shape) == 3 or width < _MOST_TOGETHER * _STEP else {2: 2, 6: 3}[period]
    step = _STEP * together
    across = min(max(width // step, 1), _MOST // step) * step
    down = min(-(-height // _STEP) * _STEP, _MOST)
    components = (down, across, 3) if len(shape) == 3 else (down, across // together, together)
    band = down * _BAND
    coming: list[Future[bytes]] = []
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        for top in range(0, height, band):
            pixels = rows(top, min(top + band, height), threads)
            coming += [threads.submit(_encode, tile.reshape(components)) for tile in _cut(pixels, down, across)]
            del pixels
        return Tiles(down, across, [tile.result() for tile in coming])


def _cut(pixels: NDArray[np.uint16], down: int, across: int) -> Iterator[NDArray[np.uint16]]:
    height, width = pixels.shape[:2]
    for top in range(0, height, down):
        for left in range(0, width, across):
            tile = pixels[top : top + down, left : left + across]
            missing = [(0, down - tile.shape[0]), (0, across - tile.shape[1]), (0, 0)]
            yield np.ascontiguousarray(np.pad(tile, missing[: tile.ndim], mode="edge"))


def _encode(tile: NDArray[np.uint16]) -> bytes:
    import imagecodecs

    return bytes(
        imagecodecs.jpeg8_encode(
            tile, lossless=True, predictor=1, bitspersample=16, colorspace="UNKNOWN", outcolorspace="UNKNOWN"
        )
    )
