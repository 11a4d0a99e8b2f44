"""How far apart a file's values really are: cameras that compress leave many out."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rcl_calibration.model import Array
from rcl_calibration.samples import Lattice

_MOST_PIXELS = 200_000
_WINDOW = 0.1
"""Half-width of the values looked at around each, relative, and at least 8 DN."""


def value_spacing(lattice: Lattice, x: Array) -> Array:
    """(n,) mean distance between neighbouring values that occur near the normalised values `x`, in `lattice.step`.

    1 where none is left out, and for floating-point values. Values that are missing by chance, where there are few
    pixels, do not count as left out.
    """
    if lattice.values.dtype.kind not in "iu" or not lattice.values.size:
        return np.ones_like(x)
    used, pixels = _cumulative(lattice.values)
    centre = lattice.black + x * lattice.scale
    half = np.maximum(8.0, _WINDOW * np.abs(x) * lattice.scale)
    low = np.clip(np.rint(centre - half), 0, used.size - 2).astype(np.intp)
    high = np.clip(np.rint(centre + half), low + 1, used.size - 1).astype(np.intp)
    width, count = high - low, pixels[high] - pixels[low]
    expected = width * -np.expm1(-count / width)
    return np.asarray(np.maximum(expected / np.maximum(used[high] - used[low], 1), 1.0))


def _cumulative(values: NDArray[Any]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Below each value: how many values occur, and how many pixels have them."""
    rows = max(1, values.size // _MOST_PIXELS)
    counts = np.bincount(np.maximum(values[::rows], 0).ravel())
    return np.concatenate([[0], np.cumsum(counts > 0)]), np.concatenate([[0], np.cumsum(counts)])
