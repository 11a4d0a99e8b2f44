"""How to take a picture off a sensor: the area that sees it, the filters over it, its levels; here as LibRaw has it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rawpy
from numpy.typing import NDArray

from rcl_cli.errors import FileError
from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.levels import Levels, Planes

Area = tuple[int, int, int, int]
"""Top, left, height, width."""
Crop = tuple[float, float, float, float]

_WINDOW = 12
"""Pixels along each side over which the pattern must repeat."""


@dataclass(frozen=True)
class Sensor:
    """Of a mosaic."""

    area: Area
    """Of all that was read, what sees the picture."""
    cfa: CFA
    """From the area's corner on."""
    levels: Levels
    crop: Crop | None = None
    """Of the area, what is to be shown; None for all."""


def libraw_sensor(path: Path, raw: rawpy.RawPy) -> Sensor:
    """What LibRaw knows of the camera. Raises FileError for all but Bayer and X-Trans."""
    cfa = libraw_cfa(path, raw)
    return Sensor(libraw_area(raw), cfa, Levels.of_planes(_black_levels(raw, cfa), float(raw.white_level), cfa))


def libraw_area(raw: rawpy.RawPy) -> Area:
    """The visible area."""
    return raw.sizes.top_margin, raw.sizes.left_margin, raw.sizes.height, raw.sizes.width


def libraw_cfa(path: Path, raw: rawpy.RawPy) -> CFA:
    """The pattern from the visible area's corner on. Raises FileError for all but Bayer and X-Trans."""
    refuse_monochrome(path, raw)
    letters = raw.color_desc.decode()
    pattern = _pattern(path, raw)
    assert pattern is not None
    period = 6 if pattern.shape[0] == 6 else 2
    window = ["".join(letters[color] for color in row) for row in raw.raw_colors_visible[:_WINDOW, :_WINDOW]]
    repeated = [(window[y % period][:period] * _WINDOW)[:_WINDOW] for y in range(_WINDOW)]
    try:
        if window != repeated:
            raise ValueError("not periodic")
        return CFA(tuple(row[:period] for row in window[:period]))
    except ValueError:
        raise unsupported_pattern(path) from None


def refuse_monochrome(path: Path, raw: rawpy.RawPy) -> None:
    """Raise FileError for a raw without colour filters."""
    if raw.num_colors == 1 or _pattern(path, raw) is None:
        raise FileError(path, "is a monochrome raw, without colour filters; only Bayer, X-Trans and RGB are supported")


def _pattern(path: Path, raw: rawpy.RawPy) -> NDArray[np.uint8] | None:
    """As rawpy has it; None for a monochrome raw. Raises FileError for the patterns that rawpy does not know."""
    try:
        return raw.raw_pattern
    except NotImplementedError as error:
        raise unsupported_pattern(path) from error


def unsupported_pattern(path: Path) -> FileError:
    """The error for all but Bayer and X-Trans."""
    return FileError(path, "has a colour filter pattern other than Bayer or X-Trans, which is not supported")


def _black_levels(raw: rawpy.RawPy, cfa: CFA) -> Planes:
    # LibRaw numbers colours R, G, B, second G; which of the two greens sits in the red rows depends on the phase.
    levels = raw.black_level_per_channel
    if cfa.period == 6:
        return float(levels[0]), float(levels[1]), float(levels[1]), float(levels[2])
    planes, colors = cfa.planes(2, 2), raw.raw_colors_visible[:2, :2]
    gr, gb = (int(colors[planes == plane][0]) for plane in (1, 2))
    return float(levels[0]), float(levels[gr]), float(levels[gb]), float(levels[2])
