"""How long the blind estimator takes for large raws, beyond decoding, on one core."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from rcl_benchmark.draws import draw
from rcl_benchmark.estimators import BLIND, METHODS
from rcl_benchmark.pictures import Picture, Pictures
from rcl_benchmark.simulate import clean_mosaic, expose

SIZES = ((1728, 2312), (4000, 6000))
"""Rows and columns: 4 MP and 24 MP."""
_REPEATS = 3


@dataclass(frozen=True)
class Timing:
    """Seconds of processor time for a raw of one size; other programs on the machine hardly change it."""

    megapixels: float
    seconds: float


def time_blind(pictures: Pictures, seed: int, shape: tuple[int, int]) -> Timing:
    """The fastest of three runs on a raw of this shape: the first picture, mirrored until it is large enough."""
    rng = np.random.default_rng([seed, *shape])
    exposure = draw("sensor", rng)
    clean = clean_mosaic(pictures.get(0), exposure)
    frame = expose(_mirrored(clean, shape), exposure, rng)
    seconds = []
    for _ in range(_REPEATS):
        begun = time.process_time()
        METHODS[BLIND].run([frame])
        seconds.append(time.process_time() - begun)
    return Timing(frame.mosaic.size / 1e6, min(seconds))


def _mirrored(mosaic: Picture, shape: tuple[int, int]) -> Picture:
    # Mirrored about a pixel, not between two, so that every pixel keeps the colour of its filter.
    rest = [max(0, wanted - have) for wanted, have in zip(shape, mosaic.shape, strict=True)]
    return np.pad(mosaic, [(0, rest[0]), (0, rest[1])], mode="reflect")[: shape[0], : shape[1]]
