from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from rcl_calibration.correlation import REACH, noise_covariance
from rcl_calibration.profile import NoiseProfile
from rcl_cli.data.noise_levels import NoiseCovariances
from rcl_cli.domain import Domain
from rcl_cli.errors import RclError
from rcl_cli.pretext import Batch, PretextSetup, get_pretext
from rcl_cli.raw.frame import RgbFrame


def shifted_profile() -> tuple[NoiseProfile, np.ndarray]:
    """Of noise that the second channel has one row and two columns later than the first; with its covariance."""
    white = np.random.default_rng(0).standard_normal((1, 256, 256)) / 50
    noise = np.concatenate([white, np.roll(white, (1, 2), (1, 2)), np.roll(white, (1, 2), (1, 2))])
    frame = RgbFrame((0.5 + noise).transpose(1, 2, 0).astype(np.float32))
    profile = NoiseCovariances().measure(frame)
    return profile, np.array(profile.covariance)


def test_added_noise_has_the_measured_covariance_and_the_target_none_of_it() -> None:
    profile, measured = shifted_profile()
    pretext = get_pretext("noisy-as-clean")(PretextSetup(Domain.RGB, 256, options={"strength": "2"}))
    y = torch.full((1, 3, 256, 256), 0.5)
    views = pretext.views(Batch(y, (profile,)), torch.Generator().manual_seed(1))
    assert torch.equal(views["picture"], y)
    added = noise_covariance((0.5 + views["noise"][0] / 2).numpy())
    variance = measured[0, 0, REACH, REACH]
    # The taper takes 17 % of this lag, and the flattest blocks have some 10 % less variance than the rest.
    np.testing.assert_allclose(added / variance, measured / variance, atol=0.3)
    assert added[0, 1, REACH + 1, REACH + 2] > 0.6 * variance


class Darker(nn.Module):
    """Stands in for f: takes 1/255 away."""

    feature_channels = 3

    def forward(self, x: torch.Tensor, sigma: torch.Tensor | None = None) -> torch.Tensor:
        return x - 1 / 255

    features = forward


@pytest.mark.parametrize(("options", "second"), [({}, 0.5 * 4 - 1), ({"refine": "no"}, 4 - 1)])
def test_error_is_that_against_the_noisy_picture_then_against_the_restored_one(
    options: dict[str, str], second: float
) -> None:
    pretext = get_pretext("noisy-as-clean")(PretextSetup(Domain.RGB, 16, options=options, steps=2))
    model = Darker()
    pretext.build_modules(model)
    views = {
        "picture": torch.full((2, 3, 16, 16), 0.5),
        "noise": torch.full((2, 3, 16, 16), 4 / 255),
        "share": torch.full((2, 1, 1, 1), 0.5),
    }
    # f leaves 3 of the 4/255; in the second half half of them are added to the target, wherever that is by then.
    errors = [float(pretext.loss(model, views).total) / 2 for _ in range(2)]
    assert errors == pytest.approx([4 - 1, second], rel=1e-4)


def test_second_half_adds_from_half_to_all_of_the_strength() -> None:
    profile, _ = shifted_profile()
    pretext = get_pretext("noisy-as-clean")(PretextSetup(Domain.RGB, 16))
    share = pretext.views(Batch(torch.zeros(64, 3, 16, 16), (profile,) * 64), torch.Generator().manual_seed(0))["share"]
    assert share.shape == (64, 1, 1, 1)
    # Of 64 uniform draws the extremes lie within a tenth of the range of its ends, but for a chance of 0.2 %.
    assert 0.5 <= share.min() < 0.55
    assert 0.95 < share.max() <= 1


def test_strength_must_be_above_0() -> None:
    with pytest.raises(RclError, match="strength"):
        get_pretext("noisy-as-clean")(PretextSetup(Domain.RGB, 16, options={"strength": 0}))


def test_picture_without_noise_is_left_out() -> None:
    with pytest.raises(ValueError, match="without any noise"):
        NoiseCovariances().measure(RgbFrame(np.full((64, 64, 3), 0.5, np.float32)))
