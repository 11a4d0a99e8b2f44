"""How strongly to denoise, by Stein's unbiased estimate of the squared error: no clean picture is needed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rcl_calibration.profile import NoiseProfile
from rcl_cli.domain import Domain

Float = NDArray[np.float32]
STEP = 0.1
"""Of the disturbance, in σ: small against the noise, large against rounding."""
_UNCLIPPED_TO = 0.95


def noise_levels(x: Float, profile: NoiseProfile, domain: Domain) -> Float:
    """σ of the noise of every element of `x`, (C, h, w); x below 0 counts as 0. As `rcl_cli.noise.sigma_map`."""
    shot, read = (
        np.array([planes[plane] for plane in domain.noise_planes], np.float32)[:, None, None]
        for planes in (profile.shot, profile.read)
    )
    sigma: Float = np.sqrt(shot * np.maximum(x, 0) + read)
    return sigma


def disturbance(sigma: Float) -> Float:
    """σ·b, b ~ N(0, 1), the same for every picture of the same size: (C, h, w)."""
    return sigma * np.random.default_rng(0).standard_normal(sigma.shape, np.float32)


def best_strength(x: Float, restored: Float, moved: Float, direction: Float, sigma: Float) -> float:
    """The share s, 0…1, for which x + s·(f(x) − x) has the least expected squared error.

    x, f(x) = `restored`, f(x + STEP·`direction`) = `moved`, `direction` = `disturbance(σ)` and σ: (C, h, w). But for a
    constant the error is s²·Σ(f(x) − x)² + 2s·Σσ²·(∂f/∂x − 1) (Stein 1981); the sum of the derivatives is taken along
    one random direction (Ramani et al. 2008). Values near white count as clipped and are left out. No noise: 0.
    """
    seen = x < _UNCLIPPED_TO
    derivative = np.sum(direction * (moved - restored) / STEP, where=seen, dtype=np.float64)
    removable = np.sum(np.square(sigma), where=seen, dtype=np.float64) - derivative
    removed = np.sum(np.square(restored - x), where=seen, dtype=np.float64)
    return float(np.clip(removable / removed, 0, 1)) if removed > 0 else 0.0
