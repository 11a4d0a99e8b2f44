"""Which parts of a picture to look at: those that changed most."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

_FREE = 1.25
"""Least distance between the centres of two parts, in sides."""


def most_changed(before: NDArray[np.uint8], after: NDArray[np.uint8], side: int, count: int) -> list[tuple[int, int]]:
    """Top left corners of up to `count` windows of `side` pixels, or less, the one that changed most first.

    `before` and `after`: (H, W, 3) of one size. What counts is the mean absolute difference within a window. No two
    windows overlap; a window in which nothing changed comes only as the first.
    """
    change = np.abs(before.astype(np.float32) - after.astype(np.float32)).mean(axis=2)
    height, width = (min(side, length) for length in change.shape)
    sums = cv2.boxFilter(change, cv2.CV_32F, (width, height), anchor=(0, 0), borderType=cv2.BORDER_CONSTANT)
    means = np.array(sums[: change.shape[0] - height + 1, : change.shape[1] - width + 1])
    found: list[tuple[int, int]] = []
    while len(found) < count:
        top, left = divmod(int(means.argmax()), means.shape[1])
        if means[top, left] < (0 if not found else 1e-6):
            break
        found.append((top, left))
        rows = slice(max(0, top - int(_FREE * height)), top + int(_FREE * height) + 1)
        columns = slice(max(0, left - int(_FREE * width)), left + int(_FREE * width) + 1)
        means[rows, columns] = -1
    return found
