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
MOST_FRACTION = 0.8
KEPT_VARIANCE = 0.7
"""Where clipping leaves less of the variance, nothing is measured."""
_AXIS_LIMIT = 2.5
NEIGHBOUR_LIMIT = 1.5
NEIGHBOUR_WEIGHT = 0.5
"""What the blocks around say of a block's texture, over what its own pixels say."""


@dataclass(frozen=True)
class Bins:
    """Noise measured in n bins: of all lattices of an image, by brightness and by how flat the blocks are."""

    lattice: NDArray[np.intp]
    """(n,) index of the lattice"""
    plane: NDArray[np.intp]
    """(n,) 0–3"""
    x: Array
    """(n,) mean seen, normalised"""
    variance: Array
    """(n,) variance seen in the HIGH coefficients"""
    texture: Array
    """(n,) covariance of the MIDDLE coefficients with the other lattices': a variance, 0 where blocks are flat"""
    middle: Array
    """(n,) variance seen in the MIDDLE coefficients of these and all flatter blocks, corrected for selection by it"""
    uneven: Array
    """(n,) variance of the blocks' measured squares over what Gaussian noise of one level gives them, less 1"""
    image: NDArray[np.intp]
    """(n,) 0, or which of several images"""
    tile_variance: Array
    """(TILES², n): `variance` by tile, times the tile's blocks"""
    tile_texture: Array
    """(TILES², n): `texture` by tile, times the tile's blocks"""
    tile_count: Array
    """(TILES², n): blocks by tile"""

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


@dataclass(frozen=True)
class Scores:
    """How textured blocks look, (P, B) each."""

    deviate: Array
    """Normal deviate that blocks are ranked by; standard normal for noise alone."""
    place: Array
    """Energy at the block's own place over that of noise, 1 on average for noise alone."""
    freedom: Array
    """Degrees of freedom of `place`."""
    correlation: Array
    """Of `deviate` and `place`, for noise alone."""
    shared: Array
    """Products of the block's MIDDLE coefficients with the other lattices', each in units of its noise.

    Noise is independent from lattice to lattice, texture is not: 0 on average for noise alone, of any level.
    """


def own_scores(blocks: Blocks, expected: Array) -> Scores:
    """First pass: from the block's own middle frequencies alone."""
    score = blocks.middle / expected
    freedom = np.full(score.shape, float(MIDDLE))
    return Scores(_standard(score, freedom), score, freedom, np.ones(score.shape), np.zeros(score.shape))


def joint_scores(blocks: Blocks, expected: Array, good: Mask) -> Scores:
    """From the block's middle frequencies, all frequencies ≥ 1 of the other lattices at its place, and those around.

    Texture comes in patches that show in all colours, noise does not. The measured coefficients are never in their own
    score: selecting by what is measured biases it.
    """
    whole = np.where(good, (MIDDLE * blocks.middle + HIGH * blocks.high) / expected, 0.0)
    freedom = np.where(good, float(MIDDLE + HIGH), 0.0)
    energy, count = whole.sum(axis=0), freedom.sum(axis=0)
    # An edge close by does not spoil a flat block, so that no neighbour counts for more than NEIGHBOUR_LIMIT.
    near = _neighbours(np.minimum(energy, NEIGHBOUR_LIMIT * count), blocks)
    near_count = _neighbours(count, blocks)
    place = MIDDLE * blocks.middle / expected + energy - whole
    n = MIDDLE + count - freedom
    weight, square = n + NEIGHBOUR_WEIGHT * near_count, n + NEIGHBOUR_WEIGHT**2 * near_count
    # A weighted sum of χ² is close to a χ² of weight²/square degrees of freedom (Satterthwaite).
    deviate = _standard((place + NEIGHBOUR_WEIGHT * near) / weight, weight**2 / square)
    return Scores(deviate, place / n, n, np.sqrt(n / square), _shared(blocks, expected, good))


def _shared(blocks: Blocks, expected: Array, good: Mask) -> Array:
    relative = blocks.signed * np.where(good, 1 / np.sqrt(expected), 0.0).astype(np.float32)[..., None]
    others = np.maximum(good.sum(axis=0) - 1, 1)
    product = np.einsum("pbk,bk->pb", relative, relative.sum(axis=0)) - np.einsum("pbk,pbk->pb", relative, relative)
    return np.asarray(product / (MIDDLE * others), np.float64)


def _neighbours(values: Array, blocks: Blocks) -> Array:
    """(B,) sum over the eight blocks around each, none of which shares a pixel with it."""
    rows, columns = blocks.grid
    d = blocks.apart
    padded = np.pad(values.reshape(rows, columns), d)
    around = np.zeros((rows, columns))
    for dy in (-d, 0, d):
        for dx in (-d, 0, d):
            if dy or dx:
                around += padded[d + dy : d + dy + rows, d + dx : d + dx + columns]
    return around.ravel()


