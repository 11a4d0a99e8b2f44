"""Photosites that are far off alone, hot or dead, told from stars and highlights, whose light spreads."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from rcl_calibration.profile import NoiseProfile
from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.strips import by_strips

Float = NDArray[np.float32]

_SURE = 10.0
"""Standard deviations beyond all neighbours of its colour."""
_CONTRAST = 2.0
"""And, beyond them, this share of what they differ among themselves."""
_LEAST = 0.01
"""And this, of white: what is less does not show."""
_SPREAD = 0.02
"""Of any light, red or blue too, more than this share falls on the eight sites beside, through any lens and filter."""
_SPREAD_OWN = 0.01
"""And so much more on each of them that has the colour of the site: no filter keeps the light from those."""
_UNCERTAIN = 2.0
"""Standard deviations by which what falls there may be mistaken."""
_OUTLYING = 0.64
"""Share of the most that one site can be off; what is `_CONTRAST` beyond its neighbours has more."""
_REACH = 2
"""Pixels around a site in which its colour is looked at."""
_STRIP = 512
"""Rows worked on together."""
_NONE = 3
"""The colour beyond the borders."""
Places = tuple[NDArray[np.intp], NDArray[np.intp]]
"""Rows and columns."""


def mend(mosaic: Float, cfa: CFA, noise: NoiseProfile) -> Float:
    """A mosaic (H, W), 0…1 linear, in which each hot or dead photosite has the mean of its colour around it.

    `noise`: that of the mosaic. Such a photosite is brighter or darker than all of its colour within two pixels, by
    more than noise and detail explain, and surely leaves nothing on those beside it. Where noise or detail hides what
    it leaves, it may be a lamp, a glint or a star, and stays. The mosaic itself is returned where there is none.
    """
    (height, width), reach = mosaic.shape, _REACH + 1

    def strip(start: int, end: int) -> tuple[Places, Float]:
        first, last = max(start - reach, 0), min(end + reach, height)
        x, colors = mosaic[first:last], cfa.shifted(first, 0).colors(last - first, width)
        inside = slice(start - first, end - first)
        rows, columns = np.nonzero(_suspects(x, colors, bayer=cfa.period == 2)[inside])
        places = rows + inside.start + reach, columns + reach
        around = (_around(np.pad(x, reach), places, reach), _around(_padded(colors, reach), places, reach))
        found, values = _defects(*around, noise)
        return (start + rows[found], columns[found]), values

    defects = [(places, values) for places, values in by_strips(strip, (height, width), _STRIP) if len(values)]
    if not defects:
        return mosaic
    mended = mosaic.copy()
    for places, values in defects:
        mended[places] = values
    return mended


def _padded(colors: NDArray[np.uint8], beyond: int) -> NDArray[np.uint8]:
    return np.pad(colors, beyond, constant_values=_NONE)


def _suspects(x: Float, colors: NDArray[np.uint8], *, bayer: bool) -> NDArray[np.bool_]:
    """All sites that can be defects, and few others: far beyond those of their colour near them, or beyond some."""
    side = 2 * _REACH + 1
    if bayer:
        # At even distances lies the same colour, wherever one is.
        kernel = np.zeros((side, side), np.uint8)
        kernel[::2, ::2] = 1
        kernel[_REACH, _REACH] = 0
        return _beyond(x, cv2.dilate(x, kernel), cv2.erode(x, kernel))
    kernel = np.ones((side, side), np.uint8)
    kernel[_REACH, _REACH] = 0
    found = np.zeros(x.shape, np.bool_)
    for color in range(3):
        own = colors == color
        high, low = (np.where(own, x, np.float32(none)) for none in (-np.inf, np.inf))
        found |= own & _beyond(x, cv2.dilate(high, kernel), cv2.erode(low, kernel))
    return found


def _beyond(x: Float, high: NDArray[Any], low: NDArray[Any]) -> NDArray[np.bool_]:
    """Beyond the highest or the lowest neighbours by more than their contrast asks for."""
    with np.errstate(invalid="ignore"):  # infinite where there is no neighbour
        least = cv2.scaleAdd(cv2.subtract(high, low), _CONTRAST, np.full_like(x, _LEAST))
        return (cv2.subtract(x, high) > least) | (cv2.subtract(low, x) > least)


def _defects(x: Float, colors: NDArray[np.uint8], noise: NoiseProfile) -> tuple[NDArray[np.bool_], Float]:
    """Which of the sites in the middle of these squares, (n, 7, 7), are defects, and what those should be."""
    middle = _REACH + 1
    means, counts, variance = _means(x, colors)
    sigma = np.sqrt(np.maximum(max(noise.shot) * np.maximum(means, 0) + max(noise.read), 0))
    site, seen = x[:, middle, middle], np.s_[:, 1:-1, 1:-1]
    own = colors[seen] == colors[:, middle, middle, None, None]
    own[:, _REACH, _REACH] = False
    high = np.where(own, x[seen], -np.inf).max(axis=(1, 2))
    low = np.where(own, x[seen], np.inf).min(axis=(1, 2))
    beyond = np.maximum(site - high, low - site)
    # One value of n can be (n − 1)² / n variances off, and is if the others are equal.
    n = counts[:, 1, 1]
    outlying = np.square(site - means[:, 1, 1]) * n > _OUTLYING * np.square(n - 1) * variance
    certain = outlying & (beyond > _SURE * sigma[:, 1, 1] + _CONTRAST * (high - low) + _LEAST)
    # A mean that the site itself is part of is taken without it.
    beside = np.s_[:, _REACH:-_REACH, _REACH:-_REACH]
    shared = own[:, 1:-1, 1:-1]
    others = np.maximum(counts - 1, 1)
    without = np.where(shared, (means * counts - site[:, None, None]) / others, means)
    chance, left = np.square(sigma), x[beside] - without
    left[:, 1, 1] = chance[:, 1, 1] = 0
    # Among detail darker neighbours would make up for those that a glint has lit. Slopes cancel in opposite ones.
    detail = np.square(left + left[:, ::-1, ::-1]).sum(axis=(1, 2)) / 2
    unsure = np.sqrt(np.maximum(_UNCERTAIN**2 * chance.sum(axis=(1, 2)), detail))
    share = np.abs(left.sum(axis=(1, 2))) + unsure
    least = _SPREAD + _SPREAD_OWN * shared.sum(axis=(1, 2))
    found = certain & (share < least * beyond)
    mean = np.where(own, x[seen], 0).sum(axis=(1, 2))[found] / own.sum(axis=(1, 2))[found]
    return found, mean.astype(np.float32)


def _means(x: Float, colors: NDArray[np.uint8]) -> tuple[Float, Float, Float]:
    """Of the 3×3 in the middle of each square (n, 7, 7): mean and number of their colour around them, (n, 3, 3).

    And the variance around the one in the middle, (n,).
    """
    side = 2 * _REACH + 1
    means, counts = (np.empty((len(x), 3, 3), np.float32) for _ in range(2))
    variance = np.empty(len(x), np.float32)
    for row, column in np.ndindex(3, 3):
        seen = np.s_[:, row : row + side, column : column + side]
        own = colors[seen] == colors[:, row + _REACH, column + _REACH, None, None]
        values, count = np.where(own, x[seen], 0), own.sum(axis=(1, 2))
        mean = values.sum(axis=(1, 2)) / count
        means[:, row, column], counts[:, row, column] = mean, count
        if (row, column) == (1, 1):
            variance[:] = np.square(values).sum(axis=(1, 2)) / count - np.square(mean)
    return means, counts, variance


def _around(values: NDArray[Any], places: Places, reach: int) -> NDArray[Any]:
    """The square around each place: (number of places, 2 · reach + 1, 2 · reach + 1)."""
    dy, dx = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    square: NDArray[Any] = values[places[0][:, None, None] + dy, places[1][:, None, None] + dx]
    return square
