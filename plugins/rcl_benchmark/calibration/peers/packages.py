"""Estimators of installed packages. Each raises ImportError where its package is missing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from rcl_benchmark.calibration.peers.line import mean_noise, planes, rounding
from rcl_calibration.model import Noise
from rcl_cli.raw.frame import RawFrame


def scikit_image(frame: RawFrame) -> Noise | None:
    """`skimage.restoration.estimate_sigma` of each plane (wavelet median): one σ, whatever the brightness."""
    from skimage.restoration import estimate_sigma

    sigma_of: Callable[[Any], Any] = estimate_sigma
    variance = np.mean([sigma_of(plane) ** 2 for plane in planes(frame)])
    return Noise(0.0, max(float(variance) - rounding(frame), 0.0))


def miniraw(frame: RawFrame) -> Noise | None:
    """The blind estimator of `miniraw` of each plane, in DN: Var = a·(DN − black) + c."""
    from miniraw.noise import TooFewBlocks, estimate

    black, white = int(frame.black_level[0]), int(frame.white_level)
    span = white - black
    found: list[Noise | None] = []
    for i in (0, 1):
        for j in (0, 1):
            try:
                model, _ = estimate(np.ascontiguousarray(frame.mosaic[i::2, j::2]), black, white)
            except TooFewBlocks:
                continue
            found.append(Noise(model["a"] / span, model["c"] / span**2))
    return mean_noise(found, rounding(frame))
