"""What texture two lattices have in common: they see one picture, with pixels beside each other's."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rcl_calibration.layout import EVEN, FREQUENCY_SUM, IS_HIGH, Array, Layout, Mask
from rcl_calibration.samples import Offset

_OF_LOW = 0.5
"""What low frequencies count: they are the least like the HIGH ones that texture has to be known in."""
_UPPER = ~IS_HIGH & (FREQUENCY_SUM >= 4)
_PAIRS = np.stack(
    [
        np.outer(IS_HIGH, IS_HIGH),
        np.outer(IS_HIGH, _UPPER) | np.outer(_UPPER, IS_HIGH),
        np.outer(_UPPER, _UPPER),
    ]
)
"""(KINDS, K, K)"""
KINDS = len(_PAIRS)
_KINDS = np.zeros((2 * IS_HIGH.size, KINDS), np.float32)
_KINDS[:, :2] += np.kron(np.eye(2), IS_HIGH[:, None])
_KINDS[:, 1:] += np.kron(np.eye(2), _UPPER[:, None])
"""Which kind a coefficient makes with the HIGH ones of another lattice, and with the upper MIDDLE ones."""
_MOST_RATIO = 4.0


@dataclass(frozen=True)
class Comparison:
    """B blocks of P lattices, to be compared with one another."""

    relative: NDArray[np.float32]
    """(P, B, K) coefficients with both frequencies ≥ 1, in units of the noise; 0 where a block is not good. (P, 0, K)
    where nothing is known of the noise, and all texture is 0."""
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
        if not self.relative.size:
            return np.zeros(chosen.size), square / total**2
        expected = np.zeros((chosen.size, half.size), np.float32)
        for other in range(len(self.offsets)):
            if other != lattice:
                expected += self.relative[other, chosen][:, half] @ filters[lattice, other][:, half].T
        product = np.einsum("bk,bk->b", self.relative[lattice, chosen], expected).astype(np.float64)
        return product / (total / 2), square / total**2

    def kinds(self, lattice: int, chosen: NDArray[np.intp], half: Mask, contrast: Array) -> Array:
        """(n, KINDS) texture of `chosen` blocks in the HIGH coefficients, by products with `half` (K,) of the other
        lattices': of HIGH ones with HIGH ones, of HIGH ones with the upper MIDDLE ones, and of these with one another.

        contrast: (P, B) brightness in units of the noise, which texture is taken to go with. In units of the noise
        variance, 0 on average for noise alone. Twice the half's part, as of `texture`.
        """
        expected = _expected(self.offsets, self.layouts)[lattice]
        shown, known = np.zeros((chosen.size, 2 * half.size), np.float32), np.zeros(KINDS)
        for other in range(len(self.offsets)):
            if other == lattice:
                continue
            brighter = np.clip(contrast[lattice, chosen] / contrast[other, chosen], 1 / _MOST_RATIO, _MOST_RATIO)
            by = [expected[other].T * (half & kind)[:, None] for kind in (IS_HIGH, _UPPER)]
            shown += (self.relative[other, chosen] @ np.hstack(by).astype(np.float32)) * brighter[:, None]
            known += (expected[other] ** 2 * _PAIRS).sum(axis=(1, 2))
        products = np.tile(self.relative[lattice, chosen], 2) * shown
        return (products @ _KINDS).astype(np.float64) * 2 / np.maximum(known, 1e-12)


@lru_cache(maxsize=8)
def _matched(offsets: tuple[Offset, ...], layouts: tuple[Layout, ...]) -> tuple[NDArray[np.float32], Array, Array]:
    """(P, P, K, K) weights of the products; their (P, P) sum for texture 1, and its variance for noise 1."""
    expected = _expected(offsets, layouts)
    emphasis = np.array([layout.emphasis(_OF_LOW) for layout in layouts])
    weights = expected * emphasis[:, None, :, None] * emphasis[None, :, None, :]
    return weights.astype(np.float32), (weights * expected).sum(axis=(2, 3)), (weights**2).sum(axis=(2, 3))


@lru_cache(maxsize=8)
def _expected(offsets: tuple[Offset, ...], layouts: tuple[Layout, ...]) -> Array:
    """(P, P, K, K) `coherence` of all pairs of lattices."""
    lattices = list(zip(offsets, layouts, strict=True))
    return np.array([[coherence((b[0] - a[0], b[1] - a[1]), one, two) for b, two in lattices] for a, one in lattices])


@lru_cache(maxsize=64)
def coherence(shift: Offset, layout: Layout = EVEN, other: Layout = EVEN) -> Array:
    """(K, K) covariance of a block's coefficients with those of `other`'s pixels, `shift` (rows, columns) further on.

    In units of the variance that texture has in the block's HIGH coefficients. The model is a picture whose pixels
    differ the more the farther they are apart, E[(p(a) − p(b))²] ∝ |a − b|, a spectrum of 1/f³; blurred a little.
    """
    # Rows of `inner` sum to 0, so that what is constant in a covariance does not matter.
    own = -np.einsum("kn,nm,km->k", layout.inner, layout.distances(layout), layout.inner)
    return np.asarray(-layout.inner @ layout.distances(other, shift) @ other.inner.T / own[layout.is_high].mean())
