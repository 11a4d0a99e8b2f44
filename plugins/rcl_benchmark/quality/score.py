"""How a result is judged: PSNR and SSIM against the truth, clipped, borders left out."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rcl_benchmark.quality.names import DENOISE_RAW, SR
from rcl_benchmark.quality.pictures import Float
from rcl_benchmark.quality.resize import luma
from rcl_benchmark.quality.settings import Setting
from rcl_benchmark.quality.texture import kept_texture
from rcl_cli.domain import Domain
from rcl_cli.measure.metrics import psnr_db, ssim
from rcl_cli.raw.cfa import canonical
from rcl_cli.raw.pack import pack

BORDER = 8
"""Pixels that are left out at each side."""
MOST_DB = 100.0
"""Given where result and truth are equal, so that means and JSON stay finite."""


class Figures(NamedTuple):
    """Of one result."""

    psnr_db: float
    ssim: float
    texture: float | None
    """Kept texture; None where it is not measured."""


def figures(setting: Setting, result: Float, truth: Float) -> Figures:
    """Of a result in the truth's values: sRGB-coded (H, W, 3), or a linear mosaic (H, W)."""
    result = np.clip(result, 0, 1)
    if setting.protocol == DENOISE_RAW:
        return _of_mosaics(setting, result, truth)
    if setting.protocol == SR:
        result, truth = luma(result)[..., None], luma(truth)[..., None]
    x, y = (_tensor(picture[BORDER:-BORDER, BORDER:-BORDER].transpose(2, 0, 1)) for picture in (result, truth))
    return Figures(_psnr(x, y), ssim(x, y), None)


def psnr_of(result: NDArray[np.uint8], truth: NDArray[np.uint8]) -> float:
    """PSNR in dB of two 8-bit pictures (H, W, 3) in whole, at most 100 dB."""
    return _psnr(*(_tensor(picture.transpose(2, 0, 1) / np.float32(255)) for picture in (result, truth)))


def _of_mosaics(setting: Setting, result: Float, truth: Float) -> Figures:
    """PSNR of the mosaic's pixels; SSIM and texture of packed planes, in which neighbours have one colour."""
    x, y = (_tensor(mosaic[None, BORDER:-BORDER, BORDER:-BORDER]) for mosaic in (result, truth))
    domain = Domain(setting.domain)
    cut = math.ceil(BORDER / domain.pixels)
    a, b = (pack(mosaic, canonical(domain))[0][:, cut:-cut, cut:-cut] for mosaic in (result, truth))
    return Figures(_psnr(x, y), ssim(_tensor(a), _tensor(b)), kept_texture(a, b))


def _psnr(result: Tensor, truth: Tensor) -> float:
    return min(psnr_db(result, truth), MOST_DB)


def _tensor(values: NDArray[np.floating[Any]]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values, np.float32))
