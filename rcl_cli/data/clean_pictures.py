"""Clean pictures held in memory: linear RGB, decoded once, as a window each where the whole would not fit."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from rcl_cli.data.regions import packed_frame
from rcl_cli.errors import FileError
from rcl_cli.nn.cfa import bilinear
from rcl_cli.raw.frame import Frame, RawFrame
from rcl_cli.raw.read import read_frame

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


def read_clean(
    paths: Sequence[Path],
    least_side: int,
    *,
    reduce: int | None = None,
    memory: int = MEMORY,
    read: Callable[[Path], Frame] = read_frame,
) -> tuple[list[CleanPicture], list[FileError]]:
    """Read the pictures, and say which cannot be used: unreadable, or smaller than `least_side` after reduction.

    `reduce`: the side of the squares of pixels that are averaged into one, which takes the traces of JPEG and of CFA
    interpolation away. Default: 2 where the shorter side has `CAMERA_SIDE` pixels or more, else 1. Raw files are
    interpolated and always reduced, by 2 (Bayer) or 3 (X-Trans) at least.
    """
    share = memory // max(len(paths), 1)

    def load(path: Path) -> CleanPicture | FileError:
        try:
            return _load(path, read(path), least_side, reduce, share)
        except FileError as error:
            return error

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(load, paths))
    return [r for r in results if isinstance(r, CleanPicture)], [r for r in results if isinstance(r, FileError)]


def _load(path: Path, frame: Frame, least_side: int, reduce: int | None, share: int) -> CleanPicture:
    rgb = _reduced(_linear_rgb(frame), _reduction(frame, reduce))
    height, width = rgb.shape[-2:]
    if min(height, width) < least_side:
        raise FileError(
            path, f"gives only {width}×{height} clean pixels, {least_side} each way are needed; use a smaller --crop"
        )
    side = max(least_side, math.isqrt(share // _BYTES))
    top, left = (max(0, (length - side) // 2) for length in (height, width))
    window = rgb[:, top : top + side, left : left + side]
    camera = isinstance(frame, RawFrame) or frame.camera_rgb
    return CleanPicture(path, window.to(torch.float16, copy=True), camera)


def _linear_rgb(frame: Frame) -> Tensor:
    if isinstance(frame, RawFrame):
        return bilinear(torch.from_numpy(packed_frame(frame))[None], frame.cfa.domain)[0]
    return torch.from_numpy(frame.rgb).permute(2, 0, 1)


def _reduction(frame: Frame, wanted: int | None) -> int:
    if isinstance(frame, RawFrame):
        return max(wanted or 1, frame.cfa.domain.pixels)
    if wanted is not None:
        return wanted
    return 2 if min(frame.rgb.shape[:2]) >= CAMERA_SIDE else 1


def _reduced(rgb: Tensor, by: int) -> Tensor:
    return rgb if by == 1 else avg_pool2d(rgb, by)
