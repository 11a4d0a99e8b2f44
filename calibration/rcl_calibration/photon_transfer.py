"""Photon transfer: noise measured in the differences of two frames of one scene.

The variance of the difference, halved, over the mean (J. Janesick, *Photon Transfer*, SPIE 2007): whatever is the same
in both frames, light, scene and fixed pattern, cancels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rcl_calibration.displacement import refuse_displaced
from rcl_calibration.frame_pair import BLOCK, Difference, difference, without_axes, without_hot
from rcl_calibration.layout import Mask
from rcl_calibration.model import Array, Clipping
from rcl_calibration.moved import refuse_moved
from rcl_calibration.pair_blocks import PairBlocks, alike, pair_blocks, rough_blocks, rough_noise
from rcl_calibration.ranking import BRIGHTEST
from rcl_calibration.samples import TILES, Lattice
from rcl_calibration.single_image import clipping_of

BINS = 32
"""Bins of brightness in each lattice, even in √x up to BRIGHTEST."""
_LEAST_FREEDOM = 100.0


@dataclass(frozen=True)
class Cells:
    """Noise measured in n bins of brightness of all lattices of one or more pairs."""

    lattice: NDArray[np.intp]
    """(n,) index of the clipping"""
    plane: NDArray[np.intp]
    """(n,) 0–3"""
    x: Array
    """(n,) mean seen, normalised"""
    scatter: Array
    """(n,) standard deviation of the scene's light within the bin, as seen"""
    tile_sum: Array
    """(TILES², n) by tile: sum of the halved squared differences"""
    tile_freedom: Array
    """(TILES², n) by tile: degrees of freedom; the variance is Σ tile_sum / Σ tile_freedom"""

    tile_light: Array
    """(TILES², n) by tile: sum of degrees of freedom times mean; Σ tile_light / Σ tile_freedom is x"""

    @property
    def freedom(self) -> Array:
        """(n,)"""
        return np.asarray(self.tile_freedom.sum(axis=0))

    @property
    def variance(self) -> Array:
        """(n,) seen in one frame, clipped and rounded."""
        return np.asarray(self.tile_sum.sum(axis=0) / np.maximum(self.freedom, 1e-12))


@dataclass(frozen=True)
class PairMeasurement:
    """What two frames tell."""

    cells: Cells
    clippings: tuple[Clipping, ...]
    """One per lattice."""
    flicker: float
    """By how much the first frame is brighter, as a part."""
    row_variance: float
    """Of row noise in one frame, normalised; no part of the cells."""
    column_variance: float


def measure_pair(first: Sequence[Lattice], second: Sequence[Lattice], *, scene: bool = True) -> PairMeasurement:
    """Measure the noise of two frames of one scene, lattice by lattice.

    The scene may be anything that stands still. Flicker is undone; hot pixels, and things that move in a small part of
    the picture, are left out. `scene`: False for darks, which show nothing that could move. Raises MovedError if the
    rest moved too, ValueError for frames that are no pair.
    """
    if len(first) != len(second):
        raise ValueError("the frames differ in their colour filters")
    clippings = tuple(clipping_of(lattice) for lattice in first)
    differences = [difference(a, b) for a, b in zip(first, second, strict=True)]
    if not scene:
        differences = [without_hot(one, clipping.step) for one, clipping in zip(differences, clippings, strict=True)]
    noise = rough_noise([rough_blocks(one) for one in differences], clippings)
    whites = [
        without_axes(one, noise, clipping.step**2 / 12) for one, clipping in zip(differences, clippings, strict=True)
    ]
    lattices = [pair_blocks(*one, noise) for one in zip(differences, whites, clippings, strict=True)]
    kept = [alike(blocks, clipping, noise) for blocks, clipping in zip(lattices, clippings, strict=True)]
    if scene:
        refuse_moved(lattices, kept, clippings, noise)
        refuse_displaced(differences, whites, kept, clippings, noise)
    return PairMeasurement(
        _cells(lattices, kept, differences, [lattice.plane for lattice in first]),
        clippings,
        float(np.mean([one.flicker for one in differences])),
        float(np.mean([white.row_variance for white in whites])),
        float(np.mean([white.column_variance for white in whites])),
    )


