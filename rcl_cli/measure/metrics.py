"""PSNR and SSIM of one picture against its reference, at a peak of 1."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from torch import Tensor

SSIM_WINDOW = 11
"""Side of the Gaussian window in elements (σ = 1.5 cut at 3.5 σ), as in Wang et al. 2004."""
_SSIM_SIGMA = 1.5
_C1, _C2 = 0.01**2, 0.03**2
"""K1² and K2², at a peak of 1."""


def psnr_db(prediction: Tensor, target: Tensor) -> float:
    """Peak signal-to-noise ratio, 10·log10(1 / MSE) in dB; infinite where the two are equal.

    Both (C, H, W), peak 1; the mean square error is over all channels together (CPSNR). Nothing is clipped.
    Raises ValueError where the shapes differ or are not (C, H, W).
    """
    _check(prediction, target)
    # Double precision: at 60 dB and more the float32 sum of squares loses digits.
    error = float((prediction.double() - target.double()).square().mean())
    return -10 * math.log10(error) if error else math.inf


def ssim(prediction: Tensor, target: Tensor) -> float:
    """Structural similarity (Wang et al. 2004, eq. 13), mean over channels and over the area where the window fits.

    Both (C, H, W), peak 1, H and W at least 11. Gaussian window of σ = 1.5, 11 wide; K1 = 0.01, K2 = 0.03.
    Raises ValueError where the shapes differ, are not (C, H, W), or are smaller than the window.
    """
    _check(prediction, target)
    if min(target.shape[-2:]) < SSIM_WINDOW:
        raise ValueError(f"SSIM needs at least {SSIM_WINDOW} × {SSIM_WINDOW} elements")
    # Double precision: in float32 the variance of bright flat areas is all rounding.
    x, y = (image.detach().cpu().double().numpy() for image in (prediction, target))
    return math.fsum(float(_similarity(a, b).mean()) for a, b in zip(x, y, strict=True)) / len(x)


def _similarity(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """(H, W) twice → (H − 10, W − 10)."""
    mean_x, mean_y = _local_mean(x), _local_mean(y)
    var_x, var_y = _local_mean(x * x) - mean_x**2, _local_mean(y * y) - mean_y**2
    covariance = _local_mean(x * y) - mean_x * mean_y
    above = (2 * mean_x * mean_y + _C1) * (2 * covariance + _C2)
    return above / ((mean_x**2 + mean_y**2 + _C1) * (var_x + var_y + _C2))


def _local_mean(x: NDArray[np.float64]) -> NDArray[np.float64]:
    weights = cv2.getGaussianKernel(SSIM_WINDOW, _SSIM_SIGMA)
    border = SSIM_WINDOW // 2
    filtered = cv2.sepFilter2D(x, -1, weights, weights)[border:-border, border:-border]
    return np.asarray(filtered, np.float64)


def mean_figures(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    """The mean of each figure that all rows have; infinite where one is."""
    names = [name for name in rows[0] if all(name in row for row in rows)] if rows else []
    return {name: math.fsum(row[name] for row in rows) / len(rows) for name in names}


def _check(prediction: Tensor, target: Tensor) -> None:
    if prediction.shape != target.shape or target.ndim != 3:
        shapes = f"{tuple(prediction.shape)} and {tuple(target.shape)}"
        raise ValueError(f"prediction and target must both be (C, H, W), not {shapes}")
