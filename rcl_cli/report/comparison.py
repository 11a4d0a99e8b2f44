"""A picture before and after: what the two differ in, as figures and side by side. Torch-free."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from rcl_cli.errors import RclError
from rcl_cli.raw.develop import develop
from rcl_cli.raw.frame import Frame
from rcl_cli.raw.picture import Picture

Float = NDArray[np.float32]
Light = NDArray[np.float64]
_CLIPPED_FROM = 254.5 / 255
_NORMAL_MAD = 0.6745
"""Median of |z|, z ~ N(0, 1)."""
_GAP = 4
"""Pixels between the two pictures."""
_MOST_SCALE = 8


@dataclass(frozen=True)
class Comparison:
    """Figures of two pictures in sRGB values, as a raw developer's neutral setting shows them."""

    psnr_db: float
    """Between the two, at a peak of 1; infinite where they are equal."""
    noise_before: float
    """Standard deviation of the finest detail in brightness, of 255, where it is mostly noise."""
    noise_after: float
    mean_change: tuple[float, float, float]
    """Of R, G and B, in linear light: after over before, less 1."""
    clipped_before: float
    """Share of pixels of which a colour is white."""
    clipped_after: float
    crop: tuple[int, int, int, int]
    """Left, top, width and height of the square that changed most, in pixels of the result."""

    @property
    def noise_removed(self) -> float:
        """Share of `noise_before` that is gone; below 0 where it has grown."""
        return 1 - self.noise_after / self.noise_before if self.noise_before else 0.0


def shown(frame: Frame) -> Float:
    """(H, W, 3) sRGB in [0, 1]; a mosaic by linear interpolation."""
    return develop(Picture.from_frame(frame, frame.normalized(), cfa=frame.cfa))


def light(before: Frame, after: Frame) -> tuple[Light, Light] | None:
    """(3,) means of R, G and B in linear values below black too, which a display cuts off; None if not of one kind."""
    if before.camera_rgb is not after.camera_rgb:
        return None
    return _means(before), _means(after)


def _means(frame: Frame) -> Light:
    values = frame.normalized()
    if frame.cfa is None:
        return np.asarray(values.mean(axis=(0, 1), dtype=np.float64))
    colors = frame.cfa.colors(*values.shape)
    return np.array([values[colors == color].mean(dtype=np.float64) for color in range(3)])


def fitted(before: Float, after: Float) -> Float:
    """`before`, (H, W, 3), enlarged to the size of `after` where that is some times as large. Raises RclError."""
    (height, width), (tall, wide) = before.shape[:2], after.shape[:2]
    scale = round(wide / width)
    if not 1 <= scale <= _MOST_SCALE or (height * scale, width * scale) != (tall, wide):
        raise RclError(f"is {wide}×{tall} pixels, and its source {width}×{height}: not one picture before and after")
    if scale == 1:
        return before
    return np.clip(cv2.resize(before, (wide, tall), interpolation=cv2.INTER_CUBIC), 0, 1).astype(np.float32)


def compare(before: Float, after: Float, side: int = 512, means: tuple[Light, Light] | None = None) -> Comparison:
    """Both (H, W, 3) sRGB in [0, 1], of one size; `side`: of the square that is looked for; `means`: by `light`."""
    difference = after - before
    error = float(np.mean(difference.astype(np.float64) ** 2))
    first, second = means or [_linear(one).mean(axis=(0, 1), dtype=np.float64) for one in (before, after)]
    change = second / np.maximum(first, 1e-6) - 1
    return Comparison(
        -10 * math.log10(error) if error else math.inf,
        _noise(before) * 255,
        _noise(after) * 255,
        (float(change[0]), float(change[1]), float(change[2])),
        _clipped(before),
        _clipped(after),
        most_changed(difference, side),
    )


def most_changed(difference: Float, side: int) -> tuple[int, int, int, int]:
    """Left, top, width and height of the square of `side` pixels, or less, where `difference` is largest."""
    squares = np.square(difference).mean(axis=2)
    height, width = (min(side, length) for length in squares.shape)
    sums = cv2.boxFilter(squares, -1, (width, height), anchor=(0, 0), borderType=cv2.BORDER_CONSTANT)
    inside = sums[: squares.shape[0] - height + 1, : squares.shape[1] - width + 1]
    top, left = np.unravel_index(int(inside.argmax()), inside.shape)
    return int(left), int(top), width, height


def side_by_side(before: Float, after: Float, crop: tuple[int, int, int, int] | None) -> NDArray[np.uint8]:
    """(h, w, 3) uint8: the two beside each other with a white line between, whole or the `crop` of both."""
    if crop is not None:
        left, top, width, height = crop
        before, after = (picture[top : top + height, left : left + width] for picture in (before, after))
    line = np.ones((before.shape[0], _GAP, 3), np.float32)
    both = np.concatenate([before, line, after], axis=1)
    return np.asarray(np.rint(both * 255), np.uint8)


def _clipped(picture: Float) -> float:
    return float((picture.max(axis=2) >= _CLIPPED_FROM).mean())


def _noise(picture: Float) -> float:
    """By the median of what differs diagonally (Donoho 1994), at half the size: interpolation has little part there."""
    grey = picture.mean(axis=2)
    height, width = (length // 4 * 4 for length in grey.shape)
    if not height or not width:
        return 0.0
    half = cv2.resize(grey[:height, :width], (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    diagonal = half[::2, ::2] - half[::2, 1::2] - half[1::2, ::2] + half[1::2, 1::2]
    # The sum of four has twice the standard deviation of one, each of which is the mean of four pixels.
    return float(np.median(np.abs(diagonal))) / _NORMAL_MAD


def _linear(srgb: Float) -> Float:
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4).astype(np.float32)
