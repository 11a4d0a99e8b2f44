from __future__ import annotations

import math

import pytest
import torch

from rcl_calibration.profile import NoiseProfile
from rcl_cli.domain import Domain
from rcl_cli.noise import FixedNoise, SensorNoise, SigmaNoise, add_noise, sigma_map


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
