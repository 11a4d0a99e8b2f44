"""Mosaics continued beyond their borders, every pixel in the colour of its filter."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Value = TypeVar("Value", bound=np.generic)


def continued(mosaic: NDArray[Value], period: int, before: int, after: tuple[int, int]) -> NDArray[Value]:
    """(H, W) → with `before` rows and columns at the top and left, `after` of each at the bottom and right.

    Each pixel outside takes the value of the nearest one inside that has its place in the pattern.
    """
    rows, columns = (_places(length, period, before, end) for length, end in zip(mosaic.shape, after, strict=True))
    return mosaic[np.ix_(rows, columns)]


def _places(length: int, period: int, before: int, after: int) -> NDArray[np.int64]:
    at = np.arange(-before, length + after)
    beyond = np.maximum(at - length + period, 0) // period * period
    return np.where(at < 0, at % period, at - beyond)
