"""White balance of what coded networks see."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from rcl_calibration.profile import NoiseProfile
from rcl_cli.domain import Domain
from rcl_cli.nn.balance import Balance
from rcl_cli.nn.cfa import from_rgb
from rcl_cli.raw.frame import Metadata, RgbFrame, raw_frame


def test_gains_are_those_of_the_shot_and_never_below_one() -> None:
    told = Metadata(white_balance=(2.0, 1.0, 0.5))
    raw = raw_frame(np.full((4, 4), 100), "RGGB", white=1023, metadata=told)
    assert Balance.of(raw).gains == (4.0, 2.0, 1.0)
    odd = Metadata(white_balance=(40.0, 1.0, 1.0))
    assert Balance.of(raw_frame(np.full((4, 4), 100), "RGGB", white=1023, metadata=odd)).gains == (4.0, 1.0, 1.0)
    assert Balance.of(raw_frame(np.full((4, 4), 100), "RGGB", white=1023)).gains == (1.0, 1.0, 1.0)


def test_pictures_are_balanced_already() -> None:
    told = Metadata(white_balance=(2.0, 1.0, 1.5))
    assert Balance.of(RgbFrame(np.zeros((2, 2, 3), np.float32), metadata=told)).gains == (1.0, 1.0, 1.0)


@pytest.mark.parametrize("domain", Domain)
def test_undoing_light_makes_grey_equal_in_all_planes(domain: Domain) -> None:
    light = (0.2, 0.5, 0.25)
    grey = torch.tensor(light).view(3, 1, 1).expand(3, 12, 12)
    balanced = from_rgb(grey, domain) * torch.from_numpy(Balance.undoing(light).planes(domain))
    torch.testing.assert_close(balanced, torch.full_like(balanced, 0.5))


def test_the_profile_is_that_of_multiplied_values() -> None:
    profile = NoiseProfile((1e-3, 2e-3, 3e-3, 4e-3), (1e-6, 2e-6, 3e-6, 4e-6))
    balance, x = Balance((2.0, 1.0, 1.5)), np.linspace(0, 1, 5)
    found = balance.profile(profile)
    for plane, gain in enumerate((2.0, 1.0, 1.0, 1.5)):
        np.testing.assert_allclose(found.sigma(gain * x, plane), gain * profile.sigma(x, plane))
