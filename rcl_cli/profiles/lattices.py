"""What is measured of a frame, and what its noise profile is labelled with."""

from __future__ import annotations

from typing import Any

import numpy as np

from rcl_calibration.samples import Lattice
from rcl_cli.domain import Domain
from rcl_cli.profiles.xtrans_layouts import FIRST, xtrans_layouts
from rcl_cli.raw.far import FAR
from rcl_cli.raw.frame import Frame, RawFrame, RgbFrame

_XTRANS_LATTICES = {0: 3, 1: 6, 3: 3}
"""How many of the 8, 20 and 8 lattices of each plane are looked at: enough to find flat places by."""
_SHOWN, _PILED = 64, 2
"""DN above the lowest that are looked at, and how many times as common as these it is where values were cut off."""


def lattices(frame: Frame) -> list[Lattice]:
    """What `rcl_calibration` measures: every pixel of the sensor in lattices of one filter each, or three planes."""
    return _mosaic_lattices(frame) if isinstance(frame, RawFrame) else _rgb_lattices(frame)


def close_lattices(frame: Frame) -> list[Lattice]:
    """What single pictures are measured in: as `lattices`, but of X-Trans blocks of all neighbours of one filter.

    Its pattern repeats every six pixels, and lattices of pixels that far apart show texture four times as strong.
    """
    shift = frame.cfa.canonical_shift() if isinstance(frame, RawFrame) else None
    if not isinstance(frame, RawFrame) or shift is None or frame.cfa.domain is not Domain.XTRANS:
        return lattices(frame)
    top, left = ((first + FIRST) % frame.cfa.period for first in shift)
    values, lowest = frame.mosaic[top:, left:], _lowest(frame)
    return [
        Lattice(values, plane, frame.black_level[plane], frame.white_level, lowest=lowest, layout=layout)
        for plane, layout in xtrans_layouts()
    ]


def labels(frame: Frame) -> dict[str, Any]:
    """Camera, ISO and levels, as a NoiseProfile names them. RGB has black 0 and white 1."""
    shot, levels = frame.metadata, {"black_level": frame.black_level, "white_level": frame.white_level}
    return {"camera": shot.camera, "iso": shot.iso, **levels}


def _mosaic_lattices(frame: RawFrame) -> list[Lattice]:
    period = frame.cfa.period
    wanted = _XTRANS_LATTICES if frame.cfa.domain is Domain.XTRANS else dict.fromkeys(range(4), 1)
    taken = dict.fromkeys(wanted, 0)
    found, lowest = [], _lowest(frame)
    for (y, x), plane in np.ndenumerate(frame.cfa.planes(period, period)):
        if taken[int(plane)] == wanted[int(plane)]:
            continue
        taken[int(plane)] += 1
        values = frame.mosaic[y::period, x::period]
        levels = frame.black_level[plane], frame.white_level
        found.append(Lattice(values, int(plane), *levels, lowest=lowest, offset=(y / period, x / period)))
    return found


def _lowest(frame: RawFrame) -> float:
    """DN that values are cut off at: 0, or the black level where nothing is below and much is on it.

    As of a camera whose black is 0, in a file that was written anew with another black level.
    """
    least = int(frame.mosaic.min())
    if not any(least > 0 and abs(least - black) <= 1 for black in frame.black_level):
        return 0.0
    counts = np.bincount(frame.mosaic[frame.mosaic <= least + _SHOWN] - least, minlength=_SHOWN + 1)
    return float(least) if counts[0] > _PILED * counts[1:].max() else 0.0


def _rgb_lattices(frame: RgbFrame) -> list[Lattice]:
    # The sRGB curve is steepest, and rounding coarsest in linear light, near white; this is its slope at mid-grey.
    slope = 1.0 if frame.transfer == "linear" else 0.7
    step = 0.0 if frame.bits == 32 else slope / (2**frame.bits - 1)
    # What is far from light has squares that are no numbers; here it counts as clipped all the same.
    rgb = np.clip(frame.rgb, -FAR, FAR) if frame.bits == 32 else frame.rgb
    return [Lattice(rgb[..., channel], plane, step=step) for channel, plane in enumerate((0, 1, 3))]
