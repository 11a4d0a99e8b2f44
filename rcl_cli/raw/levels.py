"""Black and white levels that vary over a sensor, brought down to one black level a plane."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rcl_cli.raw.cfa import CFA

Planes = tuple[float, float, float, float]
Float = NDArray[np.float64]

_STRIP = 256
"""Rows worked on together."""


@dataclass(frozen=True)
class Levels:
    """Black of pixel (y, x) of sample s: pattern[y % R, x % C, s] + rows[y] + columns[x], DN, from the visible corner.

    DNG specification, chapter 5.
    """

    pattern: Float
    """(R, C, S)"""
    white: Float
    """(S,)"""
    rows: Float
    """(H,) or (1,)"""
    columns: Float
    """(W,) or (1,)"""

    @classmethod
    def of_planes(cls, black: Planes, white: float, cfa: CFA) -> Levels:
        """Levels that vary with the colour filter alone."""
        pattern = np.array(black)[cfa.planes(cfa.period, cfa.period), None]
        return cls(pattern, np.array([white]), np.zeros(1), np.zeros(1))

    @classmethod
    def flat(cls, black: Float, white: Float) -> Levels:
        """(S,) black and white levels that are the same everywhere."""
        return cls(black[None, None], white, np.zeros(1), np.zeros(1))

    @property
    def varies_by_line(self) -> bool:
        """True where not all rows and columns are alike."""
        return bool(np.ptp(self.rows) or np.ptp(self.columns))

    def black(self, top: int, height: int, width: int) -> Float:
        """Of the rows from `top` on, in a shape that broadcasts to (height, width, S)."""
        (repeat_y, repeat_x, _), pattern = self.pattern.shape, self.pattern
        if repeat_y * repeat_x > 1:
            pattern = np.roll(pattern, -top, axis=0)
            repeats = (-(-height // repeat_y), -(-width // repeat_x), 1)
            pattern = np.tile(pattern, repeats)[:height, :width]
        rows = self.rows[top : top + height] if self.rows.size > 1 else self.rows
        return pattern + rows[:, None, None] + self.columns[:, None]

    def highest(self, height: int, width: int) -> Float:
        """(S,), the highest black level of each sample in the (height, width) area."""
        return np.asarray(
            np.max([self.black(top, rows, width).max(axis=(0, 1)) for top, rows in _strips(height)], axis=0)
        )

    def scaled(self, factor: float) -> Levels:
        """The same levels in units that are `factor` times as small."""
        return Levels(*(factor * values for values in (self.pattern, self.white, self.rows, self.columns)))


def even_black(mosaic: NDArray[np.uint16], cfa: CFA, levels: Levels) -> tuple[NDArray[np.uint16], Planes]:
    """The mosaic (H, W) with one black level a plane, and those, of R, Gr, Gb, B.

    A plane's level is its highest: pixels with a lower one are raised by the difference, to the nearest DN, so that
    nothing falls below 0, and what is saturated stays at or above the white level (the specification scales by the
    highest black level too). A mosaic whose black varies with the colour filter alone is returned as it is.
    """
    window = _common_window(levels, cfa)
    height, width = mosaic.shape if levels.varies_by_line else np.minimum(mosaic.shape, window).tolist()
    highest, lowest = np.full(4, -np.inf), np.full(4, np.inf)
    for top, rows in _strips(height):
        black, planes = _black(levels, top, rows, width), _planes(cfa, top, rows, width)
        for plane in range(4):
            mine = black[planes == plane]
            highest[plane] = max(highest[plane], mine.max(initial=-np.inf))
            lowest[plane] = min(lowest[plane], mine.min(initial=np.inf))
    if (highest > lowest).any():
        mosaic = mosaic.copy()
        for top, rows in _strips(mosaic.shape[0]):
            black = _black(levels, top, rows, mosaic.shape[1])
            raised = highest[_planes(cfa, top, *black.shape)] - black
            part = mosaic[top : top + rows]
            part[...] = np.minimum(part + np.rint(raised), 65535).astype(np.uint16)
    # X-Trans has no second green.
    missing = highest[1] if np.isfinite(highest[1]) else highest.max()
    r, gr, gb, b = np.where(np.isfinite(highest), highest, missing).tolist()
    return mosaic, (r, gr, gb, b)


def normalized_samples(values: NDArray[Any], levels: Levels) -> NDArray[np.float32]:
    """(H, W, S) DN to float32, 0 = black level, 1 = white level, of each sample; not clipped."""
    result = np.empty(values.shape, np.float32)
    height, width, _ = values.shape
    span = (levels.white - levels.highest(height, width)).astype(np.float32)
    for top, rows in _strips(height):
        strip = result[top : top + rows]
        np.subtract(values[top : top + rows], levels.black(top, rows, width).astype(np.float32), out=strip)
        strip /= span
    return result


def _black(levels: Levels, top: int, height: int, width: int) -> Float:
    """(height, width), of the first sample."""
    return np.broadcast_to(levels.black(top, height, width)[..., 0], (height, width))


def _common_window(levels: Levels, cfa: CFA) -> tuple[int, int]:
    """Rows and columns after which pattern and filters repeat together."""
    repeat_y, repeat_x, _ = levels.pattern.shape
    return int(np.lcm(repeat_y, cfa.period)), int(np.lcm(repeat_x, cfa.period))


def _strips(height: int) -> Iterator[tuple[int, int]]:
    return ((top, min(_STRIP, height - top)) for top in range(0, height, _STRIP))


def _planes(cfa: CFA, top: int, height: int, width: int) -> NDArray[np.uint8]:
    return cfa.shifted(top, 0).planes(height, width)
