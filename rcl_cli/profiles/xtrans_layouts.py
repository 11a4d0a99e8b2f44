"""How X-Trans is parted into blocks whose noise can be measured: its filters lie on no square grid."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from rcl_calibration.layout import Layout
from rcl_cli.raw.cfa import CFA

FIRST = 1
"""Row and column of the canonical pattern where blocks start. From there red is the mirror image of blue."""
SIZE = 13
"""Pixels a side of a block: 4×4 of the squares of 2×2 greens that there are every three pixels, and a border of one."""
_STRIDES = ((18, 0.0), (6, 2.6))
_HIGH = 8
"""As many as differ by neighbours within squares of greens alone: beyond, texture is twice as strong."""
_GREEN_STEEPER, _OTHER_STEEPER = 1.4, 0.86
"""On photographs of `photos/train`, as `rcl_benchmark.calibration.texture_traits` prints them."""


@cache
def xtrans_layouts() -> tuple[tuple[int, Layout], ...]:
    """Plane and layout of each of four lattices: greens twice, of every other column of squares, red, and blue."""
    colors = CFA.xtrans(FIRST, FIRST).colors(SIZE, SIZE)
    row, column = np.mgrid[:SIZE, :SIZE] - 1
    inside = (row >= 0) & (column >= 0) & (row < SIZE - 2) & (column < SIZE - 2)
    squares = inside & (row % 3 < 2) & (column % 3 < 2)
    second = column // 3 % 2 == 1
    return (
        (1, _layout(squares & ~second, _GREEN_STEEPER)),
        (1, _layout(squares & second, _GREEN_STEEPER)),
        (0, _layout(colors == 0, _OTHER_STEEPER)),
        (3, _layout(colors == 2, _OTHER_STEEPER)),
    )


def _layout(chosen: NDArray[np.bool_], steeper: float) -> Layout:
    rows = tuple("".join("x" if one else "." for one in row) for row in chosen)
    return Layout(rows, 0.5, _STRIDES, _HIGH, steeper)
