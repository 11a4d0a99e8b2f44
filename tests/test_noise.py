from __future__ import annotations

import math

import pytest
import torch

from rcl_calibration.profile import NoiseProfile
from rcl_cli.domain import Domain
from rcl_cli.noise import (
    FixedNoise,
    SensorNoise,
    SigmaNoise,
    add_noise,
    differentiable_sigma,
    sigma_map,
    sigma_maps,
    sigma_of,
)


@pytest.mark.parametrize("domain", list(Domain))
def test_noise_has_the_profiles_variance_per_plane(domain: Domain) -> None:
    profile = NoiseProfile(shot=(0.01, 0.02, 0.03, 0.04), read=(1e-4, 2e-4, 3e-4, 4e-4))
    clean = torch.full((domain.channels, 200, 200), 0.3)
    noisy = add_noise(clean, profile, domain, torch.Generator().manual_seed(1))
    for channel, plane in enumerate(domain.noise_planes):
        expected = profile.shot[plane] * 0.3 + profile.read[plane]
        # The relative standard error of a variance from n samples is √(2/n) = 0.7 %.
        assert float((noisy - clean)[channel].var()) == pytest.approx(expected, rel=0.03)


def test_sigma_map_below_black_is_read_noise() -> None:
    profile = NoiseProfile.uniform(0.01, 4e-4)
    sigma = sigma_map(torch.full((3, 2, 2), -0.5), profile, Domain.RGB)
    torch.testing.assert_close(sigma, torch.full((3, 2, 2), 0.02))


def test_the_generator_decides_everything() -> None:
    clean = torch.rand(4, 8, 8)
    for source in (SensorNoise(), SigmaNoise(), FixedNoise(NoiseProfile.uniform(0.01, 1e-4))):
        draws = []
        for _ in range(2):
            rng = torch.Generator().manual_seed(7)
            draws.append(add_noise(clean, source.draw(rng), Domain.BAYER, rng))
        assert torch.equal(*draws)


def test_paper_regime_stays_within_sigma_20() -> None:
    rng = torch.Generator().manual_seed(0)
    at_white = [255 * float(SigmaNoise(0, 20).draw(rng).sigma(1.0)) for _ in range(2000)]
    assert 0 <= min(at_white) < 0.5
    assert 19.5 < max(at_white) <= 20.0 + 1e-9
    assert sum(at_white) / len(at_white) == pytest.approx(10, abs=0.5)


def test_sensor_regime_follows_its_law() -> None:
    rng = torch.Generator().manual_seed(0)
    profiles = [SensorNoise(1e-4, 1.2e-2).draw(rng) for _ in range(2000)]
    rest = torch.tensor([math.log(p.read[0]) - 2.18 * math.log(p.shot[0]) for p in profiles])
    assert float(rest.mean()) == pytest.approx(1.2, abs=0.03)
    assert float(rest.std()) == pytest.approx(0.26, abs=0.02)


@pytest.mark.parametrize("domain", list(Domain))
def test_pictures_have_the_sigma_of_their_own_profiles(domain: Domain) -> None:
    profiles = [
        NoiseProfile((0.01, 0.02, 0.03, 0.04), (1e-4, 2e-4, 3e-4, 4e-4)),
        NoiseProfile((0.5, 0.4, 0.3, 0.2), (0.0, 1e-2, 2e-2, 3e-2)),
    ]
    x = torch.randn(2, domain.channels, 6, 6, generator=torch.Generator().manual_seed(0))
    sigma = sigma_maps(x, profiles, domain)
    for picture, profile, found in zip(x, profiles, sigma, strict=True):
        assert torch.equal(sigma_map(picture, profile, domain), found)
        for channel, plane in enumerate(domain.noise_planes):
            # The formula of arrays, in double precision.
            torch.testing.assert_close(
                found[channel], torch.from_numpy(profile.sigma(picture[channel].numpy(), plane)).float()
            )
    with pytest.raises(ValueError, match="as many"):
        sigma_maps(x, profiles[:1], domain)


def test_the_root_can_be_differentiated_where_there_is_no_noise() -> None:
    x, none = torch.zeros(1, 1, 2, 2, requires_grad=True), torch.zeros(1, 1, 1, 1)
    sigma = differentiable_sigma(x, none, none)
    torch.testing.assert_close(sigma.detach(), torch.full((1, 1, 2, 2), 1e-5))
    sigma.sum().backward()
    assert x.grad is not None
    assert torch.isfinite(x.grad).all()
    noisy = torch.full((1, 1, 1, 1), 0.01)
    assert torch.equal(differentiable_sigma(x, noisy, noisy), sigma_of(x, noisy, noisy))
