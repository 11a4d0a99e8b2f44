"""The contract of every pretext, and the behaviour of this one."""

from __future__ import annotations

import pytest
import torch
from rcl_pretext_r2r import R2R

from rcl_cli import Batch, Domain, NoiseProfile, PretextSetup, check_pretext


def test_keeps_the_contract_of_a_pretext() -> None:
    check_pretext(R2R)


@pytest.mark.parametrize("alpha", [0.5, 1.0])
def test_the_noise_of_the_two_views_is_uncorrelated(alpha: float) -> None:
    rng = torch.Generator().manual_seed(0)
    variance = 1e-4
    noisy = 0.5 + variance**0.5 * torch.randn(2, 3, 256, 256, generator=rng)
    setup = PretextSetup(Domain.RGB, crop=256, encoder=None, options={"alpha": alpha}, noise=variance**0.5)
    views = R2R(setup).views(Batch(noisy, (NoiseProfile.uniform(0.0, variance),) * 2), rng)
    first, second = (views[name] - 0.5 for name in ("input", "target"))
    assert float(first.square().mean()) == pytest.approx((1 + alpha**2) * variance, rel=0.02)
    assert float(second.square().mean()) == pytest.approx((1 + 1 / alpha**2) * variance, rel=0.02)
    assert abs(float((first * second).mean())) < 0.02 * variance * (1 + alpha**2) / alpha
