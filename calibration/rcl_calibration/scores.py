"""How textured each block looks, by evidence that is independent of what is measured in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rcl_calibration.coherence import Comparison
from rcl_calibration.layout import INNER, Array, Mask
from rcl_calibration.samples import Blocks

NEIGHBOUR_LIMIT = 1.5
NEIGHBOUR_WEIGHT = 0.5
"""What the blocks around say of a block's texture, over what its own pixels say."""


@dataclass(frozen=True)
class Scores:
    """How textured blocks look, by each of H halves of the coefficients, 1 or 2; (H, P, B) each."""

    deviate: Array
    """Normal deviate that blocks are ranked by; standard normal for noise alone."""
    comparison: Comparison
    """Of the blocks with other lattices'; nothing to compare in the first pass."""


def own_scores(blocks: Blocks, expected: Array, good: Mask) -> Scores:
    """First pass: from the block's own middle frequencies alone."""
    deviate = _standard(blocks.middle / expected, np.full(expected.shape, float(_middle(blocks))))
    return Scores(deviate[None], Comparison(blocks.signed[:, :0], good, blocks.offsets, blocks.layouts))


def joint_scores(blocks: Blocks, expected: Array, good: Mask) -> Scores:
    """From the coefficients of the other lattices at the block's place, and of all lattices around it.

    Texture comes in patches that show in all colours, noise does not. No pixel that is measured is in its own score:
    selecting by what is measured biases it, and so do other frequencies of the same pixels where noise is not Gaussian.
    A block with no other lattice to compare with is judged by its own MIDDLE coefficients.
    """
    relative = blocks.signed * np.where(good, 1 / np.sqrt(expected), 0.0).astype(np.float32)[..., None]
    squares = np.square(relative.transpose(2, 0, 1), order="C")  # (K, P, B)
    near, near_freedom = _energy_around(_pairwise(squares), good, blocks)
    middle = _middle(blocks)
    deviate = []
    for half in blocks.layouts[0].halves:
        own, freedom = squares[half].sum(axis=0), float(half.sum())
        place, place_freedom = own.sum(axis=0) - own, freedom * (good.sum(axis=0) - good)
        alone = place_freedom == 0
        place = np.where(alone, middle * blocks.middle / expected, place)
        place_freedom = np.where(alone, middle, place_freedom)
        weight = place_freedom + NEIGHBOUR_WEIGHT * near_freedom
        square = place_freedom + NEIGHBOUR_WEIGHT**2 * near_freedom
        # A weighted sum of χ² is close to a χ² of weight²/square degrees of freedom (Satterthwaite).
        deviate.append(_standard((place + NEIGHBOUR_WEIGHT * near) / weight, weight**2 / square))
    return Scores(np.stack(deviate), Comparison(relative, good, blocks.offsets, blocks.layouts))


def _pairwise(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """(16, …) → sum over the first axis, with few digits lost."""
    sums = values[:8] + values[8:]
    while len(sums) > 1:
        sums = sums[0::2] + sums[1::2]
    return np.asarray(sums[0])


def _middle(blocks: Blocks) -> int:
    return int((~blocks.layouts[0].is_high).sum())


def _energy_around(energy: NDArray[np.float32], good: Mask, blocks: Blocks) -> tuple[Array, Array]:
    """(B,) energy of all lattices in the blocks around, and its degrees of freedom."""
    freedom = INNER * good.sum(axis=0).astype(np.float64)
    # An edge close by does not spoil a flat block, so that no neighbour counts for more than NEIGHBOUR_LIMIT.
    near = around_each(np.minimum(energy.sum(axis=0), NEIGHBOUR_LIMIT * freedom), blocks)
    return near, around_each(freedom, blocks)


def around_each(values: Array, blocks: Blocks) -> Array:
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


def _standard(score: Array, dof: Array) -> Array:
    """Wilson and Hilferty's normal deviate of χ²/dof, so that scores of different dof can be ranked together."""
    spread = 2 / (9 * dof)
    return np.asarray((np.cbrt(score) - (1 - spread)) / np.sqrt(spread))
