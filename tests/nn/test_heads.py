"""Heads of coded networks: what noise allows, and what it does not."""

from __future__ import annotations

import pytest
import torch

from rcl_cli.domain import Domain
from rcl_cli.nn.cfa import from_rgb, mosaic
from rcl_cli.nn.heads import LIMIT, DirectedHead, NoiseBoundHead, enlarged
from rcl_cli.nn.start import start


@pytest.mark.parametrize("domain", Domain)
def test_without_noise_a_denoiser_changes_nothing(domain: Domain) -> None:
    head = NoiseBoundHead(6, domain.channels)
    z, features = torch.rand(1, domain.channels, 8, 8), 100 * torch.randn(1, 6, 8, 8)
    torch.testing.assert_close(head(features, z, torch.zeros_like(z)), z, rtol=0, atol=1e-6)
    sigma = torch.full_like(z, 0.01)
    assert 0.02 < float((head(features, z, sigma) - z).detach().abs().max()) <= LIMIT * 0.01 + 1e-6


@pytest.mark.parametrize("domain", [Domain.BAYER, Domain.XTRANS])
def test_without_noise_samples_stay(domain: Domain) -> None:
    rgb = torch.rand(1, 3, 36, 36)
    head, z = DirectedHead(6, domain), from_rgb(rgb, domain)
    features = 100 * torch.randn(1, 6, *z.shape[-2:])
    for sigma in (None, torch.zeros_like(z)):
        found = head(features, z, sigma)
        torch.testing.assert_close(mosaic(found, domain), mosaic(rgb, domain), rtol=0, atol=1e-6)
        assert (found - start(z, domain)).abs().max() > 0.1
    noisy = head(features, z, torch.full_like(z, 0.01))
    assert 0.02 < float((mosaic(noisy, domain) - mosaic(rgb, domain)).detach().abs().max()) <= LIMIT * 0.01 + 1e-6


@pytest.mark.parametrize("domain", Domain)
def test_a_fresh_head_gives_the_start_enlarged(domain: Domain) -> None:
    z = torch.rand(1, domain.channels, 8, 8)
    head = DirectedHead(6, domain, 2)
    torch.nn.init.zeros_(head.last.weight)
    torch.testing.assert_close(head(torch.randn(1, 6, 8, 8), z), enlarged(start(z, domain), 2))


@pytest.mark.parametrize("scale", [1, 2])
@pytest.mark.parametrize("domain", [Domain.BAYER, Domain.XTRANS])
def test_nothing_is_further_below_black_than_noise_is(domain: Domain, scale: int) -> None:
    """Saturated colours side by side, of which interpolation makes negative values."""
    rgb = (torch.rand(1, 3, 36, 36) > 0.5).float()
    z, head = from_rgb(rgb, domain), DirectedHead(6, domain, scale)
    features = torch.randn(1, 6, *z.shape[-2:])
    assert start(z, domain).min() < -0.02
    assert head(features, z).min() < -0.02  # who is not told the noise cannot tell
    assert head(features, z, torch.zeros_like(z)).min() > -1e-6
    assert -0.04 - 1e-6 <= head(features, z, torch.full_like(z, 0.01)).min() < 0
