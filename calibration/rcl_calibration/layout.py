"""Where the pixels of a block are, and which sums of them are looked at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

SIZE = 5
"""Blocks of the even layout are SIZE×SIZE pixels."""
_frequency = np.arange(SIZE)
_DCT = np.sqrt(2 / SIZE) * np.cos(np.pi * (2 * _frequency[None, :] + 1) * _frequency[:, None] / (2 * SIZE))
_DCT[0] /= np.sqrt(2)
_DCT = np.kron(_DCT, _DCT)
_ROW, _COLUMN = (f.ravel() for f in np.meshgrid(_frequency, _frequency, indexing="ij"))
_INNER = (_ROW >= 1) & (_COLUMN >= 1)
_AXIS = (_ROW == 0) ^ (_COLUMN == 0)
_LINES = np.stack([(_COLUMN == 0) & (_ROW >= 2), (_ROW == 0) & (_COLUMN >= 2)])
FREQUENCY_SUM = (_ROW + _COLUMN)[_INNER]
"""(INNER,) row frequency plus column frequency, 2–8, of the even layout."""
OUTER_OF_FIVE = ((_ROW + _COLUMN == 5) & (np.abs(_ROW - _COLUMN) == 3))[_INNER]
"""(INNER,) of its coefficients with a sum of 5 those that vary most along one axis."""
IS_HIGH = FREQUENCY_SUM >= 6
"""(INNER,) its HIGH coefficients."""
INNER, HIGH, AXIS, LINES = int(_INNER.sum()), int(IS_HIGH.sum()), int(_AXIS.sum()), int(_LINES[0].sum())
"""Coefficients of each kind in a block: 16, of which 6 are HIGH in the even layout; 8; 3 of each direction."""
_BLUR = 0.15
"""In the unit of `Layout.pitch`; a picture is smooth at shorter distances."""
_LOW, _LOWEST = 3.0, 5.0
_OF_LOW = 0.3
"""What low frequencies count in `Layout.kinds`."""
_LEAST = 1e-9


@dataclass(frozen=True)
class Layout:
    """The n pixels of a block of one lattice, and the orthonormal sums of them that are looked at.

    INNER of them are such that neither a slope nor row or column noise adds to them: `high` HIGH ones, in which texture
    is weakest, and the MIDDLE ones. Blocks of SIZE×SIZE pixels have the DCT. Others have what the DCT is close to: the
    principal components of pictures with a spectrum of 1/f³, from the weakest.
    """

    rows: tuple[str, ...]
    """A square of rows and columns of the lattice's values, "x" where a pixel is the block's."""
    pitch: float
    """Distance of neighbours in it; 1 is that of two pixels of the sensor, as in lattices of Bayer."""
    strides: tuple[tuple[int, float], ...]
    """Rows, and columns, from a block to the next, the farthest first: that where none overlap, one or more where they
    do. Beside each by how much more the variance of the mean of their HIGH squares is, for white noise, for overlap."""
    high: int
    steeper: float = 1.0
    """How much more of photographs' texture the MIDDLE ones have, over the HIGH ones, than those of the even layout."""

    @property
    def size(self) -> int:
        """Rows, and columns, that a block spans."""
        return len(self.rows)

    @cached_property
    def mask(self) -> Mask:
        """(size, size) which are the block's."""
        return np.array([[letter == "x" for letter in row] for row in self.rows])

    @cached_property
    def inner(self) -> Array:
        """(INNER, n)"""
        if self.mask.all():
            return np.asarray(_DCT[_INNER])
        lines = np.concatenate(self._indicators)
        _, strength, basis = np.linalg.svd(lines)
        return self._components(basis[int((strength > _LEAST * strength[0]).sum()) :])[:INNER]

    @cached_property
    def axis(self) -> Array:
        """(AXIS, n) the coarsest of what varies along one axis only."""
        if self.mask.all():
            return np.asarray(_DCT[_AXIS])
        return self._components(_span(_without(np.concatenate(self._indicators), np.ones((1, self.count)))))[-AXIS:]

    @cached_property
    def lines(self) -> Array:
        """(2, LINES, n) the finest of what varies from row to row only, and from column to column only."""
        if self.mask.all():
            return np.stack([_DCT[kind] for kind in _LINES])
        rows, columns = self._indicators
        pairs = (rows, columns), (columns, rows)
        return np.stack([self._components(_span(_without(one, other)))[:LINES] for one, other in pairs])

    @cached_property
    def line_gain(self) -> Array:
        """(2, LINES) variance of `lines` for row noise of variance 1, and for column noise."""
        sums = (line @ one.T for line, one in zip(self.lines, self._indicators, strict=True))
        return np.stack([np.square(each).sum(axis=1) for each in sums])

    @cached_property
    def is_high(self) -> Mask:
        """(INNER,)"""
        return IS_HIGH if self.mask.all() else np.arange(INNER) < self.high

    @cached_property
    def halves(self) -> tuple[Mask, Mask]:
        """Two masks (INNER,) that part the coefficients, alike in frequency and direction."""
        first = (FREQUENCY_SUM if self.mask.all() else (np.arange(INNER) + 1) // 2) % 2 == 0
        return first, ~first

    @cached_property
    def texture(self) -> Array:
        """(INNER,) variance of a picture's coefficients over the mean of the HIGH ones."""
        found = -np.einsum("kn,nm,km->k", self.inner, self.distances(self), self.inner)
        return np.asarray(found / found[self.is_high].mean())

    def emphasis(self, of_low: float) -> Array:
        """(INNER,) 1; `of_low` where a picture's texture is _LOW times that in the HIGH ones; 0 where _LOWEST times.

        Such low frequencies are the strongest, but vary with the content, and are least like the HIGH ones.
        """
        return np.select([self.texture > _LOWEST, self.texture > _LOW], [0.0, of_low], 1.0)

    @cached_property
    def kinds(self) -> NDArray[np.float32]:
        """(INNER, 3) weights of the squares: means of the HIGH and the MIDDLE ones, and of these by `emphasis`."""
        kinds = np.stack([self.is_high, ~self.is_high, ~self.is_high * self.emphasis(_OF_LOW)], axis=1)
        return np.asarray(kinds / kinds.sum(axis=0), np.float32)

    @cached_property
    def freedom(self) -> float:
        """Degrees of freedom of the MIDDLE squares' mean by `emphasis`, for each HIGH of `high`."""
        return HIGH / self.high / float(np.square(self.kinds[:, 2].astype(np.float64)).sum())

    @cached_property
    def transform(self) -> NDArray[np.float32]:
        """(2 + INNER + AXIS + 2·LINES, size²) of a block's values: their mean, their mean as they weigh in the HIGH
        coefficients, and all coefficients."""
        means = np.stack([np.full(self.count, 1 / self.count), np.square(self.inner[self.is_high]).mean(axis=0)])
        found = np.zeros((2 + INNER + AXIS + 2 * LINES, self.size**2), np.float32)
        found[:, self.mask.ravel()] = np.concatenate([means, self.inner, self.axis, *self.lines])
        return found

    @property
    def count(self) -> int:
        """n."""
        return int(self.mask.sum())

    def distances(self, other: Layout, shift: tuple[float, float] = (0.0, 0.0)) -> Array:
        """(n, m) from this one's pixels to those of `other`, which are `shift` (rows, columns) further on.

        What neighbours differ by in a picture with a spectrum of 1/f³ grows with them.
        """
        here, there = (np.argwhere(one.mask) * one.pitch for one in (self, other))
        return np.asarray(np.sqrt(np.square(there + shift - here[:, None]).sum(axis=2) + _BLUR**2))

    @cached_property
    def _indicators(self) -> tuple[Array, Array]:
        """(size, n) twice: which pixels are in each row, and in each column."""
        places = np.argwhere(self.mask)
        rows, columns = (np.equal.outer(np.arange(self.size), places[:, axis]).astype(float) for axis in (0, 1))
        return rows, columns

    def _components(self, basis: Array) -> Array:
        """(k, n) principal components of pictures in the space of the orthonormal (k, n) `basis`, the weakest first."""
        return np.asarray(np.linalg.eigh(-basis @ self.distances(self) @ basis.T)[1].T @ basis)


def _span(vectors: Array) -> Array:
    """An orthonormal basis of rows."""
    _, strength, basis = np.linalg.svd(vectors, full_matrices=False)
    return np.asarray(basis[strength > _LEAST * strength[0]])


def _without(vectors: Array, others: Array) -> Array:
    """Rows less what `others` have of them."""
    basis = _span(others)
    return np.asarray(vectors - vectors @ basis.T @ basis)


EVEN = Layout(("x" * SIZE,) * SIZE, 1.0, ((SIZE, 0.0), (3, 1.15), (2, 3.0)), HIGH)
"""Blocks of SIZE×SIZE pixels at equal distances."""
