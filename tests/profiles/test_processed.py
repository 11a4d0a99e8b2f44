"""Noise of RGB files that were processed."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from rcl_calibration.processed import processed_noise
from rcl_cli.profiles.book import blind_estimate
from rcl_cli.profiles.processed import processed_profile
from rcl_cli.raw.frame import RgbFrame
from rcl_cli.raw.srgb import srgb_decode, srgb_encode
from rcl_cli.samples.scenes import scene


def displayed(seed: int = 3) -> np.ndarray:
    return srgb_encode(scene(384, 384, np.random.default_rng(seed), "gradients"))


def noise(spread: float) -> np.ndarray:
    """Of variance 1, (384, 384, 3)."""
    white = np.random.default_rng(5).standard_normal((384, 384, 3))
    if not spread:
        return white
    blurred = cv2.GaussianBlur(white, (0, 0), spread)
    return blurred / blurred.std()


def beside(spread: float) -> float:
    """Correlation between neighbours, by the filter's own."""
    if not spread:
        return 0.0
    weights = cv2.getGaussianKernel(9, spread)[:, 0]
    return float((weights[1:] * weights[:-1]).sum() / (weights**2).sum())


@pytest.mark.parametrize("spread", [0.0, 0.5, 0.8])
def test_level_and_correlation_of_known_noise(spread: float) -> None:
    picture = displayed() + 0.02 * noise(spread)
    found = processed_noise(picture.transpose(2, 0, 1))
    assert found is not None
    assert np.sqrt(found.variance) == pytest.approx([0.02] * 3, rel=0.25)
    assert found.correlation == pytest.approx(beside(spread), abs=0.06)


def test_the_profile_is_of_light() -> None:
    values = np.clip(displayed() + 0.02 * noise(0.7), 0, 1)
    profile = processed_profile(RgbFrame(srgb_decode(values)))
    assert profile is not None
    assert profile.quality == "weak"
    for level in (0.2, 0.5, 0.8):
        light = float(srgb_decode(np.array(level)))
        slope = float(srgb_decode(np.array(level + 1e-3)) - light) / 1e-3
        assert float(profile.sigma(light)) == pytest.approx(0.02 * slope, rel=0.35)


def test_independent_noise_is_left_to_the_usual_estimate() -> None:
    values = np.clip(displayed() + 0.02 * noise(0), 0, 1)
    frame = RgbFrame(srgb_decode(values))
    assert processed_profile(frame) is None
    assert blind_estimate(frame).method != "flat blocks"


def test_pictures_that_tell_nothing() -> None:
    assert processed_noise(np.zeros((3, 8, 8))) is None
    assert processed_profile(RgbFrame(np.full((64, 64, 3), 0.3, np.float32))) is None
    assert processed_profile(RgbFrame(np.ones((64, 64, 3), np.float32))) is None
