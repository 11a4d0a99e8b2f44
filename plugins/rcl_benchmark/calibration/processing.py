"""What cameras do to raws that ruins them for calibration: denoising, resizing, lossy compression."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from rcl_cli.raw.frame import RawFrame

Plane = NDArray[np.float32]
_FINEST_STEP = 99
"""Quantisation of JPEG's highest frequencies at quality 50; at quality q above it is 2·(1 − q/100) of this."""
_Process = Callable[[Plane, float, np.random.Generator], Plane]
"""(plane in DN above black, standard deviation of its noise at middle grey in DN, rng) → plane"""


def _gaussian(plane: Plane, sigma: float, rng: np.random.Generator) -> Plane:
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), rng.uniform(0.5, 1.2)), np.float32)


def _median(plane: Plane, sigma: float, rng: np.random.Generator) -> Plane:
    return np.asarray(cv2.medianBlur(plane, 3), np.float32)


def _bilateral(plane: Plane, sigma: float, rng: np.random.Generator) -> Plane:
    return np.asarray(cv2.bilateralFilter(plane, 5, rng.uniform(2, 4) * sigma, 1.5), np.float32)


def _nonlocal_means(plane: Plane, sigma: float, rng: np.random.Generator) -> Plane:
    # OpenCV's takes 16-bit integers with the L1 norm only.
    shifted = np.clip(np.rint(plane + 4096), 0, 65535).astype(np.uint16)
    strength = [float(rng.uniform(1.0, 2.0) * sigma)]
    smooth = cv2.fastNlMeansDenoising(shifted, strength, None, 5, 11, cv2.NORM_L1)
    return np.asarray(smooth, np.float32) - np.float32(4096)


def _resized(plane: Plane, sigma: float, rng: np.random.Generator) -> Plane:
    factor = float(rng.choice((rng.uniform(0.55, 0.8), rng.uniform(1.25, 2.0))))
    interpolation = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(plane, None, fx=factor, fy=factor, interpolation=interpolation), np.float32)


def _lossy(plane: Plane, sigma: float, rng: np.random.Generator) -> Plane:
    # JPEG of the square root, the coarser the stronger the noise: its finest frequencies lose all but a few values.
    top = max(float(plane.max()), 1.0)
    noise = 255 * sigma / (2 * np.sqrt(top * max(float(plane.mean()), sigma)))
    root = np.rint(255 * np.sqrt(np.clip(plane / top, 0, 1))).astype(np.uint8)
    step = rng.uniform(3, 8) * noise
    quality = int(np.clip(100 * (1 - step / (2 * _FINEST_STEP)), 5, 95))
    encoded = cv2.imencode(".jpg", root, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    decoded = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE), np.float32)
    return np.asarray(np.float32(top) * np.square(decoded / np.float32(255)), np.float32)


PROCESSES: dict[str, _Process] = {
    "gaussian": _gaussian,
    "median": _median,
    "bilateral": _bilateral,
    "non-local means": _nonlocal_means,
    "resized": _resized,
    "lossy": _lossy,
}
"""By name: what is done to each plane of the noisy mosaic."""


def process(kind: str, frame: RawFrame, sigma: float, rng: np.random.Generator) -> RawFrame:
    """The frame as a camera with this process would store it. `sigma`: of the noise at middle grey, in DN."""
    seed = int(rng.integers(2**31))
    black = frame.black_level[0]
    height, width = (length // 2 for length in frame.mosaic.shape)
    planes = {}
    for y in (0, 1):
        for x in (0, 1):
            plane = frame.mosaic[y::2, x::2][:height, :width].astype(np.float32) - np.float32(black)
            # The same generator for each plane: all four are treated alike.
            planes[y, x] = PROCESSES[kind](np.ascontiguousarray(plane), sigma, np.random.default_rng(seed))
    height, width = planes[0, 0].shape
    mosaic = np.empty((2 * height, 2 * width), np.float32)
    for (y, x), plane in planes.items():
        mosaic[y::2, x::2] = plane
    dn = np.clip(np.rint(mosaic + black), 0, frame.white_level).astype(np.uint16)
    return RawFrame(dn, frame.cfa, frame.black_level, frame.white_level, frame.metadata)
