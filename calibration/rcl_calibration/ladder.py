"""How many blocks to measure in, and what texture does to them: compare choices of more and more blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from rcl_calibration.model import Array
from rcl_calibration.samples import HIGH
from rcl_calibration.selection import GAIN_SPREAD, TEXTURE_GAIN, Bins

_USUAL_SPREAD = 0.3
"""Relative standard deviation of the gains of pictures."""
_GAIN_RANGE = (0.4, 3.0)
_FLAT = 0.3


def climb(ladder: Sequence[Bins], expected: Sequence[Array]) -> Bins:
    """The largest choice of blocks that is about as flat as the first, with the gain of its texture.

    `ladder`: four choices of more and more blocks in the same n bins. `expected`: for each (n,) the variance that would
    be seen in it by the last fit.
    """
    base = ladder[0]
    if not base.x.size:
        return base
    weight = base.blocks * (base.texture < _FLAT * expected[0])
    weight = weight if weight.any() else base.blocks
    pairs = list(zip(ladder, expected, strict=True))
    texture = [float(np.average(bins.texture / model, weights=weight)) for bins, model in pairs]
    level = [float(np.average(bins.variance / model, weights=weight)) for bins, model in pairs]
    gain = _gain(texture[-1] - texture[0], level[-1] - level[0], float(base.blocks.sum()))
    error = [_squared_error(bins, gain * more) for bins, more in zip(ladder, texture, strict=True)]
    chosen = ladder[int(np.argmin(error))]
    return replace(chosen, gain=np.full_like(chosen.x, gain))


def _squared_error(bins: Bins, added: float) -> float:
    """Of the mean variance, relative: chance, and what is not known of the part that texture added."""
    return 2 / (HIGH * float(bins.blocks.sum())) + (GAIN_SPREAD * added) ** 2


def _gain(texture: float, level: float, blocks: float) -> float:
    """Growth of the measured variance over that of the texture, drawn to the usual gain where texture grows little."""
    if texture <= 0:
        return TEXTURE_GAIN
    slope = level / texture
    evidence = 1 / (2 / (HIGH * blocks * texture**2) + (GAIN_SPREAD * TEXTURE_GAIN) ** 2)
    prior = 1 / (_USUAL_SPREAD * TEXTURE_GAIN) ** 2
    return float(np.clip((evidence * slope + prior * TEXTURE_GAIN) / (evidence + prior), *_GAIN_RANGE))
