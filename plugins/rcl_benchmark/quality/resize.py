"""Halving a picture's sides, and the luma by which enlarged ones are judged, as the literature does both."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rcl_benchmark.quality.pictures import Float

_LUMA = np.array([65.481, 128.553, 24.966], np.float64) / 255
"""ITU-R BT.601, studio range: Y from 16 to 235 of 255."""
_BLACK = 16 / 255
_BEND = -0.5
"""a of Keys' cubic kernel (1981), as in MATLAB's imresize and in Pillow."""


def half_bicubic(rgb: Float) -> Float:
    """(H, W, 3) → (H/2, W/2, 3) as MATLAB's `imresize(x, 0.5)`: the cubic kernel stretched by two, edges mirrored.

    H and W are even. The kernel spans eight pixels, at ¼, ¾, … of the stretched one; its weights add up to 1.
    """
    distances = (np.arange(8) - 3.5) / 2
    weights = _cubic(distances)
    weights /= weights.sum()
    return _halved(_halved(rgb, weights, 0), weights, 1)


def half_area(rgb: Float) -> Float:
    """(H, W, 3) → (H/2, W/2, 3): the means of 2×2 pixels."""
    height, width, channels = rgb.shape
    return np.asarray(rgb.reshape(height // 2, 2, width // 2, 2, channels).mean((1, 3)), np.float32)


def as_stored(rgb: Float) -> Float:
    """Clipped and rounded to 8 bits, as a file would hold it; still from 0 to 1."""
    return np.asarray(np.rint(np.clip(rgb, 0, 1) * 255) / 255, np.float32)


def luma(rgb: Float) -> Float:
    """(H, W, 3) coded values in [0, 1] → (H, W) Y of YCbCr, from 16/255 to 235/255.

    >>> (luma(np.ones((1, 1, 3), np.float32)) * 255).round(3).tolist()
    [[235.0]]
    """
    return np.asarray(rgb @ _LUMA + _BLACK, np.float32)


def _cubic(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Keys' kernel of reach 2."""
    x = np.abs(x)
    near = (_BEND + 2) * x**3 - (_BEND + 3) * x**2 + 1
    far = _BEND * (x**3 - 5 * x**2 + 8 * x - 4)
    return np.where(x <= 1, near, np.where(x < 2, far, 0.0))


def _halved(x: Float, weights: NDArray[np.float64], axis: int) -> Float:
    length = x.shape[axis]
    padding = [(3, 3) if i == axis else (0, 0) for i in range(x.ndim)]
    padded = np.pad(x.astype(np.float64), padding, mode="symmetric")
    parts = [
        weight * np.take(padded, np.arange(start, start + length, 2), axis) for start, weight in enumerate(weights)
    ]
    halved: Float = np.sum(parts, axis=0).astype(np.float32)
    return halved
