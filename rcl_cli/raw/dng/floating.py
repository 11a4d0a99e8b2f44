"""The pixels of floating-point DNGs, as programs that merge exposures write them.

Not by LibRaw: it gives 0 for values of 16 bits and noise for those compressed without its predictor, knows few layouts,
and takes the brightest value for white where it is above the white level.
"""

from __future__ import annotations

from pathlib import Path

import imagecodecs
import numpy as np
import tifffile
from numpy.typing import NDArray

from rcl_cli.errors import FileError
from rcl_cli.raw.dng.stored import stored_pixels
from rcl_cli.raw.levels import Levels

_LARGEST = 65535
_ODD_BITS = 24
_STEPS = {3: 1, 34894: 2, 34895: 4}
"""Predictor of floating-point values → distance of what it takes differences of, in pixels."""
_MOST_ABOVE_WHITE = 4.0
"""Times the white level: what is brighter is cut there, so that 14 of 16 bits are left to what is below."""


def float_pixels(path: Path) -> NDArray[np.float32]:
    """(H, W, S) of the raw of full size. Raises FileError if it is damaged, or holds what are no numbers."""
    values = stored_pixels(path, 4, _values)
    if not np.isfinite(values).all():
        raise FileError(path, "holds values that are not numbers (NaN or infinite)")
    return values


def _values(page: tifffile.TiffPage) -> NDArray[np.float32]:
    if page.bitspersample == _ODD_BITS and page.predictor in _STEPS:
        return _odd_values(page)
    return np.asarray(page.asarray(maxworkers=1), np.float32)


def _odd_values(page: tifffile.TiffPage) -> NDArray[np.float32]:
    """(H, W, S) of 24 bits behind a predictor, which tifffile does not undo."""
    height, width, samples = page.imagelength, page.imagewidth, page.samplesperpixel
    tall, wide = (page.tilelength, page.tilewidth) if page.is_tiled else (page.rowsperstrip, width)
    across = -(-width // wide)
    values = np.zeros((height, width, samples), np.float32)
    for number, (offset, length) in enumerate(zip(page.dataoffsets, page.databytecounts, strict=True)):
        top, left = number // across * tall, number % across * wide
        rows = tall if page.is_tiled else min(tall, height - top)
        page.parent.filehandle.seek(offset)
        packed = page.parent.filehandle.read(length)
        data = imagecodecs.zlib_decode(packed, out=rows * wide * samples * 3)
        lines = np.frombuffer(data, np.uint8).reshape(rows, -1)
        plain = unpredicted(lines, 3, samples * _STEPS[page.predictor]).tobytes()
        part = imagecodecs.float24_decode(plain, byteorder=">").reshape(rows, wide, samples)
        values[top : top + rows, left : left + wide] = part[: height - top, : width - left]
    return values


def unpredicted(lines: NDArray[np.uint8], size: int, step: int) -> NDArray[np.uint8]:
    """(H, W·size) behind the floating-point predictor → the same bytes as numbers of `size` bytes, the highest first.

    Adobe's TIFF technical note 3: a line has the highest bytes of all numbers, then the next ones, as differences to
    the byte `step` before. `lines` has that for each row.
    """
    rows, length = lines.shape
    padded = np.pad(lines, ((0, 0), (0, -length % step)))
    summed = padded.reshape(rows, -1, step).cumsum(axis=1, dtype=np.uint8).reshape(rows, -1)[:, :length]
    return np.ascontiguousarray(summed.reshape(rows, size, -1).transpose(0, 2, 1)).reshape(rows, -1)


def whole_numbers(values: NDArray[np.float32], levels: Levels) -> tuple[NDArray[np.uint16], Levels]:
    """(H, W) as 16 bits, with what is below 0 and above the white level, and the levels in their units."""
    white = float(levels.white[0])
    lowest = min(0.0, float(values.min()))
    highest = max(white, min(float(values.max()), _MOST_ABOVE_WHITE * white))
    factor = _LARGEST / (highest - lowest)
    scaled = np.rint((values - np.float32(lowest)) * np.float32(factor))
    moved = Levels(levels.pattern - lowest, levels.white - lowest, levels.rows, levels.columns)
    return np.clip(scaled, 0, _LARGEST).astype(np.uint16), moved.scaled(factor)
