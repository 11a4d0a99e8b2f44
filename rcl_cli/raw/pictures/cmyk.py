"""Pictures in inks as RGB: by their profile, or plainly where they have none."""

from __future__ import annotations

from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from rcl_cli.raw.pictures.icc import to_srgb


def cmyk_to_rgb(ink: NDArray[Any], bits: int, profile: bytes) -> NDArray[Any]:
    """(H, W, 4) cyan, magenta, yellow, black, 2**bits - 1 = full → (H, W, 3) sRGB values of the same depth.

    >>> cmyk_to_rgb(np.array([[[0, 255, 255, 0], [0, 0, 0, 255]]], np.uint8), 8, b"").tolist()
    [[[255, 0, 0], [0, 0, 0]]]
    """
    full = 2**bits - 1
    if profile[16:20] == b"CMYK":
        try:
            by_profile = to_srgb(np.rint(ink * np.float32(65535 / full)).astype(np.uint16), profile)
            return _rounded(by_profile * np.float32(full / 65535), ink.dtype)
        except imagecodecs.CmsError:
            pass
    paper = (full - ink).astype(np.float32)
    return _rounded(paper[..., :3] * paper[..., 3:] / np.float32(full), ink.dtype)


def _rounded(values: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    whole: NDArray[Any] = np.rint(values).astype(dtype)
    return whole
