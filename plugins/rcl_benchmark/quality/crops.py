"""Places to look at: where a picture is hard to demosaic, cut out, kept as PNG, and laid side by side."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from rcl_benchmark.quality.pictures import Float
from rcl_cli.disk.write import write_bytes
from rcl_cli.raw.cfa import CFA, mosaic
from rcl_cli.raw.develop import interpolate

SIDE = 96
_ENLARGED = 3
_BORDER = 8
_HEADER = 30
_GAP = 4
_INK = (0, 0, 0)


@dataclass(frozen=True)
class Tile:
    """One picture of a strip."""

    label: str
    rgb: NDArray[np.uint8]
    """(h, w, 3)"""


def hardest(truth: Float) -> tuple[slice, slice]:
    """Rows and columns of the 96×96 pixels of a picture (H, W, 3) in which bilinear demosaicing errs most.

    The same in all protocols, so that one can compare them. Begins on multiples of 4; borders of 8 are left out.
    """
    cfa = CFA.bayer("RGGB")
    error = np.square(interpolate(mosaic(truth, cfa), cfa) - truth).sum(axis=2)[_BORDER:-_BORDER, _BORDER:-_BORDER]
    sides = [min(SIDE, length) // 4 * 4 for length in error.shape]
    sums = np.pad(error.astype(np.float64).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    height, width = sides
    boxes = sums[height:, width:] - sums[:-height, width:] - sums[height:, :-width] + sums[:-height, :-width]
    coarse = boxes[::4, ::4]
    row, column = np.unravel_index(int(coarse.argmax()), coarse.shape)
    top, left = (4 * int(place) + _BORDER for place in (row, column))
    return slice(top, top + height), slice(left, left + width)


def encoded(rgb: Float) -> str:
    """(h, w, 3) in [0, 1] → PNG as base64."""
    values = np.rint(np.clip(rgb, 0, 1) * 255).astype(np.uint8)
    return base64.b64encode(_png(values)).decode("ascii")


def decoded(png: str) -> NDArray[np.uint8]:
    """The inverse: (h, w, 3)."""
    bgr = cv2.imdecode(np.frombuffer(base64.b64decode(png), np.uint8), cv2.IMREAD_COLOR)
    assert bgr is not None
    return np.ascontiguousarray(bgr[..., ::-1], np.uint8)


def write_strips(path: Path, strips: Sequence[Sequence[Tile]]) -> None:
    """Write rows of tiles, each enlarged three times by nearest neighbour, under its label."""
    rows = [np.hstack([_framed(tile) for tile in strip]) for strip in strips]
    width = max(row.shape[1] for row in rows)
    filled = [np.pad(row, ((0, 0), (0, width - row.shape[1]), (0, 0)), constant_values=255) for row in rows]
    path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(path, _png(np.vstack(filled)), overwrite=True)


def _framed(tile: Tile) -> NDArray[np.uint8]:
    large = tile.rgb.repeat(_ENLARGED, axis=0).repeat(_ENLARGED, axis=1)
    framed = np.pad(large, ((_HEADER, _GAP), (_GAP, _GAP), (0, 0)), constant_values=255)
    cv2.putText(framed, tile.label, (_GAP, _HEADER - 10), cv2.FONT_HERSHEY_SIMPLEX, 0.5, _INK, 1, cv2.LINE_AA)
    return framed


def _png(rgb: NDArray[np.uint8]) -> bytes:
    return cv2.imencode(".png", np.ascontiguousarray(rgb[..., ::-1]), [cv2.IMWRITE_PNG_COMPRESSION, 9])[1].tobytes()
