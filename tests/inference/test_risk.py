"""The strength with the least error, found without the clean picture."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from rcl_calibration.profile import NoiseProfile
from rcl_cli.domain import Domain
from rcl_cli.inference.risk import STEP, best_strength, disturbance, noise_levels
from rcl_cli.noise import sigma_map

SIDE = 192


def chosen(f: Callable[[Tensor], Tensor], x: Tensor, sigma: Tensor) -> float:
    direction = torch.from_numpy(disturbance(sigma.numpy()))
    seen = (x, f(x), f(x + STEP * direction), direction, sigma)
    return best_strength(*(tensor.numpy() for tensor in seen))


def noisy(clean: Tensor, sigma: Tensor) -> Tensor:
    return clean + sigma * torch.randn(clean.shape, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("texture", [0.02, 0.05, 0.2])
def test_a_network_that_takes_everything_away_is_weighed_as_wiener_would(texture: float) -> None:
    clean = 0.4 + texture * torch.randn(3, SIDE, SIDE, generator=torch.Generator().manual_seed(2))
    sigma = torch.full_like(clean, 0.05)
    # (1 − s)²·σ² + s²·T² is least at s = σ²/(σ² + T²). Values near white do not count.
    expected = 0.05**2 / (0.05**2 + texture**2)
    assert chosen(lambda x: torch.full_like(x, 0.4), noisy(clean, sigma), sigma) == pytest.approx(expected, rel=0.05)


def smooth(x: Tensor) -> Tensor:
    """Takes away what differs from the surroundings by little: not linear."""
    mean = avg_pool2d(x[None], 5, stride=1, padding=2, count_include_pad=False)[0]
    return mean + (x - mean) * torch.tanh((x - mean).abs() / 0.1)


@pytest.mark.parametrize("level", [0.003, 0.01, 0.03, 0.1])
def test_it_is_close_to_the_best_that_the_clean_picture_would_choose(level: float) -> None:
    y, x = torch.meshgrid(torch.arange(SIDE), torch.arange(SIDE), indexing="ij")
    clean = (0.4 + 0.1 * torch.sin(x / 3) * torch.cos(y / 5)).expand(3, SIDE, SIDE)
    sigma = level * (0.5 + clean)
    seen = noisy(clean, sigma)
    removed = smooth(seen) - seen
    best = float(((clean - seen) * removed).sum() / removed.square().sum())
    found = chosen(smooth, seen, sigma)

    def error(share: float) -> float:
        return float((seen + share * removed - clean).square().mean())

    assert error(found) <= 1.02 * error(min(max(best, 0.0), 1.0))
    assert error(found) <= 1.001 * min(error(0.0), error(1.0))


def test_without_noise_nothing_is_removed() -> None:
    clean = torch.rand(3, 16, 16, generator=torch.Generator().manual_seed(0))
    assert chosen(smooth, clean, torch.zeros_like(clean)) == 0.0


def test_a_network_that_changes_nothing_is_not_divided_by() -> None:
    grey = torch.full((3, 16, 16), 0.5)
    assert chosen(lambda x: x, grey, torch.full_like(grey, 0.1)) == 0.0


def test_clipped_values_do_not_count() -> None:
    clean = 0.4 + 0.05 * torch.randn(3, SIDE, SIDE, generator=torch.Generator().manual_seed(2))
    sigma = torch.full_like(clean, 0.05)
    seen = noisy(clean, sigma)
    expected = chosen(lambda x: torch.full_like(x, 0.4), seen, sigma)
    seen = torch.cat([seen, torch.ones(3, SIDE, SIDE)], 1)
    found = chosen(lambda x: torch.full_like(x, 0.4), seen, torch.cat([sigma, sigma], 1))
    assert found == pytest.approx(expected, rel=0.02)


def test_levels_of_noise_are_those_of_training() -> None:
    profile = NoiseProfile((1e-2, 2e-2, 3e-2, 4e-2), (1e-4, 2e-4, 3e-4, 4e-4))
    x = np.random.default_rng(3).normal(0.1, 0.2, (9, 6, 4)).astype(np.float32)
    expected = sigma_map(torch.from_numpy(x), profile, Domain.XTRANS).numpy()
    np.testing.assert_allclose(noise_levels(x, profile, Domain.XTRANS), expected, rtol=1e-6)
