"""Colour filter arrays: which filter sits over which pixel, and how far any phase is from the canonical one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rcl_cli.domain import Domain

BAYER_PHASES = ("RGGB", "GRBG", "GBRG", "BGGR")
XTRANS_ROWS = ("GBGGRG", "RGRBGB", "GBGGRG", "GRGGBG", "BGBRGR", "GRGGBG")
"""The canonical phase of X-Trans: green at the corners and centre of each 3×3 block, red beside the first's centre."""
_CANONICAL = {2: ("RG", "GB"), 6: XTRANS_ROWS}
"""Rows by the period."""


@dataclass(frozen=True)
class CFA:
    """The repeating pattern from the top left pixel on: two rows of two letters (Bayer), or six of six (X-Trans).

    >>> CFA.bayer("GRBG").rows
    ('GR', 'BG')
    """

    rows: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.canonical_shift() is None:
            raise ValueError(f"not a Bayer or X-Trans pattern: {'/'.join(self.rows)}")

    @classmethod
    def bayer(cls, phase: str) -> CFA:
        """From four letters read row by row, e.g. "RGGB"."""
        return cls((phase[:2], phase[2:]))

    @classmethod
    def xtrans(cls, dy: int = 0, dx: int = 0) -> CFA:
        """X-Trans whose top left pixel is the canonical pattern's pixel (dy, dx)."""
        return cls(XTRANS_ROWS).shifted(dy, dx)

    @classmethod
    def named(cls, name: str) -> CFA:
        """The canonical phase of what a user calls it: "RGGB", …, "xtrans", "X-Trans"; ValueError for anything else.

        >>> CFA.named("grbg").name, CFA.named("xtrans").name
        ('GRBG', 'X-Trans')
        """
        letters = name.upper().replace("-", "")
        return cls.xtrans() if letters == "XTRANS" else cls.bayer(letters)

    @property
    def name(self) -> str:
        """ "RGGB", … for Bayer; "X-Trans" else. The JSON output's `cfa`."""
        return "".join(self.rows) if self.period == 2 else "X-Trans"

    @property
    def period(self) -> int:
        """Pixels until the pattern repeats: 2 or 6."""
        return len(self.rows)

    @property
    def domain(self) -> Domain:
        """BAYER or XTRANS."""
        return Domain.BAYER if self.period == 2 else Domain.XTRANS

    def shifted(self, dy: int, dx: int) -> CFA:
        """The pattern seen when the first `dy` rows and `dx` columns are cut off (negative: added)."""
        p = self.period
        return CFA(tuple("".join(self.rows[(y + dy) % p][(x + dx) % p] for x in range(p)) for y in range(p)))

    def canonical_shift(self) -> tuple[int, int] | None:
        """(dy, dx), each in 0…period-1, smallest first: rows and columns to cut off for RGGB or XTRANS_ROWS."""
        target = _CANONICAL.get(len(self.rows))
        if target is None or any(len(row) != len(self.rows) for row in self.rows):
            return None
        p = len(self.rows)
        for dy in range(p):
            for dx in range(p):
                if all(self.rows[(y + dy) % p][(x + dx) % p] == target[y][x] for y in range(p) for x in range(p)):
                    return dy, dx
        return None

    def planes(self, height: int, width: int) -> NDArray[np.uint8]:
        """(height, width) map of noise planes: 0 = R, 1 = Gr (any green of X-Trans), 2 = Gb, 3 = B."""
        pattern = np.empty((self.period, self.period), np.uint8)
        for y, row in enumerate(self.rows):
            for x, letter in enumerate(row):
                green = 2 if self.period == 2 and "B" in row else 1
                pattern[y, x] = {"R": 0, "G": green, "B": 3}[letter]
        repeats = (-(-height // self.period), -(-width // self.period))
        return np.tile(pattern, repeats)[:height, :width]

    def colors(self, height: int, width: int) -> NDArray[np.uint8]:
        """(height, width) map of colours: 0 = R, 1 = G, 2 = B."""
        return np.array([0, 1, 1, 2], np.uint8)[self.planes(height, width)]


def canonical(domain: Domain) -> CFA:
    """The pattern that packed tensors of a raw domain are in: RGGB or `XTRANS_ROWS`. Raises ValueError for RGB."""
    if domain is Domain.RGB:
        raise ValueError("an RGB picture has no colour filter array")
    return CFA(_CANONICAL[2 if domain is Domain.BAYER else 6])


def mosaic(rgb: NDArray[np.float32], cfa: CFA) -> NDArray[np.float32]:
    """(H, W): of each pixel of `rgb` (H, W, 3) the colour that its filter lets through.

    >>> mosaic(np.array([[[1, 2, 3], [4, 5, 6]]], np.float32), CFA.bayer("RGGB"))
    array([[1., 5.]], dtype=float32)
    """
    colors = cfa.colors(*rgb.shape[:2]).astype(np.intp)
    return np.take_along_axis(rgb, colors[..., None], axis=2)[..., 0]


def tent(domain: Domain) -> tuple[float, ...]:
    """Weights of linear interpolation along each axis, those of the pixel itself in the middle.

    A colour's value at a pixel without it is the mean of the known ones around, each weighted by the product of its two
    weights. For Bayer that is exactly bilinear interpolation; the samples of X-Trans lie on no square grid.

    >>> tent(Domain.BAYER), tent(Domain.XTRANS)
    ((1.0, 2.0, 1.0), (1.0, 2.0, 3.0, 2.0, 1.0))
    """
    reach = domain.pixels - 1
    return tuple(float(reach + 1 - abs(away)) for away in range(-reach, reach + 1))
