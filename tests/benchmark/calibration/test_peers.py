"""The peers measure what they are made for."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rcl_benchmark.calibration.draws import Exposure
from rcl_benchmark.calibration.estimators import METHODS
from rcl_benchmark.calibration.peers.homogeneous import homogeneous, p_value
from rcl_benchmark.calibration.peers.line import least_absolute_line
from rcl_benchmark.calibration.peers.percentile import mean_and_low_energy
from rcl_benchmark.calibration.score import sigma
from rcl_benchmark.calibration.simulate import expose
from rcl_calibration.model import Noise

from ...needs import skip_without

NOISE = Noise(1e-3, 1e-5)


def _exposure() -> Exposure:
    return Exposure(NOISE, False, "RGGB", 14, 1024, 16383, (1.0, 1.0, 1.0), 1.0)


def _skip_without(name: str) -> None:
    for module in METHODS[name].modules:
        skip_without(module, "benchmark")


# The published methods select blocks by what they are correlated with, and so are a little biased.
@pytest.mark.parametrize(("name", "tolerance"), [("scikit-image", 0.03), ("percentile", 0.05), ("homogeneous", 0.03)])
def test_a_flat_field_has_the_sigma_that_was_added(name: str, tolerance: float) -> None:
    _skip_without(name)
    frame = expose(np.full((400, 400), 0.3, np.float32), _exposure(), np.random.default_rng(0))
    noise = METHODS[name].run([frame]).noise
    assert noise is not None
    assert sigma(noise, np.array(0.3)) == pytest.approx(np.sqrt(1e-3 * 0.3 + 1e-5), rel=tolerance)


@pytest.mark.parametrize("name", ["miniraw", "percentile", "homogeneous", "rcl-blind"])
def test_steps_of_brightness_give_the_line(name: str) -> None:
    _skip_without(name)
    steps = np.repeat(np.linspace(0.05, 0.75, 8, dtype=np.float32), 80)
    frame = expose(np.tile(steps, (512, 1)), _exposure(), np.random.default_rng(0))
    noise = METHODS[name].run([frame]).noise
    assert noise is not None
    x = np.array([0.1, 0.4, 0.7])
    assert sigma(noise, x) == pytest.approx(sigma(NOISE, x), rel=0.08)


def test_nothing_is_found_where_all_is_clipped() -> None:
    frame = expose(np.full((128, 128), 2.0, np.float32), _exposure(), np.random.default_rng(0))
    assert METHODS["percentile"].run([frame]).noise is None
    assert METHODS["homogeneous"].run([frame]).noise is None


def test_rank_correlation_agrees_with_scipy() -> None:
    from scipy.stats import kendalltau

    rng = np.random.default_rng(0)
    a = rng.standard_normal((5, 128)).astype(np.float32)
    b = (0.1 * a + rng.standard_normal((5, 128))).astype(np.float32)
    expected = [kendalltau(x, y, method="asymptotic").pvalue for x, y in zip(a, b, strict=True)]
    assert p_value(a, b) == pytest.approx(expected, rel=1e-6)


def test_filters_give_the_dct_of_every_block() -> None:
    from scipy.fft import dctn

    plane = np.random.default_rng(0).random((21, 17), np.float32)
    coefficients = dctn(np.lib.stride_tricks.sliding_window_view(plane, (8, 8)), axes=(2, 3), norm="ortho")
    i, j = np.indices((8, 8))
    mean, low = mean_and_low_energy(plane)
    assert mean == pytest.approx(coefficients[:, :, 0, 0] / 8, rel=1e-5)
    assert low == pytest.approx(np.square(coefficients[:, :, (i + j > 0) & (i + j < 9)]).sum(axis=2), rel=1e-4)


def test_ties_are_neither_agreement_nor_disagreement() -> None:
    a = np.array([[0, 0, 1, 2]], np.float32)
    b = np.array([[3, 4, 4, 5]], np.float32)
    # Of six pairs one is tied in a and one in b; the other four agree.
    z = (4 / 6) / np.sqrt(2 * (2 * 4 + 5) / (9 * 4 * 3))
    assert p_value(a, b) == pytest.approx([math.erfc(z / np.sqrt(2))])


def test_slopes_are_not_homogeneous() -> None:
    rng = np.random.default_rng(0)
    noise = rng.standard_normal((300, 16, 16)).astype(np.float32)
    slope = 0.3 * np.arange(16, dtype=np.float32)
    # Four tests at a level of 0.1 pass two thirds of what is homogeneous.
    assert homogeneous(noise).mean() == pytest.approx(0.9**4, abs=0.08)
    assert not homogeneous(noise + slope).any()


def test_the_line_withstands_outliers_and_is_never_negative() -> None:
    x = np.linspace(0.05, 0.8, 40)
    variance = NOISE.variance(x)
    variance[::5] *= 4
    found = least_absolute_line(x, variance)
    assert found is not None
    assert (found.shot, found.read) == pytest.approx((NOISE.shot, NOISE.read), rel=0.02)
    falling = least_absolute_line(x, 1e-3 * (1 - x))
    assert falling is not None
    assert falling.shot == 0
    assert least_absolute_line(x[:1], variance[:1]) is None
