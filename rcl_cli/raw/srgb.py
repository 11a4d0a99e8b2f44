"""The sRGB transfer function, IEC 61966-2-1, and the matrices of its primaries."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

XYZ_TO_SRGB: NDArray[np.float64] = np.linalg.inv(
    np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]])
)
"""(3, 3), XYZ (D65) to linear sRGB."""


def srgb_decode(encoded: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """sRGB values in [0, 1] → linear light in [0, 1], any shape.

    >>> srgb_decode(np.array([0.0, 0.5, 1.0])).round(4).tolist()
    [0.0, 0.21400000154972076, 1.0]
    """
    x = np.asarray(encoded, np.float32)
    return np.where(x <= 0.04045, x / 12.92, ((np.maximum(x, 0) + 0.055) / 1.055) ** 2.4).astype(np.float32)


def srgb_encode(linear: NDArray[np.floating[Any]], *, bounded: bool = True) -> NDArray[np.float32]:
    """Linear light → sRGB values, any shape; the inverse of `srgb_decode`.

    Clips to [0, 1], as a display would; without `bounded`, light of at least 0 goes on above 1.
    """
    x = np.clip(np.asarray(linear, np.float32), 0, 1 if bounded else None)
    # OpenCV's power is some ten times as fast as NumPy's, which counts with 24 million pixels.
    encoded = cv2.pow(x.reshape(1, -1), 1 / 2.4).reshape(x.shape).astype(np.float32, copy=False)
    encoded *= 1.055
    encoded -= 0.055
    np.multiply(x, 12.92, out=encoded, where=x <= 0.0031308)
    return encoded
