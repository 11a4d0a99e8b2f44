"""The eight ways to turn and mirror a picture, with what belongs to it: its filters and its noise."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rcl_calibration.profile import NoiseProfile
from rcl_cli.raw.cfa import CFA

Float = NDArray[np.float32]


@dataclass(frozen=True)
class Turn:
    """Mirrored left to right if at all, then turned counterclockwise."""

    quarters: int = 0
    """0…3 quarter turns."""
    mirrored: bool = False

    def of(self, pixels: Float) -> Float:
        """(H, W) or (H, W, 3), turned; a view of it."""
        return np.rot90(pixels[:, ::-1] if self.mirrored else pixels, self.quarters)

    def back(self, pixels: Float) -> Float:
        """The inverse of `of`."""
        upright = np.rot90(pixels, -self.quarters)
        return upright[:, ::-1] if self.mirrored else upright

    def cfa(self, cfa: CFA, height: int, width: int) -> CFA:
        """The pattern of a turned mosaic, which was height × width before.

        >>> [Turn(mirrored=True).cfa(CFA.bayer("RGGB"), 10, width).name for width in (10, 11)]
        ['GRBG', 'RGGB']
        """
        period = cfa.period
        rows, columns = (np.arange(period + side % period) % period for side in (height, width))
        letters = np.array([list(row) for row in cfa.rows])[np.ix_(rows, columns)]
        turned = np.rot90(letters[:, ::-1] if self.mirrored else letters, self.quarters)
        return CFA(tuple("".join(row) for row in turned[:period, :period]))

    def profile(self, profile: NoiseProfile) -> NoiseProfile:
        """The noise of a turned mosaic: the greens of red and of blue rows change places where rows become columns."""
        if self.quarters % 2 == 0:
            return profile
        shot, read = ((r, gb, gr, b) for r, gr, gb, b in (profile.shot, profile.read))
        return replace(profile, shot=shot, read=read)


UPRIGHT = (Turn(),)
ALL_TURNS = tuple(Turn(quarters, mirrored) for mirrored in (False, True) for quarters in range(4))
