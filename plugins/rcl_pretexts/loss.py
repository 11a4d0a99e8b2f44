"""The two terms of residual contrastive learning (paper, section 3), one value for each image of the batch."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from rcl_cli.noise import RANGE_255


def residual_255(x: Tensor, restored: Tensor) -> Tensor:
    """n̂ = x − f(x) (eq. 2) in 1/255, float32; x and f(x) normalised, (N, C, h, w)."""
    return (x.float() - restored.float()) * RANGE_255


def centred(residual: Tensor) -> Tensor:
    """(N, C, h, w) less the mean of each plane of each patch."""
    return residual - residual.mean((2, 3), keepdim=True)


def contrastive_loss(distances: Tensor, tau: float) -> Tensor:
    """InfoNCE with −d/τ as similarity (eq. 3, algorithm 1). Returns (N+1,), the loss of each anchor.

    `distances[j, i]`, (N+1, N+1): from the first patch of image j to the second patch of image i. Each row's
    diagonal is the positive pair, the rest are its negatives. Chance level is ln(N+1).
    `tau` is in the unit of the distances.
    """
    return F.cross_entropy(-distances / tau, torch.arange(len(distances), device=distances.device), reduction="none")


def consistency_loss(of_input: Sequence[Tensor], of_restored: Sequence[Tensor]) -> Tensor:
    """‖φ(g_e(x)) − φ(g_e(f(x)))‖² (eq. 5) of each image, (N,): mean over a layer's elements, then over layers."""
    layers = [(a - b).square().flatten(1).mean(1) for a, b in zip(of_input, of_restored, strict=True)]
    return torch.stack(layers).mean(0)


def pair_statistics(distances: Tensor) -> dict[str, Tensor]:
    """What the contrast has learnt to tell apart, from the (N+1, N+1) distances.

    `positive`, `negative`: mean distance of the pairs from one image and from two; `accuracy`: the share of anchors
    whose own image is the nearest.
    """
    d = distances.detach()
    n = len(d)
    positive = d.diagonal()
    return {
        "positive": positive.mean(),
        "negative": ((d.sum() - positive.sum()) / max(1, n * (n - 1))),
        "accuracy": (d.argmin(1) == torch.arange(n, device=d.device)).float().mean(),
    }
