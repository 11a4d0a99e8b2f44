"""The light-shielded border that some sensors have: black level and read noise without any model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Planes = tuple[float, float, float, float]
Line = NDArray[np.float64]

_LEAST_LINES = 8
_LEAST_PIXELS = 2000
_STRIPS = 8
_DARK = 0.03
"""A border brighter than black by this part of the range sees light."""
_MOST_SIGMA = 0.02
"""And one that varies by more than this part of the range is no border of a working sensor."""
_LEVEL_TOLERANCE = 0.5
_SPREAD_TOLERANCE = 1.3
_CLIP = 5.0


@dataclass(frozen=True)
class OpticalBlack:
    """What the shielded pixels of one frame say, in DN, per plane R, Gr, Gb, B."""

    mean: Planes
    sigma: Planes
    """Standard deviation, rounding included, without what is constant along a row or column."""
    pixels: int

    def read(self, black_level: Sequence[float], white_level: float) -> Planes:
        """λ_read per plane, normalised by these levels; rounding is taken off, and nothing is left of less."""
        r, gr, gb, b = (
            max(sigma**2 - 1 / 12, 0.0) / (white_level - black) ** 2
            for sigma, black in zip(self.sigma, black_level, strict=True)
        )
        return r, gr, gb, b


def measure_optical_black(
    whole: NDArray[np.uint16], planes: NDArray[np.uint8], visible: tuple[int, int, int, int], black: float, white: float
) -> OpticalBlack | None:
    """Measure the largest border outside the visible area that is dark and flat; None where there is none.

    whole: (H, W) all that the sensor read, DN; planes: (H, W) noise plane of each pixel, 0–3; visible: top, left,
    height, width. Not every border is shielded: some show the picture's edge, some hold nothing or the camera's marks.
    """
    found = [
        measured
        for border, border_planes in _borders(whole, planes, visible)
        if (measured := _measure(border, border_planes, black, white)) is not None
    ]
    return max(found, key=lambda one: one.pixels, default=None)


def _borders(
    whole: NDArray[np.uint16], planes: NDArray[np.uint8], visible: tuple[int, int, int, int]
) -> list[tuple[NDArray[np.uint16], NDArray[np.uint8]]]:
    """Left, right, top and bottom, each with its lines as columns, so that they run along the picture's side."""
    top, left, height, width = visible
    rows = np.s_[top : top + height]
    sides = [
        (whole[rows, :left], planes[rows, :left]),
        (whole[rows, left + width :], planes[rows, left + width :]),
        (whole[:top].T, planes[:top].T),
        (whole[top + height :].T, planes[top + height :].T),
    ]
    return [side for side in sides if side[0].shape[1] >= _LEAST_LINES]


def _measure(border: NDArray[np.uint16], planes: NDArray[np.uint8], black: float, white: float) -> OpticalBlack | None:
    lines = border.astype(np.float32)
    usual = _usual(lines)
    level, spread, _ = _columns(lines, usual)
    middle, width = float(np.median(level)), float(np.median(spread))
    good = (np.abs(level - middle) <= max(_LEVEL_TOLERANCE * width, 0.2)) & (spread <= _SPREAD_TOLERANCE * width)
    if good.sum() < _LEAST_LINES or not _dark(middle, width, black, white) or not _flat(lines, usual & good, width):
        return None
    means, sigmas = np.full(4, np.nan), np.full(4, np.nan)
    for plane in range(4):
        mine = usual & (planes == plane) & good
        if mine.sum() >= _LEAST_PIXELS:
            mean, sigma, count = _columns(lines, mine)
            filled = count > 1
            means[plane] = np.average(mean[filled], weights=count[filled])
            sigmas[plane] = np.sqrt(np.average(sigma[filled] ** 2, weights=count[filled] - 1))
    return None if np.isnan(means).all() else OpticalBlack(_filled(means), _filled(sigmas), int((usual & good).sum()))


def _usual(lines: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Where a pixel is no outlier of its column."""
    off = np.abs(lines - np.median(lines, axis=0))
    # Of rounded values the median distance can be 0.
    reach = _CLIP * max(1.4826 * float(np.median(off)), float(np.quantile(off[::4], 0.68)), 0.5)
    return np.asarray(off <= reach)


def _columns(lines: NDArray[np.float32], used: NDArray[np.bool_]) -> tuple[Line, Line, Line]:
    """Mean, standard deviation and number of the pixels used in each column."""
    count = used.sum(axis=0).astype(np.float64)
    mean = np.where(used, lines, 0).sum(axis=0, dtype=np.float64) / np.maximum(count, 1)
    square = np.where(used, np.square(lines - mean.astype(np.float32)), 0).sum(axis=0, dtype=np.float64)
    return mean, np.sqrt(square / np.maximum(count - 1, 1)), count


def _dark(level: float, sigma: float, black: float, white: float) -> bool:
    span = white - black
    return 0 < sigma < _MOST_SIGMA * span and abs(level - black) < _DARK * span and level > 2 * sigma


def _flat(lines: NDArray[np.float32], used: NDArray[np.bool_], sigma: float) -> bool:
    """The level must not follow the picture along the border."""
    rows = np.where(used, lines, 0).sum(axis=1, dtype=np.float64)
    strips = np.array_split(np.stack([rows, used.sum(axis=1)]), _STRIPS, axis=1)
    levels = [float(total / max(count, 1)) for total, count in (strip.sum(axis=1) for strip in strips)]
    return max(levels) - min(levels) <= max(_LEVEL_TOLERANCE * sigma, 0.2)


def _filled(values: Line) -> Planes:
    """Planes in place of NaN for those that the border lacks: a pattern with one green has no second one."""
    green = values[1] if np.isfinite(values[1]) else np.nanmean(values)
    r, gr, gb, b = (float(value) for value in np.where(np.isfinite(values), values, green))
    return r, gr, gb, b
