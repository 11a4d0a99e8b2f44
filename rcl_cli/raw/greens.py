"""Evening out the two greens of a Bayer mosaic: sensors let red and blue neighbours leak into them, differently."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from rcl_cli.raw.strips import by_strips

Float = NDArray[np.float32]

_RADIUS = 16
"""Elements around its own over which an element's difference is averaged."""
_CERTAIN = 2.0
"""Standard errors that a difference must have to be believed."""
_MOST = 0.05
"""Of the greens' mean; a larger difference is in the scene. Half of it is evened out whole."""
_FLAT = 0.01
"""Spread of neighbouring greens, over their mean, at which an element counts half as much as a flat one."""
_CLIPPED = 0.98
_STRIP = 512
"""Rows worked on together, in elements."""
_TINY = 1e-12


def even_greens(x: Float) -> Float:
    """Packed R, Gr, Gb, B (4, h, w), 0…1 linear, with the two greens brought together where they differ.

    Each element's greens move half the way to each other that they differ on average around it, flat places counting
    most, so that their mean stays. A demosaiced flat part would show the difference as a maze. What is no larger than
    chance, than the scene's detail can make it, or larger than sensors do, stays, and so does what is clipped.
    """
    result = x.copy()

    def even(start: int, end: int) -> None:
        first, last = max(start - _RADIUS - 1, 0), min(end + _RADIUS, x.shape[1])
        excess = _excess(x[1, first:last], x[2, first:last])[start - first : end - first]
        result[1, start:end] -= excess / 2
        result[2, start:end] += excess / 2

    by_strips(even, (x.shape[1], 2 * x.shape[2]), _STRIP)
    return result


def _excess(gr: Float, gb: Float) -> Float:
    """By how much Gr is too bright beside Gb, at each element: (h, w)."""
    # Between four Gb, so that no gradient counts as a difference.
    padded = np.pad(gb, ((1, 0), (0, 1)), mode="edge")
    corners = (padded[:-1, :-1], padded[:-1, 1:], padded[1:, :-1], padded[1:, 1:])
    around = (corners[0] + corners[1] + corners[2] + corners[3]) / 4
    difference, green = gr - around, (gr + around) / 2
    spread = np.maximum.reduce(corners) - np.minimum.reduce(corners)
    measurable = (np.maximum(gr, np.maximum.reduce(corners)) < _CLIPPED).astype(np.float32)
    weight = measurable / (spread**2 + (_FLAT * np.abs(green)) ** 2 + _TINY)
    total = np.maximum(_around(weight), _TINY)
    mean, level = _around(weight * difference) / total, _around(weight * green) / total
    variance = _around(weight * (difference - mean) ** 2) / total
    error = variance * _around(weight**2) / total**2 / (2 * _RADIUS + 1) ** 2
    believed = np.clip(1 - _CERTAIN**2 * error / np.maximum(mean**2, _TINY), 0, 1)
    of_a_sensor = np.clip(2 - 2 * np.abs(mean) / np.maximum(_MOST * level, _TINY), 0, 1)
    excess: Float = mean * believed * of_a_sensor * measurable
    return excess


def _around(plane: Float) -> Float:
    """The mean over each element's surroundings."""
    size = 2 * _RADIUS + 1
    return np.asarray(cv2.boxFilter(plane, -1, (size, size), borderType=cv2.BORDER_REFLECT), np.float32)
