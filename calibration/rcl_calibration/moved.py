"""Whether a scene stayed where it was between two frames, told by their blocks."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from rcl_calibration.frame_pair import BLOCK
from rcl_calibration.layout import Mask
from rcl_calibration.model import Array, Clipping, Noise
from rcl_calibration.pair_blocks import TEXTURED, PairBlocks, by_brightness, relative_variance

_FLAT = 1.5
_MOST_EXCESS = 0.015
_MOST_REJECTED = 0.05
_LEAST_TEXTURE = 0.8
_SURE = 5.0
"""Standard errors."""
_LEAST_CONTRASTED = 20


class MovedError(ValueError):
    """The two frames do not show the same scene at the same place."""


def refuse_moved(
    lattices: Sequence[PairBlocks], kept: Sequence[Mask], clippings: Sequence[Clipping], noise: Noise
) -> None:
    """Raise MovedError where the frames differ by more in structure than in flat places of the same brightness.

    Between frames that stand still structure cancels. What is textured is told by the frames' mean, whose noise is
    independent of the difference's.
    """
    usable = sum(int(blocks.usable.sum()) for blocks in lattices)
    rejected = 1 - sum(int(mask.sum()) for mask in kept) / max(usable, 1)
    if rejected > _MOST_REJECTED:
        raise MovedError(f"{100 * rejected:.0f} % of the picture is not the same in both frames")
    textures = np.concatenate([blocks.texture[blocks.usable] for blocks in lattices])
    # Noise alone has a quarter below 0.88. Less than that is seen where what differs is taken for noise, but is none.
    if textures.size and float(np.quantile(textures, 0.25)) < _LEAST_TEXTURE:
        raise MovedError("the frames differ by more than they vary: the scene is not the same in both")
    contrasts = [
        contrast
        for blocks, clipping in zip(lattices, clippings, strict=True)
        for contrast in _contrasts(blocks, relative_variance(blocks, clipping, noise))
    ]
    if not contrasts:
        return
    excesses, errors = np.array(contrasts).T
    excess, error = float(np.average(excesses, weights=errors**-2)), float((errors**-2).sum() ** -0.5)
    if excess > max(_MOST_EXCESS, _SURE * error):
        raise MovedError(f"where the scene has structure the frames differ by {100 * excess:.0f} % more than elsewhere")


def _contrasts(blocks: PairBlocks, relative: Array) -> list[tuple[float, float]]:
    """How much more the textured blocks differ than the flattest of the same brightness, and its standard error.

    Where all is textured the least textured quarter stands for the flat ones.
    """
    found = []
    for chosen in by_brightness(blocks):
        texture, here = blocks.texture[chosen], relative[chosen]
        quarter = float(np.quantile(texture, 0.25))
        flat, textured = here[texture <= max(_FLAT, quarter)], here[texture > max(TEXTURED, quarter)]
        if min(flat.size, textured.size) >= _LEAST_CONTRASTED:
            excess = float(np.median(textured) / np.median(flat)) - 1
            # Of a median of Gaussians; halves of blocks have BLOCK²/2 pixels.
            error = math.sqrt(math.pi / 2 * 2 / (BLOCK**2 / 2) * (1 / flat.size + 1 / textured.size))
            found.append((excess, error))
    return found
