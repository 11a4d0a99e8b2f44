"""The noise of pictures that were processed: demosaiced, denoised or resized in the camera, compressed.

What single-image estimates look at, the finest detail, is what processing has taken the noise from. What is left of it
shows in flat blocks as a whole, in their variance about a plane.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rcl_calibration.correlation import BLOCK, without_plane

Array = NDArray[np.float64]

_BINS = 6
"""Of brightness, each with as many blocks: the flattest blocks of the whole would be the darkest, or clipped ones."""
_SHARE = 0.25
_LEAST = 8
"""Blocks in a bin."""
_MOST_BLOCKS = 6000
_CLIPPED = (4 / 255, 251 / 255)


class ProcessedNoise(NamedTuple):
    """The noise in flat blocks."""

    variance: Array
    """(C,), of each channel, in the unit of the values squared."""
    correlation: float
    """Between neighbours, mean over rows, columns and channels; 0 for noise that is independent."""


def processed_noise(picture: NDArray[np.floating[Any]]) -> ProcessedNoise | None:
    """(C, h, w) in [0, 1], as displayed: there the noise of most cameras is about the same at every brightness.

    Of each sixth of the brightnesses the flattest quarter of the blocks counts. None where there are too few blocks, or
    all is clipped.
    """
    if min(picture.shape[-2:]) < BLOCK:
        return None
    blocks = _sampled(picture)
    means = blocks.mean((2, 3))
    inside = ((means > _CLIPPED[0]) & (means < _CLIPPED[1])).all(1)
    noise, brightness = without_plane(blocks[inside]), means[inside].mean(1)
    flat = [noise[part] for part in _flattest(np.square(noise).mean((1, 2, 3)), brightness)]
    if not flat:
        return None
    variance = np.mean([np.square(part).mean((0, 2, 3)) for part in flat], axis=0)
    products = np.mean([_beside(part) for part in flat])
    return ProcessedNoise(variance, float(products / max(variance.mean(), np.finfo(float).tiny)))


def _sampled(picture: NDArray[np.floating[Any]]) -> Array:
    """At most about `_MOST_BLOCKS` blocks on a regular grid: (N, C, BLOCK, BLOCK)."""
    height, width = picture.shape[-2:]
    step = max(BLOCK // 2, int((height * width / _MOST_BLOCKS) ** 0.5))
    windows = np.lib.stride_tricks.sliding_window_view(picture, (BLOCK, BLOCK), axis=(1, 2))[:, ::step, ::step]
    return np.moveaxis(windows, 0, 2).reshape(-1, len(picture), BLOCK, BLOCK).astype(np.float64)


def _flattest(energy: Array, brightness: Array) -> list[NDArray[np.intp]]:
    order = np.argsort(brightness, kind="stable")
    bins = [part for part in np.array_split(order, _BINS) if len(part) >= _LEAST]
    return [part[energy[part] <= np.quantile(energy[part], _SHARE)] for part in bins]


def _beside(noise: Array) -> float:
    """Mean product of neighbours."""
    return float((noise[..., 1:] * noise[..., :-1]).mean() + (noise[..., 1:, :] * noise[..., :-1, :]).mean()) / 2
