"""Choosing flat blocks by evidence that is independent of what is measured in them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from rcl_calibration.coherence import shared_texture
from rcl_calibration.model import Array, Clipping, Noise, response
from rcl_calibration.samples import AXIS, FREQUENCY_SUM, HALVES, HIGH, IS_HIGH, MIDDLE, TILES, Blocks, Mask

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
_MIDDLE_WEIGHTS = ~IS_HIGH * np.select([FREQUENCY_SUM < 3, FREQUENCY_SUM < 4], [0.0, 0.3], 1.0)
"""(HIGH + MIDDLE,) for `Bins.middle`: the lowest frequencies vary with the picture's content."""
_AXIS_LIMIT = 2.5
_OUTLYING = 4.0
"""Over the median; χ² of MIDDLE degrees of freedom exceeds it once in twenty thousand blocks."""
_FAR = 1e6
"""More than any deviate."""
_FIRST_ERROR = 0.1
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
    """(n,) covariance of coefficients with the other lattices': a variance, 0 on average where blocks are flat"""
    products: Array
    """(n,) squared noise variance over the variance of one block's `texture` where there is only noise"""
    middle: Array
    """(n,) variance seen in the MIDDLE coefficients"""
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
    """(P, B) blocks that do not run into black or white, and the (P, B) variance seen if they were flat.

    Of several lattices two must be good at the same place.
    """
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
    # Texture in what no other lattice shows as well would go unseen.
    alone = (good.sum(axis=0) == 1) & (len(good) > 1)
    return good & ~alone, expected


@dataclass(frozen=True)
class Scores:
    """How textured blocks look, by each of H halves of the coefficients, 1 or 2; (H, P, B) each."""

    deviate: Array
    """Normal deviate that blocks are ranked by; standard normal for noise alone."""
    shared: Array
    """Texture that shows in other lattices too, in units of the noise variance.

    From the half of their coefficients that `deviate` is not of: noise that happens to cancel texture makes a block
    look flat, and would hide that texture here as well.
    """
    error: Array
    """(P, B) variance of the mean of `shared` over the halves, where there is only noise."""


def own_scores(blocks: Blocks, expected: Array) -> Scores:
    """First pass: from the block's own middle frequencies alone."""
    deviate = _standard(blocks.middle / expected, np.full(expected.shape, float(MIDDLE)))
    return Scores(deviate[None], np.zeros((1, *expected.shape)), np.full(expected.shape, _FIRST_ERROR))


def joint_scores(blocks: Blocks, expected: Array, good: Mask) -> Scores:
    """From the coefficients of the other lattices at the block's place, and of all lattices around it.

    Texture comes in patches that show in all colours, noise does not. No pixel that is measured is in its own score:
    selecting by what is measured biases it, and so do other frequencies of the same pixels where noise is not Gaussian.
    A block with no other lattice to compare with is judged by its own MIDDLE coefficients.
    """
    relative = blocks.signed * np.where(good, 1 / np.sqrt(expected), 0.0).astype(np.float32)[..., None]
    squares = relative * relative
    near, near_freedom = _around(squares.sum(axis=2), good, blocks)
    shared = shared_texture(relative, good, blocks.offsets)
    deviate = []
    for half in HALVES:
        own, freedom = squares[..., half].sum(axis=2), float(half.sum())
        place, place_freedom = own.sum(axis=0) - own, freedom * (good.sum(axis=0) - good)
        alone = place_freedom == 0
        place = np.where(alone, MIDDLE * blocks.middle / expected, place)
        place_freedom = np.where(alone, MIDDLE, place_freedom)
        weight = place_freedom + NEIGHBOUR_WEIGHT * near_freedom
        square = place_freedom + NEIGHBOUR_WEIGHT**2 * near_freedom
        # A weighted sum of χ² is close to a χ² of weight²/square degrees of freedom (Satterthwaite).
        deviate.append(_standard((place + NEIGHBOUR_WEIGHT * near) / weight, weight**2 / square))
    return Scores(np.stack(deviate), np.stack(shared.texture[::-1]), shared.error)


def _around(energy: NDArray[np.float32], good: Mask, blocks: Blocks) -> tuple[Array, Array]:
    """(B,) energy of all lattices in the blocks around, and its degrees of freedom."""
    freedom = (MIDDLE + HIGH) * good.sum(axis=0).astype(np.float64)
    # An edge close by does not spoil a flat block, so that no neighbour counts for more than NEIGHBOUR_LIMIT.
    near = _neighbours(np.minimum(energy.sum(axis=0), NEIGHBOUR_LIMIT * freedom), blocks)
    return near, _neighbours(freedom, blocks)


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


def rank(blocks: Blocks, good: Mask, scores: Scores) -> list[Ranking]:
    """Sort the good blocks of each lattice into BINS of brightness and by how flat they look, by each of the halves."""
    brightness = np.stack([_brightness(mean, here, blocks) for mean, here in zip(blocks.mean, good, strict=True)])
    return [_ranking(brightness, good, deviate) for deviate in scores.deviate]


