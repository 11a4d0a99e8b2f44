"""Choosing flat blocks by evidence that is independent of what is measured in them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from rcl_calibration.model import Array, Clipping, Noise, response
from rcl_calibration.samples import AXIS, HIGH, MIDDLE, TILES, Blocks, Mask

BINS = 24
BRIGHTEST = 0.92
"""Bins are uniform in √x from 0 to BRIGHTEST, where the noise level changes about evenly."""
LEAST_BLOCKS = 12
WANTED_BLOCKS = 1500
FRACTION = (0.02, 0.25)
"""Part of each bin's blocks that is kept."""
KEPT_VARIANCE = 0.7
"""Where clipping leaves less of the variance, nothing is measured."""
_AXIS_LIMIT = 2.5


@dataclass(frozen=True)
class Bins:
    """Noise measured in n bins of brightness, of all lattices of an image."""

    lattice: NDArray[np.intp]
    """(n,) index of the lattice"""
    plane: NDArray[np.intp]
    """(n,) 0–3"""
    x: Array
    """(n,) mean seen, normalised"""
    variance: Array
    """(n,) variance seen in the HIGH coefficients"""
    texture: Array
    """(n,) selected blocks' mean score over what noise alone would score, less 1; 0 where they are flat"""
    middle: Array
    """(n,) variance seen in the MIDDLE coefficients of the same blocks, corrected for having been selected by"""
    tile_sum: Array
    """(TILES², n): the sum of the measured squares by tile"""
    tile_count: Array
    """(TILES², n): blocks by tile; the variance is Σ tile_sum / Σ tile_count"""

    @property
    def blocks(self) -> Array:
        """(n,) blocks used."""
        return np.asarray(self.tile_count.sum(axis=0))


def usable(blocks: Blocks, noises: Sequence[Noise], clippings: Sequence[Clipping]) -> tuple[Mask, Array]:
    """(P, B) blocks that do not run into black or white, and the (P, B) variance seen if they were flat."""
    good = np.empty(blocks.mean.shape, np.bool_)
    expected = np.empty(blocks.mean.shape)
    for p, (noise, clipping) in enumerate(zip(noises, clippings, strict=True)):
        variance, _, kept = response(noise, clipping).at(blocks.mean[p])
        slope = np.sqrt(np.maximum(blocks.axis[p] - variance, 0.0) * AXIS) / 5 * math.sqrt(2)
        sloping = blocks.axis[p] > _AXIS_LIMIT * variance
        margin = 2 * np.sqrt(variance) + 1.5 * slope
        clipped = (blocks.mean[p] - margin < clipping.low) | (blocks.mean[p] + margin > clipping.high)
        good[p] = (kept >= KEPT_VARIANCE) & (blocks.mean[p] <= BRIGHTEST) & ~(sloping & clipped)
        expected[p] = np.maximum(variance, 1e-24)
    return good, expected


def own_scores(blocks: Blocks, expected: Array) -> tuple[Array, Array]:
    """First pass: (P, B) score from the block's own middle frequencies alone, and its degrees of freedom."""
    return blocks.middle / expected, np.full(blocks.mean.shape, float(MIDDLE))


def joint_scores(blocks: Blocks, expected: Array, good: Mask) -> tuple[Array, Array]:
    """(P, B) score, 1 on average for noise alone, and its degrees of freedom.

    From the block's middle frequencies and all frequencies ≥ 1 of the other lattices at the same place. The measured
    coefficients are never in their own score: selecting by what is measured biases it.
    """
    own = MIDDLE * blocks.middle / expected
    whole = np.where(good, own + HIGH * blocks.high / expected, 0.0)
    freedom = np.where(good, MIDDLE + HIGH, 0)
    others = whole.sum(axis=0) - whole
    dof = MIDDLE + freedom.sum(axis=0) - freedom
    return (own + others) / dof, dof.astype(np.float64)


def select(
    blocks: Blocks, planes: Sequence[int], good: Mask, scores: tuple[Array, Array], fraction: float | None = None
) -> Bins:
    """The flattest blocks of each bin of each lattice, and what is measured in them."""
    columns: list[tuple[float, ...]] = []
    sums: list[Array] = []
    counts: list[Array] = []
    for p, plane in enumerate(planes):
        candidates = np.flatnonzero(good[p])
        part = fraction or float(np.clip(WANTED_BLOCKS / max(candidates.size, 1), *FRACTION))
        for chosen, expectation in _flattest(blocks.mean[p], scores[0][p], scores[1][p], candidates, part):
            tile, high = blocks.tile[chosen], blocks.high[p, chosen]
            middle = blocks.middle[p, chosen].mean() / expectation
            score = np.average(scores[0][p, chosen], weights=scores[1][p, chosen])
            x = blocks.mean[p, chosen].mean()
            columns.append((p, plane, x, high.mean(), middle, score / expectation - 1))
            sums.append(np.bincount(tile, high, TILES**2).astype(np.float64))
            counts.append(np.bincount(tile, minlength=TILES**2).astype(np.float64))
    lattice, plane_index, x, variance, middle, texture = np.array(columns, np.float64).reshape(-1, 6).T
    return Bins(
        lattice=lattice.astype(np.intp),
        plane=plane_index.astype(np.intp),
        x=x,
        variance=variance,
        texture=texture,
        middle=middle,
        tile_sum=np.array(sums).reshape(-1, TILES**2).T,
        tile_count=np.array(counts).reshape(-1, TILES**2).T,
    )


def _flattest(
    mean: Array, score: Array, dof: Array, candidates: NDArray[np.intp], fraction: float
) -> list[tuple[NDArray[np.intp], float]]:
    """For each bin the blocks chosen, and their mean score if they were noise alone."""
    brightness = np.sqrt(np.clip(mean[candidates], 0, BRIGHTEST) / BRIGHTEST)
    which = np.minimum((brightness * BINS).astype(np.intp), BINS - 1)
    deviate = _standard(score[candidates], dof[candidates])
    order = np.lexsort((deviate, which))
    starts = np.searchsorted(which[order], np.arange(BINS + 1))
    groups = []
    for start, end in pairwise(starts):
        count = max(LEAST_BLOCKS, round(fraction * (end - start)))
        if end - start < LEAST_BLOCKS:
            continue
        ranked = order[start : start + count]
        chosen = candidates[ranked]
        groups.append((chosen, _truncated_mean(float(score[chosen].max()), float(dof[chosen].mean()))))
    return groups


def _standard(score: Array, dof: Array) -> Array:
    """Wilson and Hilferty's normal deviate of χ²/dof, so that scores of different dof can be ranked together."""
    spread = 2 / (9 * dof)
    return np.asarray((np.cbrt(score) - (1 - spread)) / np.sqrt(spread))


def _truncated_mean(limit: float, dof: float) -> float:
    """E[χ²/dof | χ²/dof < limit] for an even number of degrees of freedom: P(n/2+1, x) / P(n/2, x), x = dof·limit/2."""
    half = max(1, round(dof / 2))
    x = half * limit
    log_term = half * math.log(max(x, 1e-300)) - x - math.lgamma(half + 1)
    term = math.exp(log_term)
    tail, added, k = 0.0, term, half
    while added > 1e-15 * (tail + added):
        tail, k = tail + added, k + 1
        added *= x / k
    return 1 - term / tail if tail > 0 else 1.0
