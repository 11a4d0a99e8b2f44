"""How far the curve of coded networks bends, and that curve for arrays; see `rcl_cli.nn.curve`. Torch-free."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from rcl_calibration.profile import NoiseProfile

Float = NDArray[np.float32]
REST = 0.0025
"""The bend where there is no noise: the slope at black is then 10.5, that of sRGB 12.9."""
SIGMAS = 3.0
"""The bend need not be further from black than noise reaches: this many σ of a black pixel."""


def bend_for(noise: NoiseProfile | None) -> float:
    """b for a picture with this noise; None: no noise is known.

    It is λ_read / λ_shot above `REST`, but no more than 3 σ at black: faint noise, even where it is the same at every
    brightness, must not take the shadows their weight.
    """
    if noise is None:
        return REST
    shot, read = sum(noise.shot) / 4, sum(noise.read) / 4
    reach = SIGMAS * math.sqrt(read)
    return REST + (min(read / shot, reach) if shot > 0 else reach)


def encoded(x: Float, bend: float = REST) -> Float:
    """As `Code.encode`, any shape."""
    root, span = _root_and_span(bend)
    return np.where(x > 0, (np.sqrt(np.maximum(x, 0) + root**2) - root) / span, x / (2 * root * span))


def decoded(z: Float, bend: float = REST) -> Float:
    """The exact inverse of `encoded`."""
    root, span = _root_and_span(bend)
    return np.where(z > 0, (np.maximum(z, 0) * span + root) ** 2 - root**2, z * (2 * root * span))


def _root_and_span(bend: float) -> tuple[np.float32, np.float32]:
    root = np.float32(math.sqrt(bend))
    return root, np.float32(math.sqrt(1 + bend)) - root
