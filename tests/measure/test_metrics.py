"""PSNR and SSIM against scikit-image and closed forms."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from rcl_cli.measure.metrics import mean_figures, psnr_db, ssim
from rcl_cli.samples.scenes import scene

Picture = NDArray[np.float32]


def noise(*shape: int) -> Picture:
    return np.random.default_rng(5).uniform(-0.05, 1.05, shape).astype(np.float32)


def edges(*shape: int) -> Picture:
    """Flat areas, most of them bright, between steps."""
    height, width = shape[-2:]
    rows, columns = np.mgrid[:height, :width] // 9
    return np.broadcast_to(np.where((rows + columns) % 3 == 0, 0.02, 0.97), shape).astype(np.float32)


def ramp(*shape: int) -> Picture:
    return np.linspace(0, 1, int(np.prod(shape)), dtype=np.float32).reshape(shape)


def painted(*shape: int) -> Picture:
    height, width = shape[-2:]
    return scene(height, width, np.random.default_rng(1)).transpose(2, 0, 1)


@pytest.fixture(params=[0.002, 0.1], ids="sigma {}".format)
def sigma(request: pytest.FixtureRequest) -> float:
    return float(request.param)


@pytest.fixture(
    params=[
        *[(noise, shape) for shape in ((3, 24, 31), (4, 11, 11), (9, 12, 40))],
        *[(kind, (3, 64, 90)) for kind in (edges, ramp, painted)],
    ],
    ids=lambda pair: f"{pair[0].__name__} {pair[1]}",
)
def pair(request: pytest.FixtureRequest, sigma: float) -> tuple[torch.Tensor, torch.Tensor]:
    kind, shape = request.param
    target = np.ascontiguousarray(kind(*shape))
    noisy = target + np.random.default_rng(6).normal(0, sigma, shape).astype(np.float32)
    return torch.from_numpy(noisy), torch.from_numpy(target)


def test_psnr_agrees_with_scikit_image(pair: tuple[torch.Tensor, torch.Tensor]) -> None:
    prediction, target = pair
    expected = peak_signal_noise_ratio(target.double().numpy(), prediction.double().numpy(), data_range=1.0)
    assert psnr_db(prediction, target) == pytest.approx(expected, abs=1e-9)


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
    assert ssim(prediction, target) == pytest.approx(expected, abs=1e-9)


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


def test_the_mean_is_over_the_figures_that_all_rows_have() -> None:
    rows = [{"psnr_db": 30.0, "ssim": 0.5}, {"psnr_db": 40.0}, {"psnr_db": 32.0, "ssim": 0.7}]
    assert mean_figures(rows) == {"psnr_db": 34.0}
    assert mean_figures([]) == {}
