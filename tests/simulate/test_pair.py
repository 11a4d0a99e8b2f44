from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch

from rcl_calibration.profile import NoiseProfile
from rcl_cli.raw.cfa import BAYER_PHASES, CFA
from rcl_cli.raw.frame import RawFrame, RgbFrame
from rcl_cli.simulate.pair import simulate
from rcl_cli.simulate.source import ListedNoise, picture_generator

PROFILE = NoiseProfile(shot=(0.01, 0.02, 0.03, 0.04), read=(1e-4, 2e-4, 3e-4, 4e-4))
CFAS = [*map(CFA.bayer, BAYER_PHASES), CFA.xtrans(), CFA.xtrans(4, 1)]


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def check_noise(noise: np.ndarray, variance: float) -> None:
    """Mean 0 and the given variance, within 5 standard errors."""
    n = noise.size
    assert abs(noise.mean()) < 5 * np.sqrt(variance / n)
    assert abs(noise.var() / variance - 1) < 5 * np.sqrt(2 / n)


@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_rgb_gets_the_noise_of_each_colour(level: float) -> None:
    frame = RgbFrame(np.full((200, 200, 3), level, np.float32))
    noise = simulate(frame, PROFILE, None, rng()).noisy.astype(np.float64) - level
    for channel, plane in enumerate((0, 1, 3)):
        check_noise(noise[..., channel], PROFILE.shot[plane] * level + PROFILE.read[plane])


@pytest.mark.parametrize("cfa", CFAS, ids=str)
def test_a_mosaic_gets_the_noise_of_each_plane(cfa: CFA) -> None:
    colors = np.array([0.2, 0.5, 0.8], np.float32)
    frame = RgbFrame(np.broadcast_to(colors, (241, 200, 3)).copy())
    pair = simulate(frame, PROFILE, cfa, rng())
    planes = cfa.planes(241, 200)
    for plane in np.unique(planes):
        level = float(colors[(0, 1, 1, 2)[plane]])
        check_noise(pair.noisy[planes == plane] - level, PROFILE.shot[plane] * level + PROFILE.read[plane])


def test_a_raw_is_its_own_mosaic() -> None:
    raw = RawFrame(np.full((40, 40), 600, np.uint16), CFA.bayer("GRBG"), (100.0,) * 4, 1100.0)
    pair = simulate(raw, NoiseProfile.uniform(0.0, 0.0), CFA.bayer("RGGB"), rng())
    assert pair.cfa == raw.cfa
    np.testing.assert_array_equal(pair.noisy, np.full((40, 40), 0.5, np.float32))
    np.testing.assert_array_equal(pair.clean, pair.noisy)


@pytest.mark.parametrize("cfa", [None, CFA.xtrans()], ids=str)
def test_a_raw_of_another_kind_is_refused(cfa: CFA | None) -> None:
    raw = RawFrame(np.zeros((4, 4), np.uint16), CFA.bayer("RGGB"), (0.0,) * 4, 255.0)
    with pytest.raises(ValueError, match="--domain bayer"):
        simulate(raw, PROFILE, cfa, rng())


def test_the_noise_of_a_picture_depends_on_seed_and_name_alone() -> None:
    first, again, other, reseeded = (
        float(torch.rand((), generator=picture_generator(seed, name)))
        for seed, name in ((0, "a.png"), (0, "a.png"), (0, "b.png"), (1, "a.png"))
    )
    assert first == again
    assert len({first, other, reseeded}) == 3


def test_listed_noise_draws_every_profile() -> None:
    profiles = [NoiseProfile.uniform(0.01 * k, 0.0) for k in range(3)]
    source, generator = ListedNoise(profiles), rng()
    assert {source.draw(generator).shot[0] for _ in range(60)} == {0.0, 0.01, 0.02}


@pytest.mark.parametrize("cfa", [None, CFA.bayer("GRBG")], ids=str)
def test_the_noisy_half_can_be_smaller(cfa: CFA | None) -> None:
    rgb = np.random.default_rng(0).random((13, 19, 3), np.float32)
    pair = simulate(RgbFrame(rgb), NoiseProfile.uniform(0.0, 0.0), cfa, rng(), scale=2)
    np.testing.assert_array_equal(pair.clean, rgb[:12, :18])
    small = cv2.resize(rgb[:12, :18], (9, 6), interpolation=cv2.INTER_AREA)
    if cfa is not None:
        small = np.take_along_axis(small, cfa.colors(6, 9)[..., None].astype(np.intp), axis=2)[..., 0]
    np.testing.assert_allclose(pair.noisy, small, atol=1e-6)


def test_a_mosaic_is_not_made_smaller() -> None:
    raw = RawFrame(np.full((8, 8), 500, np.uint16), CFA.bayer("RGGB"), (0.0, 0.0, 0.0, 0.0), 1000.0)
    with pytest.raises(ValueError, match="cannot be made smaller"):
        simulate(raw, PROFILE, raw.cfa, rng(), scale=2)
