"""How many blocks to measure in, and what texture does to them: compare choices of more and more blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from rcl_calibration.model import Array
from rcl_calibration.samples import HIGH
from rcl_calibration.selection import TEXTURE_GAIN, Bins

TEXTURE_ALLOWED = 0.01
"""How much more texture a larger choice may have before it is refused."""
_GAIN_SPREAD = 0.15
_GAIN_RANGE = (0.3, 1.5)
_FLAT = 0.3


def climb(ladder: Sequence[Bins], expected: Sequence[Array]) -> Bins:
    """The largest choice of blocks that is about as flat as the first, with the gain of its texture.

    `ladder`: four choices of more and more blocks in the same n bins. `expected`: for each (n,) the variance that would
    be seen in it by the last fit.
    """
    base = ladder[0]
    if not base.x.size:
        return base
    weight = base.blocks * (base.texture < _FLAT)
    weight = weight if weight.any() else base.blocks
    texture = [float(np.average(bins.texture, weights=weight)) for bins in ladder]
    relative = [bins.variance / model for bins, model in zip(ladder, expected, strict=True)]
    level = [float(np.average(values, weights=weight)) for values in relative]
    chosen = base
    for bins, more in zip(ladder[1:], texture[1:], strict=True):
        if more - texture[0] > TEXTURE_ALLOWED:
            break
        chosen = bins
    gain = _gain(texture[2] - texture[0], level[2] - level[0], float(base.blocks.sum()))
    return replace(chosen, gain=np.full_like(chosen.x, gain))


def _gain(texture: float, level: float, blocks: float) -> float:
    """Growth of the measured variance over that of the score, drawn to the usual gain where texture grows little."""
    error = 2 / (HIGH * blocks)
    evidence, prior = max(texture, 0.0) ** 2 / (2 * error), 1 / _GAIN_SPREAD**2
    slope = level / texture if texture > 0 else TEXTURE_GAIN
    return float(np.clip((evidence * slope + prior * TEXTURE_GAIN) / (evidence + prior), *_GAIN_RANGE))
