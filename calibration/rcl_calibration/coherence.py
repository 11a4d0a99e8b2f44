"""What texture two lattices have in common: they see one picture, with pixels beside each other's."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rcl_calibration.layout import EVEN, Array, Layout, Mask
from rcl_calibration.samples import Offset

_OF_LOW = 0.5
"""What low frequencies count: they are the least like the HIGH ones that texture has to be known in."""


@dataclass(frozen=True)
class Comparison:
    """B blocks of P lattices, to be compared with one another."""

    relative: NDArray[np.float32]
    """(P, B, K) coefficients with both frequencies ≥ 1, in units of the noise; 0 where a block is not good."""
    good: Mask
    """(P, B)"""
    offsets: tuple[Offset, ...]
    """(P,)"""
    layouts: tuple[Layout, ...]
    """(P,)"""

    def texture(self, lattice: int, chosen: NDArray[np.intp], half: Mask) -> tuple[Array, Array]:
        """(n,) texture of `chosen` blocks of a lattice, in the HIGH coefficients, and its variance for noise alone.

        From the products of all coefficients of the block with `half` (K,) of the other lattices'; in units of the
        noise variance. Noise is independent from lattice to lattice, texture is not: 0 on average for noise alone, of
        any level. Products count as much as texture shows in them (a matched filter). Twice the half's part of it, with
        half the variance, so that the mean over both halves is the estimate from all products and the variance its
        own. A block with no other lattice to be compared with has 0, as certain as if it were compared with its like.
        """
        filters, signal, noise = _matched(self.offsets, self.layouts)
        others = self.good[:, chosen] * (np.arange(len(self.offsets)) != lattice)[:, None]
        total, square = signal[lattice] @ others, noise[lattice] @ others
        alone = total <= 0
        total[alone], square[alone] = signal[0, 0], noise[0, 0]
        expected = np.zeros((chosen.size, half.size), np.float32)
        for other in range(len(self.offsets)):
            if other != lattice:
                expected += self.relative[other, chosen][:, half] @ filters[lattice, other][:, half].T
        product = np.einsum("bk,bk->b", self.relative[lattice, chosen], expected).astype(np.float64)
        return product / (total / 2), square / total**2


@lru_cache(maxsize=8)
def _matched(offsets: tuple[Offset, ...], layouts: tuple[Layout, ...]) -> tuple[NDArray[np.float32], Array, Array]:
    """(P, P, K, K) weights of the products; their (P, P) sum for texture 1, and its variance for noise 1."""
    lattices = list(zip(offsets, layouts, strict=True))
    expected = np.array(
        [[coherence((b[0] - a[0], b[1] - a[1]), one, two) for b, two in lattices] for a, one in lattices]
    )
    emphasis = np.array([layout.emphasis(_OF_LOW) for layout in layouts])
    weights = expected * emphasis[:, None, :, None] * emphasis[None, :, None, :]
    return weights.astype(np.float32), (weights * expected).sum(axis=(2, 3)), (weights**2).sum(axis=(2, 3))


@lru_cache(maxsize=64)
def coherence(shift: Offset, layout: Layout = EVEN, other: Layout = EVEN) -> Array:
    """(K, K) covariance of a block's coefficients with those of `other`'s pixels, `shift` (rows, columns) further on.

    In units of the variance that texture has in the block's HIGH coefficients. The model is a picture whose pixels
    differ the more the farther they are apart, E[(p(a) − p(b))²] ∝ |a − b|, a spectrum of 1/f³; blurred a little.
    """
    # Rows of `inner` sum to 0, so that what is constant in a covariance does not matter.
    own = -np.einsum("kn,nm,km->k", layout.inner, layout.distances(layout), layout.inner)
    return np.asarray(-layout.inner @ layout.distances(other, shift) @ other.inner.T / own[layout.is_high].mean())
