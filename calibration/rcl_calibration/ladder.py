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
_GAIN_RANGE = (0.3, 2.2)
MIDDLE_GAIN = 2.5
"""Usual growth of the MIDDLE frequencies' variance over that of the texture."""
_FLAT = 0.3


def climb(ladder: Sequence[Bins], expected: Sequence[Array]) -> Bins:
    """The choice of blocks with the least error to be expected, with the gain of its texture.

    Texture is taken off its `middle` as well.

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
    middle = [float(np.average(bins.middle / model, weights=weight)) for bins, model in pairs]
    grown, blocks = texture[-1] - texture[0], float(base.blocks.sum())
    gain = _gain(grown, level[-1] - level[0], blocks, TEXTURE_GAIN)
    middle_gain = _gain(grown, middle[-1] - middle[0], blocks, MIDDLE_GAIN)
    error = [_squared_error(bins, gain * more) for bins, more in zip(ladder, texture, strict=True)]
    chosen = ladder[int(np.argmin(error))]
    return replace(chosen, gain=np.full_like(chosen.x, gain), middle=chosen.middle - middle_gain * chosen.texture)


def _squared_error(bins: Bins, added: float) -> float:
    """Of the mean variance, relative: chance, and what is not known of the part that texture added."""
    return 2 / (HIGH * float(bins.blocks.sum())) + (GAIN_SPREAD * added) ** 2


def _gain(texture: float, level: float, blocks: float, usual: float) -> float:
    """Growth of a measured level over that of the texture, drawn to the usual gain where texture grows little."""
    if texture <= 0:
        return usual
    slope = level / texture
    evidence = 1 / (2 / (HIGH * blocks * texture**2) + (GAIN_SPREAD * usual) ** 2)
    prior = 1 / (_USUAL_SPREAD * usual) ** 2
    lowest, highest = _GAIN_RANGE
    return float(np.clip((evidence * slope + prior * usual) / (evidence + prior), lowest * usual, highest * usual))
