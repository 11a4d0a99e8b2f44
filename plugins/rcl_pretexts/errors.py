"""Errors of restored pictures, in units in which all pictures of a batch count alike."""

from __future__ import annotations

from torch import Tensor

from rcl_cli.noise import RANGE_255

TYPICAL_NOISE = 8 / RANGE_255
"""σ where the host knows none."""
_FLOOR = (1 / RANGE_255) ** 2


def picture_sum(values: Tensor) -> Tensor:
    """(N, C, h, w) → scalar: the mean over each picture's elements, summed over the pictures."""
    return values.flatten(1).mean(1).sum()


def log_errors(mean_squares: Tensor) -> Tensor:
    """ln(1 + 255²·mean square) of each picture's error: (N,) → (N,).

    PSNR by another name. Far from the target all pictures count alike, and near it each by its own noise, whatever the
    ISO; the 1 keeps those that have next to none from counting most. With a noisy target the gradient is that of the
    squared error against the clean one, over the mean square, whose fluctuation over a patch is small.

    >>> import torch
    >>> round(float(log_errors(torch.tensor(4 / 255**2))), 4)
    1.6094
    """
    return (mean_squares * RANGE_255**2 + 1).log()


def precision(sigma: Tensor) -> Tensor:
    """1/(mean variance + 1/255²) of each picture, (N, 1, 1, 1), from σ, (N, C, h, w).

    Errors are small where noise is. As shares of the noise they count alike, whatever the ISO; the 1/255² keeps
    pictures that have next to none from counting most.
    """
    return 1 / (sigma.detach().square().mean((1, 2, 3), keepdim=True) + _FLOOR)