def join(measurements: Sequence[PairMeasurement]) -> tuple[Cells, tuple[Clipping, ...]]:
    """The cells of several pairs of one camera and ISO, with the clippings that they index. None: ValueError."""
    if not measurements:
        raise ValueError("no pairs to measure noise in")
    clippings: list[Clipping] = []
    lattice = []
    for measurement in measurements:
        lattice.append(measurement.cells.lattice + len(clippings))
        clippings.extend(measurement.clippings)
    cells = [measurement.cells for measurement in measurements]
    joined = Cells(
        np.concatenate(lattice),
        np.concatenate([one.plane for one in cells]),
        np.concatenate([one.x for one in cells]),
        np.concatenate([one.scatter for one in cells]),
        np.concatenate([one.tile_sum for one in cells], axis=1),
        np.concatenate([one.tile_freedom for one in cells], axis=1),
        np.concatenate([one.tile_light for one in cells], axis=1),
    )
    return joined, tuple(clippings)


def _cells(
    lattices: Sequence[PairBlocks], kept: Sequence[Mask], differences: Sequence[Difference], planes: Sequence[int]
) -> Cells:
    columns: list[tuple[int, int, float, float]] = []
    sums, freedoms, lights = [], [], []
    for number, (blocks, mask, one, plane) in enumerate(zip(lattices, kept, differences, planes, strict=True)):
        tile = np.tile(_tiles(*one.mean.shape), 2)
        which = (np.sqrt(np.clip(blocks.brightness, 0, BRIGHTEST) / BRIGHTEST) * (BINS - 1e-6)).astype(np.intp)
        for bin_number in np.unique(which[mask]):
            chosen = mask & (which == bin_number)
            freedom = blocks.freedom[chosen]
            if freedom.sum() < _LEAST_FREEDOM:
                continue
            x = float(np.average(blocks.mean[chosen], weights=freedom))
            columns.append((number, plane, x, _scatter(blocks, chosen, x)))
            sums.append(np.bincount(tile[chosen], blocks.square[chosen], TILES**2))
            freedoms.append(np.bincount(tile[chosen], freedom, TILES**2))
            lights.append(np.bincount(tile[chosen], freedom * blocks.mean[chosen], TILES**2))
    lattice, plane_index, x_of_bin, scatter = np.array(columns, np.float64).reshape(-1, 4).T
    return Cells(
        lattice.astype(np.intp),
        plane_index.astype(np.intp),
        x_of_bin,
        scatter,
        np.array(sums, np.float64).reshape(-1, TILES**2).T,
        np.array(freedoms, np.float64).reshape(-1, TILES**2).T,
        np.array(lights, np.float64).reshape(-1, TILES**2).T,
    )


def _scatter(blocks: PairBlocks, chosen: Mask, x: float) -> float:
    """Standard deviation of the light about x, within the chosen blocks and between them."""
    freedom, variance = blocks.freedom[chosen], blocks.variance[chosen]
    # A block's mean has noise of its own.
    between = (freedom + 1) * (blocks.mean[chosen] - x) ** 2 - variance / 2
    return float(np.sqrt(max(float((blocks.scatter[chosen] + between).sum() / (freedom + 1).sum()), 0.0)))


def _tiles(height: int, width: int) -> NDArray[np.intp]:
    """(B,) in 0…TILES²-1: where in the picture each block lies."""
    rows, columns = (np.arange(n // BLOCK) * TILES // max(n // BLOCK, 1) for n in (height, width))
    return np.asarray((rows[:, None] * TILES + columns[None, :]).ravel())
