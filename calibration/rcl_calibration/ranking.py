"""Which blocks of an image are how bright, and how flat they look."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rcl_calibration.layout import Mask
from rcl_calibration.model import Array
from rcl_calibration.samples import Blocks
from rcl_calibration.scores import Scores, around_each

BINS = 24
BRIGHTEST = 0.92
"""Bins are uniform in √x from 0 to BRIGHTEST, where the noise level changes about evenly."""
LEAST_BLOCKS = 12
WANTED_BLOCKS = 1500
FRACTION = (0.02, 0.25)
"""Part of each bin's blocks that is kept."""
MOST_FRACTION = 0.8

Order = list[NDArray[np.intp]]
"""For each bin of brightness its blocks, flattest first."""
Ranking = list[Order]
"""For each lattice."""


def rank(
    blocks: Blocks, good: Mask, scores: Scores, *, fraction: float | None = None, steps: Sequence[float] = (np.inf,)
) -> list[Ranking]:
    """Sort the good blocks of each lattice into BINS of brightness and by how flat they look, by each of the halves.

    As many as `select` looks at with this `fraction` and `steps` are in order; the others follow in any.
    """
    rankings: list[Ranking] = [[] for _ in scores.deviate]
    for lattice, (mean, usable_here) in enumerate(zip(blocks.mean, good, strict=True)):
        bins = _by_brightness(_brightness(mean, usable_here, blocks), usable_here)
        last = part_kept(fraction, sum(map(len, bins)), max(steps))
        for ranking, deviate in zip(rankings, scores.deviate[:, lattice], strict=True):
            ranking.append([_by_flatness(which, deviate, last) for which in bins])
    return rankings


def _brightness(mean: Array, good: Mask, blocks: Blocks) -> Array:
    """(B,) as the blocks around are: by its own mean a block would be put where its noise says, and look brighter."""
    around = around_each(good.astype(np.float64), blocks)
    return np.where(around > 0, around_each(mean * good, blocks) / np.maximum(around, 1), mean)


def _by_brightness(means: Array, good: Mask) -> Order:
    brightness = np.sqrt(np.clip(means, 0, BRIGHTEST) / BRIGHTEST)
    which = np.where(good, np.minimum((brightness * BINS).astype(np.uint8), BINS - 1), BINS).astype(np.uint8)
    # Of bytes, the stable sort is one by counting.
    return np.split(np.argsort(which, kind="stable"), np.cumsum(np.bincount(which, minlength=BINS + 1))[:-1])[:-1]


def _by_flatness(which: NDArray[np.intp], deviate: Array, part: float) -> NDArray[np.intp]:
    """The blocks `which`, the flattest part of them in order."""
    own = deviate[which]
    count = end_of(part, own.size)
    if count >= own.size:
        return np.asarray(which[np.argsort(own)])
    split = np.argpartition(own, count)
    flattest = split[:count]
    return np.concatenate([which[flattest[np.argsort(own[flattest])]], which[split[count:]]])


def part_kept(fraction: float | None, count: int, step: float) -> float:
    """Which part of each bin is kept at one of the steps, if a lattice has `count` good blocks."""
    usual = fraction or float(np.clip(WANTED_BLOCKS / max(count, 1), *FRACTION))
    return min(usual * step, MOST_FRACTION)


def end_of(part: float, size: int) -> int:
    """Where that part of a bin of `size` blocks ends."""
    return max(LEAST_BLOCKS, round(part * size))
