"""PSNR and SSIM against scikit-image and closed forms."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from rcl_cli.nn.metrics import psnr_db, ssim


@pytest.fixture(params=[(3, 24, 31), (4, 11, 11), (9, 12, 40)], ids=str)
def pair(request: pytest.FixtureRequest) -> tuple[torch.Tensor, torch.Tensor]:
    rng = np.random.default_rng(5)
    target = rng.uniform(-0.05, 1.05, request.param).astype(np.float32)
    return torch.from_numpy(target + rng.normal(0, 0.1, target.shape).astype(np.float32)), torch.from_numpy(target)


def test_psnr_agrees_with_scikit_image(pair: tuple[torch.Tensor, torch.Tensor]) -> None:
    prediction, target = pair
    expected = peak_signal_noise_ratio(target.double().numpy(), prediction.double().numpy(), data_range=1.0)
    assert psnr_db(prediction, target) == pytest.approx(expected, abs=1e-6)


def test_ssim_agrees_with_scikit_image(pair: tuple[torch.Tensor, torch.Tensor]) -> None:
    prediction, target = pair
    expected = structural_similarity(
        target.double().numpy(),
        prediction.double().numpy(),
        data_range=1.0,
        channel_axis=0,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
    )
    assert ssim(prediction, target) == pytest.approx(expected, abs=1e-6)


def test_psnr_of_a_constant_offset_is_its_closed_form() -> None:
    target = torch.zeros(3, 8, 8)
    assert psnr_db(target + 0.01, target) == pytest.approx(40.0, abs=1e-5)


def test_equal_pictures() -> None:
    picture = torch.rand(3, 16, 16, generator=torch.Generator().manual_seed(1))
    assert psnr_db(picture, picture) == float("inf")
    assert ssim(picture, picture) == pytest.approx(1.0)


@pytest.mark.parametrize("metric", [psnr_db, ssim])
def test_shapes_that_do_not_fit_are_refused(metric: object) -> None:
    with pytest.raises(ValueError, match="must both be"):
        metric(torch.zeros(3, 16, 16), torch.zeros(3, 16, 15))  # type: ignore[operator]
    with pytest.raises(ValueError, match="must both be"):
        metric(torch.zeros(16, 16), torch.zeros(16, 16))  # type: ignore[operator]


def test_ssim_refuses_pictures_smaller_than_its_window() -> None:
    with pytest.raises(ValueError, match="at least 11"):
        ssim(torch.zeros(3, 10, 40), torch.zeros(3, 10, 40))
