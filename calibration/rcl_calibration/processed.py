"""The noise of pictures that were processed: demosaiced, denoised or resized in the camera, compressed.

What single-image estimates look at, the finest detail, is what processing has taken the noise from. What is left of it
shows in flat blocks as a whole, in their variance about a plane. Texture shows there too. As displayed the noise of
most cameras is about the same at every brightness, so the quietest brightness has least texture. How much of what it
shows is noise is told by a low quantile, learnt on developed photographs; by a higher one as far as the spectrum, too,
looks like that of processed noise.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rcl_calibration.flat_blocks import flat_blocks
from rcl_calibration.knee import knee
from rcl_calibration.noise_law import BOLD, CAUTIOUS
from rcl_calibration.noise_traits import traits

Array = NDArray[np.float64]
FAINT = 1.8 / 255
"""Standard deviations up to which noise is not told from texture, nor from grain that the photograph has itself."""


class ProcessedNoise(NamedTuple):
    """The noise in flat blocks."""

    variance: Array
    """(3,), of each channel, in the unit of the values squared."""
    correlation: float
    """Between neighbours, mean over rows, columns and channels; 0 for noise that is independent."""
    certain: float
    """0…1, the part of the standard deviation that cannot well be texture."""


def processed_noise(picture: NDArray[np.floating[Any]]) -> ProcessedNoise | None:
    """(3, h, w) in [0, 1], as displayed: there the noise of most cameras is about the same at every brightness.

    Of each sixth of the brightnesses the flattest quarter of the blocks is looked at; the quietest sixth counts, and
    those that are nearly as quiet. None where there are too few blocks, or all is clipped.
    """
    flat = flat_blocks(picture)
    if flat is None:
        return None
    quiet = flat.quiet
    correlation = _beside(quiet) / max(float(np.square(quiet).mean()), np.finfo(float).tiny)
    variance = flat.variance(flat.blocks)
    seen = traits(flat)
    certain = max(CAUTIOUS.share(seen), min(BOLD.share(seen), knee(quiet)))
    plain = certain * np.sqrt(variance.mean()) >= FAINT
    return ProcessedNoise(variance, correlation, certain if plain else 0.0)


def _beside(noise: Array) -> float:
    """Mean product of neighbours."""
    return float((noise[..., 1:] * noise[..., :-1]).mean() + (noise[..., 1:, :] * noise[..., :-1, :]).mean()) / 2
