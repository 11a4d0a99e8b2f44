"""A picture packed in one of the eight ways to turn it, and a result turned back."""

from __future__ import annotations

import cv2
import numpy as np

from rcl_cli.domain import Domain
from rcl_cli.raw.cfa import CFA
from rcl_cli.raw.pack import Float, Placement, pack, pack_rgb, unpack
from rcl_cli.raw.turn import Turn


def packed(pixels: Float, cfa: CFA | None, turn: Turn, multiple: int) -> tuple[Float, Placement]:
    """(H, W) mosaic with its pattern, or (H, W, 3) without → (C, h, w), turned, and its placement in it.

    h and w are multiples of `multiple`.
    """
    turned = turn.of(pixels)
    if cfa is None:
        return pack_rgb(turned, multiple)
    return pack(turned, turn.cfa(cfa, *pixels.shape), multiple)


def upright(result: Float, placement: Placement, turn: Turn, output: Domain, scale: int = 1) -> Float:
    """(C_out, h·U, w·U) of what `packed` gave → (H·scale, W·scale) mosaic or (H·scale, W·scale, 3), turned back."""
    if output.is_raw:
        return turn.back(unpack(result, placement, scale))
    inside = placement.crop(result, scale)
    if inside.strides[0] == inside.itemsize:
        return turn.back(inside.transpose(1, 2, 0))
    # OpenCV puts planes together ten times as fast as NumPy's copy of what is transposed.
    return turn.back(np.asarray(cv2.merge(list(inside)), np.float32))
