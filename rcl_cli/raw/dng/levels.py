"""The black and white levels of a DNG, in every form that its specification knows (chapter 5 and the tags' entries)."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rcl_cli.errors import FileError
from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.levels import Levels
from rcl_cli.raw.sensor import Area
from rcl_cli.raw.tags.tiff_tags import TiffTags

log = logging.getLogger(__name__)

_FLOATING_POINT = 3
_MOST_OF_LARGEST = 2.0
"""Some files name one a little above the largest value."""


def dng_levels(path: Path, tags: TiffTags, area: Area, samples: int, cfa: CFA | None = None) -> Levels:
    """Black and white levels of `samples` values a pixel. Raises FileError for numbers that no reading fits."""
    _, _, height, width = area
    rows, columns = (
        _deltas(path, tags, name, length)
        for name, length in (("BlackLevelDeltaV", height), ("BlackLevelDeltaH", width))
    )
    return Levels(_pattern(path, tags, samples, cfa), _white(path, tags, samples), rows, columns)


def _pattern(path: Path, tags: TiffTags, samples: int, cfa: CFA | None) -> NDArray[np.float64]:
    black, repeat = tags.raw_numbers("BlackLevel"), tags.raw_numbers("BlackLevelRepeatDim")
    repeat_y, repeat_x = (
        (int(length) for length in repeat) if repeat.size == 2 and np.isfinite(repeat).all() else (1, 1)
    )
    if black.size == 0:
        return np.zeros((1, 1, samples))
    if not np.isfinite(black).all() or (black < 0).any() or min(repeat_y, repeat_x) < 1:
        raise FileError(path, "has a black level that is no number of at least 0; it is damaged")
    if black.size == repeat_y * repeat_x * samples:
        return black.reshape(repeat_y, repeat_x, samples)
    if np.ptp(black) == 0:
        return np.full((1, 1, samples), black[0])
    if black.size == samples:
        return black.reshape(1, 1, samples)
    if cfa is not None and samples == 1 and black.size == cfa.period**2 and repeat_y * repeat_x == 1:
        return black.reshape(cfa.period, cfa.period, 1)
    reason = f"has {black.size} black levels where its tags tell of {repeat_y} × {repeat_x} × {samples}"
    raise FileError(path, f"{reason}, so that nobody can say which is whose")


def _deltas(path: Path, tags: TiffTags, name: str, length: int) -> NDArray[np.float64]:
    values = tags.raw_numbers(name)
    if not values.any():
        return np.zeros(1)
    if values.size != length or not np.isfinite(values).all():
        raise FileError(path, f"has {values.size} values of {name} for {length} lines; its black level is not known")
    return values


def _white(path: Path, tags: TiffTags, samples: int) -> NDArray[np.float64]:
    white = tags.raw_numbers("WhiteLevel")
    if white.size == 0:
        return np.full(samples, _largest(tags))
    if not (np.isfinite(white) & (white > 0)).all():
        raise FileError(path, "claims a white level of 0; it is damaged")
    if not floating_point(tags) and white.max() > _MOST_OF_LARGEST * _largest(tags):
        raise FileError(path, f"claims a white level of {white.max():g}, far above what its pixels can hold")
    if white.size == samples:
        return white
    if np.ptp(white) > 0:
        log.warning("%s: has %d white levels for %d; the first, %g, is used", path, white.size, samples, white[0])
    return np.full(samples, white[0])


def _largest(tags: TiffTags) -> float:
    """The white level of a DNG that names none: the largest value that its pixels can have."""
    if floating_point(tags):
        return 1.0
    stored = 2.0 ** next(iter(tags.raw_numbers("BitsPerSample")), 16) - 1
    # A table that spreads few bits over many leaves the specification's default far too low.
    return max(stored, float(tags.raw_numbers("LinearizationTable").max(initial=0)))


def floating_point(tags: TiffTags) -> bool:
    """True where the pixels are floating-point numbers, which LibRaw brings to a range of its own."""
    return bool(next(iter(tags.raw_numbers("SampleFormat")), 1) == _FLOATING_POINT)
