"""Simulated pictures: the noise is the profile's, and depends on the seed and the name alone."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from rcl_benchmark.zero.data import NoisyPicture, region_source, simulated, with_blind_levels
from rcl_calibration.profile import NoiseProfile
from rcl_cli.data.seeds import step_generator
from rcl_cli.domain import Domain
from rcl_cli.noise import add_noise, sigma_maps
from rcl_cli.raw.srgb import srgb_decode

DOMAINS = (Domain.RGB, Domain.BAYER)


@pytest.fixture
def path(pictures: Path) -> Path:
    return pictures / "train" / "train0.png"


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_noise_is_of_the_profiles_variance(path: Path, domain: Domain) -> None:
    picture = simulated(path, domain, 3)
    sigma = sigma_maps(picture.clean[None], [picture.noise], domain)[0]
    standard = (picture.noisy - picture.clean) / sigma
    assert float(standard.var()) == pytest.approx(1, abs=4 * math.sqrt(2 / standard.numel()))


@pytest.mark.parametrize("domain", DOMAINS)
def test_it_depends_on_the_seed_and_the_name_alone(path: Path, domain: Domain) -> None:
    first, again, other = (simulated(path, domain, seed) for seed in (3, 3, 4))
    assert torch.equal(first.noisy, again.noisy)
    assert first.noise != other.noise


def test_rgb_has_the_values_of_the_file_and_raws_have_linear_light(path: Path) -> None:
    bgr = cv2.imread(str(path))
    assert bgr is not None
    stored = bgr[:64, :80, ::-1].astype(np.float32) / 255
    np.testing.assert_allclose(simulated(path, Domain.RGB, 0).clean.permute(1, 2, 0), stored, atol=1e-3)
    planes = simulated(path, Domain.BAYER, 0).clean
    assert planes.shape == (4, 32, 32)  # 80 is cut to a multiple of 16 elements
    red, green = srgb_decode(stored)[:, 8:72, 0][::2, ::2], srgb_decode(stored)[:, 8:72, 1][::2, 1::2]
    for plane, colour in ((planes[0], red), (planes[1], green)):
        factor = float(plane.mean()) / colour.mean()
        assert 0.25 / 2.6 <= factor <= 1
        np.testing.assert_allclose(plane, factor * colour, atol=2e-3)


def test_the_middle_is_kept(path: Path) -> None:
    whole, middle = simulated(path, Domain.RGB, 0), simulated(path, Domain.RGB, 0, side=32)
    assert torch.equal(middle.clean, whole.clean[:, 16:48, 24:56])
    assert middle.noise == whole.noise


def test_crops_are_of_the_noisy_or_the_clean_pictures(path: Path) -> None:
    picture = simulated(path, Domain.RGB, 0)
    for clean, expected in ((True, picture.clean), (False, picture.noisy)):
        source = region_source([replace(picture, clean=picture.clean, noisy=picture.noisy)], Domain.RGB, clean=clean)
        batch = source.sample(1, 64, step_generator(0, 0))
        assert batch.noise == (picture.noise,)
        assert any(torch.equal(batch.pictures[0], expected[:, :, left : left + 64]) for left in range(17))


@pytest.mark.parametrize("domain", DOMAINS)
def test_blind_levels_are_near_the_true_ones_where_there_is_no_texture(domain: Domain) -> None:
    true = NoiseProfile.uniform(4e-3, 1e-4)
    ramp = torch.linspace(0.05, 0.9, 256).expand(domain.channels, 256, 256)
    noisy = add_noise(ramp, true, domain, torch.Generator().manual_seed(0))
    blind = with_blind_levels(NoisyPicture(Path("ramp"), ramp, noisy, true), domain).noise
    assert blind.sigma(np.float64(0.5)) == pytest.approx(true.sigma(np.float64(0.5)), rel=0.1)
