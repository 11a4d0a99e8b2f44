"""Choosing flat blocks by evidence that is independent of what is measured in them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from rcl_calibration.coherence import KINDS
from rcl_calibration.layout import AXIS, FREQUENCY_SUM, OUTER_OF_FIVE, Mask
from rcl_calibration.model import Array, Clipping, Noise, response
from rcl_calibration.ranking import BRIGHTEST, LEAST_BLOCKS, Order, Ranking, end_of, part_kept
from rcl_calibration.samples import TILES, Blocks
from rcl_calibration.scores import Scores

KEPT_VARIANCE = 0.7
"""Where clipping leaves less of the variance, nothing is measured."""
_AXIS_LIMIT = 2.5
_OUTLYING = 4.0
"""Over the median; χ² of MIDDLE degrees of freedom exceeds it once in twenty thousand blocks."""
_DARKEST = 1e-3
_MOST_TRACED = 250
_TRACED = np.stack([kind / kind.sum() for kind in (FREQUENCY_SUM == 3, OUTER_OF_FIVE)], axis=1)
TRACES = _TRACED.shape[1] + KINDS


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
    """(n,) variance seen in the MIDDLE coefficients, weighted as in `Layout.kinds`"""
    uneven: Array
    """(n,) variance of the blocks' measured squares over what Gaussian noise of one level gives them, less 1"""
    too_much: Array
    """(n,) part of the noise fitted that is known not to be noise (`leftover`); 0 where that was not asked"""
    traces: Array
    """(TRACES, n) what the believed texture is checked by (`leftover`): variances seen in the coefficients of frequency
    sum 3 and in the outer ones of 5, and texture by each of `Comparison.kinds`"""
    image: NDArray[np.intp]
    """(n,) 0, or which of several images"""
    steeper: Array
    """(n,) `Layout.steeper` of the blocks"""
    freedom: Array
    """(n,) `Layout.freedom`: degrees of freedom of `middle`, for each of `independent`"""
    independent: Array
    """(n,) blocks without a pixel in common that tell as much as those used"""
    tile_x: Array
    """(TILES², n): `x` by tile, times the tile's blocks"""
    tile_variance: Array
    """(TILES², n): `variance` by tile, times the tile's blocks"""
    tile_texture: Array
    """(TILES², n): `texture` by tile, times the tile's blocks"""
    tile_middle: Array
    """(TILES², n): `middle` by tile, times the tile's blocks"""
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
        variance, kept = response(noise, clipping).variance_at(blocks.mean[p])
        slope = np.sqrt(np.maximum(blocks.axis[p] - variance, 0.0) * AXIS) / 5 * math.sqrt(2)
        sloping = blocks.axis[p] > _AXIS_LIMIT * variance
        margin = 2 * np.sqrt(variance) + 1.5 * slope
        clipped = (blocks.mean[p] - margin < clipping.low) | (blocks.mean[p] + margin > clipping.high)
        good[p] = (kept >= KEPT_VARIANCE) & (blocks.mean[p] <= BRIGHTEST) & ~(sloping & clipped)
        expected[p] = np.maximum(variance, 1e-24)
    # Texture in what no other lattice shows as well would go unseen.
    alone = (good.sum(axis=0) == 1) & (len(good) > 1)
    return good & ~alone, expected