Ranking = list[list[NDArray[np.intp]]]
"""For each lattice and bin of brightness its blocks, flattest first."""


def rank(blocks: Blocks, good: Mask, scores: Scores) -> Ranking:
    """Sort the good blocks of each lattice into BINS of brightness and by how flat they look."""
    ranking: Ranking = []
    for mean, usable_here, deviate in zip(blocks.mean, good, scores.deviate, strict=True):
        order = np.argsort(deviate)
        order = order[usable_here[order]]
        brightness = np.sqrt(np.clip(mean[order], 0, BRIGHTEST) / BRIGHTEST)
        which = np.minimum((brightness * BINS).astype(np.uint8), BINS - 1)
        order = order[np.argsort(which, kind="stable")]
        starts = np.concatenate([[0], np.cumsum(np.bincount(which, minlength=BINS))])
        ranking.append([order[start:end] for start, end in pairwise(starts)])
    return ranking


def select(
    blocks: Blocks,
    planes: Sequence[int],
    ranking: Ranking,
    scores: Scores,
    expected: Array,
    *,
    fraction: float | None = None,
    steps: Sequence[float] = (1,),
) -> Bins:
    """The flattest blocks of each brightness of each lattice, and what is measured in them.

    `fraction` of each is kept; None: what makes about WANTED_BLOCKS in a lattice. For several rising `steps` that many
    times as many, and a bin for those of each step that were not in the one before.
    """
    columns: list[tuple[float, ...]] = []
    tiles: list[list[Array]] = []
    for p, plane in enumerate(planes):
        usual = fraction or float(np.clip(WANTED_BLOCKS / max(sum(map(len, ranking[p])), 1), *FRACTION))
        for ranked in ranking[p]:
            if ranked.size < LEAST_BLOCKS:
                continue
            ends = [max(LEAST_BLOCKS, round(min(usual * step, MOST_FRACTION) * ranked.size)) for step in steps]
            for start, end in pairwise([0, *ends]):
                chosen = ranked[start:end]
                if not chosen.size:
                    continue
                tile, high = blocks.tile[chosen], blocks.high[p, chosen]
                texture = scores.shared[p, chosen] * expected[p, chosen]
                flatter = ranked[:end]
                middle = blocks.middle[p, flatter].mean() / _expected_place(scores, p, flatter)
                blockwise = _excess_variance(high / expected[p, chosen])
                columns.append(
                    (p, plane, blocks.mean[p, chosen].mean(), high.mean(), texture.mean(), middle, blockwise)
                )
                tiles.append(
                    [np.bincount(tile, value, TILES**2).astype(float) for value in (high, texture, np.ones(tile.size))]
                )
    lattice, plane_index, x, variance, texture, middle, uneven = np.array(columns, np.float64).reshape(-1, 7).T
    tile_variance, tile_texture, tile_count = np.array(tiles, np.float64).reshape(-1, 3, TILES**2).transpose(1, 2, 0)
    return Bins(
        lattice=lattice.astype(np.intp),
        plane=plane_index.astype(np.intp),
        x=x,
        variance=variance,
        texture=texture,
        middle=middle,
        uneven=uneven,
        image=np.zeros(x.size, np.intp),
        tile_variance=tile_variance,
        tile_texture=tile_texture,
        tile_count=tile_count,
    )


def _excess_variance(squares: Array) -> float:
    """Of mean squares of HIGH coefficients, whose relative variance is 2/HIGH for Gaussian noise of one level."""
    mean = max(float(squares.mean()), 1e-12)
    return float(squares.var()) / mean**2 * HIGH / 2 - 1


def _expected_place(scores: Scores, p: int, chosen: NDArray[np.intp]) -> float:
    """Mean `place` of noise alone whose deviate is no larger than the largest chosen."""
    limit = float(scores.deviate[p, chosen].max())
    mean_deviate = -math.exp(-0.5 * limit**2) / math.sqrt(2 * math.pi) / max(_normal_cdf(limit), 1e-12)
    spread = 2 / (9 * float(scores.freedom[p, chosen].mean()))
    return (1 - spread + float(scores.correlation[p, chosen].mean()) * mean_deviate * math.sqrt(spread)) ** 3


def _normal_cdf(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2))


def _standard(score: Array, dof: Array) -> Array:
    """Wilson and Hilferty's normal deviate of χ²/dof, so that scores of different dof can be ranked together."""
    spread = 2 / (9 * dof)
    return np.asarray((np.cbrt(score) - (1 - spread)) / np.sqrt(spread))
