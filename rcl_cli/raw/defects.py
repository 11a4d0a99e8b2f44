"""Photosites that are far off alone, hot or dead, told from stars and highlights, whose light spreads."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from rcl_calibration.profile import NoiseProfile
from rcl_cli.raw.cfa import CFA

Float = NDArray[np.float32]

_SURE = 10.0
"""Standard deviations beyond all neighbours of its colour."""
_CONTRAST = 2.0
"""And, beyond them, this share of what they differ among themselves."""
_LEAST = 0.01
"""And this, of white: what is less does not show."""
_SPREAD = 0.02
"""Of any light, red or blue too, more than this share falls on the eight sites beside, through any lens and filter."""
_UNCERTAIN = 2.0
"""Standard deviations by which what falls there may be mistaken."""
_OUTLYING = 0.64
"""Share of the most that one site can be off; what is `_CONTRAST` beyond its neighbours has more."""
_TINY = 1e-6
_REACH = 2
"""Pixels around a site in which its colour is looked at."""
_INNER = [6, 7, 8, 11, 12, 13, 16, 17, 18]
"""The 3×3 sites in the middle of the 5×5 that are looked at."""
_STRIP = 1024
"""Rows worked on together."""
_NONE = 3
"""The colour beyond the borders."""
Places = tuple[NDArray[np.intp], NDArray[np.intp]]
"""Rows and columns."""


def mend(mosaic: Float, cfa: CFA, noise: NoiseProfile) -> Float:
    """A mosaic (H, W), 0…1 linear, in which each hot or dead photosite has the mean of its colour around it.

    `noise`: that of the mosaic. Such a photosite is brighter or darker than all of its colour within two pixels, by
    more than noise and detail explain, and surely leaves nothing on those beside it. Where noise hides what it leaves,
    it may be a lamp or a star, and stays. The mosaic itself is returned where there is none.
    """
    reach, height = _REACH + 1, len(mosaic)
    mended = mosaic
    for start in range(0, height, _STRIP):
        first, last = max(start - reach, 0), min(start + _STRIP + reach, height)
        beyond = ((reach - (start - first), max(start + _STRIP + reach - last, 0)), (reach, reach))
        colors = cfa.shifted(first, 0).colors(last - first, mosaic.shape[1])
        padded = np.pad(mosaic[first:last], beyond)
        (rows, columns), values = _defects(padded, np.pad(colors, beyond, constant_values=_NONE), noise)
        if len(rows):
            mended = mosaic.copy() if mended is mosaic else mended
            mended[start + rows - reach, columns - reach] = values
    return mended


def _defects(x: Float, colors: NDArray[np.uint8], noise: NoiseProfile) -> tuple[Places, Float]:
    """Places, none nearer to the borders than `_REACH` + 1, and what should be there."""
    means, counts, outlying = _means(x, colors)
    sigma = np.sqrt(np.maximum(max(noise.shot) * np.maximum(means, 0) + max(noise.read), 0))
    inner = slice(_REACH + 1, -_REACH - 1)
    # Cheap tests first, which let everything pass that may pass the others.
    far = outlying & (np.abs(x - means) > (_SURE * sigma + _LEAST) / 2)
    rows, columns = (np.nonzero(far[inner, inner])[axis] + _REACH + 1 for axis in (0, 1))
    around = _around(x, (rows, columns), _REACH)
    own = _around(colors, (rows, columns), _REACH) == colors[rows, columns][:, None]
    own[:, own.shape[1] // 2] = False
    high = np.where(own, around, -np.inf).max(axis=1)
    low = np.where(own, around, np.inf).min(axis=1)
    beyond = np.maximum(x[rows, columns] - high, low - x[rows, columns])
    certain = beyond > _SURE * sigma[rows, columns] + _CONTRAST * (high - low) + _LEAST
    beside = (rows[certain], columns[certain])
    near, mean, count = (_around(values, beside, 1) for values in (x, means, counts))
    # A mean that the site itself is part of is taken without it.
    without = np.where(own[:, _INNER][certain], (mean * count - x[beside][:, None]) / (count - 1), mean)
    chance = np.square(_around(sigma, beside, 1))
    left = near - without
    left[:, left.shape[1] // 2] = chance[:, left.shape[1] // 2] = 0
    alone = np.abs(left.sum(axis=1)) + _UNCERTAIN * np.sqrt(chance.sum(axis=1)) < _SPREAD * beyond[certain]
    total = np.where(own, around, 0)[certain][alone].sum(axis=1)
    return (beside[0][alone], beside[1][alone]), total / own[certain][alone].sum(axis=1)


def _means(x: Float, colors: NDArray[np.uint8]) -> tuple[Float, Float, NDArray[np.bool_]]:
    """Of each site's colour around it, itself included: mean, number, and whether it has nearly all the variance."""
    means, counts, outlying = np.zeros_like(x), np.full_like(x, 2), np.zeros(x.shape, np.bool_)
    side = 2 * _REACH + 1
    for color in range(3):
        own = (colors == color).astype(np.float32)
        values = x * own
        share = np.maximum(cv2.boxFilter(own, -1, (side, side)), _TINY)
        mean = cv2.boxFilter(values, -1, (side, side)) / share
        count = share * side**2
        variance = cv2.boxFilter(values * values, -1, (side, side)) / share - mean * mean
        # One value of n can be (n − 1)² / n variances off, and is if the others are equal.
        far = np.square(x - mean) * count > _OUTLYING * np.square(count - 1) * variance
        np.copyto(means, mean, where=own > 0)
        np.copyto(counts, count, where=own > 0)
        np.copyto(outlying, far, where=own > 0)
    return means, counts, outlying


def _around(values: NDArray[Any], places: Places, reach: int) -> NDArray[Any]:
    """The square around each place, row by row: (number of places, (2 · reach + 1)²)."""
    dy, dx = (axis.ravel() for axis in np.mgrid[-reach : reach + 1, -reach : reach + 1])
    square: NDArray[Any] = values[places[0][:, None] + dy, places[1][:, None] + dx]
    return square
