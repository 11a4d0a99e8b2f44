"""Distances between the value distributions of residuals: EMD, Bhattacharyya and MMD (paper, section 3.4).

A distance compares each of N patches with each of M others and knows no pixel positions. It takes their values as
(N, P, n) and (M, P, n): P groups of n values, compared group by group and averaged; and returns (N, M).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from rcl_pretexts.emd import emd

Distance = Callable[[Tensor, Tensor], Tensor]

PLANES = ("pooled", "separate")
_FREQUENCIES = 32
_LEAST_VARIANCE = 1e-6


def plane_values(residual: Tensor, planes: str) -> Tensor:
    """(N, C, h, w) → (N, P, n): "pooled", one group of all C·h·w values; "separate", a group for each channel."""
    if planes not in PLANES:
        raise ValueError(f"planes must be one of {', '.join(PLANES)}")
    return residual.flatten(1).unsqueeze(1) if planes == "pooled" else residual.flatten(2)


def bhattacharyya(a: Tensor, b: Tensor) -> Tensor:
    """Bhattacharyya distance between Gaussian fits, without unit.

    ¼(μₐ − μ_b)²/(vₐ + v_b) + ½ ln((vₐ + v_b) / (2√(vₐ·v_b))), with means μ and variances v.
    """
    mean_a, mean_b = a.mean(-1).unsqueeze(1), b.mean(-1).unsqueeze(0)  # (N, 1, P), (1, M, P)
    var_a = a.var(-1, correction=0).unsqueeze(1) + _LEAST_VARIANCE
    var_b = b.var(-1, correction=0).unsqueeze(0) + _LEAST_VARIANCE
    total = var_a + var_b
    shape = 0.5 * (total / 2).log() - 0.25 * (var_a.log() + var_b.log())
    return ((mean_a - mean_b).square() / (4 * total) + shape).mean(-1)


def mmd(a: Tensor, b: Tensor) -> Tensor:
    """Maximum mean discrepancy with the kernel exp(−(x − y)²/2s²), without unit, 0…√2.

    s is the standard deviation of all values given, as a constant: the kernel follows the residual's scale. Means of
    Fourier features (Rahimi & Recht 2007) make it linear in n; their frequencies are quantiles of the kernel's
    spectrum rather than random draws, which in one dimension is exacter and repeatable.
    """
    scale = torch.cat([a.detach().flatten(), b.detach().flatten()]).std(correction=0).clamp_min(1e-12)
    mean_a, mean_b = (_mean_features(v / scale).unsqueeze(d) for v, d in ((a, 1), (b, 0)))
    squared = (mean_a - mean_b).square().sum(-1)  # (N, M, P)
    return (squared + 1e-12).sqrt().mean(-1)


DISTANCES: dict[str, Distance] = {"emd": emd, "bd": bhattacharyya, "mmd": mmd}


def _mean_features(values: Tensor) -> Tensor:
    """(N, P, n) → (N, P, 2F): the mean over n of cos(ωx) and sin(ωx), ω half-normal."""
    quantiles = (torch.arange(_FREQUENCIES, dtype=torch.float64) + 0.5) / _FREQUENCIES
    omega = (torch.erfinv(quantiles) * math.sqrt(2)).to(values)

    def of_one_patch(patch: Tensor) -> Tensor:
        phase = patch.unsqueeze(-1) * omega  # (P, n, F)
        return torch.cat([phase.cos().mean(-2), phase.sin().mean(-2)], -1) / math.sqrt(_FREQUENCIES)

    # One patch at a time, recomputed when going back: the phases of a whole batch would not fit.
    return torch.stack([_checkpointed(of_one_patch, patch) for patch in values])


def _checkpointed(function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    result: Tensor = checkpoint(function, x, use_reentrant=False)
    return result
