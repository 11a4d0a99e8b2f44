"""The noise of pictures that were processed: demosaiced, denoised or resized in the camera, compressed.

What single-image estimates look at, the finest detail, is what processing has taken the noise from. What is left of it
shows in flat blocks as a whole, in their variance about a plane. Texture shows there too. Three things tell them apart.
As displayed the noise of most cameras is about the same at every brightness, so the quietest brightness has least
texture. Noise is as strong in one flat block as in the next. And its spectrum has a knee: even, until processing cuts
it off, where that of texture falls steadily.
"""

from __future__ import annotations

from itertools import pairwise
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
_BANDS = (1.9, 3.1, 5.0, 8.0, 12.0, 23.0)
"""Bounds of spatial frequency, in half periods a block."""
_MIDDLE = 1.25
"""Weight of the fall in the middle of the spectrum."""
_QUIET = 2.0
"""Brightnesses with up to so many times the least variance count."""
_OF_KNEE, _OF_SPREAD, _LESS = 0.8, 1.11, 0.28
"""How certain noise is, by the knee and by the logarithm of how much blocks differ: after a logistic fit to crops of
photographs, clean and with noise of known level, processed in many ways."""
_CUT = 0.8, 1.2
"""Falls at the end of the spectrum: of finest detail that is still there, so that other estimates see the noise in it,
and of such that processing has taken."""
_ENLARGED = 2.1, 1.7
"""Falls before that: of pictures that were enlarged, and the most of those that were not."""
_STEADY = 2.2, 1.4
"""Falls in the first half: of texture, and of noise."""
_FAINT = 1.0 / 255, 2.2 / 255
"""Standard deviations that some texture has everywhere."""
_MUCH = 11.5 / 255, 7.5 / 255
"""Standard deviations that are rather a lawn's or a sandy beach's, and that noise has at the highest ISO."""
_LEAST_SPREAD = 0.2
"""Less says no more: there is texture that is as even."""
_ROUNDING = 1e-8
"""Variance that is not told apart from none."""


class ProcessedNoise(NamedTuple):
    """The noise in flat blocks."""

    variance: Array
    """(C,), of each channel, in the unit of the values squared."""
    correlation: float
    """Between neighbours, mean over rows, columns and channels; 0 for noise that is independent."""
    certain: float
    """0…1, the part of the standard deviation that cannot well be texture."""


def processed_noise(picture: NDArray[np.floating[Any]]) -> ProcessedNoise | None:
    """(C, h, w) in [0, 1], as displayed: there the noise of most cameras is about the same at every brightness.

    Of each sixth of the brightnesses the flattest quarter of the blocks is looked at; the quietest sixth counts, and
    those that are nearly as quiet. None where there are too few blocks, or all is clipped.
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
    energies = [float(np.square(part).mean()) for part in flat]
    least = min(energies)
    quietest = flat[energies.index(least)]
    near = [part for part, energy in zip(flat, energies, strict=True) if energy <= _QUIET * least]
    variance = np.mean([np.square(part).mean((0, 2, 3)) for part in near], axis=0)
    among = float(np.square(quietest).mean())
    return ProcessedNoise(variance, float(_beside(quietest) / max(among, np.finfo(float).tiny)), _certain(quietest))


def _certain(noise: Array) -> float:
    """0…1, of blocks (N, C, BLOCK, BLOCK) without their planes."""
    low, middle, high, end = _falls(noise)
    energy = np.square(noise).mean((1, 2, 3))
    level = float(energy.mean() ** 0.5)
    spread = float(np.log(energy + _ROUNDING).std())
    knee = end - high - _MIDDLE * middle
    even = np.clip(_OF_KNEE * knee - _OF_SPREAD * np.log(max(spread, _LEAST_SPREAD)) - _LESS, 0, 1)
    believed = (
        _ramp(end, *_CUT),
        _ramp(high, *_ENLARGED),
        _ramp(low + middle, *_STEADY),
        _ramp(level, *_FAINT),
        _ramp(level, *_MUCH),
    )
    return float(even * np.prod(believed))


def _ramp(value: float, none: float, whole: float) -> float:
    return float(np.clip((value - none) / (whole - none), 0, 1))


def _falls(noise: Array) -> list[float]:
    """Of the power from each band of frequencies to the next, as logarithms."""
    basis = _cosines()
    power = np.square(basis @ noise @ basis.T).mean((0, 1))
    frequency = np.hypot(*np.mgrid[:BLOCK, :BLOCK])
    bands = [power[(frequency >= low) & (frequency < high)].mean() for low, high in pairwise(_BANDS)]
    return [float(fall) for fall in -np.diff(np.log(np.array(bands) + _ROUNDING))]


def _cosines() -> Array:
    """(BLOCK, BLOCK) the orthonormal discrete cosine transform, a frequency a row."""
    place, frequency = np.meshgrid((np.arange(BLOCK) + 0.5) * np.pi / BLOCK, np.arange(BLOCK))
    basis = np.sqrt(2 / BLOCK) * np.cos(frequency * place)
    basis[0] /= np.sqrt(2)
    return np.asarray(basis)


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