def _brightness(mean: Array, good: Mask, blocks: Blocks) -> Array:
    """(B,) as the blocks around are: by its own mean a block would be put where its noise says, and look brighter."""
    around = _neighbours(good.astype(np.float64), blocks)
    return np.where(around > 0, _neighbours(mean * good, blocks) / np.maximum(around, 1), mean)


def _ranking(means: Array, good: Mask, deviates: Array) -> Ranking:
    ranking: Ranking = []
    for mean, usable_here, deviate in zip(means, good, deviates, strict=True):
        brightness = np.sqrt(np.clip(mean, 0, BRIGHTEST) / BRIGHTEST)
        which = np.where(usable_here, np.minimum((brightness * BINS).astype(np.intp), BINS - 1), BINS)
        order = np.argsort(which * _FAR + np.clip(deviate, -_FAR / 2, _FAR / 2))
        starts = np.concatenate([[0], np.cumsum(np.bincount(which, minlength=BINS + 1))])
        ranking.append([order[start:end] for start, end in pairwise(starts[:-1])])
    return ranking


def select(
    blocks: Blocks,
    planes: Sequence[int],
    rankings: Sequence[Ranking],
    scores: Scores,
    expected: Array,
    *,
    fraction: float | None = None,
    steps: Sequence[float] = (1,),
) -> Bins:
    """The flattest blocks of each brightness of each lattice, and what is measured in them.

    `fraction` of each is kept; None: what makes about WANTED_BLOCKS in a lattice. For several rising `steps` that many
    times as many, and a bin for those of each step that were not in the one before. A bin is the mean over `rankings`,
    so that of two a block counts half in each.
    """
    columns: list[tuple[float, ...]] = []
    tiles: list[list[Array]] = []
    for p, plane in enumerate(planes):
        usual = fraction or float(np.clip(WANTED_BLOCKS / max(sum(map(len, rankings[0][p])), 1), *FRACTION))
        for orders in zip(*(ranking[p] for ranking in rankings), strict=True):
            size = orders[0].size
            if size < LEAST_BLOCKS:
                continue
            ends = [max(LEAST_BLOCKS, round(min(usual * step, MOST_FRACTION) * size)) for step in steps]
            for start, end in pairwise([0, *ends]):
                if start == end:
                    continue
                parts = [_without_outliers(order[start:end], blocks.middle[p]) for order in orders]
                chosen = np.concatenate(parts)
                shared = np.concatenate([each[p, part] for each, part in zip(scores.shared, parts, strict=True)])
                tile, high, texture = blocks.tile[chosen], blocks.high[p, chosen], shared * expected[p, chosen]
                columns.append(
                    (
                        p,
                        plane,
                        blocks.light[p, chosen].mean(),
                        high.mean(),
                        texture.mean(),
                        1 / scores.error[p, chosen].mean(),
                        _middle(blocks.signed[p, chosen]),
                        _excess_variance(high / expected[p, chosen]),
                    )
                )
                share = np.full(tile.size, 1 / len(parts))
                weights = (share * high, share * texture, share)
                tiles.append([np.bincount(tile, weight, TILES**2).astype(np.float64) for weight in weights])
    lattice, plane_index, x, variance, texture, products, middle, uneven = (
        np.array(columns, np.float64).reshape(-1, 8).T
    )
    tile_variance, tile_texture, tile_count = np.array(tiles, np.float64).reshape(-1, 3, TILES**2).transpose(1, 2, 0)
    return Bins(
        lattice=lattice.astype(np.intp),
        plane=plane_index.astype(np.intp),
        x=x,
        variance=variance,
        texture=texture,
        products=products,
        middle=middle,
        uneven=uneven,
        image=np.zeros(x.size, np.intp),
        tile_variance=tile_variance,
        tile_texture=tile_texture,
        tile_count=tile_count,
    )


def _without_outliers(chosen: NDArray[np.intp], middle: Array) -> NDArray[np.intp]:
    """Blocks with a hot pixel, or with texture of one colour alone: far more than noise makes of the others."""
    own = middle[chosen]
    return chosen[own <= _OUTLYING * np.median(own)]


def _middle(signed: NDArray[np.float32]) -> float:
    square: Array = np.square(signed, dtype=np.float64).mean(axis=0)
    return float(np.average(square, weights=_MIDDLE_WEIGHTS))


def _excess_variance(squares: Array) -> float:
    """Of mean squares of HIGH coefficients, whose relative variance is 2/HIGH for Gaussian noise of one level."""
    mean = max(float(squares.mean()), 1e-12)
    return float(squares.var()) / mean**2 * HIGH / 2 - 1


def _standard(score: Array, dof: Array) -> Array:
    """Wilson and Hilferty's normal deviate of χ²/dof, so that scores of different dof can be ranked together."""
    spread = 2 / (9 * dof)
    return np.asarray((np.cbrt(score) - (1 - spread)) / np.sqrt(spread))
