"""PSNR and SSIM of one picture against its reference, at a peak of 1."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torchmetrics.functional.image import peak_signal_noise_ratio, structural_similarity_index_measure

SSIM_SIGMA = 1.5
SSIM_WINDOW = 11
"""Side of the Gaussian window in elements (σ = 1.5 cut at 3.5 σ), as in Wang et al. 2004."""


def psnr_db(prediction: Tensor, target: Tensor) -> float:
    """Peak signal-to-noise ratio, 10·log10(1 / MSE) in dB; infinite where the two are equal.

    Both (C, H, W), peak 1; the mean square error is over all channels together (CPSNR). Nothing is clipped.
    Raises ValueError where the shapes differ or are not (C, H, W).
    """
    _check(prediction, target)
    if torch.equal(prediction, target):
        return float("inf")
    # Double precision: at 60 dB and more the float32 sum of squares loses digits.
    return float(peak_signal_noise_ratio(prediction.double(), target.double(), data_range=1.0))


def ssim(prediction: Tensor, target: Tensor) -> float:
    """Structural similarity (Wang et al. 2004), mean over channels and over the area where the window fits.

    Both (C, H, W), peak 1, H and W at least 11. Gaussian window of σ = 1.5, 11 wide; K1 = 0.01, K2 = 0.03.
    Raises ValueError where the shapes differ, are not (C, H, W), or are smaller than the window.
    """
    _check(prediction, target)
    if min(target.shape[-2:]) < SSIM_WINDOW:
        raise ValueError(f"SSIM needs at least {SSIM_WINDOW} × {SSIM_WINDOW} elements")
    full = structural_similarity_index_measure(
        prediction.float()[None],
        target.float()[None],
        sigma=SSIM_SIGMA,
        data_range=1.0,
        return_full_image=True,
    )[1]
    # torchmetrics averages over mirrored borders too, where the window sees pixels twice.
    border = SSIM_WINDOW // 2
    return float(full[..., border:-border, border:-border].mean())


def mean_figures(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    """The mean of each figure that all rows have; infinite where one is."""
    names = [name for name in rows[0] if all(name in row for row in rows)] if rows else []
    return {name: math.fsum(row[name] for row in rows) / len(rows) for name in names}


def _check(prediction: Tensor, target: Tensor) -> None:
    if prediction.shape != target.shape or target.ndim != 3:
        shapes = f"{tuple(prediction.shape)} and {tuple(target.shape)}"
        raise ValueError(f"prediction and target must both be (C, H, W), not {shapes}")
