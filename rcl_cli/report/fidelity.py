"""How near a file and its result are to the clean picture."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from rcl_cli.raw.cfa import mosaic
from rcl_cli.raw.develop import interpolate
from rcl_cli.raw.frame import Frame, RawFrame, RgbFrame


def fidelity(before: Frame, after: Frame, clean: Frame) -> tuple[float, float] | None:
    """PSNR in dB of linear values against the clean picture, before and after; None where they cannot be compared.

    A mosaic is compared with the same mosaic of the clean picture; where the result is RGB, the one before is
    interpolated, and enlarged to its size.
    """
    if after.size != clean.size or after.camera_rgb != before.camera_rgb:
        return None  # a developed result has other values than what it was made of
    if isinstance(after, RawFrame):
        truth = clean.normalized()
        if isinstance(clean, RgbFrame):
            truth = mosaic(clean.rgb, after.cfa)
        elif clean.cfa != after.cfa:
            return None
        same = isinstance(before, RawFrame) and before.size == after.size and before.cfa == after.cfa
        return (psnr_db(before.normalized(), truth), psnr_db(after.normalized(), truth)) if same else None
    if isinstance(clean, RawFrame):
        return None
    start = interpolate(before.normalized(), before.cfa) if isinstance(before, RawFrame) else before.rgb
    height, width = clean.size
    if start.shape[0] * width != start.shape[1] * height:
        return None
    if start.shape[:2] != clean.size:
        start = cv2.resize(start, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    return psnr_db(start, clean.rgb), psnr_db(after.rgb, clean.rgb)


def psnr_db(image: NDArray[np.float32], truth: NDArray[np.float32]) -> float:
    """Peak signal to noise ratio at a peak of 1, in dB; infinite where the two are equal.

    >>> round(psnr_db(np.full((2, 2), 0.6), np.full((2, 2), 0.5)), 6)
    20.0
    """
    error = float(np.mean(np.square(image.astype(np.float64) - truth)))
    return float("inf") if error == 0 else float(-10 * np.log10(error))
