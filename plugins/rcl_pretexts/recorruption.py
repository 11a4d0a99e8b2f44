"""Recorruption: two noisier copies of a noisy picture, whose noise is unrelated (Pang et al. 2021, section 3)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from rcl_calibration.profile import NoiseProfile
from rcl_cli.domain import Domain
from rcl_cli.noise import differentiable_sigma, sigma_maps, variance_gains
from rcl_cli.pretext import Views


def recorrupted(
    y: Tensor, noise: Sequence[NoiseProfile], domain: Domain, rng: torch.Generator, strength: float = 1.0
) -> Views:
    """`input`, y + α·σ·z, and `target`, y − σ·z/α, z ~ N(0, 1), α = `strength`; `shot` and `read` of y's noise.

    y: (N, C, h, w), with one profile each; `shot` and `read`: (N, C, 1, 1). With noise n of y the noises of the two
    have the covariance Cov(n + ασz, n − σz/α) = σ² − σ² = 0, so that the gradient of ‖f(input) − target‖² is that of
    ‖f(input) − clean‖² in expectation. σ² = λ_shot·y + λ_read is taken from the noisy y itself:
    right on the mean, and exact where the noise does not depend on the signal.
    """
    shot, read = variance_gains(noise, domain, y)
    z = torch.randn(y.shape, generator=rng) * sigma_maps(y, noise, domain)
    return {"input": y + strength * z, "target": y - z / strength, "shot": shot, "read": read}


def input_sigma(views: Views, strength: float = 1.0) -> Tensor:
    """σ of `input`, (N, C, h, w): √(1 + α²) times that of y.

    From what f is given: σ of y itself would tell f about the noise that was added to y.
    """
    return differentiable_sigma(views["input"], views["shot"], views["read"]) * math.sqrt(1 + strength**2)
