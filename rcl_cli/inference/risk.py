"""How strongly to denoise, by Stein's unbiased estimate of the squared error: no clean picture is needed."""

from __future__ import annotations

import torch
from torch import Tensor

STEP = 0.1
"""Of the disturbance, in σ: small against the noise, large against rounding."""
_UNCLIPPED_TO = 0.95


def disturbance(sigma: Tensor) -> Tensor:
    """σ·b, b ~ N(0, 1), the same for every picture of the same size: (C, h, w)."""
    return sigma * torch.randn(sigma.shape, generator=torch.Generator().manual_seed(0))


def best_strength(x: Tensor, restored: Tensor, moved: Tensor, direction: Tensor, sigma: Tensor) -> float:
    """The share s, 0…1, for which x + s·(f(x) − x) has the least expected squared error.

    x, f(x) = `restored`, f(x + STEP·`direction`) = `moved`, `direction` = `disturbance(σ)` and σ: (C, h, w). But for a
    constant the error is s²·Σ(f(x) − x)² + 2s·Σσ²·(∂f/∂x − 1) (Stein 1981); the sum of the derivatives is taken along
    one random direction (Ramani et al. 2008). Values near white count as clipped and are left out. No noise: 0.
    """
    seen = x < _UNCLIPPED_TO
    derivative = (direction * (moved - restored) / STEP)[seen].double().sum()
    removable = sigma[seen].double().square().sum() - derivative
    removed = (restored - x)[seen].double().square().sum()
    return float((removable / removed).clamp(0, 1)) if removed > 0 else 0.0
