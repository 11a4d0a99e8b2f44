"""What one picture leaves open, beside chance: how far the texture that is taken off may be from what there is.

The law and its numbers are those of raws simulated from photographs and of procedural ones, of known noise:
`rcl_benchmark/calibration/doubt_law.py` makes them again.
"""

from __future__ import annotations

import numpy as np

from rcl_calibration.fit import Fit
from rcl_calibration.layout import HIGH
from rcl_calibration.model import Array
from rcl_calibration.selection import Bins

TEXTURE = 0.76
"""Standard error of a bin's texture, over the texture itself."""
DISAGREEMENT = 0.93
"""Standard error of the noise variance, over what bins disagree by."""
SIZE_POWER, USUAL_BLOCKS = 0.45, 15_000
"""Both fall with this power of the picture's blocks, independent ones: larger pictures have more kinds of texture. Not
learnt: what was simulated is about as likely by any from 0.2 to 0.5, and 0.5 is that of independent errors."""
FREEDOM = 5
"""Degrees of freedom of Student's t, which the errors follow: some pictures are unlike all others."""
_NODES = 8
"""Places in √x where an image's errors are independent; between them they go over into one another. What is dark and
what is bright shows different things."""


def standard_errors(bins: Bins, fit: Fit, texture: float = TEXTURE, other: float = DISAGREEMENT) -> Array:
    """(n,) of the bins' noise variances, for all but chance, rounding and clipping."""
    images = fit.traits.shared.size
    blocks = np.bincount(bins.image, bins.independent * (fit.weight > 0), images)
    size = (USUAL_BLOCKS / np.maximum(blocks, 1)) ** SIZE_POWER
    taken_off = texture * fit.texture / (1 - fit.response) / fit.kept
    apart = other * disagreement(bins, fit)[bins.image] * fit.noise.variance(fit.x)
    return np.asarray(size[bins.image] * np.hypot(taken_off, apart))


def disagreement(bins: Bins, fit: Fit) -> Array:
    """(I,) how far the bins of each image are from the line, over the line: root mean square, beyond chance."""
    line = np.maximum(fit.noise.variance(fit.x), 1e-24)
    flat = (bins.variance + fit.lift - fit.texture - fit.rounding) / fit.kept - fit.prnu * fit.x**2
    chance = 2 / (HIGH * np.maximum(bins.independent, 1)) * (bins.variance / fit.kept / line) ** 2
    images = fit.traits.shared.size
    excess = np.bincount(bins.image, fit.information * ((flat / line - 1) ** 2 - chance), images)
    return np.sqrt(np.maximum(excess / np.maximum(np.bincount(bins.image, fit.information, images), 1e-24), 0.0))


def drawn(bins: Bins, fit: Fit, count: int, rng: np.random.Generator) -> Array:
    """(count, n) numbers of variance 1 but for their heavy tails, alike in bins of one image and similar brightness."""
    images = fit.traits.shared.size
    nodes = rng.standard_normal((count, images, _NODES))
    nodes *= np.sqrt(FREEDOM / rng.chisquare(FREEDOM, (count, images, 1)))
    place = np.sqrt(np.clip(fit.x, 0, 1)) * (_NODES - 1)
    below = np.minimum(place.astype(np.intp), _NODES - 2)
    part = place - below
    mixed = (1 - part) * nodes[:, bins.image, below] + part * nodes[:, bins.image, below + 1]
    return np.asarray(mixed / np.hypot(1 - part, part))
