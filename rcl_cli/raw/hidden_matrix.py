"""The colour matrix that LibRaw develops a raw with, where it does not say which."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import rawpy
from numpy.typing import NDArray

from rcl_cli.errors import FileError
from rcl_cli.raw.libraw import open_raw
from rcl_cli.raw.srgb import XYZ_TO_SRGB

_CLIPPED, _DARK = 60000, 600
"""Of 16 bits: between these, all three values of a pixel are as the matrix made them."""
_PIXELS = 100
_EXACT = 4.0
"""Largest error of rounding, and a little."""


def hidden_matrix(path: Path) -> NDArray[np.float64] | None:
    """XYZ (D65) to camera RGB (3, 3), from what LibRaw makes of the picture; None where it has no matrix of its own.

    Some cameras, such as Kodak's DC50 and DC120, are known to it by a matrix from camera RGB to sRGB alone, which it
    does not tell. Every pixel before and after it is an equation.
    """
    try:
        before, after = (_developed(path, space) for space in (rawpy.ColorSpace.raw, rawpy.ColorSpace.sRGB))
    except (FileError, rawpy.LibRawError):
        return None
    if before.shape[1] != 3 or after.shape != before.shape:
        return None
    usable = (after > _DARK).all(axis=1) & (after < _CLIPPED).all(axis=1) & (before < _CLIPPED).all(axis=1)
    before, after = before[usable], after[usable]
    if len(before) < _PIXELS or np.linalg.matrix_rank(before) < 3:
        return None
    camera_to_srgb, *_ = np.linalg.lstsq(before, after)
    wrong = float(np.abs(before @ camera_to_srgb - after).max())
    if wrong > _EXACT or np.allclose(camera_to_srgb, np.eye(3), atol=1e-3):
        return None
    matrix: NDArray[np.float64] = np.linalg.inv(camera_to_srgb.T) @ XYZ_TO_SRGB
    return matrix


def _developed(path: Path, space: rawpy.ColorSpace) -> NDArray[np.float64]:
    """(pixels, colours), linear. Developing changes what LibRaw says of a file, so that each has its own."""
    with open_raw(path) as raw:
        shown = raw.postprocess(
            half_size=True, gamma=(1, 1), no_auto_bright=True, output_bps=16, user_wb=[1.0] * 4, output_color=space
        )
    return shown.reshape(-1, shown.shape[2]).astype(np.float64)
