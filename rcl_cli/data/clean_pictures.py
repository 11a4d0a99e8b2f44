"""Clean pictures held in memory: linear RGB, decoded once, as a window each where the whole would not fit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from rcl_cli.data.crops import middle_window
from rcl_cli.data.regions import packed_frame
from rcl_cli.errors import FileError, blamed_on
from rcl_cli.nn.cfa import bilinear
from rcl_cli.raw.far import refuse_far
from rcl_cli.raw.frame import Frame
from rcl_cli.raw.guarded import read_frame

MEMORY = 2**30
"""Bytes that all clean pictures together may take."""
CAMERA_SIDE = 1024
"""Pictures with this many pixels on the shorter side are taken for camera pictures, interpolated from a mosaic."""
_BYTES = 6


@dataclass(frozen=True)
class CleanPicture:
    """One label."""

    path: Path
    rgb: Tensor
    """(3, H, W) float16, linear: 11 significant bits at every brightness, at half the memory."""
    camera_rgb: bool
    """True where the colours are a sensor's own; False for pictures with white balance."""


@dataclass(frozen=True)
class CleanReader:
    """How clean pictures are read."""

    least_side: int
    """Clean pixels that a picture must have each way."""
    share: int = MEMORY
    """Bytes that one picture may take; of a larger one the middle is kept."""
    reduce: int | None = None
    """Side of the squares of pixels that are averaged into one, which takes traces of JPEG and CFA interpolation away.

    Default: 2 where the shorter side has `CAMERA_SIDE` pixels or more, else 1. Raw files are interpolated and always
    reduced, by 2 (Bayer) or 3 (X-Trans) at least.
    """
    linear: bool = False
    """Keep the values of RGB files as they are, instead of decoding them by the sRGB curve."""

    def __call__(self, path: Path) -> CleanPicture:
        """Raises FileError where the file cannot be read or is too small."""
        with blamed_on(path):
            return self._read(path)

    def _read(self, path: Path) -> CleanPicture:
        frame = refuse_far(read_frame(path, linear=self.linear), path)
        rgb = _reduced(_linear_rgb(frame), _reduction(frame, self.reduce))
        height, width = rgb.shape[-2:]
        if min(height, width) < self.least_side:
            size = f"{width}×{height} clean pixels are fewer than {self.least_side} each way"
            raise FileError(path, f"is too small: {size}; use a smaller --crop")
        side = max(self.least_side, math.isqrt(self.share // _BYTES))
        kept = middle_window(rgb.shape, side).of(rgb)
        return CleanPicture(path, kept.to(torch.float16, copy=True), frame.camera_rgb)


def _linear_rgb(frame: Frame) -> Tensor:
    return bilinear(torch.from_numpy(packed_frame(frame))[None], frame.domain)[0]


def _reduction(frame: Frame, wanted: int | None) -> int:
    if frame.domain.is_raw:
        return max(wanted or 1, frame.domain.pixels)
    if wanted is not None:
        return wanted
    return 2 if min(frame.size) >= CAMERA_SIDE else 1


def _reduced(rgb: Tensor, by: int) -> Tensor:
    return rgb if by == 1 else avg_pool2d(rgb, by)
