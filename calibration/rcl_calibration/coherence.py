"""What texture two lattices have in common: they see one picture, with pixels beside each other's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rcl_calibration.samples import FREQUENCY_SUM, HALVES, INNER_BASIS, IS_HIGH, SIZE, Array, Mask, Offset

_BLUR = 0.15
"""Pixels; a picture is smooth at shorter distances."""
_EMPHASIS = np.select([FREQUENCY_SUM < 3, FREQUENCY_SUM < 4], [0.0, 0.5], 1.0)
"""(K,) The lowest frequencies are the strongest, but the least like the HIGH ones that texture has to be known in."""


@dataclass(frozen=True)
class Shared:
    """Texture of B blocks of P lattices, in the HIGH coefficients, in units of the noise variance; (P, B) each."""

    texture: tuple[Array, Array]
    """From each of HALVES of the other lattices' coefficients; 0 on average for noise alone, of any level."""
    error: Array
    """Variance of the mean of both for noise alone."""


def shared_texture(relative: NDArray[np.float32], good: Mask, offsets: Sequence[Offset]) -> Shared:
    """Estimate texture from the products of each coefficient of a block with each of the other lattices'.

    Noise is independent from lattice to lattice, texture is not. Products count as much as texture shows in them (a
    matched filter). relative: (P, B, K) coefficients, K with both frequencies ≥ 1, in units of the noise; 0 where a
    block is not good. A block with no other lattice to be compared with has texture 0, as certain as if it were
    compared with its like.
    """
    filters, signal, noise = _matched(tuple(offsets))
    lattices, blocks, size = relative.shape
    others = ~np.eye(lattices, dtype=np.bool_)
    total, square = (signal * others) @ good, (noise * others) @ good
    alone = total <= 0
    total[alone], square[alone] = signal[0, 0], noise[0, 0]
    halves = []
    for half in HALVES:
        columns = relative[..., half].swapaxes(0, 1).reshape(blocks, -1)
        matrix = (filters * others[..., None, None])[..., half].transpose(1, 3, 0, 2).reshape(columns.shape[1], -1)
        expected = (columns @ matrix).reshape(blocks, lattices, size)
        product = np.einsum("pbk,bpk->pb", relative, expected)
        halves.append(np.asarray(product / (total / 2), np.float64))
    return Shared((halves[0], halves[1]), square / total**2)


@lru_cache(maxsize=8)
def _matched(offsets: tuple[Offset, ...]) -> tuple[NDArray[np.float32], Array, Array]:
    """(P, P, K, K) weights of the products; their (P, P) sum for texture 1, and its variance for noise 1."""
    shifts = [[(b[0] - a[0], b[1] - a[1]) for b in offsets] for a in offsets]
    expected = np.array([[coherence(shift) for shift in row] for row in shifts])
    weights = expected * _EMPHASIS[:, None] * _EMPHASIS
    return weights.astype(np.float32), (weights * expected).sum(axis=(2, 3)), (weights**2).sum(axis=(2, 3))


def coherence(shift: Offset) -> Array:
    """(K, K) covariance of a block's coefficients with those of the pixels `shift` (rows, columns) further on.

    In units of the variance that texture has in HIGH coefficients. The model is a picture whose pixels differ the more
    the farther they are apart, E[(p(a) − p(b))²] ∝ |a − b|, a spectrum of 1/f³; blurred a little.
    """
    return np.asarray(_covariance(*shift) / _covariance(0.0, 0.0).diagonal()[IS_HIGH].mean())


@lru_cache(maxsize=64)
def _covariance(down: float, right: float) -> Array:
    row, column = (grid.ravel() for grid in np.mgrid[:SIZE, :SIZE])
    square = (row - row[:, None] + down) ** 2 + (column - column[:, None] + right) ** 2
    # Rows of INNER_BASIS sum to 0, so that what is constant in a covariance does not matter.
    return np.asarray(-INNER_BASIS @ np.sqrt(square + _BLUR**2) @ INNER_BASIS.T)
