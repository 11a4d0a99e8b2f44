from __future__ import annotations

import numpy as np
import pytest
import torch

from rcl_calibration.correlation import REACH, noise_covariance
from rcl_calibration.profile import NoiseProfile
from rcl_cli.data.batch import Batch
from rcl_cli.data.noise_levels import NoiseCovariances
from rcl_cli.domain import Domain
from rcl_cli.errors import RclError
from rcl_cli.plugins import get_pretext
from rcl_cli.pretext import PretextSetup
from rcl_cli.raw.frame import RgbFrame


def shifted_profile() -> tuple[NoiseProfile, np.ndarray]:
    """Of noise that the second channel has one row and two columns later than the first; with its covariance."""
    white = np.random.default_rng(0).standard_normal((1, 256, 256)) / 50
    noise = np.concatenate([white, np.roll(white, (1, 2), (1, 2)), np.roll(white, (1, 2), (1, 2))])
    frame = RgbFrame((0.5 + noise).transpose(1, 2, 0).astype(np.float32))
    profile = NoiseCovariances().of(frame)
    return profile, np.array(profile.covariance)


def test_added_noise_has_the_measured_covariance_and_the_target_none_of_it() -> None:
    profile, measured = shifted_profile()
    pretext = get_pretext("noisy-as-clean")(PretextSetup(Domain.RGB, 256, options={"strength": "2"}))
    y = torch.full((1, 3, 256, 256), 0.5)
    views = pretext.views(Batch(y, (profile,)), torch.Generator().manual_seed(1))
    assert torch.equal(views["target"], y)
    added = noise_covariance((0.5 + (views["input"] - y)[0] / 2).numpy())
    variance = measured[0, 0, REACH, REACH]
    # The taper takes 17 % of this lag, and the flattest blocks have some 10 % less variance than the rest.
    np.testing.assert_allclose(added / variance, measured / variance, atol=0.3)
    assert added[0, 1, REACH + 1, REACH + 2] > 0.6 * variance


def test_error_is_that_against_the_noisy_picture() -> None:
    pretext = get_pretext("noisy-as-clean")(PretextSetup(Domain.RGB, 16))
    views = {"input": torch.zeros(2, 3, 16, 16), "target": torch.full((2, 3, 16, 16), 2 / 255)}
    assert float(pretext.loss(lambda x, sigma=None: x, views).total) == pytest.approx(2 * 2)


def test_strength_must_be_above_0() -> None:
    with pytest.raises(RclError, match="strength"):
        get_pretext("noisy-as-clean")(PretextSetup(Domain.RGB, 16, options={"strength": 0}))


def test_picture_without_noise_is_left_out() -> None:
    with pytest.raises(ValueError, match="without any noise"):
        NoiseCovariances().of(RgbFrame(np.full((64, 64, 3), 0.5, np.float32)))
