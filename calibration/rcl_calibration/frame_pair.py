"""Two frames of one scene: what is left when one is taken from the other, free of light that flickers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rcl_calibration.model import Array, Noise
from rcl_calibration.samples import Lattice

Plane = NDArray[np.float32]

BLOCK = 8
"""Blocks are BLOCK×BLOCK pixels of one lattice."""
MOST_FLICKER = 0.15
"""Frames whose light differs by more than this part are no pair."""
_FLICKER_PRIOR = 0.02
_OUTLIER = 4.0
_AXIS_OUTLIER = 5.0
_HOT = 5.0
_LEAST_OF_LINE = 0.2
_LEAST_LIGHT = 5.0
"""Mean over the noise of a block's mean, below which frames are too dark to tell flicker, or to suffer from it."""


@dataclass(frozen=True)
class Difference:
    """One lattice of two frames of one scene, normalised, cropped to whole blocks; (h, w) each."""

    mean: Plane
    """Of the two frames."""
    difference: Plane
    """First less second, both brought to the same light; its variance is twice that of the noise."""
    cut: NDArray[np.bool_]
    """Where a frame is black or white."""
    flicker: float
    """By how much the first frame is brighter than the second, as a part."""


@dataclass(frozen=True)
class WhiteDifference:
    """A difference without row and column noise."""

    difference: Plane
    """(h, w)"""
    taken: Array
    """(h/BLOCK, w/BLOCK) variance of one frame's white noise that went with the row and column means"""
    row_variance: float
    """Variance of row noise in one frame, normalised; 0 where there is none."""
    column_variance: float


def blocks_of(values: NDArray[Any]) -> NDArray[Any]:
    """(h, w) → (h/BLOCK, BLOCK, w/BLOCK, BLOCK) view."""
    h, w = values.shape
    return values.reshape(h // BLOCK, BLOCK, w // BLOCK, BLOCK)


def difference(first: Lattice, second: Lattice) -> Difference:
    """Compare the same lattice of two frames.

    Flicker multiplies, and under a rolling shutter each row by another factor: the factor is found for bands of rows
    and shared evenly between the frames, which changes neither's variance by more than a part in a thousand.
    Raises ValueError if the frames differ in size or levels, are smaller than a block, or in their light by more
    than MOST_FLICKER.
    """
    if first.values.shape != second.values.shape or (first.black, first.white) != (second.black, second.white):
        raise ValueError("the frames differ in size or levels")
    h, w = (n // BLOCK * BLOCK for n in first.values.shape)
    if not h or not w:
        raise ValueError("the frames are too small")
    raw = [lattice.values[:h, :w] for lattice in (first, second)]
    highest = first.white - first.step / 2
    lowest = first.lowest + first.step / 2
    cut = (raw[0] >= highest) | (raw[1] >= highest) | (raw[0] < lowest) | (raw[1] < lowest)
    a, b = ((values.astype(np.float32) - np.float32(first.black)) / np.float32(first.scale) for values in raw)
    ratio = _ratio_by_row(a, b, cut)
    if np.abs(ratio - 1).max() > MOST_FLICKER:
        raise ValueError(f"the light changed by {100 * (np.median(ratio) - 1):+.0f} % between the frames")
    root = np.sqrt(ratio).astype(np.float32)[:, None]
    a /= root
    b *= root
    a -= b
    b += a / 2
    return Difference(b, a, cut, float(np.median(ratio) - 1))


def without_hot(one: Difference, step: float) -> Difference:
    """Of dark frames: hot pixels, which are brighter in both frames than noise makes them, count as cut off.

    Their dark current has shot noise that is no read noise. `step`: distance between neighbouring values, normalised.
    """
    off = np.abs(one.mean - np.median(one.mean))
    limit = _HOT * max(1.4826 * float(np.median(off)), step / 2)
    return replace(one, cut=one.cut | (off > limit))


def without_axes(one: Difference, noise: Noise, rounding: float) -> WhiteDifference:
    """Take the means of rows and columns out of a difference: row and column noise are no part of λ_read.

    Pixels are weighed by a first guess of their noise, else the noise of bright pixels would come into dark ones.
    `rounding`: variance of rounding, normalised.
    """
    variance = np.float32(noise.shot) * np.maximum(one.mean, 0) + np.float32(noise.read + rounding)
    weight = np.where(one.cut | (one.difference**2 > 2 * _AXIS_OUTLIER**2 * variance), 0, 1 / variance)
    white = one.difference.copy()
    taken = np.zeros_like(white[::BLOCK, ::BLOCK], dtype=np.float64)
    found = []
    for axis in (1, 0):
        total = weight.sum(axis=axis, keepdims=True, dtype=np.float64)
        known = (weight > 0).mean(axis=axis, keepdims=True) > _LEAST_OF_LINE
        mean = (weight * white).sum(axis=axis, keepdims=True, dtype=np.float64) / np.maximum(total, 1e-12)
        own = 1 / np.maximum(total, 1e-12)
        found.append(max(float(np.mean((mean**2 / 2 - own)[known])), 0.0) if known.any() else 0.0)
        white -= np.where(known, mean, 0.0).astype(np.float32)
        shape = (-1, BLOCK, 1) if axis == 1 else (1, -1, BLOCK)
        taken += np.where(known, own, 0.0).reshape(shape).mean(axis=2 - axis)
    return WhiteDifference(white, taken, *found)


def _ratio_by_row(a: Plane, b: Plane, cut: NDArray[np.bool_]) -> Array:
    """(h,) by what factor the first frame is brighter, row by row; drawn to 1 where it is dark."""
    whole = ~blocks_of(cut).any(axis=(1, 3))
    first, second = (blocks_of(values).mean(axis=(1, 3), dtype=np.float64) for values in (a, b))
    if not whole.any():
        return np.ones(a.shape[0])
    overall = float(np.clip(first[whole].sum() / max(second[whole].sum(), 1e-12), 0.1, 10.0))
    noise = 1.4826 * float(np.median(np.abs((first - overall * second)[whole]))) + 1e-9
    # Dark frames have no light to compare.
    if first[whole].mean() < _LEAST_LIGHT * noise:
        return np.ones(a.shape[0])
    rest = first - overall * second
    used = whole & (np.abs(rest) < _OUTLIER * noise + MOST_FLICKER / 2 * np.maximum(first, 0))
    light = np.where(used, second * overall, 0.0)
    gain = (light * rest).sum(axis=1) / ((light**2).sum(axis=1) + (noise / _FLICKER_PRIOR) ** 2)
    centres = (np.arange(gain.size) + 0.5) * BLOCK - 0.5
    return np.asarray(overall * (1 + np.interp(np.arange(a.shape[0]), centres, gain)))