def select(
    blocks: Blocks,
    planes: Sequence[int],
    rankings: Sequence[Ranking],
    scores: Scores,
    expected: Array,
    *,
    fraction: float | None = None,
    steps: Sequence[float] = (1,),
    traced: bool = False,
) -> Bins:
    """The flattest blocks of each brightness of each lattice, and what is measured in them.

    `fraction` of each is kept; None: what makes about WANTED_BLOCKS in a lattice. For several rising `steps` that many
    times as many, and a bin for those of each step that were not in the one before. A bin is the mean over `rankings`,
    so that of two a block counts half in each. `traced`: with `Bins.traces`, of even
    layouts; else they are 0.
    """
    contrast = np.maximum(blocks.mean, _DARKEST) / np.sqrt(expected)
    columns: list[tuple[float, ...]] = []
    tiles: list[list[Array]] = []
    traces: list[Array] = []
    for p, plane in enumerate(planes):
        groups = _flattest(blocks.middle[p], [ranking[p] for ranking in rankings], fraction, steps)
        traces.append(_traces(scores, expected, contrast, p, groups if traced else [], blocks.layouts[0].halves))
        texture, error = np.zeros((2, len(rankings), blocks.count))
        for number, half in zip(range(len(rankings)), blocks.layouts[0].halves[::-1], strict=False):
            chosen = np.concatenate([group[number] for group in groups] or [np.empty(0, np.intp)])
            relative, error[number, chosen] = scores.comparison.texture(p, chosen, half)
            texture[number, chosen] = relative * expected[p, chosen]
        for group in groups:
            chosen = np.concatenate(group)
            tile, light, high = blocks.tile[chosen], blocks.light[p, chosen], blocks.high[p, chosen]
            steep = blocks.steep[p, chosen]
            shared = np.concatenate([texture[number, part] for number, part in enumerate(group)])
            uncertain = np.concatenate([error[number, part] for number, part in enumerate(group)])
            columns.append(
                (
                    p,
                    plane,
                    _mean(light),
                    _mean(high),
                    _mean(shared),
                    1 / _mean(uncertain),
                    _mean(steep),
                    _excess_variance(high / expected[p, chosen], blocks.layouts[p].high),
                )
            )
            totals = [np.bincount(tile, values, TILES**2) for values in (light, high, shared, steep)]
            tiles.append([total / len(group) for total in (*totals, np.bincount(tile, minlength=TILES**2))])
    lattice, plane_index, x, variance, texture, products, middle, uneven = (
        np.array(columns, np.float64).reshape(-1, 8).T
    )
    tile_x, tile_variance, tile_texture, tile_middle, tile_count = np.reshape(tiles, (-1, 5, TILES**2)).transpose(
        1, 2, 0
    )
    return Bins(
        lattice=lattice.astype(np.intp),
        plane=plane_index.astype(np.intp),
        x=x,
        variance=variance,
        texture=texture,
        products=products,
        middle=middle,
        uneven=uneven,
        too_much=np.zeros_like(x),
        traces=np.concatenate(traces, axis=1) if traced else np.zeros((TRACES, x.size)),
        image=np.zeros(x.size, np.intp),
        steeper=np.array([one.steeper for one in blocks.layouts])[lattice.astype(np.intp)],
        freedom=np.array([one.freedom for one in blocks.layouts])[lattice.astype(np.intp)],
        independent=blocks.independent * tile_count.sum(axis=0),
        tile_x=tile_x,
        tile_variance=tile_variance,
        tile_texture=tile_texture,
        tile_middle=tile_middle,
        tile_count=tile_count,
    )


Group = list[NDArray[np.intp]]
"""Blocks of one bin, by each of the rankings."""


def bin_blocks(
    blocks: Blocks, rankings: Sequence[Ranking], steps: Sequence[float]
) -> list[tuple[int, NDArray[np.intp]]]:
    """The lattice of each bin of `select`, in its order, and the blocks in it by all rankings."""
    return [
        (lattice, np.concatenate(group))
        for lattice in range(len(blocks.mean))
        for group in _flattest(blocks.middle[lattice], [ranking[lattice] for ranking in rankings], None, steps)
    ]


def _flattest(middle: Array, rankings: Sequence[Order], fraction: float | None, steps: Sequence[float]) -> list[Group]:
    """The groups of one lattice; middle: (B,)."""
    count = sum(map(len, rankings[0]))
    groups = []
    for orders in zip(*rankings, strict=True):
        size = orders[0].size
        if size < LEAST_BLOCKS:
            continue
        ends = [end_of(part_kept(fraction, count, step), size) for step in steps]
        for start, end in pairwise([0, *ends]):
            if start < end:
                groups.append([_without_outliers(order[start:end], middle) for order in orders])
    return groups


def _without_outliers(chosen: NDArray[np.intp], middle: Array) -> NDArray[np.intp]:
    """Blocks with a hot pixel, or with texture of one colour alone: far more than noise makes of the others."""
    own = middle[chosen]
    return chosen[own <= _OUTLYING * _median(own)]


def _mean(values: Array) -> float:
    return float(np.add.reduce(values)) / values.size


def _median(values: Array) -> float:
    """`np.median` of a few thousand takes thrice as long."""
    lower, upper = (values.size - 1) // 2, values.size // 2
    placed = np.partition(values, (lower, upper))
    return float(placed[lower] + placed[upper]) / 2


def _traces(
    scores: Scores, expected: Array, contrast: Array, lattice: int, groups: Sequence[Group], halves: tuple[Mask, Mask]
) -> Array:
    """(TRACES, len(groups)), what lattices share by the half of the coefficients that did not choose the blocks.

    Of up to _MOST_TRACED blocks of each group: more cost time, and tell little more.
    """
    total = np.zeros((TRACES, len(groups)))
    for parts, half in zip(zip(*groups, strict=True), halves[::-1], strict=False):
        thinned = [part[:: -(-part.size // _MOST_TRACED)] for part in parts]
        chosen, sizes = np.concatenate(thinned), np.array([part.size for part in thinned])
        starts = np.cumsum(sizes) - sizes
        energies = np.square(scores.comparison.relative[lattice, chosen]) @ _TRACED
        relative = np.concatenate([energies, scores.comparison.kinds(lattice, chosen, half, contrast)], axis=1)
        noise = np.add.reduceat(expected[lattice, chosen], starts) / sizes
        total += np.add.reduceat(relative, starts).T / sizes * noise
    return total / len(groups[0]) if groups else total


def _excess_variance(squares: Array, high: int) -> float:
    """Of mean squares of `high` coefficients, whose relative variance is 2/high for Gaussian noise of one level."""
    mean = _mean(squares)
    return _mean((squares - mean) ** 2) / max(mean, 1e-12) ** 2 * high / 2 - 1
