"""Blocks of a picture of several channels, less the plane in each: what is left of flat ones is noise."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

BLOCK = 16
_CLIPPED = (4 / 255, 251 / 255)


def blocks_every(picture: NDArray[np.floating[Any]], step: int) -> Array:
    """(C, h, w) → (N, C, BLOCK, BLOCK), `step` pixels apart along each axis, row by row."""
    windows = np.lib.stride_tricks.sliding_window_view(picture, (BLOCK, BLOCK), axis=(1, 2))[:, ::step, ::step]
    return np.moveaxis(windows, 0, 2).reshape(-1, len(picture), BLOCK, BLOCK).astype(np.float64)


def unclipped(blocks: Array) -> NDArray[np.bool_]:
    """(N,) which blocks have no mean near black or white, where noise is cut off; values in [0, 1]."""
    means = blocks.mean((2, 3))
    return np.asarray(((means > _CLIPPED[0]) & (means < _CLIPPED[1])).all(1))


def without_plane(blocks: Array) -> Array:
    """Less the least-squares plane of each channel."""
    flat = blocks - blocks.mean((2, 3), keepdims=True)
    ramp = np.arange(BLOCK) - (BLOCK - 1) / 2
    ramp /= np.sqrt(BLOCK * np.square(ramp).sum())
    down = np.einsum("ncij,i->nc", flat, ramp)[..., None, None] * ramp[:, None]
    right = np.einsum("ncij,j->nc", flat, ramp)[..., None, None] * ramp
    without: Array = flat - down - right
    return without
