"""Enlargement by kernels, of Pillow: coded values (h, w, 3) → (2h, 2w, 3)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from rcl_benchmark.quality.mosaics import Mosaic
from rcl_benchmark.quality.pictures import Float
from rcl_cli.raw.srgb import srgb_encode

PACKAGE = "pillow"


def bicubic(rgb: Float) -> Float:
    """Keys' cubic kernel with a = −0.5, as in MATLAB."""
    return _doubled(rgb, "BICUBIC")


def lanczos(rgb: Float) -> Float:
    """Lanczos' kernel of three lobes."""
    return _doubled(rgb, "LANCZOS")


def demosaic_and_enlarge(demosaic: Callable[[Mosaic], Float], mosaic: Mosaic) -> Float:
    """A mosaic (h, w) → coded RGB (2h, 2w, 3): `demosaic` gives the mosaic's values; coded, they are enlarged."""
    rgb = demosaic(mosaic)
    return bicubic(rgb if mosaic.coded else srgb_encode(rgb))


def _doubled(rgb: Float, kernel: str) -> Float:
    from PIL import Image

    height, width, _ = rgb.shape
    planes = [
        np.asarray(Image.fromarray(plane).resize((2 * width, 2 * height), Image.Resampling[kernel]), np.float32)
        for plane in np.ascontiguousarray(rgb.transpose(2, 0, 1), np.float32)
    ]
    return np.stack(planes, axis=-1)
