"""σ of every element from each picture's λ."""

from __future__ import annotations

from torch import Tensor

_LEAST_VARIANCE = 1e-10
"""Keeps the derivative of the root finite where there is no noise; far under a hundredth of a DN."""


def sigma_of(x: Tensor, shot: Tensor, read: Tensor) -> Tensor:
    """√(λ_shot·x + λ_read), x below 0 counting as 0: (N, C, h, w) and twice (N, C, 1, 1) → (N, C, h, w).

    >>> import torch
    >>> one = torch.ones(1, 1, 1, 1)
    >>> round(float(sigma_of(0.5 * one, 0.02 * one, 0.15 * one)), 6)
    0.4
    """
    return (shot * x.clamp_min(0.0) + read).clamp_min(_LEAST_VARIANCE).sqrt()
